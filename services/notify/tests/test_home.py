"""The home page: cards, panels, dismissing."""

from datetime import date, timedelta
from typing import Any

import pytest

from stafett_chassis.clock import SetClock
from stafett_contracts import plans, signing
from stafett_contracts.ids import BatchId, DeadlineId, RegistrationId, RequestId, new_id
from stafett_contracts.vocabulary import AssignmentReason, Origin, RequestStatus
from stafett_notify.catalogue.rules import CARDS, Card
from stafett_notify.home.rules import Waiting, cards
from stafett_notify.settings.rules import DEFAULT

TODAY = date(2026, 12, 1)


async def give_one_of_each(scene: Any) -> None:
    """An alert on several cards of Kari and of her leader."""
    await scene.deliver(
        scene.assigned(scene.kari),
        scene.request(
            signing.RequestSigned, scene.kari, scene.boss, request_id=RequestId(new_id()),
            status=RequestStatus.SIGNED, decision_id=new_id(),
        ),
        scene.request(
            signing.RequestRejected, scene.kari, scene.boss, request_id=RequestId(new_id()),
            status=RequestStatus.REJECTED, decision_id=new_id(),
        ),
        by=scene.by(scene.boss),
    )  # fmt: skip
    await scene.deliver(
        scene.validity(plans.ValidityExpiring, scene.kari, RegistrationId(new_id()), TODAY),
        scene.validity(
            plans.ValidityExpired, scene.kari, RegistrationId(new_id()), TODAY - timedelta(days=1)
        ),
        origin=Origin.NIGHTLY,
    )


@pytest.mark.rule("NTF-018")
async def test_the_home_page_has_two_groups_and_shows_none_without_cards(scene: Any) -> None:
    empty = (await scene.client(scene.kari).get("/me/home")).json()
    assert empty == {"groups": [], "delivery_warning": None}
    await give_one_of_each(scene)
    [group] = (await scene.client(scene.kari).get("/me/home")).json()["groups"]
    assert group["group"] == "alerts"
    assert group["label"]["nb"] == "Varsler"
    [group] = (await scene.client(scene.boss).get("/me/home")).json()["groups"]
    assert group["label"]["nb"] == "Medarbeideroppfølging"


@pytest.mark.rule("NTF-019")
async def test_cards_come_in_the_order_of_the_catalogue_with_label_colour_and_number(scene: Any) -> None:
    await give_one_of_each(scene)
    await scene.deliver(scene.assigned(scene.kari), by=scene.by(scene.boss))
    [group] = (await scene.client(scene.kari).get("/me/home")).json()["groups"]
    shown = [(card["card"], card["label"]["nb"], card["colour"], card["count"]) for card in group["cards"]]
    assert shown == [
        ("ok", "Godkjente forespørsler", "green", 1),
        ("no", "Avviste forespørsler", "red", 1),
        ("upd", "Oppdatering på planer og krav", "white", 2),
        ("soon", "Utløper snart", "yellow", 1),
        ("out", "Utløpte elementer", "red", 1),
    ]


@pytest.mark.rule("NTF-020")
async def test_a_panel_holds_fifty_alerts_newest_first(scene: Any, clock: SetClock) -> None:
    for number in range(61):
        clock.move(seconds=1)
        # the order is that of the happenings, whatever the order of arrival
        at = clock.now() - timedelta(hours=1) if number % 2 else clock.now()
        await scene.deliver(
            scene.assigned(scene.kari, plan_name=f"Plan {number}"), by=scene.by(scene.boss), at=at
        )
    client = scene.client(scene.kari)
    first = (await client.get("/me/cards/upd/alerts")).json()
    assert len(first["items"]) == 50
    second = (await client.get("/me/cards/upd/alerts", params={"cursor": first["next"]})).json()
    assert second["next"] is None
    everything = first["items"] + second["items"]
    assert len({one["alert_id"] for one in everything}) == 61
    order = [(one["occurred_at"], one["alert_id"]) for one in everything]
    assert order == sorted(order, reverse=True)
    one = everything[0]
    assert one["text"]["nb"] == "Du er tildelt planen Plan 60"
    assert one["actor_name"] == "Torbjørn Engeskår"
    assert one["link"].startswith("/plans/")
    assert one["dismissible"]
    assert (await client.get("/me/cards/upd/alerts", params={"cursor": "x"})).status_code == 422
    assert (await client.get("/me/cards/nowhere/alerts")).status_code == 422


