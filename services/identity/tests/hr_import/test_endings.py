"""What ends and comes back with a position (IDN-101, IDN-114, IDN-134, IDN-151, IDN-183, IDN-196)."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from stafett_contracts import identity as events
from stafett_contracts.ids import new_id
from stafett_contracts.vocabulary import (
    DeactivationCause,
    GrantEndCause,
    LeaderChangeCause,
    LeaderSource,
    RelationCause,
    Role,
)
from stafett_identity.directory import actions, relations, store
from stafett_identity.directory.model import Deputy
from stafett_identity.roles.actions import Order, UnitAsked, grant_role
from stafett_testing.service import ServiceUnderTest

D1, D2, D3 = date(2026, 12, 1), date(2026, 12, 2), date(2026, 12, 3)


class Place:
    """Somebody with a role, deputies, a mentee, a manual leader and a session on one position."""

    def __init__(self, hr: Any, identity: ServiceUnderTest) -> None:
        self.hr, self.identity = hr, identity
        self.pool = identity.runtime.database.pool

    async def position(self, person: int, cost_centre: str = "101") -> Any:
        async with self.identity.runtime.units.begin() as work:
            found = await store.position(
                work,
                await self.pool.fetchval(
                    "select position_id from position join person using (person_id)"
                    " join org_unit using (unit_id) where object_id = $1 and code = $2",
                    f"P{person}",
                    cost_centre,
                ),
            )
        assert found is not None
        return found

    async def furnish(self) -> None:
        for person in (1, 2, 3, 4):
            self.hr.employ(person, f"E{person}")
        self.hr.change("E1", end_date="2026-12-01")
        await self.hr.arrive(D1)
        one, two, three, four = [await self.position(person) for person in (1, 2, 3, 4)]
        unit = one.hf_id
        async with self.identity.runtime.units.begin() as work:
            await grant_role(
                work,
                Order("ref-1", one.position_id, Role.SUPER_USER, units=[UnitAsked(unit)]),
            )
            await relations.set_leader(
                work, one, four, source=LeaderSource.MANUAL, cause=LeaderChangeCause.MANUAL
            )
            await relations.add_mentor(
                work, three.person_id, one.person_id, cause=RelationCause.CHOSEN, by=None
            )
            await store.put(
                work,
                Deputy(new_id(), one.position_id, one.person_id, two.person_id, work.today),
                Deputy(new_id(), two.position_id, two.person_id, one.person_id, work.today),
            )
        await self.identity.forget_told()

    async def open_deputies(self) -> set[tuple[UUID, UUID]]:
        rows = await self.pool.fetch(
            "select leader_position_id, deputy_person_id from deputy where ended_at is null"
        )
        return {(row["leader_position_id"], row["deputy_person_id"]) for row in rows}


@pytest.fixture
async def place(hr: Any, identity: ServiceUnderTest) -> Place:
    made = Place(hr, identity)
    await made.furnish()
    return made


@pytest.mark.rule("IDN-183")
async def test_grants_deputies_and_the_leader_link_end_with_the_position(
    place: Place, identity: ServiceUnderTest
) -> None:
    await place.hr.arrive(D2)
    [role] = await identity.told(events.RoleEnded)
    assert (role.cause, role.role, role.person_name) == (
        GrantEndCause.POSITION_ENDED,
        Role.SUPER_USER,
        "Fornavn1 Prøve",
    )
    assert [unit.code for unit in role.units] == ["TST"]
    assert await place.open_deputies() == set()
    assert {event.cause for event in await identity.told(events.DeputyEnded)} == {
        RelationCause.POSITION_ENDED
    }
    [closed] = [
        event for event in await identity.told(events.LeaderChanged) if event.leader_person_id is None
    ]
    one = await place.position(1)
    assert closed.employee_position_id == one.position_id
    assert [link.source for link in closed.earlier] == [LeaderSource.MANUAL]


async def test_sessions_acting_from_the_position_end(place: Place, identity: ServiceUnderTest) -> None:
    one, two = await place.position(1), await place.position(2)
    sessions = {}
    for acting, leads in ((one, None), (two, None), (two, one)):
        session_id = new_id()
        sessions[session_id] = (acting, leads)
        await place.pool.execute(
            "insert into login_session (session_id, secret_hash, person_id, method, assurance, started_at,"
            " last_seen_at, ends_at, idle_ends_at, position_id, leader_position_id, revision)"
            " values ($1, $2, $3, 'demo', 'high', now(), now(), now(), now(), $4, $5, 1)",
            session_id,
            session_id.bytes,
            acting.person_id,
            acting.position_id,
            leads.position_id if leads else None,
        )
    await place.hr.arrive(D2)
    revoked = {event.session_id for event in await identity.told(events.SessionRevoked)}
    assert revoked == {
        session_id
        for session_id, (acting, leads) in sessions.items()
        if one.position_id in (acting.position_id, leads.position_id if leads else None)
    }
    rows = await place.pool.fetch("select session_id from login_session where ended_at is not null")
    assert {row["session_id"] for row in rows} == revoked


@pytest.mark.rule("IDN-134")
async def test_a_mentor_who_leaves_is_one_no_longer(place: Place, identity: ServiceUnderTest) -> None:
    await place.hr.arrive(D2)
    [event] = await identity.told(events.MentorRemoved)
    assert event.cause is RelationCause.POSITION_ENDED
    assert event.mentor_person_id == (await place.position(1)).person_id


async def test_a_mentor_link_survives_a_change_of_position(place: Place, identity: ServiceUnderTest) -> None:
    place.hr.employ(1, "E1b", "102", start_date="2026-12-02")
    place.hr.change("E3", cost_centre="102")
    await place.hr.arrive(D2)
    assert await identity.told(events.MentorRemoved) == []


@pytest.mark.rule("IDN-151")
async def test_deputies_move_along_to_the_successor_and_grants_do_not(
    place: Place, identity: ServiceUnderTest
) -> None:
    place.hr.employ(1, "E1b", "102", start_date="2026-12-02")
    await place.hr.arrive(D2)
    new, two = await place.position(1, "102"), await place.position(2)
    assert await place.open_deputies() == {
        (new.position_id, two.person_id),
        (two.position_id, new.person_id),
    }
    [moved] = await identity.told(events.DeputyChanged)
    assert moved.cause is RelationCause.MOVED
    assert [event.cause for event in await identity.told(events.RoleEnded)] == [GrantEndCause.POSITION_ENDED]


@pytest.mark.rule("IDN-101")
async def test_what_ended_with_the_position_comes_back_when_it_never_ended(
    place: Place, identity: ServiceUnderTest
) -> None:
    deputies = await place.open_deputies()
    await place.hr.arrive(D2)
    await identity.forget_told()
    place.hr.employ(1, "E1b", start_date="2026-12-02")
    await place.hr.arrive(D3)
    assert await place.open_deputies() == deputies
    [role] = await identity.told(events.RoleChanged)
    assert role.state == "active"
    assert len(await identity.told(events.MentorRegistered)) == 1
    [leader] = [event for event in await identity.told(events.LeaderChanged) if event.leader_person_id]
    assert leader.source is LeaderSource.MANUAL
    assert leader.leader_person_id == (await place.position(4)).person_id


@pytest.mark.rule("IDN-102")
async def test_after_a_gap_nothing_is_restored(place: Place, identity: ServiceUnderTest) -> None:
    place.hr.employ(1, "E1b", start_date="2026-12-03")
    place.hr.change("E1b", leader_object_id="P3")
    await place.hr.arrive(D2)
    one = await place.position(1)
    assert one.status == "active"
    assert await place.pool.fetchval("select state from role_grant") == "ended"
    assert (one.position_id, (await place.position(2)).person_id) not in await place.open_deputies()
    [*_, leader] = [
        event
        for event in await identity.told(events.LeaderChanged)
        if event.employee_position_id == one.position_id
    ]
    assert leader.source is LeaderSource.HR
    assert leader.leader_person_id == (await place.position(3)).person_id


async def test_roles_are_only_suspended_by_a_manual_deactivation(
    place: Place, identity: ServiceUnderTest
) -> None:
    place.hr.change("E1", end_date="")
    await place.hr.arrive(D2)
    async with identity.runtime.units.begin() as work:
        await actions.close_position(work, await place.position(1), DeactivationCause.MANUAL)
    assert [event.state for event in await identity.told(events.RoleSuspended)] == ["suspended"]
    await place.hr.arrive(D3)
    assert [event.state for event in await identity.told(events.RoleChanged)] == ["active"]


async def test_an_ending_deletes_nothing(place: Place) -> None:
    tables = ("person", "position", "role_grant", "deputy", "person_link", "employment_period")
    counts = [await place.pool.fetchval(f"select count(*) from {name}") for name in tables]
    await place.hr.arrive(D2)
    assert [await place.pool.fetchval(f"select count(*) from {name}") for name in tables] == counts
