"""The life of positions as HR's files tell it, night by night (IDN-093 to IDN-108)."""

from datetime import date
from typing import Any

import pytest

from stafett_contracts import identity as events
from stafett_contracts.vocabulary import DeactivationCause, PositionStatus, ReactivationCause
from stafett_testing.service import ServiceUnderTest

D1, D2, D3 = date(2026, 12, 1), date(2026, 12, 2), date(2026, 12, 3)


async def position(identity: ServiceUnderTest, person: int, cost_centre: str = "101") -> Any:
    return await identity.runtime.database.pool.fetchrow(
        "select p.* from position p join person i using (person_id) join org_unit u using (unit_id)"
        " where i.object_id = $1 and u.code = $2",
        f"P{person}",
        cost_centre,
    )


async def staffed(hr: Any, *people: int, on: date = D1, **more: Any) -> None:
    for person in people:
        hr.employ(person, f"E{person}", **more)
    done = await hr.arrive(on)
    assert done["state"] == "applied"
    assert done["errors"] == []


@pytest.mark.rule("IDN-093")
async def test_another_cost_centre_is_another_position(hr: Any, identity: ServiceUnderTest) -> None:
    await staffed(hr, 1)
    hr.change("E1", end_date="2026-12-01")
    hr.employ(1, "E1b", "102", start_date="2026-12-02")
    await hr.arrive(D2)
    old, new = await position(identity, 1), await position(identity, 1, "102")
    assert old["status"] == "deactivated"
    assert new["status"] == "active"
    assert old["position_id"] != new["position_id"]
    assert old["successor_id"] == new["position_id"]
    assert new["predecessor_id"] == old["position_id"]


@pytest.mark.rule("IDN-093")
async def test_two_employments_at_one_cost_centre_are_one_position(
    hr: Any, identity: ServiceUnderTest
) -> None:
    hr.employ(1, "E1", percentage=60)
    hr.employ(1, "E2", percentage=40)
    await hr.arrive(D1)
    [told] = await identity.told(events.PositionCreated)
    assert len(told.periods) == 2


@pytest.mark.rule("IDN-094")
async def test_a_position_is_planned_until_thirty_days_before_its_start(
    hr: Any, identity: ServiceUnderTest
) -> None:
    hr.employ(1, "E1", start_date="2027-01-02")
    await hr.arrive(date(2026, 12, 2))  # 31 days before
    assert (await position(identity, 1))["status"] == "planned"
    assert await identity.told(events.PositionCreated, events.PersonRegistered) == []
    await hr.arrive(date(2026, 12, 3))
    found = await position(identity, 1)
    assert (found["status"], found["start_date"]) == ("active", date(2027, 1, 2))
    [person] = await identity.told(events.PersonRegistered)
    [created] = await identity.told(events.PositionCreated)
    assert created.person_id == person.person_id
    assert created.revision == 1


@pytest.mark.rule("IDN-094")
async def test_a_planned_position_that_is_withdrawn_leaves_nothing(
    hr: Any, identity: ServiceUnderTest
) -> None:
    await staffed(hr, 1)
    hr.employ(2, "E2", start_date="2027-06-01")
    await hr.arrive(D2)
    await identity.forget_told()
    hr.drop("E2")
    await hr.arrive(D3)
    assert await position(identity, 2) is None
    assert [type(event) for event in await identity.told(events.ImportApplied, events.PositionData)] == [
        events.ImportApplied
    ]


@pytest.mark.rule("IDN-095")
async def test_a_postponed_start_keeps_the_position_and_a_withdrawn_one_ends_it(
    hr: Any, identity: ServiceUnderTest
) -> None:
    hr.employ(1, "E1", start_date="2026-12-20")
    hr.employ(2, "E2", start_date="2026-12-20")
    await hr.arrive(D1)
    hr.change("E1", start_date="2027-03-01")
    hr.drop("E2")
    await hr.arrive(D2)
    kept = await position(identity, 1)
    assert (kept["status"], kept["start_date"]) == ("active", date(2027, 3, 1))
    [gone] = await identity.told(events.PositionDeactivated)
    assert gone.cause is DeactivationCause.NEVER_STARTED
    assert gone.person_left


