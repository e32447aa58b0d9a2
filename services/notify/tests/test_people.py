"""Alerts of the directory: new employees, mentors, deputies, those who leave."""

from datetime import date, timedelta
from typing import Any

import pytest

from stafett_chassis.clock import SetClock
from stafett_contracts import identity, plans, signing
from stafett_contracts.event import encode, source_of
from stafett_contracts.ids import (
    DelegationId,
    EventId,
    InvitationId,
    RegistrationId,
    RequestId,
    RunId,
    SecondmentId,
    SiteId,
    UnitId,
    new_id,
)
from stafett_contracts.vocabulary import (
    InvitationRole,
    InvitationState,
    LeaderChangeCause,
    Origin,
    RequestStatus,
    SecondmentState,
)

TODAY = date(2026, 12, 1)


@pytest.mark.rule("NTF-007", "NTF-015")
async def test_a_position_that_continues_another_is_no_new_employee(scene: Any) -> None:
    later = scene.world.person("Liv", "Moe").at(
        scene.ward, leader=scene.boss, predecessor_id=scene.kari.position_id
    )
    await scene.news()
    assert later.leader is scene.boss
    assert await scene.home(scene.boss) == {}


@pytest.mark.rule("NTF-007")
@pytest.mark.parametrize("cause", list(LeaderChangeCause))
async def test_a_new_leader_is_told_of_a_new_employee(scene: Any, cause: LeaderChangeCause) -> None:
    chief = scene.world.person("Gro", "Tø").at(scene.hf)
    scene.world.set_leader(scene.kari, chief, cause=cause)
    await scene.news()
    told = cause not in (LeaderChangeCause.LEADER_MOVED, LeaderChangeCause.MANUAL_REMOVED)
    assert await scene.home(chief) == ({"fol": 1} if told else {})
    if told:
        assert await scene.lines(chief, "fol") == ["Kari Hansen er allokert til Medisinsk sengepost"]


@pytest.mark.rule("NTF-007")
async def test_the_same_leader_is_not_told_again(scene: Any) -> None:
    other = scene.boss.person.at(scene.hf)
    scene.world.set_leader(scene.kari, other, cause=LeaderChangeCause.HR)
    await scene.news()
    assert await scene.home(other) == {}


@pytest.mark.rule("NTF-007")
async def test_the_employees_of_one_import_to_one_unit_are_one_alert(scene: Any) -> None:
    run = RunId(new_id())
    chief = scene.world.person("Gro", "Tø").at(scene.hf)
    far = scene.world.unit("Sengepost 2", parent=scene.hf)
    await scene.news()
    for name, unit in (("Ane", scene.ward), ("Bo", scene.ward), ("Cia", far)):
        scene.world.person(name, "Moe").at(unit, leader=chief)
    events = scene.world.news()

    def brought(event: Any) -> bytes:
        return encode(
            event,
            id=EventId(new_id()),
            time=scene.clock.now(),
            source=source_of(SiteId("vest"), "identity"),
            site=SiteId("vest"),
            origin=Origin.IMPORT,
            run_id=run,
        )

    await scene.notify.inbox.take([brought(event) for event in events])
    assert sorted(await scene.lines(chief, "fol")) == [
        "2 ansatte er allokert til Medisinsk sengepost",
        "Cia Moe er allokert til Sengepost 2",
    ]


async def test_a_mentor_hears_of_being_chosen_and_of_being_removed(scene: Any) -> None:
    trainee, mentor = scene.kari.person, scene.per.person
    scene.world.mentor(trainee, mentor)
    [registered] = scene.world.news()
    await scene.deliver(registered, by=scene.by(scene.kari))
    assert await scene.lines(scene.per, "men") == ["Kari Hansen har valgt deg som veileder"]
    removed = identity.MentorRemoved(**{**registered.model_dump(), "revision": 2, "cause": "removed"})
    await scene.deliver(removed, by=scene.by(scene.kari))
    assert await scene.lines(scene.per, "men") == ["Kari Hansen har fjernet deg som veileder"]


@pytest.mark.rule("NTF-030")
async def test_alerts_about_an_employee_end_with_the_leader_relation(scene: Any, clock: SetClock) -> None:
    chief = scene.world.person("Gro", "Tø").at(scene.hf)
    await scene.news()
    request = scene.request(
        signing.RequestRecalled, scene.kari, scene.boss, request_id=RequestId(new_id()),
        status=RequestStatus.RECALLED, revision=2,
    )  # fmt: skip
    expired = [
        scene.validity(plans.ValidityExpired, holder, RegistrationId(new_id()), TODAY - timedelta(days=1))
        for holder in (scene.kari, scene.per)
    ]
    await scene.deliver(request, by=scene.by(scene.kari))
    await scene.deliver(*expired, origin=Origin.NIGHTLY)
    assert await scene.home(scene.boss) == {"fol": 2}
    clock.move(minutes=1)
    scene.world.set_leader(scene.kari, chief, cause=LeaderChangeCause.HR)
    await scene.news()
    assert await scene.lines(scene.boss, "fol") == ["1 medarbeider(e) har 1 utløpt(e) krav/aktiviteter"]
    # the mentor's side
    scene.world.mentor(scene.kari.person, scene.per.person)
    [registered] = scene.world.news()
    await scene.deliver(registered, by=scene.by(scene.kari))
    gone = identity.MentorRemoved(**{**registered.model_dump(), "revision": 2, "cause": "end_date"})
    await scene.deliver(gone, by=scene.by(scene.kari))
    assert [(await scene.stored("mentor.chosen"))[0]["state"]] == ["resolved"]
    assert await scene.home(scene.per) == {"out": 1, "men": 1}


