"""Role orders, the first roles and what an operator does from the command line (IDN-152 to IDN-183)."""

import asyncio
import json
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from stafett_chassis import cli
from stafett_chassis.clock import SetClock
from stafett_contracts import identity as events
from stafett_contracts.ids import new_id
from stafett_contracts.vocabulary import GrantEndCause, Role
from stafett_identity.hr_import.actions import run_import
from stafett_identity.hr_import.upload import Upload
from stafett_identity.roles.bootstrap import (
    CannotBootstrap,
    FirstGrant,
    grant_first_roles,
    register_operator,
)
from stafett_identity.roles.rules import CATALOGUE
from stafett_testing.service import ServiceUnderTest

EXAMPLES = Path(__file__).parents[4] / "examples" / "hr"


@pytest.fixture
async def site(identity: ServiceUnderTest) -> ServiceUnderTest:
    async with identity.runtime.units.begin() as work:
        upload = Upload(json=(EXAMPLES / "snapshot.json").read_bytes())
        await run_import(work, identity.runtime.settings, upload)
    return identity


@pytest.fixture
async def manager(site: ServiceUnderTest, operator: Any) -> httpx.AsyncClient:
    client: httpx.AsyncClient = site.client(await operator())
    await site.forget_told()
    return client


@pytest.fixture
def order(site: ServiceUnderTest, seat: Any) -> Any:
    """An order for P101547, a person of the trust HAV without roles."""

    async def make(role: str, units: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
        rows = await site.runtime.database.pool.fetch("select code, unit_id from org_unit")
        ids = {row["code"]: str(row["unit_id"]) for row in rows}
        return {
            "order_ref": f"BAT-{role}",
            "position_id": str((await seat("P101547")).position_id),
            "role": role,
            "units": [{"unit_id": ids[code]} for code in units],
            **more,
        }

    return make


async def test_the_system_manager_registers_an_order(
    manager: httpx.AsyncClient, order: Any, site: ServiceUnderTest
) -> None:
    body = await order("super_user", ("HAV-HJE", "HAV-LUN"), valid_to="2027-05-31", ordered_by="BAT")
    body["units"][0]["include_sub_units"] = False
    answer = await manager.post("/role-orders", json=body)
    assert answer.status_code == 201, answer.text
    [granted] = await site.told(events.RoleGranted)
    assert (granted.role, granted.valid_from, granted.valid_to) == (
        Role.SUPER_USER,
        date(2026, 12, 1),
        date(2027, 5, 31),
    )
    assert [(unit.code, unit.include_sub_units) for unit in granted.units] == [
        ("HAV-HJE", False),
        ("HAV-LUN", True),
    ]
    assert granted.person_name == "Gro-Anita Tømmervåg"


async def test_nobody_else_registers_orders(
    site: ServiceUnderTest, order: Any, seat: Any, operator: Any
) -> None:
    body = await order("hf_admin", ("HAV",))
    async with site.runtime.units.begin() as work:
        await grant_first_roles(work, [FirstGrant("P101547", Role.HF_ADMIN, ["HAV"])])
    for acting, status in (
        (None, 401),
        (await seat("P100196"), 403),
        (await seat("P101547"), 403),
        (await operator(Role.PRIVACY_OFFICER), 403),
    ):
        client = site.client(acting)
        assert (await client.post("/role-orders", json=body)).status_code == status
        assert (await client.post("/role-orders/BAT-1/withdraw")).status_code == status


@pytest.mark.rule("IDN-180")
@pytest.mark.parametrize(
    ("role", "units", "more", "faulty"),
    [
        ("plan_steward", (), {}, ["plan_ids"]),
        ("training_lead", (), {}, ["units", "specialties"]),
        ("training_lead", ("HAV",), {}, ["specialties"]),
        ("super_user", (), {}, ["units"]),
        ("hf_admin", (), {}, ["units"]),
        ("hf_admin", ("HAV", "VID"), {}, ["units"]),
        ("hf_admin", ("HAV-HJE",), {}, ["units"]),
        ("super_user", ("HAV",), {"specialties": ["indremedisin"]}, ["specialties"]),
    ],
)
async def test_an_order_without_the_scope_its_role_needs_is_refused(
    role: str,
    units: tuple[str, ...],
    more: dict[str, Any],
    faulty: list[str],
    manager: httpx.AsyncClient,
    order: Any,
    site: ServiceUnderTest,
) -> None:
    answer = await manager.post("/role-orders", json=await order(role, units, **more))
    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["errors"]] == faulty
    assert await site.told(events.RoleGranted) == []


@pytest.mark.parametrize("role", sorted(set(Role) - set(CATALOGUE)))
async def test_derived_roles_cannot_be_ordered(role: str, manager: httpx.AsyncClient, order: Any) -> None:
    answer = await manager.post("/role-orders", json=await order(role))
    assert (answer.status_code, answer.json()["code"]) == (422, "derived_role")