@pytest.mark.rule("IDN-096")
async def test_a_position_ends_in_the_first_import_after_its_last_day(
    hr: Any, identity: ServiceUnderTest
) -> None:
    await staffed(hr, 1)
    hr.change("E1", end_date="2026-12-02")
    await hr.arrive(D2)
    found = await position(identity, 1)
    assert (found["status"], found["access_until"]) == ("active", D2)
    await hr.arrive(D3)
    assert (await position(identity, 1))["status"] == "deactivated"
    [gone] = await identity.told(events.PositionDeactivated)
    assert (gone.cause, gone.end_date, gone.person_left) == (DeactivationCause.ENDED, D2, True)
    assert (gone.successor_id, gone.rotation) == (None, False)


@pytest.mark.rule("IDN-097")
async def test_a_vanished_row_ended_the_day_before_the_run(hr: Any, identity: ServiceUnderTest) -> None:
    await staffed(hr, 1, 2)
    hr.drop("E2")
    await hr.arrive(date(2026, 12, 7))
    [gone] = await identity.told(events.PositionDeactivated)
    assert gone.end_date == date(2026, 12, 6)


@pytest.mark.rule("IDN-097")
async def test_a_vanished_row_ended_before_the_new_position_that_came_since_the_last_run(
    hr: Any, identity: ServiceUnderTest
) -> None:
    await staffed(hr, 1, track="lis2_3", hpr_number="9000001")
    hr.drop("E1")
    hr.employ(1, "E1b", "102", start_date="2026-12-04", track="lis2_3", hpr_number="9000001")
    await hr.arrive(date(2026, 12, 7))
    [gone] = await identity.told(events.PositionDeactivated)
    assert gone.end_date == date(2026, 12, 3)
    assert gone.rotation
    assert not gone.person_left


@pytest.mark.rule("IDN-097")
async def test_a_vanished_row_whose_follower_starts_later_lasts_until_then(
    hr: Any, identity: ServiceUnderTest
) -> None:
    await staffed(hr, 1)
    hr.drop("E1")
    hr.employ(1, "E1b", "102", start_date="2026-12-10")
    await hr.arrive(D2)
    await hr.arrive(D3)
    found = await position(identity, 1)
    assert (found["status"], found["end_date"]) == ("active", date(2026, 12, 9))
    await hr.arrive(date(2026, 12, 10))
    assert (await position(identity, 1))["successor_id"] == (await position(identity, 1, "102"))[
        "position_id"
    ]


@pytest.mark.rule("IDN-097")
async def test_a_new_position_that_began_before_the_last_run_does_not_date_the_end(
    hr: Any, identity: ServiceUnderTest
) -> None:
    await staffed(hr, 1)
    hr.drop("E1")
    hr.employ(1, "E1b", "102", start_date="2026-06-01")
    await hr.arrive(D3)
    [gone] = await identity.told(events.PositionDeactivated)
    assert (gone.end_date, gone.successor_id) == (D2, None)


@pytest.mark.rule("IDN-098")
async def test_lis1_keeps_access_through_the_thirtieth_day_after_the_end(
    hr: Any, identity: ServiceUnderTest
) -> None:
    await staffed(hr, 1, track="lis1", hpr_number="9000001", end_date="2026-12-01")
    await hr.arrive(D2)
    found = await position(identity, 1)
    assert (found["status"], found["access_until"]) == ("active", date(2026, 12, 31))
    await hr.arrive(date(2026, 12, 31))
    assert (await position(identity, 1))["status"] == "active"
    await hr.arrive(date(2027, 1, 1))
    assert (await position(identity, 1))["status"] == "deactivated"