async def test_deputies_and_delegated_approvers_hear_of_being_chosen_while_they_are(scene: Any) -> None:
    deputy_id = scene.world.deputy(scene.boss, scene.per.person)
    [appointed] = scene.world.news()
    delegation = signing.DelegationAdded(
        revision=1, delegation_id=DelegationId(new_id()), leader=scene.person(scene.boss),
        leader_position_id=scene.boss.position_id, delegate=scene.person(scene.per),
        created_at=scene.clock.now(),
    )  # fmt: skip
    await scene.deliver(appointed, delegation, by=scene.by(scene.boss))
    assert sorted(await scene.lines(scene.per, "fol")) == [
        "Torbjørn Engeskår har valgt deg som delegert godkjenner av læringsmål",
        "Torbjørn Engeskår har valgt deg som stedfortreder",
    ]
    await scene.deliver(
        identity.DeputyEnded(**{**appointed.model_dump(), "revision": 2, "ended_at": scene.clock.now()}),
        signing.DelegationRemoved(**{**delegation.model_dump(), "revision": 2}),
    )
    assert deputy_id
    assert await scene.home(scene.per) == {}


async def test_a_secondment_and_an_invitation_that_need_somebody_are_told(scene: Any) -> None:
    secondment = identity.SecondmentRegistered(
        revision=1, secondment_id=SecondmentId(new_id()), person_id=scene.kari.person_id,
        home_position_id=scene.kari.position_id, unit_id=UnitId(new_id()), unit_name="Mottak",
        start_date=date(2027, 1, 4), end_date=date(2027, 2, 1), state=SecondmentState.FUTURE,
    )  # fmt: skip
    invitation = InvitationId(new_id())
    expired = identity.InvitationExpired(
        revision=2, invitation_id=invitation, role=InvitationRole.MENTOR, state=InvitationState.EXPIRED,
        name="Åse Lund", trainee=scene.person(scene.kari),
    )  # fmt: skip
    await scene.deliver(secondment, expired)
    assert sorted(await scene.lines(scene.kari, "upd")) == [
        "Du er utlånt til Mottak 04.01.2027–01.02.2027",
        "Invitasjonen til Åse Lund som veileder trenger noe fra deg",
    ]
    withdrawn = identity.InvitationWithdrawn(
        **{**expired.model_dump(), "revision": 3, "state": InvitationState.WITHDRAWN}
    )
    deleted = identity.SecondmentDeleted(
        **{**secondment.model_dump(), "revision": 2, "state": SecondmentState.DELETED}
    )
    await scene.deliver(withdrawn, deleted)
    assert await scene.home(scene.kari) == {}


async def test_who_has_no_access_gets_no_alerts_and_waiting_emails_are_dropped(
    scene: Any, clock: SetClock, smtp: Any
) -> None:
    by = scene.by(scene.boss)
    await scene.deliver(scene.assigned(scene.kari), scene.assigned(scene.per), by=by)
    scene.world.deactivate(scene.kari)
    scene.world.deactivate_account(scene.per.person)
    await scene.news()
    await scene.hand_over()
    assert smtp.messages == []
    assert [state for _, state in await scene.mails()] == ["dropped", "dropped"]
    await scene.deliver(scene.assigned(scene.kari), scene.assigned(scene.per), by=by)
    assert len(await scene.stored("assignment.assigned")) == 2, "those of before"
    # exceptions: what is sent to those who leave
    await scene.deliver(scene.steward(scene.kari))
    await scene.hand_over(after=None)
    assert [mail.recipients for mail in smtp.messages] == [("kari@post.example",)]
    # after reactivation old active alerts are shown again
    again = identity.PositionReactivated(
        **{**scene.world._state(scene.kari), "status": "active", "cause": "manual"}
    )
    await scene.deliver(again)
    assert await scene.home(scene.kari) == {"upd": 1}


async def test_an_erased_persons_things_are_deleted_and_the_name_leaves_others_alerts(
    scene: Any, smtp: Any
) -> None:
    request = scene.request(
        signing.RequestRecalled, scene.kari, scene.boss, request_id=RequestId(new_id()),
        status=RequestStatus.RECALLED, revision=2,
    )  # fmt: skip
    await scene.deliver(scene.assigned(scene.kari), by=scene.by(scene.boss))
    await scene.deliver(request, scene.assigned(scene.per), by=scene.by(scene.kari))
    await scene.hand_over()
    settings = (await scene.client(scene.kari).get("/me/settings")).json()
    body = {"no_email": True, "groups": settings["groups"]}
    await scene.client(scene.kari).put("/me/settings", json=body, headers={"if-match": "*"})
    await scene.deliver(
        identity.PersonErased(revision=99, person_id=scene.kari.person_id), origin=Origin.USER
    )
    assert await scene.lines(scene.boss, "fol") == [
        "Tidligere bruker har trukket tilbake en forespørsel til deg"
    ]
    [of_per] = await scene.alerts(scene.per, "upd")
    assert of_per["actor_name"] == "Tidligere bruker"
    pool = scene.notify.runtime.database.pool
    for table, column in (
        ("alert", "person_id"), ("alert_settings", "person_id"), ("contact", "person_id"),
        ("mail", "recipient_id"), ("stream_event", "person_id"), ("collection", "person_id"),
    ):  # fmt: skip
        found = await pool.fetchval(f"select count(*) from {table} where {column} = $1", scene.kari.person_id)
        assert found == 0, table
