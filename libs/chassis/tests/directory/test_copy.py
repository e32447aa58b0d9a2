"""The directory copy: the newest revision stands, whatever the order in which events come."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stafett_chassis.directory import copy
from stafett_contracts.event import Event, registry
from stafett_contracts.identity import LeaderChanged, OrgUnitChanged, OrgUnitMoved
from stafett_contracts.ids import UnitId, new_id
from stafett_contracts.vocabulary import OrgLevel
from stafett_testing.service import ServiceUnderTest

TABLES = (
    "account deputy earlier_leader leader person position relation role role_unit unit unit_above".split()
)
DAY, OTHER_DAY = date(2026, 1, 1), date(2026, 2, 2)
MOMENT = datetime(2026, 1, 1, 12, tzinfo=UTC)
A, B, C, D, E, F = (UUID(int=number) for number in range(1, 7))


async def contents(sample: ServiceUnderTest) -> dict[str, list[dict[str, Any]]]:
    pool = sample.runtime.database.pool
    return {
        name: sorted((dict(row) for row in await pool.fetch(f"select * from directory_{name}")), key=str)
        for name in TABLES
    }


def person(changed: bool) -> dict[str, Any]:
    return {
        "person_id": A,
        "given_name": "Ny" if changed else "Gammel",
        "family_name": "Å",
        "sort_key": "x",
        "hpr_number": "9000001" if changed else None,
        "protected": changed,
        "merged_person_id": B,
    }


def account(changed: bool) -> dict[str, Any]:
    return {
        "person_id": A,
        "state": "deactivated" if changed else "warned",
        "on": DAY,
        "cause": "manual",
        "deactivates_on": DAY,
    }


def unit(changed: bool) -> dict[str, Any]:
    return {
        "unit_id": C,
        "code": "7",
        "name": "Ny" if changed else "Gammel",
        "level": "cost_centre",
        "parent_id": D if changed else E,
        "hf_id": F,
        "valid_to": DAY if changed else None,
    }


def position(changed: bool) -> dict[str, Any]:
    return {
        "position_id": B,
        "person_id": A,
        "hf_id": F,
        "unit_id": C,
        "kind": "employment",
        "title": "Overlege" if changed else "Lege",
        "track": "lis1" if changed else "none",
        "specialty": "kirurgi" if changed else None,
        "status": "deactivated" if changed else "active",
        "start_date": DAY,
        "end_date": OTHER_DAY if changed else None,
        "access_until": OTHER_DAY if changed else None,
        "from_unit_id": D,
        "to_unit_id": C,
        "person_left": False,
    }


def leader(changed: bool) -> dict[str, Any]:
    earlier = {
        "link_id": E,
        "leader_position_id": C,
        "leader_person_id": D,
        "source": "hr",
        "valid_from": DAY,
        "valid_to": OTHER_DAY if changed else DAY,
    }
    return {
        "employee_position_id": B,
        "employee_person_id": A,
        "link_id": None if changed else F,
        "leader_position_id": None if changed else D,
        "leader_person_id": None if changed else E,
        "source": None if changed else "manual",
        "valid_from": DAY,
        "cause": "hr",
        "same_person": False,
        "earlier": [earlier],
    }


def link(changed: bool) -> dict[str, Any]:
    return {
        "link_id": A,
        "trainee_person_id": B,
        "trainee_position_id": C,
        "mentor_person_id": D if changed else E,
        "supervisor_person_id": D if changed else E,
        "lead_person_id": D if changed else E,
        "lead_position_id": F,
        "specialty": "kirurgi",
        "hf_id": F,
        "state": "active",
        "valid_from": DAY,
        "cause": "chosen",
    }


def deputy(changed: bool) -> dict[str, Any]:
    return {
        "deputy_id": A,
        "leader_position_id": B,
        "leader_person_id": C,
        "deputy_person_id": D,
        "valid_from": DAY,
        "expires_on": OTHER_DAY if changed else DAY,
        "ended_at": "2026-01-01T12:00:00Z" if changed else None,
    }


def role(changed: bool) -> dict[str, Any]:
    units = [{"unit_id": str(C), "include_sub_units": True}, {"unit_id": str(D), "include_sub_units": False}]
    return {
        "grant_id": A,
        "position_id": B,
        "person_id": C,
        "person_name": "x",
        "role": "hf_admin",
        "units": units[1:] if changed else units,
        "specialties": [{"code": "kirurgi"}] if changed else [],
        "plan_ids": [E] if changed else [],
        "valid_from": DAY,
        "valid_to": OTHER_DAY if changed else None,
        "state": "active",
    }


STATES: dict[str, Callable[[bool], dict[str, Any]]] = {
    "person": person,
    "account": account,
    "org_unit": unit,
    "position": position,
    "leader": leader,
    "mentor": link,
    "supervisor": link,
    "training_lead": link,
    "deputy": deputy,
    "role": role,
}
CAUSES = {
    "identity.position.moved.v1": "self",
    "identity.position.deactivated.v1": "ended",
    "identity.position.reactivated.v1": "manual",
    "identity.role.ended.v1": "order",
}


def event(event_type: str, revision: int, changed: bool = False, **fields: Any) -> Event:
    state = STATES[event_type.split(".")[1]](changed)
    if event_type in CAUSES:
        state["cause"] = CAUSES[event_type]
    return registry[event_type].model_validate({**state, "revision": revision, **fields})


@pytest.mark.rule("IDN-253")
@pytest.mark.parametrize("event_type", sorted(copy.reactions.types))
async def test_of_every_kind_the_newest_stands_and_older_and_repeated_change_nothing(
    sample: ServiceUnderTest, event_type: str
) -> None:
    empty = await contents(sample)
    await sample.deliver(event(event_type, 3))
    kept = await contents(sample)
    assert kept != empty
    await sample.deliver(event(event_type, 2, changed=True), event(event_type, 3, changed=True))
    assert await contents(sample) == kept
    await sample.deliver(event(event_type, 4, changed=True))
    changed = await contents(sample)
    assert changed != kept
    await sample.deliver(event(event_type, 3), event(event_type, 1))
    assert await contents(sample) == changed
    assert await sample.held() == await sample.held("dead") == []


async def test_an_erased_person_is_but_an_id_and_stays_erased(sample: ServiceUnderTest) -> None:
    await sample.deliver(event("identity.person.erased.v1", 2), event("identity.person.registered.v1", 1))
    [kept] = (await contents(sample))["person"]
    assert kept == {
        "person_id": A,
        "given_name": "",
        "family_name": "",
        "sort_key": "",
        "hpr_number": None,
        "protected": False,
        "erased": True,
        "revision": 2,
    }


async def test_a_relation_that_ended_before_it_was_heard_of_is_ended(sample: ServiceUnderTest) -> None:
    for kind in ("mentor", "supervisor"):
        await sample.deliver(
            event(f"identity.{kind}.removed.v1", 2), event(f"identity.{kind}.registered.v1", 1)
        )
        [kept] = (await contents(sample))["relation"]
        assert (kept["kind"], kept["ended"], kept["holder_person_id"]) == (kind, True, E)
        await sample.runtime.database.pool.execute("delete from directory_relation")
    await sample.deliver(
        event("identity.training_lead.unlinked.v1", 2, state="removed"),
        event("identity.training_lead.linked.v1", 1),
    )
    [kept] = (await contents(sample))["relation"]
    assert (kept["ended"], kept["holder_position_id"], kept["specialty"]) == (True, F, "kirurgi")


async def test_a_roles_scope_is_replaced_as_a_whole(sample: ServiceUnderTest) -> None:
    await sample.deliver(event("identity.role.granted.v1", 1))
    assert [(row["unit_id"], row["include_sub_units"]) for row in (await contents(sample))["role_unit"]] == [
        (C, True),
        (D, False),
    ]
    await sample.deliver(event("identity.role.changed.v1", 2, changed=True))
    kept = await contents(sample)
    assert [row["unit_id"] for row in kept["role_unit"]] == [D]
    assert kept["role"][0]["plan_ids"] == [E]
    assert kept["role"][0]["specialties"] == ["kirurgi"]


async def test_earlier_leaders_are_kept_and_closed(sample: ServiceUnderTest) -> None:
    await sample.deliver(event(LeaderChanged.TYPE, 1), event(LeaderChanged.TYPE, 2, changed=True))
    kept = await contents(sample)
    assert kept["leader"][0]["leader_position_id"] is None
    assert [row["valid_to"] for row in kept["earlier_leader"]] == [OTHER_DAY]


# --- Units: who is above whom ---


def moved(unit_id: UUID, parent_id: UUID | None, revision: int) -> OrgUnitMoved:
    return OrgUnitMoved(
        revision=revision,
        unit_id=UnitId(unit_id),
        code="1",
        name="x",
        level=OrgLevel.DEPARTMENT,
        parent_id=UnitId(parent_id) if parent_id else None,
        hf_id=UnitId(A),
    )


def expected(parents: dict[UUID, UUID | None]) -> set[tuple[UUID, UUID]]:
    """Every known unit with itself and whatever lies above, up to a parent that is not known."""
    found = set()
    for unit_id in parents:
        above: UUID | None = unit_id
        while above is not None and (unit_id, above) not in found:
            found.add((unit_id, above))
            above = parents.get(above)
    return found


async def lines(sample: ServiceUnderTest) -> set[tuple[UUID, UUID]]:
    rows = await sample.runtime.database.pool.fetch("select unit_id, above_id from directory_unit_above")
    return {(row["unit_id"], row["above_id"]) for row in rows}


UNITS = [UUID(int=number) for number in range(1, 8)]


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Moves of some units, parents among those that come before (no circles at the end), in any order, repeated."""
    told: list[Event] = []
    for place, unit_id in enumerate(UNITS[: draw(st.integers(2, len(UNITS)))]):
        for revision in range(1, draw(st.integers(1, 3)) + 1):
            # On the way a parent may be anything but the unit itself; in the last revision a lower number.
            last = revision == 3
            choices = UNITS[:place] if last else [one for one in UNITS if one != unit_id]
            parent = draw(st.sampled_from([None, *choices]))
            told.append(moved(unit_id, parent, revision))
    final = {}
    for one in told:
        assert isinstance(one, OrgUnitMoved)
        final[one.unit_id] = one
    for place, unit_id in enumerate(UNITS):
        if unit_id in final and final[UnitId(unit_id)].parent_id not in (None, *UNITS[:place]):
            told.append(moved(unit_id, draw(st.sampled_from([None, *UNITS[:place]])), 9))
    return draw(st.permutations(told + draw(st.lists(st.sampled_from(told), max_size=3))))


