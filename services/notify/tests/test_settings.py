"""Settings: defaults, versions, and what a tick does and does not do."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stafett_chassis.clock import SetClock
from stafett_contracts.vocabulary import AssignmentReason
from stafett_notify.catalogue.rules import ALERT_TYPES, Channel, Group
from stafett_notify.settings.rules import DEFAULT, Settings, in_summary, mailed_at_once, shown_types, without

sets_of_groups = st.frozensets(st.sampled_from(list(Group)))
any_settings = st.builds(Settings, st.booleans(), sets_of_groups, sets_of_groups, sets_of_groups)


@pytest.mark.rule("NTF-044")
@settings(derandomize=True, database=None, max_examples=100)
@given(any_settings, st.sampled_from(sorted(ALERT_TYPES)))
def test_a_tick_never_opens_a_channel_the_catalogue_closes(wish: Settings, key: str) -> None:
    kind = ALERT_TYPES[key]
    assert not (mailed_at_once(wish, kind) and kind.single is Channel.NEVER)
    assert not (in_summary(wish, kind) and kind.weekly is Channel.NEVER)
    assert not (key in shown_types(wish) and kind.home is not Channel.ON)


@settings(derandomize=True, database=None, max_examples=60)
@given(any_settings, st.sampled_from([*(group.value for group in Group), "weekly"]))
def test_turning_off_takes_exactly_one_thing_away_and_twice_changes_nothing(
    wish: Settings, scope: str
) -> None:
    after = without(wish, scope)
    assert without(after, scope) == after
    assert (after.no_email, after.home) == (wish.no_email, wish.home)
    if scope == "weekly":
        assert (after.single, after.weekly) == (wish.single, frozenset())
    else:
        assert (after.single, after.weekly) == (wish.single - {Group(scope)}, wish.weekly)


@pytest.mark.rule("NTF-042")
async def test_the_defaults(scene: Any) -> None:
    answer = await scene.client(scene.kari).get("/me/settings")
    assert answer.headers["etag"] == '"0"'
    found = answer.json()
    assert found["no_email"] is False
    assert found["groups"] == {
        group: {"single": True, "weekly": False, "home": True}
        for group in ("DOC", "APP", "ASG", "REM", "MEN", "FOL")
    }
    assert (found["address"], found["address_state"]) == ("kari@post.example", "ok")
    assert DEFAULT.single == frozenset(Group)


@pytest.mark.rule("NTF-048")
async def test_settings_are_saved_as_a_whole_with_their_version(scene: Any) -> None:
    one, two = scene.client(scene.kari), scene.client(scene.kari)
    groups = (await one.get("/me/settings")).json()["groups"]
    groups["REM"]["home"] = False
    body = {"no_email": False, "groups": groups}
    saved = await one.put("/me/settings", json=body, headers={"if-match": '"0"'})
    assert (saved.status_code, saved.headers["etag"]) == (200, '"1"')
    stale = await two.put("/me/settings", json={**body, "no_email": True}, headers={"if-match": '"0"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    assert stale.json()["current"]["groups"]["REM"]["home"] is False
    assert (await two.put("/me/settings", json=body)).status_code == 428
    for wrong in (
        {**body, "groups": {**groups, "XYZ": groups["REM"]}},
        {**body, "groups": {**groups, "REM": {**groups["REM"], "sms": True}}},
        {"no_email": True, "groups": {"REM": groups["REM"]}},
    ):
        refused = await two.put("/me/settings", json=wrong, headers={"if-match": '"1"'})
        assert refused.status_code == 422
        assert refused.json()["errors"]
    assert (await one.get("/me/settings")).json()["no_email"] is False
    same = await one.put("/me/settings", json=body, headers={"if-match": '"1"'})
    assert same.headers["etag"] == '"1"', "nothing has changed"
    # per person, whatever the position
    second = scene.kari.person.at(scene.ward)
    await scene.news()
    assert (await scene.client(second).get("/me/settings")).json()["groups"]["REM"]["home"] is False
    assert (await scene.client(scene.per).get("/me/settings")).json()["groups"]["REM"]["home"] is True


@pytest.mark.rule("NTF-046")
async def test_a_group_turned_off_is_hidden_and_turned_on_shows_what_came_meanwhile(scene: Any) -> None:
    by = scene.by(scene.boss)
    await scene.deliver(scene.assigned(scene.kari), by=by)
    await change(scene, "ASG", home=False)
    assert await scene.home(scene.kari) == {}
    meanwhile, ended = scene.assigned(scene.kari), scene.assigned(scene.kari)
    await scene.deliver(meanwhile, ended, by=by)
    await scene.deliver(scene.deactivated(ended, scene.kari, AssignmentReason.INACTIVITY), by=by)
    await change(scene, "ASG", home=True)
    assert await scene.home(scene.kari) == {"upd": 2}


async def change(scene: Any, group: str, **ticks: bool) -> None:
    client = scene.client(scene.kari)
    found = (await client.get("/me/settings")).json()
    found["groups"][group].update(ticks)
    body = {"no_email": ticks.get("no_email", found["no_email"]), "groups": found["groups"]}
    found["groups"][group].pop("no_email", None)
    answer = await client.put("/me/settings", json=body, headers={"if-match": "*"})
    assert answer.status_code == 200, answer.text


async def test_immediate_email_goes_by_the_settings_at_hand_over(scene: Any, smtp: Any) -> None:
    by = scene.by(scene.boss)
    await change(scene, "ASG", single=False)
    await scene.deliver(scene.assigned(scene.kari), by=by)
    await change(scene, "ASG", single=True)
    await scene.hand_over()
    assert len(smtp.messages) == 1, "turned on before the hand-over"
    scene.clock.move(minutes=20)
    await scene.deliver(scene.assigned(scene.kari), by=by)
    await change(scene, "ASG", single=False)
    await scene.hand_over()
    assert len(smtp.messages) == 1, "turned off before the hand-over"
    assert (await scene.mails())[-1] == ("assignment.assigned", "dropped")


async def test_no_email_stops_alerts_by_email_and_keeps_the_ticks(
    scene: Any, smtp: Any, clock: SetClock
) -> None:
    by = scene.by(scene.boss)
    await change(scene, "REM", single=False)
    await change(scene, "ASG", no_email=True)
    await scene.deliver(scene.assigned(scene.kari), by=by)
    await scene.deliver(
        scene.steward(scene.kari)
    )  # fmt: skip
    await scene.hand_over()
    assert [mail.subject for mail in smtp.messages] == [
        "Kompetanseportalen: Du er ikke lenger registrert som Kompetanseplanansvarlig i Kompetanseportalen"
    ], "only what cannot be turned off"
    assert await scene.home(scene.kari) == {"upd": 1}
    await change(scene, "ASG", no_email=False)
    found = (await scene.client(scene.kari).get("/me/settings")).json()["groups"]
    assert (found["REM"]["single"], found["ASG"]["single"]) == (False, True)
    clock.moment += timedelta(minutes=30)
    await scene.deliver(scene.assigned(scene.kari), by=by)
    await scene.hand_over()
    assert len(smtp.messages) == 2
