"""Who leads whom after an import (IDN-116 to IDN-129)."""

from datetime import date
from typing import Any

import pytest

from stafett_contracts import identity as events
from stafett_contracts.vocabulary import LeaderChangeCause, LeaderSource
from stafett_identity.directory import relations, store
from stafett_testing.service import ServiceUnderTest

D1, D2, D3 = date(2026, 12, 1), date(2026, 12, 2), date(2026, 12, 3)

_LEADER = """
select i.object_id, u.code, l.source, l.cause, l.awaits_choice, h.object_id as by_hr
from leader_link l
join position e on e.position_id = l.employee_position_id join person ei on ei.person_id = e.person_id
join org_unit eu on eu.unit_id = e.unit_id
left join position p on p.position_id = l.leader_position_id
left join person i on i.person_id = p.person_id left join org_unit u on u.unit_id = p.unit_id
left join person h on h.person_id = l.hr_leader_person_id
where ei.object_id = $1 and eu.code = $2
"""


async def leader(identity: ServiceUnderTest, person: int, cost_centre: str = "101") -> Any:
    return await identity.runtime.database.pool.fetchrow(_LEADER, f"P{person}", cost_centre)


async def choose(identity: ServiceUnderTest, person: int, chosen: int, at: str = "101") -> None:
    """Set a manual leader, as Personalia does."""
    pool = identity.runtime.database.pool
    async with identity.runtime.units.begin() as work:
        rows = [
            await pool.fetchval(
                "select position_id from position join person using (person_id) join org_unit using (unit_id)"
                " where object_id = $1 and code = $2 and status = 'active'",
                f"P{one}",
                code,
            )
            for one, code in ((person, "101"), (chosen, at))
        ]
        employee, leads = await store.position(work, rows[0]), await store.position(work, rows[1])
        assert employee is not None
        assert leads is not None
        await relations.set_leader(
            work, employee, leads, source=LeaderSource.MANUAL, cause=LeaderChangeCause.MANUAL
        )


@pytest.fixture
def staffed(hr: Any) -> Any:
    """A leader of the trust (1), of the department (2), and employees 3 and 4 at the cost centre."""
    hr.unit("TST", "hf", None, name="Prøvesykehuset HF", leader_object_id="P1")
    hr.unit("TST-A", "department", "TST", leader_object_id="P2")
    hr.unit("L", "cost_centre", "TST")
    hr.employ(1, "E1", "L")
    hr.employ(2, "E2", "L")
    hr.employ(3, "E3")
    hr.employ(4, "E4")
    return hr


@pytest.mark.rule("IDN-116")
async def test_the_leader_is_named_on_the_row_or_of_the_nearest_unit_with_another(
    staffed: Any, identity: ServiceUnderTest
) -> None:
    staffed.change("E4", leader_object_id="P3")
    done = await staffed.arrive(D1)
    assert done["counts"]["without_leader"] == 0
    assert (await leader(identity, 3))["object_id"] == "P2"
    assert (await leader(identity, 4))["object_id"] == "P3"
    assert (await leader(identity, 2, "L"))["object_id"] == "P1"
    assert await leader(identity, 1, "L") is None  # nobody is above


@pytest.mark.rule("IDN-116")
async def test_who_leads_the_own_unit_is_led_from_above(staffed: Any, identity: ServiceUnderTest) -> None:
    staffed.unit("101", "cost_centre", "TST-A", leader_object_id="P3")
    staffed.unit("TST-A", "department", "TST", leader_object_id="P3")
    await staffed.arrive(D1)
    assert (await leader(identity, 3))["object_id"] == "P1"
    assert (await leader(identity, 4))["object_id"] == "P3"


