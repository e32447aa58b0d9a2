"""Who may see whom: every role, its limits and what is refused."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Select, select

from stafett_chassis.auth import ActingAs, Caller
from stafett_chassis.clock import SetClock
from stafett_chassis.directory import access, tables
from stafett_contracts import identity
from stafett_contracts.ids import new_id
from stafett_contracts.vocabulary import DeactivationCause, GrantEndCause, GrantState, Role, Track
from stafett_testing.people import START, Position, Unit, World
from stafett_testing.service import ServiceUnderTest

ALL = tuple(Role)


@dataclass
class House:
    """A trust with two clinics, one of them with a ward, and people at each."""

    sample: ServiceUnderTest
    world: World
    trust: Unit
    clinic: Unit
    ward: Unit
    other: Unit
    boss: Position
    kari: Position
    lone: Position
    elsewhere: Position
    today: date

    async def tell(self, *events: Any) -> None:
        await self.sample.deliver(*self.world.news(), *events)
        assert await self.sample.held() == []

    async def names(self, query: Select[Any]) -> set[str]:
        """The given names of those whose positions (or persons) `query` finds."""
        ids = {row[0] for row in await self.sample.runtime.database.pool.fetch(*await self._text(query))}
        people = [position for person in self._people for position in person.positions]
        return {
            position.person.given_name
            for position in people
            if position.position_id in ids or position.person_id in ids
        }

    async def _text(self, query: Select[Any]) -> list[Any]:
        from stafett_chassis.sql import compiled

        text, values = compiled(query, {})
        return [text, *values]

    @property
    def _people(self) -> list[Any]:
        return [self.boss.person, self.kari.person, self.lone.person, self.elsewhere.person]

    def reach(self, caller: Caller, *roles: Role) -> Select[Any]:
        return access.positions(caller, self.today, leader=True, roles=roles or ALL)


@pytest.fixture
async def house(sample: ServiceUnderTest, clock: SetClock) -> House:
    world = World()
    trust = world.unit("Havnes sykehus")
    clinic = world.unit("Medisinsk klinikk", parent=trust)
    ward = world.unit("Sengepost 2", parent=clinic)
    other = world.unit("Kirurgisk klinikk", parent=trust)
    boss = world.person("Torbjørn", "Engeskår").at(clinic)
    kari = world.person("Kari", "Hansen").at(ward, leader=boss, track=Track.LIS2_3)
    lone = world.person("Lone", "Vik").at(ward)
    elsewhere = world.person("Per", "Ås").at(other)
    from stafett_chassis.clock import oslo_date

    built = House(
        sample, world, trust, clinic, ward, other, boss, kari, lone, elsewhere, oslo_date(clock.now())
    )
    await built.tell()
    return built


def as_deputy(house: House, deputy: Position, leader: Position) -> Caller:
    return house.sample.caller(deputy, deputy_for=leader)


async def test_a_leader_reaches_own_employees_and_nobody_else(house: House) -> None:
    assert await house.names(house.reach(house.sample.caller(house.boss))) == {"Kari"}
    assert await house.names(house.reach(house.sample.caller(house.lone))) == set()
    house.world.set_leader(house.kari, None)
    await house.tell()
    assert await house.names(house.reach(house.sample.caller(house.boss))) == set()


async def test_a_leader_leads_from_the_acting_position_only(house: House) -> None:
    second = house.boss.person.at(house.other)
    await house.tell()
    assert await house.names(house.reach(house.sample.caller(second))) == set()


async def test_somebody_without_position_does_not_lead_those_without_leader(house: House) -> None:
    house.world.set_leader(house.lone, None)
    await house.tell()
    homeless = replace(house.sample.caller(house.boss), position_id=None)
    assert await house.names(house.reach(homeless)) == set()
    assert await house.names(access.led_by(homeless, house.today)) == set()
    assert await house.names(access.led_in_training(homeless)) == set()
    async with house.sample.runtime.database.connection() as connection:
        assert not await access.may_follow(connection, homeless, house.today, house.lone.position_id)


@pytest.mark.parametrize(("days", "reached"), [(None, True), (0, True), (1, True), (-1, False)])
async def test_a_deputy_reaches_the_leaders_employees_until_the_last_day(
    house: House, days: int | None, reached: bool
) -> None:
    last = None if days is None else house.today + timedelta(days=days)
    house.world.deputy(house.boss, house.lone.person, expires_on=last)
    await house.tell()
    found = await house.names(house.reach(as_deputy(house, house.lone, house.boss)))
    assert found == ({"Kari"} if reached else set())


async def test_a_deputy_who_was_never_one_or_is_no_more_reaches_nobody(house: House) -> None:
    assert await house.names(house.reach(as_deputy(house, house.lone, house.boss))) == set()
    deputy = house.world.deputy(house.boss, house.lone.person)
    await house.tell()
    await house.tell(
        identity.DeputyEnded(
            revision=2,
            deputy_id=deputy,
            leader_position_id=house.boss.position_id,
            leader_person_id=house.boss.person_id,
            deputy_person_id=house.lone.person_id,
            valid_from=START,
            ended_at=house.sample.clock.now(),
        )
    )
    assert await house.names(house.reach(as_deputy(house, house.lone, house.boss))) == set()


async def test_a_deputy_has_neither_the_leaders_roles_nor_own_ones_and_is_no_deputys_deputy(
    house: House,
) -> None:
    house.world.deputy(house.boss, house.lone.person)
    house.world.deputy(house.lone, house.elsewhere.person)
    house.world.grant(house.boss, Role.HF_ADMIN, house.trust)
    house.world.grant(house.lone, Role.HF_ADMIN, house.trust)
    await house.tell()
    deputy = as_deputy(house, house.lone, house.boss)
    assert await house.names(house.reach(deputy)) == {"Kari"}
    assert await house.names(access.in_reach_of(deputy, house.today, ALL)) == set()
    assert await house.names(access.units_in_reach(deputy, house.today, ALL)) == set()
    assert await house.names(house.reach(as_deputy(house, house.elsewhere, house.boss))) == set()
    own = access.positions(deputy, house.today, own=True)
    assert await house.names(own) == set()


async def test_a_role_reaches_its_unit_and_those_below(house: House) -> None:
    admin = house.elsewhere
    house.world.grant(admin, Role.HF_ADMIN, house.clinic)
    await house.tell()
    caller = house.sample.caller(admin)
    assert await house.names(house.reach(caller)) == {"Torbjørn", "Kari", "Lone"}
    units = await house.sample.runtime.database.pool.fetch(
        *await house._text(access.units_in_reach(caller, house.today, [Role.HF_ADMIN]))
    )
    assert {row[0] for row in units} == {house.clinic.unit_id, house.ward.unit_id}


async def test_a_role_without_sub_units_reaches_its_unit_only(house: House) -> None:
    house.world.grant(house.elsewhere, Role.HF_ADMIN, house.clinic, include_sub_units=False)
    await house.tell()
    caller = house.sample.caller(house.elsewhere)
    assert await house.names(house.reach(caller)) == {"Torbjørn"}
    units = await house.sample.runtime.database.pool.fetch(
        *await house._text(access.units_in_reach(caller, house.today, [Role.HF_ADMIN]))
    )
    assert [row[0] for row in units] == [house.clinic.unit_id]


async def test_only_the_roles_asked_for_count_and_only_on_the_acting_position(house: House) -> None:
    second = house.elsewhere.person.at(house.clinic)
    house.world.grant(house.elsewhere, Role.ARCHIVIST, house.trust)
    house.world.grant(second, Role.HF_ADMIN, house.trust)
    await house.tell()
    first_caller, second_caller = house.sample.caller(house.elsewhere), house.sample.caller(second)
    assert await house.names(house.reach(first_caller, Role.HF_ADMIN)) == set()
    assert await house.names(house.reach(second_caller, Role.ARCHIVIST)) == set()
    assert len(await house.names(house.reach(first_caller, Role.ARCHIVIST))) == 4
    assert len(await house.names(house.reach(second_caller, Role.HF_ADMIN, Role.ARCHIVIST))) == 4
    # Somebody else's token that names the position does not help.
    forged = replace(first_caller, person_id=house.lone.person_id)
    assert await house.names(house.reach(forged, Role.ARCHIVIST)) == set()


@pytest.mark.parametrize(
    ("state", "from_days", "to_days", "in_force"),
    [
        (GrantState.ACTIVE, 0, None, True),
        (GrantState.ACTIVE, 1, None, False),
        (GrantState.ACTIVE, -9, 0, True),
        (GrantState.ACTIVE, -9, -1, False),
        (GrantState.SUSPENDED, -9, None, False),
        (GrantState.ENDED, -9, None, False),
    ],
)
async def test_a_role_counts_while_it_is_in_force(
    house: House, state: GrantState, from_days: int, to_days: int | None, in_force: bool
) -> None:
    grant = house.world.grant(house.elsewhere, Role.HF_ADMIN, house.clinic)
    await house.tell()
    told: dict[str, Any] = {
        "revision": 2,
        "grant_id": grant,
        "position_id": house.elsewhere.position_id,
        "person_id": house.elsewhere.person_id,
        "person_name": "Per Ås",
        "role": Role.HF_ADMIN,
        "units": (identity.RoleUnit(unit_id=house.clinic.unit_id, include_sub_units=True),),
        "valid_from": house.today + timedelta(days=from_days),
        "valid_to": None if to_days is None else house.today + timedelta(days=to_days),
        "state": state,
    }
    kinds: dict[GrantState, type[identity.RoleData]] = {
        GrantState.ACTIVE: identity.RoleChanged,
        GrantState.SUSPENDED: identity.RoleSuspended,
        GrantState.ENDED: identity.RoleEnded,
    }
    if state is GrantState.ENDED:
        told["cause"] = GrantEndCause.ORDER
    await house.tell(kinds[state](**told))
    found = await house.names(house.reach(house.sample.caller(house.elsewhere)))
    assert bool(found) == in_force


async def test_the_token_alone_gives_no_right(house: House) -> None:
    from stafett_chassis.auth import RoleScope

    caller = house.sample.caller(
        house.elsewhere, roles=[RoleScope(Role.HF_ADMIN, ((house.trust.unit_id, True),))]
    )
    assert await house.names(house.reach(caller)) == set()


async def test_a_unit_that_moves_takes_its_people_out_of_reach(house: House) -> None:
    house.world.grant(house.elsewhere, Role.HF_ADMIN, house.clinic)
    await house.tell(
        identity.OrgUnitMoved(
            revision=2,
            unit_id=house.ward.unit_id,
            code="U3",
            name="Sengepost 2",
            level=house.ward.level,
            parent_id=house.other.unit_id,
            hf_id=house.trust.unit_id,
        )
    )
    assert await house.names(house.reach(house.sample.caller(house.elsewhere))) == {"Torbjørn"}


async def test_a_mentor_reaches_own_trainees_until_removed(house: House) -> None:
    house.world.mentor(house.kari.person, house.lone.person)
    await house.tell()
    caller = house.sample.caller(house.lone)
    assert await house.names(access.mentees(caller)) == {"Kari"}
    assert await house.names(access.mentees(house.sample.caller(house.boss))) == set()
    assert await house.names(access.mentees(as_deputy(house, house.lone, house.boss))) == set()
    link = await house.sample.runtime.database.pool.fetchval("select link_id from directory_relation")
    data = {
        "link_id": link,
        "trainee_person_id": house.kari.person_id,
        "mentor_person_id": house.lone.person_id,
        "valid_from": START,
        "cause": "removed",
    }
    await house.tell(identity.MentorRemoved.model_validate({**data, "revision": 2}))
    assert await house.names(access.mentees(caller)) == set()


async def test_a_supervisor_is_no_mentor(house: House) -> None:
    await house.tell(
        identity.SupervisorRegistered.model_validate(
            {
                "revision": 1,
                "link_id": new_id(),
                "trainee_person_id": house.kari.person_id,
                "supervisor_person_id": house.lone.person_id,
                "valid_from": START,
                "cause": "chosen",
            }
        )
    )
    assert await house.names(access.mentees(house.sample.caller(house.lone))) == set()


async def test_a_training_lead_reaches_trainees_from_the_position_that_leads(house: House) -> None:
    second = house.lone.person.at(house.other)
    house.world.training_lead(house.kari, house.lone, "kirurgi")
    await house.tell()
    caller = house.sample.caller(house.lone)
    text = await house._text(access.led_in_training(caller))
    rows = await house.sample.runtime.database.pool.fetch(*text)
    assert [tuple(row) for row in rows] == [(house.kari.position_id, "kirurgi")]
    assert await house.names(access.led_in_training(house.sample.caller(second))) == set()
    assert await house.names(access.led_in_training(as_deputy(house, house.lone, house.boss))) == set()


async def test_own_positions_are_all_of_ones_own(house: House) -> None:
    second = house.kari.person.at(house.other)
    await house.tell()
    own = access.positions(house.sample.caller(second), house.today, own=True)
    found = await house.sample.runtime.database.pool.fetch(*await house._text(own))
    assert {row[0] for row in found} == {house.kari.position_id, second.position_id}
    assert await house.names(access.positions(house.sample.caller(second), house.today)) == set()


async def test_following_one_position_is_answered_as_the_whole_reach_is(house: House) -> None:
    house.world.grant(house.elsewhere, Role.HF_ADMIN, house.ward)
    house.world.deputy(house.boss, house.lone.person)
    await house.tell()
    callers = [house.sample.caller(one) for one in (house.boss, house.kari, house.lone, house.elsewhere)]
    callers.append(as_deputy(house, house.lone, house.boss))
    async with house.sample.runtime.database.connection() as connection:
        for caller in callers:
            reached = set(
                await connection.column(
                    access.positions(caller, house.today, leader=True, roles=access.FOLLOW_UP, own=True)
                )
            )
            built_once = select(access.reach(leader=True, roles=access.FOLLOW_UP, own=True).subquery())
            assert reached == set(await connection.column(built_once, **access.asking(caller, house.today)))
            for position in (house.boss, house.kari, house.lone, house.elsewhere):
                may = await access.may_follow(connection, caller, house.today, position.position_id, own=True)
                assert may == (position.position_id in reached)
            assert not await access.may_follow(connection, caller, house.today, UUID(int=1))
    assert callers[-1].acting_as is ActingAs.DEPUTY


async def test_an_active_person_has_an_account_and_a_position_with_access(house: House) -> None:
    async def active(position: Position) -> bool:
        condition = access.active_person(tables.person.c.person_id, house.today)
        query = select(tables.person.c.person_id).where(
            tables.person.c.person_id == position.person_id, condition
        )
        async with house.sample.runtime.database.connection() as connection:
            return await connection.maybe(query) is not None

    gone, closed, expired = (house.world.person(name, "Tø").at(house.ward) for name in ("A", "B", "C"))
    last_day = house.world.person("D", "Tø").at(house.ward, access_until=house.today)
    house.world.deactivate(gone, cause=DeactivationCause.MANUAL)
    house.world.deactivate_account(closed.person)
    late = house.world.person("E", "Tø").at(house.ward, access_until=house.today - timedelta(days=1))
    await house.tell()
    assert [await active(one) for one in (house.kari, gone, closed, last_day, late, expired)] == [
        True,
        False,
        False,
        True,
        False,
        True,
    ]
