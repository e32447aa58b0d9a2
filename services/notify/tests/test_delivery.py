"""Trouble with delivery: refused, away, hanging; suspended addresses; the allow-list."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stafett_chassis.clock import SetClock
from stafett_contracts import identity
from stafett_contracts.ids import InvitationId, new_id
from stafett_contracts.notify import EmailBounced, EmailRestored, EmailUndelivered
from stafett_contracts.vocabulary import InvitationRole, InvitationState, MailSource
from stafett_notify.contacts.rules import Trouble, after_failure
from stafett_notify.mail.rules.delivery import (
    RESERVED,
    is_address,
    masked,
    may_be_sent_to,
    next_try,
    patterns,
)
from stafett_notify.mail.sender import Sender
from stafett_testing.mail import MailServer

START = datetime(2026, 12, 1, 9, tzinfo=UTC)


@settings(derandomize=True, database=None, max_examples=50)
@given(st.one_of(st.none(), st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=9))))
def test_tries_are_spread_and_end_in_time(open_for: timedelta | None) -> None:
    not_after = START + open_for if open_for is not None else None
    now, tries, pauses = START, 1, []
    while (due := next_try(tries, START, now, not_after)) is not None:
        pauses.append(due - now)
        now, tries = due, tries + 1
    expected = [timedelta(minutes=m) for m in (1, 5, 15, 60)] + [timedelta(hours=4)] * 100
    assert pauses == expected[: len(pauses)]
    assert now <= START + timedelta(hours=72)
    assert not_after is None or now <= max(not_after, START)


@pytest.mark.rule("NTF-103")
async def test_temporary_failures_are_retried_for_three_days_and_then_given_up(
    scene: Any, smtp: MailServer, clock: SetClock
) -> None:
    smtp.refuse(451)
    await scene.deliver(scene.steward(scene.kari))
    made = clock.now()
    tried = []
    await scene.hand_over(after=None)
    while (await scene.mails())[0][1] == "deferred":
        due = await scene.notify.runtime.database.pool.fetchval("select due_at from mail")
        clock.moment = due - timedelta(milliseconds=1)
        assert await scene.hand_over(after=None) == 0
        clock.moment = due
        assert await scene.hand_over(after=None) == 1
        tried.append(due - made)
    minutes = [span.total_seconds() / 60 for span in tried]
    assert minutes[:5] == [1, 6, 21, 81, 321]
    assert 68 * 60 <= minutes[-1] <= 72 * 60
    assert await scene.mails() == [("steward.lost_self", "failed")]
    assert smtp.messages == []
    [told] = await scene.notify.told(EmailUndelivered)
    assert (told.reason, told.source_kind) == ("failed", MailSource.OTHER)


@pytest.mark.rule("NTF-103")
async def test_a_mail_server_that_is_down_loses_nothing_and_holds_up_no_alert(
    scene: Any, smtp: MailServer
) -> None:
    smtp.go_down()
    await scene.deliver(scene.assigned(scene.kari), scene.steward(scene.per), by=scene.by(scene.boss))
    assert await scene.hand_over() == 2
    assert {state for _, state in await scene.mails()} == {"deferred"}
    assert await scene.home(scene.kari) == {"upd": 1}
    smtp.come_back()
    assert await scene.hand_over(after=timedelta(minutes=1)) == 2
    assert len(smtp.messages) == 2


async def test_a_mail_server_that_hangs_is_left_after_a_while(scene: Any, smtp: MailServer) -> None:
    smtp.hang()
    await scene.deliver(scene.steward(scene.per))
    await scene.hand_over(after=None)
    assert await scene.mails() == [("steward.lost_self", "deferred")]
    smtp.accept()
    await scene.hand_over(after=timedelta(minutes=1))
    assert len(smtp.messages) == 1


async def test_an_answer_lost_after_the_email_was_told_is_not_tried_again_for_alerts(
    scene: Any, smtp: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = smtp.handle_DATA

    async def take_and_vanish(*args: Any) -> str:
        await original(*args)
        await asyncio.sleep(3)  # longer than we wait for an answer
        return "250 OK"

    monkeypatch.setattr(smtp, "handle_DATA", take_and_vanish)
    await scene.deliver(scene.assigned(scene.kari), scene.steward(scene.per), by=scene.by(scene.boss))
    await scene.hand_over()
    assert sorted(await scene.mails()) == [
        ("assignment.assigned", "uncertain"),
        ("steward.lost_self", "deferred"),
    ]
    monkeypatch.undo()
    await scene.hand_over(after=timedelta(minutes=1))
    to_kari = [mail for mail in smtp.messages if mail.recipients == ("kari@post.example",)]
    to_per = [mail for mail in smtp.messages if mail.recipients == ("per@post.example",)]
    assert len(to_kari) == 1
    assert len({mail.message["Message-ID"] for mail in to_per}) == 1


async def test_a_permanent_failure_suspends_the_address_until_another_or_a_retry(
    scene: Any, smtp: MailServer, clock: SetClock
) -> None:
    by = scene.by(scene.boss)
    smtp.refuse(550, recipient="kari@post.example")
    await scene.deliver(scene.assigned(scene.kari), by=by)
    await scene.hand_over()
    assert await scene.mails() == [("assignment.assigned", "bounced")]
    [bounced] = await scene.notify.told(EmailBounced)
    assert (bounced.person_id, bounced.address) == (scene.kari.person_id, "kari@post.example")
    home = (await scene.client(scene.kari).get("/me/home")).json()
    assert home["delivery_warning"]["text"]["nb"] == "Vi får ikke levert e-post til kari@post.example"
    smtp.accept()
    assert await scene.hand_over(after=timedelta(days=1)) == 0, "not retried"
    await scene.deliver(scene.assigned(scene.kari), scene.steward(scene.kari), by=by)
    await scene.hand_over()
    assert sorted(await scene.mails())[1:] == [
        ("assignment.assigned", "suspended"),
        ("steward.lost_self", "accepted"),
    ], "what cannot be turned off is still tried"
    client = scene.client(scene.kari)
    assert (await client.post("/me/address/retry")).status_code == 204
    [restored] = await scene.notify.told(EmailRestored)
    assert restored.revision > bounced.revision
    assert (await client.get("/me/home")).json()["delivery_warning"] is None
    clock.move(hours=1)
    await scene.deliver(scene.assigned(scene.kari), by=by)
    await scene.hand_over()
    assert (await scene.mails())[-1][1] == "accepted"
    # another address has a clean record
    smtp.refuse(550, recipient="kari@post.example")
    clock.move(hours=1)
    await scene.deliver(scene.assigned(scene.kari), by=by)
    await scene.hand_over()
    assert (await client.get("/me/settings")).json()["address_state"] == "suspended"
    await scene.has_address(scene.kari.person, "kari.ny@post.example")
    assert (await client.get("/me/settings")).json()["address_state"] == "ok"


def test_five_temporary_failures_in_a_row_over_a_week_give_an_address_up() -> None:
    trouble = Trouble()
    outcomes = []
    for number in range(7):
        trouble, hopeless = after_failure(trouble, START + timedelta(days=2 * number))
        outcomes.append(hopeless)
    assert outcomes == [False] * 4 + [True] * 3
    fast = Trouble()
    for _ in range(20):
        fast, hopeless = after_failure(fast, START + timedelta(days=6))
        assert not hopeless


async def test_whose_event_asked_learns_that_the_email_did_not_arrive(
    start: Any, make_scene: Any, smtp: MailServer
) -> None:
    async with start(site_kind="municipal") as municipal:
        scene = make_scene(municipal)
        await scene.begin()
        smtp.refuse(550, recipient="borte@post.example")
        event, asked = invited(scene, "borte@post.example"), new_id()
        await scene.deliver(event, by=scene.by(scene.kari), event_id=asked)
        await scene.hand_over(after=None)
        [told] = await municipal.told(EmailUndelivered)
        assert (told.source_event_id, told.source_id) == (asked, event.invitation_id)
        assert (told.source_kind, told.reason) == (MailSource.INVITATION, "bounced")


def invited(scene: Any, address: str, **fields: Any) -> identity.InvitationSent:
    return identity.InvitationSent(
        **{
            "revision": 1,
            "invitation_id": InvitationId(new_id()),
            "role": InvitationRole.MENTOR,
            "state": InvitationState.OPEN,
            "name": "Åse Lund",
            "trainee": scene.person(scene.kari),
            "expires_at": scene.clock.now() + timedelta(days=30),
            "address": address,
            "link": "https://portal.example/invitations/hemmelig",
            "send_count": 1,
            **fields,
        }
    )


@pytest.mark.rule("NTF-073")
async def test_each_invitation_is_its_own_email_and_an_older_one_is_dropped(
    start: Any, make_scene: Any, smtp: MailServer
) -> None:
    async with start(site_kind="municipal", product="KPHdir") as municipal:
        scene = make_scene(municipal)
        await scene.begin()
        as_mentor = invited(scene, "aase@post.example")
        as_leader = invited(scene, "aase@post.example", role=InvitationRole.LEADER)
        again = identity.InvitationResent(
            **{**as_mentor.model_dump(), "revision": 2, "link": "https://portal.example/invitations/ny"}
        )
        withdrawn = invited(scene, "per@post.example")
        gone = identity.InvitationWithdrawn(
            **{**withdrawn.model_dump(), "revision": 2, "state": InvitationState.WITHDRAWN}
        )
        crossed = invited(scene, "crossed@post.example")
        newer = identity.InvitationResent(**{**crossed.model_dump(), "revision": 2})
        by = scene.by(scene.kari)
        await scene.deliver(as_mentor, as_leader, by=by)
        await scene.deliver(again, by=by)
        await scene.deliver(withdrawn, gone, by=by)
        await scene.deliver(newer, by=by)
        await scene.deliver(crossed, by=by)
        await scene.hand_over(after=None)
        sent = [(mail.recipients[0], mail.subject) for mail in smtp.messages]
        assert sorted(sent) == [
            ("aase@post.example", "KPHdir: Kari Hansen har invitert deg som leder"),
            ("aase@post.example", "KPHdir: Kari Hansen har invitert deg som veileder"),
            ("crossed@post.example", "KPHdir: Kari Hansen har invitert deg som veileder"),
        ]
        [mentor] = [
            mail for mail in smtp.messages if "veileder" in mail.subject and "aase" in mail.recipients[0]
        ]
        assert "invitations/ny" in mentor.text
        assert "invitations/ny" in mentor.html
        assert "gjelder til 31.12.2026" in mentor.text


async def test_regions_send_no_invitations(scene: Any, smtp: MailServer) -> None:
    await scene.deliver(invited(scene, "aase@post.example"), by=scene.by(scene.kari))
    assert await scene.hand_over(after=None) == 0


@pytest.mark.rule("NTF-106")
async def test_without_an_address_there_are_alerts_at_home_and_nothing_later(
    scene: Any, smtp: MailServer
) -> None:
    await scene.has_address(scene.kari.person, None)
    await scene.deliver(scene.assigned(scene.kari), by=scene.by(scene.boss))
    await scene.hand_over()
    assert await scene.home(scene.kari) == {"upd": 1}
    assert await scene.mails() == [("assignment.assigned", "no_address")]
    await scene.has_address(scene.kari.person)
    assert await scene.hand_over(after=timedelta(hours=1)) == 0
    assert smtp.messages == []


@pytest.mark.rule("NTF-108")
async def test_the_address_is_the_one_at_hand_over(scene: Any, smtp: MailServer) -> None:
    await scene.deliver(scene.assigned(scene.kari), by=scene.by(scene.boss))
    await scene.has_address(scene.kari.person, "ny@post.example")
    smtp.refuse(451)
    await scene.hand_over()
    await scene.has_address(scene.kari.person, "nyest@post.example")
    smtp.accept()
    await scene.hand_over(after=timedelta(minutes=1))
    assert [mail.recipients for mail in smtp.messages] == [("nyest@post.example",)]


@pytest.mark.rule("NTF-109")
@pytest.mark.parametrize(
    ("environment", "listed", "sent"),
    [
        ("prod", "", {"kari@post.example", "per@sykehus.no"}),
        ("test", "", set()),
        ("test", "@sykehus.no", {"per@sykehus.no"}),
        ("test", "per@sykehus.no", {"per@sykehus.no"}),
        ("demo", "", {"kari@post.example"}),
    ],
)
async def test_outside_production_only_the_allow_list_gets_email(
    start: Any, make_scene: Any, smtp: MailServer, environment: str, listed: str, sent: set[str]
) -> None:
    async with start(environment=environment, mail_allow_list=listed) as under_test:
        scene = make_scene(under_test)
        await scene.begin()
        await scene.has_address(scene.per.person, "per@sykehus.no")
        await scene.deliver(scene.assigned(scene.kari), scene.assigned(scene.per), by=scene.by(scene.boss))
        await scene.hand_over()
        assert {mail.recipients[0] for mail in smtp.messages} == sent
        states = [state for _, state in await scene.mails()]
        assert states.count("dropped") == 2 - len(sent)


def test_the_allow_list_names_addresses_domains_and_suffixes() -> None:
    allowed = patterns("kari@a.no, @b.no,.test")
    for address, may in (
        ("kari@a.no", True), ("KARI@A.NO", True), ("per@a.no", False), ("x@b.no", True), ("x@c.b.no", False),
        ("x@y.test", True), ("x@test", False), ("evil@kari@a.no", False),
    ):  # fmt: skip
        assert may_be_sent_to(address, allowed) is may, address
    for wrong in ("kari", "b.no", "a b@c.no"):
        with pytest.raises(ValueError, match="neither"):
            patterns(wrong)
    assert may_be_sent_to("lis@havnes.example", RESERVED)
    assert not may_be_sent_to("lis@example.evil.no", RESERVED)


def test_what_can_stand_in_an_envelope() -> None:
    assert is_address("kari.hansen+x@post.example")
    for wrong in (
        "",
        "kari",
        "kari@",
        "@post.example",
        "a b@c.example",
        "kåre@c.example",
        "a@b.example\r\nX: y",
        "<a@b.c>",
    ):
        assert not is_address(wrong), wrong
    assert masked("kari@post.example") == "k…@post.example"
    assert masked(None) is None


async def test_an_address_that_cannot_be_used_fails_at_once(scene: Any, smtp: MailServer) -> None:
    await scene.has_address(scene.kari.person, "kari hansen@post.example")
    await scene.deliver(scene.assigned(scene.kari), by=scene.by(scene.boss))
    await scene.hand_over()
    assert await scene.mails() == [("assignment.assigned", "failed")]
    assert smtp.messages == []


async def test_one_bad_recipient_does_not_stop_the_rest_of_the_lane(
    start: Any, make_scene: Any, smtp: MailServer
) -> None:
    async with start(smtp_connections=1) as under_test:
        scene = make_scene(under_test)
        await scene.begin()
        smtp.refuse(550, recipient="kari@post.example")
        events = [scene.assigned(one) for one in (scene.kari, scene.per)]
        await scene.deliver(*events)
        scene.clock.move(seconds=61)
        assert await Sender(under_test.runtime).hand_over_due() == 2
        assert [mail.recipients for mail in smtp.messages] == [("per@post.example",)]


async def test_the_mail_log_tells_outcomes_to_those_who_may_know(scene: Any, smtp: MailServer) -> None:
    await scene.deliver(scene.assigned(scene.kari), scene.assigned(scene.per), by=scene.by(scene.boss))
    await scene.hand_over()
    elsewhere = scene.world.unit("Fjordens sykehus")
    admin = scene.world.person("Gro", "Tø").at(scene.hf)
    far_admin = scene.world.person("Bo", "Lie").at(elsewhere)
    manager = scene.world.person("Siri", "Sol").at(elsewhere)
    scene.world.grant(admin, "hf_admin", scene.hf)
    scene.world.grant(far_admin, "hf_admin", elsewhere)
    scene.world.grant(manager, "system_manager", elsewhere)
    await scene.news()
    for reader, count in ((scene.kari, 1), (scene.boss, 0), (admin, 2), (far_admin, 0), (manager, 2)):
        answer = await scene.client(reader).get("/admin/mail-log")
        assert len(answer.json()["items"]) == count
    answer = await scene.client(manager).get(
        "/admin/mail-log", params={"person_id": str(scene.kari.person_id)}
    )
    [one] = answer.json()["items"]
    assert (one["address"], one["state"], one["keys"]) == (
        "k…@post.example",
        "accepted",
        ["assignment.assigned"],
    )
    assert "kari@" not in answer.text
    assert "Akuttmedisin" not in answer.text