@pytest.mark.rule("IDN-117")
async def test_the_link_points_to_the_leaders_position_at_the_unit_then_nearest_then_first(
    staffed: Any, identity: ServiceUnderTest
) -> None:
    staffed.employ(2, "E2b", "102", start_date="2020-01-01")
    staffed.employ(5, "E5", "102")
    staffed.unit("FAR", "clinic", "TST")
    staffed.unit("301", "cost_centre", "FAR")
    staffed.employ(6, "E6", "301", leader_object_id="P2")
    await staffed.arrive(D1)
    assert (await leader(identity, 5, "102"))["code"] == "102"  # there
    assert (await leader(identity, 3))["code"] == "102"  # under the same department
    assert (await leader(identity, 6, "301"))["code"] == "L"  # straight under the trust: nearer
    staffed.unit("303", "cost_centre", "FAR")
    staffed.unit("302", "cost_centre", "FAR")
    staffed.employ(7, "E7", "302", leader_object_id="P8")
    staffed.employ(8, "E8a", "301", start_date="2021-01-01")
    staffed.employ(8, "E8b", "303", start_date="2020-01-01")
    await staffed.arrive(D2)
    assert (await leader(identity, 7, "302"))["code"] == "303"  # equally near: begun first


async def test_every_new_link_is_told_with_its_cause(staffed: Any, identity: ServiceUnderTest) -> None:
    await staffed.arrive(D1)
    told = await identity.told(events.LeaderChanged)
    assert {event.cause for event in told} == {LeaderChangeCause.POSITION_CREATED}
    await identity.forget_told()
    staffed.change("E3", leader_object_id="P4")
    await staffed.arrive(D2)
    [event] = await identity.told(events.LeaderChanged)
    assert event.cause is LeaderChangeCause.HR
    assert not event.same_person
    assert event.old_leader_person_id != event.leader_person_id
    assert event.revision == 2
    assert [one.valid_to for one in event.earlier] == [D1]


async def test_a_manual_leader_stays_when_hr_names_another(staffed: Any, identity: ServiceUnderTest) -> None:
    await staffed.arrive(D1)
    await choose(identity, 3, 4)
    await identity.forget_told()
    staffed.change("E3", leader_object_id="P1")
    await staffed.arrive(D2)
    found = await leader(identity, 3)
    assert (found["object_id"], found["source"], found["by_hr"]) == ("P4", "manual", "P1")
    assert await identity.told(events.LeaderChanged) == []


@pytest.mark.rule("IDN-122")
async def test_when_a_manual_leader_leaves_hrs_does_not_step_in(
    staffed: Any, identity: ServiceUnderTest
) -> None:
    await staffed.arrive(D1)
    await choose(identity, 3, 4)
    await identity.forget_told()
    staffed.drop("E4")
    done = await staffed.arrive(D2)
    found = await leader(identity, 3)
    assert (found["object_id"], found["by_hr"]) == (None, "P2")
    assert [one["object_id"] for one in done["changes"]["without_leader"]] == ["P3"]
    told = [event for event in await identity.told(events.LeaderChanged) if event.old_leader_person_id]
    assert LeaderChangeCause.LEADER_LEFT in {event.cause for event in told}
    await staffed.arrive(D3)
    assert (await leader(identity, 3))["object_id"] is None


@pytest.mark.rule("IDN-126")
async def test_links_follow_the_leader_to_the_successor(staffed: Any, identity: ServiceUnderTest) -> None:
    staffed.employ(5, "E5", "102")
    staffed.change("E3", leader_object_id="P5")
    await staffed.arrive(D1)
    await choose(identity, 4, 5, "102")
    await identity.forget_told()
    staffed.unit("103", "cost_centre", "TST")
    staffed.change("E5", end_date="2026-12-01")
    staffed.employ(5, "E5b", "103", start_date="2026-12-02")
    await staffed.arrive(D2)
    for person, source in ((3, "hr"), (4, "manual")):
        found = await leader(identity, person)
        assert (found["object_id"], found["code"], found["source"]) == ("P5", "103", source)
    moved = [event for event in await identity.told(events.LeaderChanged) if event.same_person]
    assert {event.cause for event in moved} == {LeaderChangeCause.LEADER_MOVED}
    assert len(moved) == 2