@pytest.mark.rule("IDN-181")
async def test_nobody_orders_for_oneself_and_reactivation_needs_hf_admin(
    manager: httpx.AsyncClient, order: Any, site: ServiceUnderTest, operator: Any
) -> None:
    own = (await operator()).position_id
    answer = await manager.post("/role-orders", json=await order("privacy_officer", position_id=str(own)))
    assert (answer.status_code, answer.json()["code"]) == (409, "order_for_oneself")
    reactivation = await order("user_reactivation", ("HAV",))
    answer = await manager.post("/role-orders", json=reactivation)
    assert (answer.status_code, answer.json()["code"]) == (409, "needs_hf_admin")
    await manager.post("/role-orders", json=await order("hf_admin", ("HAV",)))
    assert (await manager.post("/role-orders", json=reactivation)).status_code == 201
    assert (await manager.post("/role-orders/BAT-hf_admin/withdraw")).status_code == 200
    ended = await site.told(events.RoleEnded)
    assert {(event.role, event.cause) for event in ended} == {
        (Role.HF_ADMIN, GrantEndCause.ORDER),
        (Role.USER_REACTIVATION, GrantEndCause.ORDER),
    }


@pytest.mark.rule("IDN-182")
async def test_the_same_order_or_the_same_role_and_scope_gives_one_grant(
    manager: httpx.AsyncClient, order: Any, site: ServiceUnderTest
) -> None:
    body = await order("super_user", ("HAV-HJE", "HAV-LUN"))
    turned = {**body, "order_ref": "BAT-2", "units": body["units"][::-1]}
    answers = await asyncio.gather(
        *(manager.post("/role-orders", json=one) for one in (body, body, turned, turned))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["grant_id"] for answer in answers}) == 1
    assert len(await site.told(events.RoleGranted)) == 1
    first = answers[0].json()["order_ref"]
    other = {**body, "order_ref": first, "units": body["units"][:1]}
    answer = await manager.post("/role-orders", json=other)
    assert (answer.status_code, answer.json()["code"]) == (409, "order_ref_used")


@pytest.mark.rule("IDN-183")
async def test_a_grant_ends_by_withdrawal_and_after_its_last_day(
    manager: httpx.AsyncClient, order: Any, site: ServiceUnderTest, clock: SetClock
) -> None:
    await manager.post("/role-orders", json=await order("super_user", ("HAV",)))
    await manager.post("/role-orders", json=await order("archivist", ("HAV",), valid_to="2026-12-02"))
    assert (await manager.post("/role-orders/BAT-super_user/withdraw")).json()["state"] == "ended"
    again = await manager.post("/role-orders/BAT-super_user/withdraw")
    assert (again.status_code, again.json()["state"]) == (200, "ended")
    for _ in range(2):
        clock.move(days=1)
        await site.run_job("roles.end")
    ended = await site.told(events.RoleEnded)
    assert [(event.role, event.cause) for event in ended] == [
        (Role.SUPER_USER, GrantEndCause.ORDER),
        (Role.ARCHIVIST, GrantEndCause.END_DATE),
    ]
    assert (await manager.post("/role-orders/unknown/withdraw")).status_code == 404


async def test_faults_in_an_order_are_refused(
    manager: httpx.AsyncClient, order: Any, site: ServiceUnderTest
) -> None:
    body = await order("super_user", ("HAV",))
    for change, status in (
        ({"position_id": str(new_id())}, 404),
        ({"units": [{"unit_id": str(new_id())}]}, 422),
        ({"valid_to": "2026-11-30"}, 422),
        ({"role": "king"}, 422),
        ({"more": 1}, 422),
    ):
        assert (await manager.post("/role-orders", json={**body, **change})).status_code == status
    assert await site.told(events.RoleGranted) == []


async def test_the_catalogue_lists_what_can_be_ordered(manager: httpx.AsyncClient) -> None:
    listed = {one["role"]: one for one in (await manager.get("/roles")).json()}
    assert set(listed) == set(CATALOGUE)
    assert listed["training_lead"]["specialties"]
    assert listed["hf_admin"]["one_trust"]


async def test_a_regional_role_reaches_the_whole_region(
    manager: httpx.AsyncClient, order: Any, site: ServiceUnderTest
) -> None:
    await manager.post("/role-orders", json=await order("rhf_admin"))
    [granted] = await site.told(events.RoleGranted)
    assert [(unit.code, unit.include_sub_units) for unit in granted.units] == [("HKV", True)]


