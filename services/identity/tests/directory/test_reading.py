"""Search, the organisation, and the snapshot (IDN-075 to IDN-079, IDN-251 to IDN-254)."""

from pathlib import Path
from typing import Any

import pytest

from stafett_chassis.clock import SetClock
from stafett_chassis.directory import copy
from stafett_chassis.service_auth import service_token
from stafett_contracts import identity as events
from stafett_contracts.event import decode
from stafett_contracts.vocabulary import Origin
from stafett_identity.hr_import.actions import run_import
from stafett_identity.hr_import.upload import Upload
from stafett_testing.service import ServiceUnderTest, service_under_test

EXAMPLES = Path(__file__).parents[4] / "examples" / "hr"


@pytest.fixture
async def site(identity: ServiceUnderTest) -> ServiceUnderTest:
    """The example region after two nights, so that there is something ended as well."""
    for folder in (EXAMPLES, EXAMPLES / "next"):
        async with identity.runtime.units.begin() as work:
            upload = Upload(json=(folder / "snapshot.json").read_bytes())
            assert (await run_import(work, identity.runtime.settings, upload)).state == "applied"
        identity.clock.move(days=1)  # type: ignore[attr-defined]
    return identity


@pytest.mark.rule("IDN-251")
@pytest.mark.parametrize(
    ("q", "count"),
    [("kari hansen", 2), ("HANSEN kar", 2), ("navuotna", 1), ("Máret návuotna inga", 1), ("arin hansen", 0)],
)
async def test_people_are_found_by_the_beginnings_of_their_names_in_any_order(
    q: str, count: int, site: ServiceUnderTest, seat: Any
) -> None:
    client = site.client(await seat("P100196"))
    answer = await client.get("/people", params={"q": q})
    assert answer.status_code == 200
    assert len(answer.json()) == count
    for one in answer.json():
        assert set(one) == {"person_id", "name", "title", "unit_name", "hf_name"}


@pytest.mark.rule("IDN-251")
async def test_at_most_fifty_are_found_and_only_people_with_an_active_position(
    site: ServiceUnderTest, seat: Any
) -> None:
    client = site.client(await seat("P100196"))
    await site.runtime.database.pool.execute(
        "update person set search_text = search_text || ' gjeng' where object_id <> 'P100924'"
    )
    assert len((await client.get("/people", params={"q": "gjeng"})).json()) == 50
    assert (await client.get("/people", params={"q": "liv eide"})).json() == []  # ended on 1 December
    assert (await site.client().get("/people", params={"q": "kari"})).status_code == 401


@pytest.mark.rule("IDN-079")
async def test_units_are_opened_level_by_level_and_found_by_name_code_and_path(
    site: ServiceUnderTest, seat: Any
) -> None:
    client = site.client(await seat("P100196"))
    top = (await client.get("/org/units")).json()["items"]
    assert [(one["code"], one["has_units"], one["managed_by_hr"]) for one in top] == [("HKV", True, True)]
    assert top[0]["leader_name"] == "Synnøve Dahl"
    below = (await client.get("/org/units", params={"parent": top[0]["unit_id"]})).json()["items"]
    assert {one["code"] for one in below} == {"HAV", "HKVA", "VID"}
    found = (await client.get("/org/units", params={"q": "110210"})).json()["items"]
    assert [one["path"][0] for one in found] == ["Helse Kyst og Vidde RHF"]
    assert found[0]["path"][-1] == found[0]["name"]
    one = (await client.get(f"/org/units/{found[0]['unit_id']}")).json()
    assert one == found[0]
    by_path = (await client.get("/org/units", params={"q": "havnes hjertemed"})).json()["items"]
    assert [unit["name"] for unit in by_path][:1] == ["Hjertemedisinsk avdeling"]
    assert (await client.get("/org/units", params={"q": "x"})).status_code == 422


@pytest.mark.rule("IDN-075")
async def test_units_from_hr_are_read_only(site: ServiceUnderTest, seat: Any, operator: Any) -> None:
    unit = await site.runtime.database.pool.fetchval("select unit_id from org_unit where code = 'HAV'")
    client = site.client(await operator())
    answer = await client.patch(f"/org/units/{unit}", json={"name": "Annet"}, headers={"if-match": "*"})
    assert (answer.status_code, answer.json()["code"]) == (409, "managed_by_hr")
    other = site.client(await seat("P100196"))
    answer = await other.patch(f"/org/units/{unit}", json={"name": "Annet"}, headers={"if-match": "*"})
    assert answer.status_code == 403


# --- the snapshot ---


async def snapshot(site: ServiceUnderTest, service: str) -> list[Any]:
    runtime = site.runtime
    headers = {"authorization": f"Bearer {service_token(runtime.settings, service, runtime.clock)}"}
    found, cursor = [], None
    while True:
        params: dict[str, str] = {"cursor": cursor} if cursor else {}
        answer = await site.client().get("/directory/snapshot", params=params, headers=headers)
        assert answer.status_code == 200, answer.text
        found += [decode(line) for line in answer.content.splitlines()]
        cursor = answer.headers.get("next-cursor")
        if not cursor:
            return found


