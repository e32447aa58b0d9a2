"""Persons and units as HR's files tell of them (IDN-006 to IDN-010, IDN-075 to IDN-078)."""

from datetime import date
from typing import Any

import pytest

from stafett_contracts import identity as events
from stafett_contracts.vocabulary import PositionKind
from stafett_identity.directory import actions
from stafett_identity.directory.rules import HprSource
from stafett_identity.national_ids import NationalIds
from stafett_testing.service import ServiceUnderTest

D1, D2, D3 = date(2026, 12, 1), date(2026, 12, 2), date(2026, 12, 3)


@pytest.mark.rule("IDN-006")
async def test_national_ids_are_nowhere_in_clear(
    hr: Any, identity: ServiceUnderTest, national_ids: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    hr.employ(1, "E1")
    hr.employ(2, "E2", title="")
    hr.employ(3, "E3", previous_national_id=national_ids[4])
    await hr.arrive(D1)
    pool = identity.runtime.database.pool
    tables = await pool.fetch("select tablename from pg_tables where schemaname = 'public'")
    texts = [capfd.readouterr().out]
    for table in tables:
        for row in await pool.fetch(f"select t::text as line from {table['tablename']} t"):
            texts.append(row["line"])
    for row in await pool.fetch("select body from outbox"):
        texts.append(row["body"].decode())
    assert len(texts) > 20
    assert not [number for number in national_ids[1:5] for text in texts if number in text]
    for number in national_ids[1:5]:
        hexed = number.encode().hex()
        assert not [text for text in texts if hexed in text]


@pytest.mark.rule("IDN-006")
def test_a_national_id_is_encrypted_anew_each_time_and_hashed_alike(identity_keys: Any) -> None:
    keys, others = identity_keys
    assert keys.encrypt("14927119405") != keys.encrypt("14927119405")
    assert keys.decrypt(keys.encrypt("14927119405")) == "14927119405"
    assert keys.hash("14927119405") == keys.hash("14927119405") != others.hash("14927119405")
    with pytest.raises(ValueError, match="another key"):
        others.decrypt(keys.encrypt("14927119405"))
    assert "key" not in repr(keys).lower()


@pytest.fixture
def identity_keys(identity: ServiceUnderTest) -> Any:
    settings = identity.runtime.settings
    other = settings.model_copy(update={"site": "nord"})
    return NationalIds.of(settings), NationalIds.of(other)


@pytest.mark.rule("IDN-008")
async def test_one_person_per_national_id_and_object_id(
    hr: Any, identity: ServiceUnderTest, national_ids: list[str]
) -> None:
    hr.employ(1, "E1")
    await hr.arrive(D1)
    hr.employ(2, "E2", national_id=national_ids[1])
    done = await hr.arrive(D2)
    assert [(one["row"], one["code"]) for one in done["errors"]] == [
        (1, "duplicate_person"),
        (2, "duplicate_person"),
    ]
    hr.drop("E1")
    done = await hr.arrive(D3)  # also when only the newcomer is in the file
    assert [(one["row"], one["code"]) for one in done["errors"]] == [(1, "duplicate_person")]
    assert await identity.runtime.database.pool.fetchval("select count(*) from person") == 1


@pytest.mark.rule("IDN-008")
async def test_hr_takes_over_a_person_who_was_registered_without_an_object_id(
    hr: Any, identity: ServiceUnderTest, national_ids: list[str]
) -> None:
    keys = NationalIds.of(identity.runtime.settings)
    async with identity.runtime.units.begin() as work:
        known = await actions.register_person(
            work, keys, given_name="Gammelt", family_name="Navn", national_id=national_ids[1]
        )
    hr.employ(1, "E1")
    await hr.arrive(D1)
    [changed] = await identity.told(events.PersonChanged)
    assert (changed.person_id, changed.given_name, changed.revision) == (known.person_id, "Fornavn1", 2)


@pytest.mark.rule("IDN-010")
async def test_hrs_hpr_number_overwrites_a_typed_one_but_not_the_e_ids(
    hr: Any, identity: ServiceUnderTest, national_ids: list[str]
) -> None:
    keys = NationalIds.of(identity.runtime.settings)
    async with identity.runtime.units.begin() as work:
        for person, source in ((1, HprSource.SELF), (2, HprSource.EID)):
            await actions.register_person(
                work,
                keys,
                given_name="Ola",
                family_name="Nordmann",
                national_id=national_ids[person],
                hpr_number=f"800000{person}",
                hpr_source=source,
            )
    hr.employ(1, "E1", hpr_number="9000001")
    hr.employ(2, "E2", hpr_number="9000002")
    await hr.arrive(D1)
    hr.change("E1", hpr_number="")
    await hr.arrive(D2)
    rows = await identity.runtime.database.pool.fetch(
        "select object_id, hpr_number, hpr_source from person order by object_id"
    )
    assert [tuple(row) for row in rows] == [("P1", "9000001", "hr"), ("P2", "8000002", "eid")]


async def test_an_hpr_number_of_somebody_else_is_refused_and_a_swap_is_not(
    hr: Any, identity: ServiceUnderTest
) -> None:
    hr.employ(1, "E1", hpr_number="9000001")
    hr.employ(2, "E2", hpr_number="9000002")
    hr.employ(3, "E3")
    await hr.arrive(D1)
    hr.change("E3", hpr_number="9000001")
    done = await hr.arrive(D2)
    assert {(one["row"], one["code"]) for one in done["errors"]} == {(1, "bad_hpr"), (3, "bad_hpr")}
    hr.change("E3", hpr_number="")
    hr.change("E1", hpr_number="9000002")
    hr.change("E2", hpr_number="9000001")
    done = await hr.arrive(D3)
    assert (done["state"], done["errors"]) == ("applied", [])
    rows = await identity.runtime.database.pool.fetch(
        "select hpr_number from person where hpr_number is not null order by object_id"
    )
    assert [row["hpr_number"] for row in rows] == ["9000002", "9000001"]


@pytest.mark.rule("IDN-015")
@pytest.mark.rule("IDN-254")
async def test_addresses_are_told_apart_and_change_with_the_employment(
    hr: Any, identity: ServiceUnderTest
) -> None:
    mail = {"work_email": "ola@sykehus.example", "private_email": "ola@post.example", "phone": "+4710000001"}
    hr.employ(1, "E1", start_date="2026-12-03", end_date="2026-12-03", **mail)
    addresses = []
    for day in (D1, D3, date(2026, 12, 4)):
        await hr.arrive(day)
        [*_, contact] = await identity.told(events.PersonContactChanged)
        addresses.append((contact.email, contact.revision))
    assert addresses == [("ola@post.example", 1), ("ola@sykehus.example", 2), ("ola@post.example", 3)]
    assert len(await identity.told(events.PersonRegistered, events.PersonChanged)) == 1
    others = [
        row["body"].decode()
        for row in await identity.runtime.database.pool.fetch("select type, body from outbox")
        if row["type"] != events.PersonContactChanged.TYPE
    ]
    assert not [text for text in others if "post.example" in text or "+4710000001" in text]


# --- units ---


@pytest.mark.rule("IDN-075")
@pytest.mark.rule("IDN-078")
async def test_a_unit_that_moves_or_is_renamed_keeps_its_id(hr: Any, identity: ServiceUnderTest) -> None:
    hr.unit("TST-B", "department", "TST")
    hr.employ(1, "E1")
    await hr.arrive(D1)
    before = await identity.runtime.database.pool.fetchval("select unit_id from org_unit where code = '101'")
    await identity.forget_told()
    hr.unit("101", "cost_centre", "TST-B")
    hr.unit("102", "cost_centre", "TST-A", name="Nytt navn")
    await hr.arrive(D2)
    [moved] = await identity.told(events.OrgUnitMoved)
    [renamed] = await identity.told(events.OrgUnitChanged)
    assert (moved.unit_id, moved.revision) == (before, 2)
    assert moved.from_parent_id != moved.parent_id
    assert (renamed.code, renamed.name) == ("102", "Nytt navn")
    above = await identity.runtime.database.pool.fetch(
        "select code from org_unit_above join org_unit on org_unit.unit_id = above_id"
        " where org_unit_above.unit_id = $1",
        before,
    )
    assert {row["code"] for row in above} == {"101", "TST-B", "TST"}


@pytest.mark.rule("IDN-077")
async def test_a_missing_unit_is_closed_unless_somebody_is_in_it_or_below(
    hr: Any, identity: ServiceUnderTest
) -> None:
    hr.unit("TST-B", "department", "TST")
    hr.unit("103", "cost_centre", "TST-B")
    hr.employ(1, "E1")
    hr.employ(2, "E2", "103")
    hr.unit("104", "cost_centre", "TST")
    await hr.arrive(D1)
    await _lend(identity, "104")
    hr.drop("E2")
    for code in ("102", "TST-B", "103", "TST-A", "101", "104"):
        del hr.units[code]
    hr.drop("E1")
    hr.employ(1, "E1", title="")  # refused: the position stays, and so does its unit
    done = await hr.arrive(D2)
    assert {one["unit_code"] for one in done["changes"]["units_closed"]} == {"102", "103", "TST-B"}
    assert {one["unit_code"] for one in done["changes"]["units_kept_open"]} == {"101", "TST-A", "104"}
    closed = await identity.told(events.OrgUnitClosed)
    assert {event.valid_to for event in closed} == {D1}


async def _lend(identity: ServiceUnderTest, unit_code: str) -> None:
    """Lend P1 to a unit, as a secondment under way does."""
    row = await identity.runtime.database.pool.fetchrow(
        "select i.person_id, u.unit_id, u.hf_id from person i, org_unit u where i.object_id = 'P1' and u.code = $1",
        unit_code,
    )
    assert row is not None
    async with identity.runtime.units.begin() as work:
        await actions.create_position(work, **row, kind=PositionKind.TEMPORARY)


async def test_a_closed_unit_that_comes_back_is_the_same_one(hr: Any, identity: ServiceUnderTest) -> None:
    hr.employ(1, "E1")
    await hr.arrive(D1)
    [unit] = [event for event in await identity.told(events.OrgUnitCreated) if event.code == "102"]
    del hr.units["102"]
    await hr.arrive(D2)
    hr.unit("102", "cost_centre", "TST-A")
    await hr.arrive(D3)
    [back] = await identity.told(events.OrgUnitChanged)
    assert (back.unit_id, back.valid_to, back.revision) == (unit.unit_id, None, 3)


async def test_faulty_unit_rows_are_refused_and_their_units_left(hr: Any, identity: ServiceUnderTest) -> None:
    hr.employ(1, "E1")
    await hr.arrive(D1)
    hr.unit("101", "ward", "TST-A")
    hr.unit("102", "cost_centre", "nowhere")
    hr.unit("TST-C", "department", "102")
    hr.unit("104", "cost_centre", "TST-A", name="")
    hr.unit("105", "cost_centre", "TST-A", hf_code="XXX")
    done = await hr.arrive(D2)
    assert [(one["file"], one["row"], one["code"]) for one in done["errors"]] == [
        ("units", 3, "bad_level"),
        ("units", 4, "unknown_parent"),
        ("units", 5, "parent_too_low"),
        ("units", 6, "missing_field"),
        ("units", 7, "hf_not_in_manifest"),
    ]
    assert done["counts"]["units_closed"] == 0
    assert done["counts"]["ended"] == 0