async def test_reasons_and_comments_are_nowhere_in_a_panel(scene: Any) -> None:
    await scene.deliver(
        scene.request(
            signing.RequestRejected, scene.kari, scene.boss, request_id=RequestId(new_id()),
            status=RequestStatus.REJECTED, decision_id=new_id(), comment="Hemmelig grunn",
        ),
        by=scene.by(scene.boss),
    )  # fmt: skip
    answer = await scene.client(scene.kari).get("/me/cards/no/alerts")
    assert "Hemmelig" not in answer.text
    rows = await scene.notify.runtime.database.pool.fetch("select a::text as text from alert a")
    assert not any("Hemmelig" in row["text"] for row in rows)


@pytest.mark.rule("NTF-024")
async def test_an_alert_is_dismissed_once_and_by_its_person_only(scene: Any) -> None:
    await give_one_of_each(scene)
    client = scene.client(scene.kari)
    [alert] = await scene.alerts(scene.kari, "upd")
    path = f"/me/alerts/{alert['alert_id']}/dismiss"
    assert (await scene.client(scene.per).post(path)).status_code == 404
    assert (await client.post(path)).status_code == 204
    assert "upd" not in await scene.home(scene.kari)
    assert (await client.post(path)).status_code == 204
    [expired] = await scene.alerts(scene.kari, "out")
    assert not expired["dismissible"]
    refused = await client.post(f"/me/alerts/{expired['alert_id']}/dismiss")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_dismissible")
    assert (await client.post(f"/me/alerts/{new_id()}/dismiss")).status_code == 404
    # one that is resolved already
    ended = scene.assigned(scene.per)
    await scene.deliver(ended, by=scene.by(scene.boss))
    [alert] = await scene.alerts(scene.per, "upd")
    await scene.deliver(scene.deactivated(ended, scene.per, AssignmentReason.INACTIVITY))
    answer = await scene.client(scene.per).post(f"/me/alerts/{alert['alert_id']}/dismiss")
    assert answer.status_code == 204
    assert (await scene.stored("assignment.assigned"))[-1]["state"] == "resolved"