async def _copied(site: ServiceUnderTest, bodies: list[Any]) -> dict[str, set[tuple[Any, ...]]]:
    """A directory copy that was told `bodies`, as its tables."""
    from stafett_chassis.directory import tables

    pool = site.runtime.database.pool
    names = [
        table.name for table in vars(tables).values() if getattr(table, "name", "").startswith("directory_")
    ]
    await pool.execute(f"truncate {', '.join(names)}")
    async with site.runtime.units.begin() as work:
        for event in bodies:
            await copy.reactions.react(work, event)
    return {
        name: {tuple(map(str, row.values())) for row in await pool.fetch(f"select * from {name}")}
        for name in names
    }


@pytest.mark.rule("IDN-252")
@pytest.mark.rule("IDN-253")
async def test_a_copy_filled_from_the_snapshot_is_the_one_the_events_made(
    site: ServiceUnderTest, operator: Any
) -> None:
    await operator()
    told: list[Any] = await site.told()
    listened = await _copied(site, told)
    backwards = await _copied(site, told[::-1])
    filled = await _copied(site, [envelope.data for envelope in await snapshot(site, "plans")])
    assert filled == listened == backwards
    assert all(filled[f"directory_{name}"] for name in ("person", "position", "unit", "leader", "role"))


@pytest.mark.rule("IDN-252")
@pytest.mark.rule("IDN-254")
async def test_the_snapshot_holds_no_secrets_and_addresses_for_notify_only(site: ServiceUnderTest) -> None:
    for service in ("plans", "notify"):
        envelopes = await snapshot(site, service)
        assert {envelope.origin for envelope in envelopes} == {Origin.REBUILD}
        contacts = [one for one in envelopes if isinstance(one.data, events.PersonContactChanged)]
        assert len(contacts) == (301 if service == "notify" else 0)
        text = "\n".join(one.model_dump_json() for one in envelopes if one not in contacts)
        assert "@" not in text
        assert "08827616460" not in text
        assert "P100007" not in text


async def test_the_snapshot_is_for_services_of_the_site_only(
    site: ServiceUnderTest, seat: Any, database: str, clock: SetClock
) -> None:
    path = "/directory/snapshot"
    assert (await site.client().get(path)).status_code == 401
    assert (await site.client(await seat("P100196")).get(path)).status_code == 401
    other = site.runtime.settings.model_copy(update={"site": "nord"})
    headers = {"authorization": f"Bearer {service_token(other, 'plans', clock)}"}
    assert (await site.client().get(path, headers=headers)).status_code == 401


async def test_a_strange_cursor_is_refused(site: ServiceUnderTest) -> None:
    headers = {"authorization": f"Bearer {service_token(site.runtime.settings, 'plans', site.runtime.clock)}"}
    for cursor in ("x", "WzQyLG51bGxd", "W10"):
        answer = await site.client().get("/directory/snapshot", params={"cursor": cursor}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_pages_of_the_snapshot_leave_nothing_out(
    site: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stafett_identity.directory import snapshot as module

    whole = {(one.type, one.subject) for one in await snapshot(site, "plans")}
    monkeypatch.setattr(module, "PAGE", 7)
    paged = [(one.type, one.subject) for one in await snapshot(site, "plans")]
    assert len(paged) == len(set(paged))
    assert set(paged) == whole


@pytest.mark.rule("IDN-078")
async def test_a_municipal_unit_is_renamed_and_moved_under_its_id(
    database: str, clock: SetClock, national_id: str
) -> None:
    from stafett_contracts.vocabulary import OrgLevel, OrgSource
    from stafett_identity.app import service
    from stafett_identity.directory import actions
    from stafett_identity.roles.bootstrap import register_operator

    async with service_under_test(service, database, clock=clock, site_kind="municipal") as identity:
        settings = identity.runtime.settings
        async with identity.runtime.units.begin() as work:
            manager = await register_operator(
                work, settings, given_name="S", family_name="S", national_id=national_id
            )
            made = [
                await actions.create_unit(
                    work, code=f"K{n}", name=f"K{n}", level=level, parent=None, source=OrgSource.MANUAL
                )
                for n, level in enumerate((OrgLevel.TRAINING_ENTERPRISE, OrgLevel.TRAINING_ENTERPRISE))
            ]
            unit = await actions.create_unit(
                work, code="U", name="U", level=OrgLevel.UNIT, parent=made[0], source=OrgSource.MANUAL
            )
        client = identity.client(manager)  # type: ignore[arg-type]
        path = f"/org/units/{unit.unit_id}"
        body = {"name": "Legevakt", "parent_id": str(made[1].unit_id)}
        assert (await client.patch(path, json=body)).status_code == 428
        answer = await client.patch(path, json=body, headers={"if-match": '"1"'})
        assert answer.status_code == 200, answer.text
        assert (answer.json()["name"], answer.json()["hf_id"]) == ("Legevakt", str(made[1].unit_id))
        stale = await client.patch(path, json={**body, "name": "X"}, headers={"if-match": '"1"'})
        assert (stale.status_code, stale.json()["current"]["name"]) == (412, "Legevakt")
        loop = await client.patch(
            f"/org/units/{made[1].unit_id}",
            json={"name": "K1", "parent_id": str(unit.unit_id)},
            headers={"if-match": "*"},
        )
        assert (loop.status_code, loop.json()["code"]) == (409, "parent_too_low")
        [moved] = await identity.told(events.OrgUnitMoved)
        assert (moved.unit_id, moved.from_parent_id) == (unit.unit_id, made[0].unit_id)


@pytest.fixture
def national_id() -> str:
    return "14927119405"