@pytest.mark.rule("IDN-100")
async def test_an_extension_changes_the_dates_and_nothing_else(hr: Any, identity: ServiceUnderTest) -> None:
    await staffed(hr, 1, end_date="2026-12-01")
    before = await position(identity, 1)
    await identity.forget_told()
    hr.employ(1, "E1b", start_date="2026-12-02", end_date="2027-05-31")
    await hr.arrive(D2)
    after = await position(identity, 1)
    assert after["position_id"] == before["position_id"]
    assert (after["status"], after["start_date"], after["end_date"]) == (
        "active",
        before["start_date"],
        date(2027, 5, 31),
    )
    [told] = await identity.told(events.PositionData)
    assert isinstance(told, events.PositionChanged)
    assert set(told.fields_changed) == {"end_date", "access_until"}


@pytest.mark.rule("IDN-100")
async def test_an_extension_whose_first_row_was_dropped_has_no_consequence(
    hr: Any, identity: ServiceUnderTest
) -> None:
    await staffed(hr, 1, end_date="2026-12-01")
    hr.drop("E1")
    hr.employ(1, "E1b", start_date="2026-12-02")
    await hr.arrive(D3)
    assert await identity.told(events.PositionDeactivated, events.PositionReactivated) == []
    assert (await position(identity, 1))["start_date"] == date(2024, 1, 1)


@pytest.mark.rule("IDN-101")
async def test_a_late_extension_restores_the_position(hr: Any, identity: ServiceUnderTest) -> None:
    await staffed(hr, 1, 9, end_date="2026-12-01")
    await hr.arrive(D2)
    assert (await position(identity, 1))["status"] == "deactivated"
    hr.employ(1, "E1b", start_date="2026-12-02")
    await hr.arrive(D3)
    [back] = await identity.told(events.PositionReactivated)
    assert back.cause is ReactivationCause.RESTORED_BY_IMPORT
    assert back.deactivated_at == D2
    assert (back.start_date, back.end_date) == (date(2024, 1, 1), None)


@pytest.mark.rule("IDN-102")
async def test_a_gap_ends_the_position_and_begins_it_anew_in_that_order(
    hr: Any, identity: ServiceUnderTest
) -> None:
    await staffed(hr, 1, end_date="2026-12-01")
    hr.employ(1, "E1b", start_date="2026-12-03")
    await identity.forget_told()
    await hr.arrive(D2)
    told = await identity.told(events.PositionData)
    assert [type(event) for event in told] == [events.PositionDeactivated, events.PositionReactivated]
    assert [event.revision for event in told] == [2, 3]
    assert [event.end_date for event in told] == [D1, None]
    again = told[1]
    assert isinstance(again, events.PositionReactivated)
    assert again.cause is ReactivationCause.REEMPLOYED
    assert (again.start_date, again.status) == (D3, PositionStatus.ACTIVE)


@pytest.mark.rule("IDN-102")
async def test_somebody_re_employed_later_comes_back_thirty_days_before(
    hr: Any, identity: ServiceUnderTest
) -> None:
    await staffed(hr, 1, 2, end_date="2026-12-01")
    hr.change("E2", end_date="")
    await hr.arrive(D2)
    hr.employ(1, "E1b", start_date="2027-02-01")
    await hr.arrive(D3)
    assert (await position(identity, 1))["status"] == "deactivated"
    await hr.arrive(date(2027, 1, 4))
    [back] = await identity.told(events.PositionReactivated)
    assert (back.cause, back.start_date) == (ReactivationCause.REEMPLOYED, date(2027, 2, 1))


@pytest.mark.rule("IDN-103")
async def test_of_several_successors_the_largest_wins_then_the_lowest_code(
    hr: Any, identity: ServiceUnderTest
) -> None:
    for code in ("103", "104"):
        hr.unit(code, "cost_centre", "TST-A")
    await staffed(hr, 1, 2)
    for person in (1, 2):
        hr.change(f"E{person}", end_date="2026-12-01")
    for person, largest in ((1, 50), (2, 40)):
        hr.employ(person, f"E{person}x", "104", start_date="2026-12-02", percentage=largest)
        hr.employ(person, f"E{person}y", "103", start_date="2026-12-02", percentage=40)
        hr.employ(person, f"E{person}z", "102", start_date="2026-12-03", percentage=100)
    await hr.arrive(D2)
    for person, code in ((1, "104"), (2, "103")):
        successor = (await position(identity, person, code))["position_id"]
        assert (await position(identity, person))["successor_id"] == successor