@settings(
    derandomize=True,
    database=None,
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(told=histories(), batch=st.integers(1, 6))
async def test_any_order_of_unit_events_gives_the_same_lines(
    sample: ServiceUnderTest, told: list[OrgUnitMoved], batch: int
) -> None:
    await sample.runtime.database.pool.execute("delete from directory_unit; delete from directory_unit_above")
    for start in range(0, len(told), batch):
        await sample.deliver(*told[start : start + batch])
    newest: dict[UUID, OrgUnitMoved] = {}
    for one in told:
        known = newest.get(one.unit_id)
        if known is None or known.revision < one.revision:
            newest[one.unit_id] = one
    assert await lines(sample) == expected({unit_id: one.parent_id for unit_id, one in newest.items()})


async def test_a_circle_on_the_way_ends_nowhere_and_is_gone_when_it_is_mended(
    sample: ServiceUnderTest,
) -> None:
    await sample.deliver(moved(A, B, 1), moved(B, A, 1), moved(C, B, 1))
    assert await sample.held() == []
    await sample.deliver(moved(B, None, 2))
    assert await lines(sample) == expected({A: B, B: None, C: B})


async def test_a_change_of_name_leaves_the_lines(sample: ServiceUnderTest) -> None:
    await sample.deliver(moved(A, None, 1), moved(B, A, 1))
    before = await lines(sample)
    await sample.deliver(
        OrgUnitChanged.model_validate({**moved(B, A, 2).model_dump(), "name": "Nytt navn", "valid_to": DAY})
    )
    assert await lines(sample) == before
    [kept] = [row for row in (await contents(sample))["unit"] if row["unit_id"] == B]
    assert (kept["name"], kept["valid_to"]) == ("Nytt navn", DAY)


async def test_two_moves_at_the_same_time_see_one_another(sample: ServiceUnderTest) -> None:
    """Two workers: one moves the ward below the clinic while the other moves the clinic below the trust."""
    for _ in range(15):
        trust, clinic, ward = (new_id() for _ in range(3))
        await sample.deliver(moved(trust, None, 1), moved(clinic, None, 1), moved(ward, None, 1))
        await asyncio.gather(sample.deliver(moved(ward, clinic, 2)), sample.deliver(moved(clinic, trust, 2)))
        found = await lines(sample)
        assert {(ward, clinic), (ward, trust), (clinic, trust)} <= found
    assert await sample.held() == []