@pytest.mark.rule("IDN-126")
async def test_a_manual_leader_without_successor_goes_on_from_another_position(
    staffed: Any, identity: ServiceUnderTest
) -> None:
    staffed.employ(5, "E5", "102")
    staffed.employ(5, "E5b", "L", start_date="2025-01-01")
    await staffed.arrive(D1)
    await choose(identity, 3, 5, "102")
    staffed.drop("E5")
    await staffed.arrive(D2)
    found = await leader(identity, 3)
    assert (found["object_id"], found["code"], found["source"]) == ("P5", "L", "manual")


async def test_an_hr_leader_who_leaves_is_followed_by_nobody_when_hr_names_none(
    staffed: Any, identity: ServiceUnderTest
) -> None:
    staffed.unit("TST", "hf", None)
    staffed.unit("TST-A", "department", "TST")
    staffed.change("E3", leader_object_id="P4")
    await staffed.arrive(D1)
    await identity.forget_told()
    staffed.drop("E4")
    staffed.change("E3", leader_object_id="")
    done = await staffed.arrive(D2)
    assert [one["object_id"] for one in done["changes"]["without_leader"]] == ["P3"]
    [event] = [one for one in await identity.told(events.LeaderChanged) if one.old_leader_person_id]
    assert (event.cause, event.leader_person_id) == (LeaderChangeCause.LEADER_LEFT, None)
    staffed.change("E3", leader_object_id="P2")
    await staffed.arrive(D3)
    assert (await leader(identity, 3))["object_id"] == "P2"


async def test_former_leaders_are_kept(staffed: Any, identity: ServiceUnderTest) -> None:
    await staffed.arrive(D1)
    for day, named in ((D2, "P4"), (D3, "P1")):
        staffed.change("E3", leader_object_id=named)
        await staffed.arrive(day)
    [*_, event] = await identity.told(events.LeaderChanged)
    assert [(one.valid_from, one.valid_to) for one in event.earlier] == [(D1, D1), (D2, D2)]
    assert len({one.leader_person_id for one in event.earlier}) == 2


async def test_who_leads_is_told_by_open_links_alone(staffed: Any, identity: ServiceUnderTest) -> None:
    staffed.change("E4", title="Seksjonsoverlege")
    await staffed.arrive(D1)
    leads = await identity.runtime.database.pool.fetch(
        "select distinct object_id from leader_link join person on person_id = leader_person_id order by 1"
    )
    assert [row["object_id"] for row in leads] == ["P1", "P2"]


async def test_a_leader_of_a_region_leads_the_trusts_director_also_in_a_file_of_the_region_alone(
    hr: Any, identity: ServiceUnderTest
) -> None:
    hr.hf_codes = ["TST", "RHF"]
    hr.unit("REG", "rhf", None, hf_code="RHF", leader_object_id="P1")
    hr.unit("RHF", "hf", "REG", hf_code="RHF")
    hr.unit("900", "cost_centre", "RHF", hf_code="RHF")
    hr.unit("TST", "hf", "REG", leader_object_id="P2")
    for person, place in ((1, "900"), (5, "900"), (2, "101")):
        hr.employ(person, f"E{person}", place, hf_code="RHF" if place == "900" else "TST")
    await hr.arrive(D1)
    assert (await leader(identity, 2))["object_id"] == "P1"
    hr.hf_codes = ["RHF"]
    hr.unit("REG", "rhf", None, hf_code="RHF", leader_object_id="P5")
    for code in ("TST", "TST-A", "101", "102"):
        del hr.units[code]
    hr.drop("E2")
    done = await hr.arrive(D2)
    assert done["errors"] == []
    assert (await leader(identity, 2))["object_id"] == "P5"
    assert done["counts"]["ended"] == 0