@pytest.mark.rule("NTF-025")
async def test_x_on_a_card_dismisses_what_was_shown(scene: Any, clock: SetClock) -> None:
    by = scene.by(scene.boss)
    await scene.deliver(scene.assigned(scene.kari), by=by)
    await scene.deliver(scene.assigned(scene.kari), by=by)
    client = scene.client(scene.kari)
    [group] = (await client.get("/me/home")).json()["groups"]
    [card] = group["cards"]
    # happened before, arrives later
    late = scene.assigned(scene.kari, plan_name="Sen")
    await scene.deliver(late, by=by, at=clock.now() - timedelta(hours=2))
    body = {"up_to": card["newest_alert_id"]}
    assert (await client.post("/me/cards/upd/dismiss", json=body)).status_code == 204
    assert await scene.lines(scene.kari, "upd") == ["Du er tildelt planen Sen"]
    refused = await client.post("/me/cards/out/dismiss", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_dismissible")
    assert (await scene.client(scene.per).post("/me/cards/upd/dismiss", json=body)).status_code == 404
    assert (await client.post("/me/cards/upd/dismiss", json={})).status_code == 422


@pytest.mark.rule("NTF-026")
async def test_a_dismissal_can_be_undone_for_ten_seconds(scene: Any, clock: SetClock) -> None:
    await scene.deliver(scene.assigned(scene.kari), by=scene.by(scene.boss))
    [alert] = await scene.alerts(scene.kari, "upd")
    client, path = scene.client(scene.kari), f"/me/alerts/{alert['alert_id']}"
    await client.post(f"{path}/dismiss")
    clock.move(seconds=10)
    assert (await client.post(f"{path}/undo-dismiss")).status_code == 204
    assert await scene.home(scene.kari) == {"upd": 1}
    await client.post(f"{path}/dismiss")
    clock.move(seconds=10.5)
    refused = await client.post(f"{path}/undo-dismiss")
    assert (refused.status_code, refused.json()["code"]) == (409, "undo_too_late")
    assert await scene.home(scene.kari) == {}
    assert (await scene.client(scene.per).post(f"{path}/undo-dismiss")).status_code == 404


@pytest.mark.rule("NTF-027")
async def test_what_is_cleared_stays_cleared(scene: Any) -> None:
    event, batch = scene.assigned(scene.kari), BatchId(new_id())
    await scene.deliver(event, by=scene.by(scene.boss))
    deadlines = [
        scene.deadline(plans.DeadlineSet, scene.kari, DeadlineId(new_id()), date(2027, 1, 10))
        for _ in range(2)
    ]
    await scene.deliver(deadlines[0], by=scene.by(scene.boss), batch_id=batch)
    for alert in await scene.alerts(scene.kari, "upd"):
        await scene.client(scene.kari).post(f"/me/alerts/{alert['alert_id']}/dismiss")
    await scene.deliver(event, by=scene.by(scene.boss))
    await scene.deliver(*deadlines, by=scene.by(scene.boss), batch_id=batch)
    assert await scene.home(scene.kari) == {}


@pytest.mark.rule("NTF-029", "NTF-142")
async def test_a_reminder_that_is_still_true_is_never_aged_out(scene: Any, clock: SetClock) -> None:
    await give_one_of_each(scene)
    clock.move(days=366)
    await scene.notify.run_job("tidy")
    assert set(await scene.home(scene.kari)) == {"soon", "out"}
    states = [row["state"] for row in await scene.stored("assignment.assigned")]
    assert states == ["aged_out"]
    clock.move(days=91)
    await scene.notify.run_job("tidy")
    assert await scene.stored("assignment.assigned") == []
    assert set(await scene.home(scene.kari)) == {"soon", "out"}


@pytest.mark.rule("NTF-142")
async def test_a_dismissed_alert_is_deleted_ninety_days_after(scene: Any, clock: SetClock) -> None:
    await scene.deliver(scene.assigned(scene.kari), by=scene.by(scene.boss))
    [alert] = await scene.alerts(scene.kari, "upd")
    await scene.client(scene.kari).post(f"/me/alerts/{alert['alert_id']}/dismiss")
    clock.move(days=90)
    await scene.notify.run_job("tidy")
    assert len(await scene.stored("assignment.assigned")) == 1
    clock.move(days=1)
    await scene.notify.run_job("tidy")
    assert await scene.stored("assignment.assigned") == []


@pytest.mark.rule("NTF-033", "NTF-034")
async def test_follow_up_cards_show_what_waits_red_and_none_green(scene: Any) -> None:
    async def follow_up() -> list[tuple[str, int, str]]:
        groups = (await scene.client(scene.boss).get("/me/home")).json()["groups"]
        return [(card["card"], card["count"], card["colour"]) for group in groups for card in group["cards"]]

    await scene.deliver(scene.counts(scene.boss, 1, signatures=(2, False), goals=(0, False), plans=(0, True)))
    assert await follow_up() == [("f_sign", 2, "red"), ("f_plan", 0, "green")]
    await scene.deliver(scene.counts(scene.boss, 2, signatures=(0, True), training_time=(4, False)))
    assert await follow_up() == [("f_sign", 0, "green"), ("f_plan", 0, "green"), ("f_time", 4, "red")]


@pytest.mark.rule("NTF-032")
async def test_follow_up_cards_do_not_heed_settings_and_have_no_x(scene: Any) -> None:
    await scene.deliver(scene.counts(scene.boss, 1, signatures=(2, False)))
    client = scene.client(scene.boss)
    settings = (await client.get("/me/settings")).json()["groups"]
    off = {group: {"single": False, "weekly": False, "home": False} for group in settings}
    body = {"no_email": True, "groups": off}
    assert (await client.put("/me/settings", json=body, headers={"if-match": "*"})).status_code == 200
    assert await scene.home(scene.boss) == {"f_sign": 2}
    refused = await client.post("/me/cards/f_sign/dismiss", json={"up_to": str(new_id())})
    assert refused.json()["code"] == "not_dismissible"


def test_a_card_is_counted_by_its_owner_alone() -> None:
    shown = cards(DEFAULT, {"request.signature": 7}, {Card.F_SIGN: Waiting(2, has_handled=False)})
    assert [(one.card, one.count) for one in shown] == [(Card.F_SIGN, 2)]


async def test_a_person_sees_the_alerts_of_all_positions(scene: Any) -> None:
    second = scene.kari.person.at(scene.world.unit("Mottak", parent=scene.hf))
    await scene.notify.deliver(*scene.world.news(), origin=Origin.INITIAL_LOAD)
    await scene.deliver(scene.assigned(scene.kari), scene.assigned(second), by=scene.by(scene.boss))
    for seen_from, other in ((scene.kari, second), (second, scene.kari)):
        alerts = await scene.alerts(seen_from, "upd")
        assert [one["other_position"]["position_id"] for one in alerts if one["other_position"]] == [
            str(other.position_id)
        ]
        assert len(alerts) == 2


@pytest.mark.rule("NTF-031")
async def test_a_deputy_sees_the_leaders_follow_up_and_nothing_else(scene: Any, smtp: Any) -> None:
    scene.world.deputy(scene.boss, scene.per.person)
    await scene.notify.deliver(*scene.world.news(), origin=Origin.INITIAL_LOAD)
    chief = scene.world.person("Gro", "Tø").at(scene.hf)
    await scene.notify.deliver(*scene.world.news(), origin=Origin.INITIAL_LOAD)
    await scene.deliver(scene.assigned(scene.boss), by=scene.by(chief))  # the leader as an employee
    await scene.deliver(
        scene.validity(
            plans.ValidityExpired, scene.kari, RegistrationId(new_id()), TODAY - timedelta(days=1)
        ),
        origin=Origin.NIGHTLY,
    )
    await scene.deliver(scene.counts(scene.boss, 1, goals=(1, False)))
    as_deputy = {"deputy_for": scene.boss}
    assert await scene.home(scene.boss) == {"upd": 1, "fol": 1, "f_goal": 1}
    assert await scene.home(scene.per, **as_deputy) == {"fol": 1, "f_goal": 1}
    assert await scene.lines(scene.per, "upd", **as_deputy) == []
    [alert] = await scene.alerts(scene.per, "fol", **as_deputy)
    assert not alert["dismissible"]
    client = scene.client(scene.per, **as_deputy)
    for method, path, body in (
        ("POST", f"/me/alerts/{alert['alert_id']}/dismiss", None),
        ("POST", "/me/cards/fol/dismiss", {"up_to": alert["alert_id"]}),
        ("GET", "/me/settings", None),
        ("POST", "/me/address/retry", None),
    ):
        assert (await client.request(method, path, json=body)).status_code == 403, path
    assert await scene.home(scene.per) == {}, "in the own position"
    # one who is no deputy sees nothing
    assert (await scene.client(scene.kari, **as_deputy).get("/me/home")).status_code == 403
    scene.clock.move(hours=24)
    await scene.hand_over()
    assert all(mail.recipients != ("per@post.example",) for mail in smtp.messages)


@pytest.mark.rule("NTF-031")
def test_a_deputy_does_not_see_the_leaders_conversations() -> None:
    alerts = {
        "followup.conversation_soon": 1,
        "followup.conversation_overdue": 1,
        "reminder.deadline_soon": 1,
    }
    counts = {Card.F_CONV: Waiting(3, has_handled=True), Card.F_ACT: Waiting(2, has_handled=True)}
    assert {one.card for one in cards(DEFAULT, alerts, counts)} == {
        Card.SOON, Card.FOL, Card.F_CONV, Card.F_ACT,
    }  # fmt: skip
    assert {one.card for one in cards(DEFAULT, alerts, counts, deputy=True)} == {Card.F_ACT}


def test_every_card_has_a_face() -> None:
    assert set(CARDS) == set(Card)