async def test_a_right_is_gone_when_the_role_is_withdrawn_or_the_session_is_a_deputys(
    site: ServiceUnderTest, operator: Any, seat: Any
) -> None:
    acting = await operator()
    assert (await site.client(acting).get("/imports")).status_code == 200
    leader = await seat("P100140")
    assert (await site.client(acting, deputy_for=leader).get("/imports")).status_code == 403
    await site.runtime.database.pool.execute("update role_grant set state = 'ended'")
    assert (await site.client(acting).get("/imports")).status_code == 403


# --- the first roles ---


async def test_first_roles_are_granted_once(site: ServiceUnderTest) -> None:
    wanted = [
        FirstGrant.of(one)
        for one in (
            {"object_id": "P101547", "role": "hf_admin", "unit_codes": ["HAV"]},
            {"object_id": "P101554", "role": "lis_hf_admin", "unit_codes": ["HAV"]},
            {"object_id": "P100021", "role": "rhf_admin"},
            {
                "object_id": "P100147",
                "role": "training_lead",
                "unit_codes": ["HAV"],
                "include_sub_units": True,
                "specialties": ["akutt-og-mottaksmedisin"],
            },
        )
    ]
    for count in (4, 0):
        async with site.runtime.units.begin() as work:
            assert await grant_first_roles(work, wanted) == count
    assert len(await site.told(events.RoleGranted)) == 4


async def test_first_roles_are_granted_all_or_none_naming_what_is_unknown(site: ServiceUnderTest) -> None:
    wanted = [
        FirstGrant("P101547", Role.HF_ADMIN, ["HAV"]),
        FirstGrant("P0", Role.HF_ADMIN, ["HAV"]),
        FirstGrant("P101547", Role.SUPER_USER, ["NOWHERE"]),
    ]
    with pytest.raises(CannotBootstrap, match=r"P0: no active position\nP101547: no unit NOWHERE"):
        async with site.runtime.units.begin() as work:
            await grant_first_roles(work, wanted)
    assert await site.told(events.RoleGranted) == []
    for document in (
        3,
        {},
        {"object_id": "P1", "role": "king"},
        {"object_id": "P1", "role": "hf_admin", "x": 1},
    ):
        with pytest.raises(CannotBootstrap):
            FirstGrant.of(document)


async def test_an_operator_is_registered_once_and_hr_leaves_the_unit(
    identity: ServiceUnderTest, operator: Any
) -> None:
    first, again = await operator(), await operator()
    assert first.position_id == again.position_id
    async with identity.runtime.units.begin() as work:
        upload = Upload(json=(EXAMPLES / "snapshot.json").read_bytes())
        run = await run_import(work, identity.runtime.settings, upload)
    assert run.state == "applied"
    assert (await identity.client(first).get("/imports")).status_code == 200
    for national_id, role in (("12345678901", Role.SYSTEM_MANAGER), ("14927119405", Role.HF_ADMIN)):
        with pytest.raises(CannotBootstrap):
            async with identity.runtime.units.begin() as work:
                await register_operator(
                    work,
                    identity.runtime.settings,
                    given_name="A",
                    family_name="B",
                    national_id=national_id,
                    role=role,
                )


# --- the command line ---


def test_a_new_site_is_set_up_from_the_command_line(
    database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import io

    for name, value in {
        "SITE": "vest",
        "SITE_NAME": "Helse Vestkyst",
        "SITE_KIND": "rhf",
        "ENVIRONMENT": "test",
        "DATABASE_URL": database,
        "PUBLIC_URL": "http://site",
        "IDENTITY_URL": "http://identity",
        "SERVICE_SECRET": "s" * 40,
    }.items():
        monkeypatch.setenv(f"STAFETT_{name}", value)
    assert cli.main(["import-hr", str(EXAMPLES), "--dry-run"]) == 0
    assert "306 created" in capsys.readouterr().out
    assert cli.main(["import-hr", str(EXAMPLES / "snapshot.json")]) == 0
    assert cli.main(["import-hr", str(EXAMPLES / "faulty" / "file-malformed-csv")]) == 1
    assert "refused malformed" in capsys.readouterr().out
    assert cli.main(["import-hr", str(EXAMPLES / "faulty")]) == 2
    roles = tmp_path / "roles.json"
    roles.write_text(json.dumps([{"object_id": "P101547", "role": "hf_admin", "unit_codes": ["HAV"]}]))
    for line in ("1 roles granted", "0 roles granted"):
        assert cli.main(["bootstrap-roles", str(roles)]) == 0
        assert line in capsys.readouterr().out
    roles.write_text("[{}]")
    assert cli.main(["bootstrap-roles", str(roles)]) == 2
    monkeypatch.setattr("sys.stdin", io.StringIO("14927119405\n"))
    assert cli.main(["bootstrap-operator", "Siri", "System"]) == 0
    monkeypatch.setattr("sys.stdin", io.StringIO("1\n"))
    assert cli.main(["bootstrap-operator", "Siri", "System"]) == 1
    output = capsys.readouterr()
    assert "14927119405" not in output.out + output.err