@pytest.mark.rule("IDN-104")
@pytest.mark.rule("IDN-105")
@pytest.mark.parametrize(
    ("track", "start", "rotation"),
    [
        ("lis2_3", "2026-12-02", True),
        ("none", "2026-12-02", False),
        ("apprentice", "2026-12-02", False),
        ("lis2_3", "2026-12-03", False),
        ("lis2_3", "2026-12-01", False),
    ],
)
async def test_a_rotation_is_an_adjacent_position_of_a_trainee(
    track: str, start: str, rotation: bool, hr: Any, identity: ServiceUnderTest
) -> None:
    await staffed(hr, 1, track=track, hpr_number="9000001", end_date="2026-12-01")
    hr.employ(1, "E1b", "102", start_date=start, track=track, hpr_number="9000001")
    await hr.arrive(D2)
    [gone] = await identity.told(events.PositionDeactivated)
    assert gone.rotation is rotation
    assert not gone.person_left


@pytest.mark.rule("IDN-105")
async def test_a_successor_in_another_trust_is_no_rotation(hr: Any, identity: ServiceUnderTest) -> None:
    hr.hf_codes.append("TS2")
    hr.unit("TS2", "hf", None, hf_code="TS2")
    hr.unit("201", "cost_centre", "TS2", hf_code="TS2")
    await staffed(hr, 1, track="lis2_3", hpr_number="9000001", end_date="2026-12-01")
    hr.employ(1, "E1b", "201", hf_code="TS2", start_date="2026-12-02", track="lis2_3", hpr_number="9000001")
    await hr.arrive(D2)
    [gone] = await identity.told(events.PositionDeactivated)
    assert gone.successor_id is not None
    assert not gone.rotation


@pytest.mark.rule("IDN-105")
async def test_a_position_that_appears_in_a_later_file_is_no_successor(
    hr: Any, identity: ServiceUnderTest
) -> None:
    await staffed(hr, 1, track="lis2_3", hpr_number="9000001", end_date="2026-12-01")
    await hr.arrive(D2)
    hr.employ(1, "E1b", "102", start_date="2026-12-02", track="lis2_3", hpr_number="9000001")
    await hr.arrive(D3)
    [gone] = await identity.told(events.PositionDeactivated)
    assert (gone.rotation, gone.successor_id) == (False, None)
    assert (await position(identity, 1, "102"))["predecessor_id"] is None


@pytest.mark.rule("IDN-106")
async def test_an_adjacent_position_cuts_the_thirty_days_of_lis1_short(
    hr: Any, identity: ServiceUnderTest
) -> None:
    await staffed(hr, 1, 2, track="lis1", end_date="2026-12-01")
    hr.employ(2, "E2b", "102", start_date="2026-12-04", track="lis1")
    await hr.arrive(D2)
    assert await identity.told(events.PositionDeactivated) == []
    hr.employ(1, "E1b", "102", start_date="2026-12-02", track="lis1")
    await hr.arrive(date(2026, 12, 7))
    [gone] = await identity.told(events.PositionDeactivated)
    assert gone.rotation
    assert gone.successor_id == (await position(identity, 1, "102"))["position_id"]
    # It does not come back although its own thirty days still run.
    await hr.arrive(date(2026, 12, 8))
    assert (await position(identity, 1))["status"] == "deactivated"
    assert (await position(identity, 2))["status"] == "active"


@pytest.mark.rule("IDN-107")
async def test_a_known_employment_at_another_cost_centre_moved_on_the_day_of_the_run(
    hr: Any, identity: ServiceUnderTest
) -> None:
    await staffed(hr, 1, track="lis2_3", hpr_number="9000001")
    hr.change("E1", cost_centre="102")
    await hr.arrive(D3)
    old, new = await position(identity, 1), await position(identity, 1, "102")
    assert (old["status"], old["end_date"], old["rotation"]) == ("deactivated", D2, True)
    assert (new["status"], new["start_date"]) == ("active", D3)
    await identity.forget_told()
    again = await hr.arrive(date(2026, 12, 4))  # HR goes on stating the first start
    assert not any(again["changes"].values())
    assert [type(event) for event in await identity.told(events.ImportApplied, events.PositionData)] == [
        events.ImportApplied
    ]
    assert (await position(identity, 1, "102"))["start_date"] == D3


@pytest.mark.rule("IDN-108")
async def test_a_position_beside_another_changes_nothing_there(hr: Any, identity: ServiceUnderTest) -> None:
    await staffed(hr, 1)
    before = await position(identity, 1)
    hr.employ(1, "E1b", "102", start_date="2026-12-01")
    await hr.arrive(D2)
    assert await position(identity, 1) == before
    assert (await position(identity, 1, "102"))["status"] == "active"


async def test_a_manual_deactivation_is_undone_by_the_next_import(
    hr: Any, identity: ServiceUnderTest
) -> None:
    from stafett_identity.directory import actions, store

    await staffed(hr, 1)
    found = await position(identity, 1)
    async with identity.runtime.units.begin() as work:
        row = await store.position(work, found["position_id"])
        assert row is not None
        await actions.close_position(work, row, DeactivationCause.MANUAL)
    assert (await position(identity, 1))["status"] == "deactivated"
    await hr.arrive(D2)
    [back] = await identity.told(events.PositionReactivated)
    assert back.cause is ReactivationCause.RESTORED_BY_IMPORT


async def test_every_event_of_a_position_has_a_revision_of_its_own(
    hr: Any, identity: ServiceUnderTest
) -> None:
    await staffed(hr, 1, track="lis2_3", hpr_number="9000001", end_date="2026-12-02")
    hr.employ(1, "E1b", "102", start_date="2026-12-03", track="lis2_3", hpr_number="9000001")
    for day in (D2, D3, date(2026, 12, 4)):
        await hr.arrive(day)
    hr.employ(1, "E1c", "101", start_date="2026-12-20", track="lis2_3", hpr_number="9000001")
    await hr.arrive(date(2026, 12, 7))
    seen = [(event.position_id, event.revision) for event in await identity.told(events.PositionData)]
    assert len(seen) == len(set(seen))
    for one in {position_id for position_id, _ in seen}:
        revisions = [revision for position_id, revision in seen if position_id == one]
        assert revisions == list(range(1, len(revisions) + 1))
    rows = await identity.runtime.database.pool.fetch("select position_id, revision from position")
    assert {(row["position_id"], row["revision"]) for row in rows} <= set(seen)


async def test_a_reactivation_lasts_until_the_next_import_and_for_lis1_thirty_days(
    hr: Any, identity: ServiceUnderTest
) -> None:
    trainee = {"track": "lis1", "hpr_number": "9000001"}
    hr.employ(1, "E1", end_date="2026-11-30")
    hr.employ(2, "E2", end_date="2026-10-01", **trainee)
    hr.employ(3, "E3", end_date="2026-12-03")
    await hr.arrive(date(2026, 10, 5))
    await hr.arrive(D1)
    await identity.runtime.database.pool.execute(
        "update position set status = 'active', reactivated_until = $1, access_until = $1"
        " where status = 'deactivated'",
        date(2026, 12, 31),
    )
    await identity.forget_told()
    await hr.arrive(D2)
    [gone] = await identity.told(events.PositionDeactivated)
    assert gone.cause is DeactivationCause.REACTIVATION_EXPIRED
    assert gone.position_id == (await position(identity, 1))["position_id"]
    lis1 = await position(identity, 2)
    assert (lis1["status"], lis1["access_until"]) == ("active", date(2026, 12, 31))
    await hr.arrive(date(2027, 1, 1))
    assert (await position(identity, 2))["status"] == "deactivated"
