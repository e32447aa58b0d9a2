"""Importing goal catalogues over HTTP, on a real database."""

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from stafett_chassis.clock import SetClock
from stafett_contracts.plans import (
    CatalogueImported,
    GoalAdded,
    GoalChanged,
    GoalReplaced,
    GoalWithdrawn,
    PlanItemActivated,
    PlanVersionCreated,
    RequirementPublished,
)
from stafett_contracts.vocabulary import Demand, Origin, Role
from stafett_plans.app import service
from stafett_testing.people import World
from stafett_testing.service import ServiceUnderTest, service_under_test

EXAMPLES = Path(__file__).parents[4] / "examples" / "catalogues"


def small(*goals: dict[str, Any], code: str = "PRX", **template: Any) -> dict[str, Any]:
    return {
        "format": "goal-catalogue/1",
        "template": {"code": code, "name": "Prøve", "plan_type": "learning_goal", "track": "lis1", **template},
        "themes": [{"code": "T1", "name": "Tema én", "order": 1}, {"code": "T2", "name": "Tema to", "order": 2}],
        "goals": list(goals),
    }  # fmt: skip


def goal(number: int, **values: Any) -> dict[str, Any]:
    key = f"PRX-{number:03}"
    return {
        "number": key,
        "theme": "T1",
        "text": f"Kunne {key}.",
        "order": number,
        "carried_out_in": "any",
        "activities": [activity(f"N-{key}-1")],
        **values,
    }


def activity(key: str, **values: Any) -> dict[str, Any]:
    return {
        "key": key,
        "level": "national",
        "name": f"Undervisning {key}",
        "learning_form": "Teoriundervisning",
        "documentation_form": "Egenregistrering",
        "category": "Felles kompetansemål",
        **values,
    }


class Importer:
    """RHF admin's client with what imports need."""

    def __init__(self, hospital: Any) -> None:
        self.hospital = hospital
        self.client = hospital.plans.client(hospital.rhf_admin)

    async def try_out(self, document: Any) -> Any:
        answer = await self.client.post("/imports", json=document)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def run(self, document: Any) -> Any:
        run = await self.try_out(document)
        assert run["state"] == "ready", run["report"]["errors"]
        answer = await self.client.post(f"/imports/{run['run_id']}/apply")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def goal_plan(self, code: str = "PRX", **choice: Any) -> Any:
        client = self.hospital.plans.client(self.hospital.lis_admin)
        answer = await client.post(
            "/plans",
            json={
                "type": "learning_goal",
                "unit_id": str(self.hospital.trust.unit_id),
                "template": {"code": code, **choice},
            },
        )
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def plan(self, plan: Any) -> Any:
        client = self.hospital.plans.client(self.hospital.lis_admin)
        return (await client.get(f"/plans/{plan['head']['plan_id']}")).json()


@pytest.fixture
async def importer(hospital: Any) -> Importer:
    await hospital.categories()
    return Importer(hospital)


@pytest.mark.rule("PLN-485")
async def test_only_rhf_admin_imports(hospital: Any) -> None:
    h = hospital
    run = await h.dry_run("faulty/warnings/catalogue")
    for position in (
        h.employee, h.leader, h.delegated, h.lead_a, h.lead_b, h.super_user, h.training_lead, h.hf_admin,
        h.lis_admin, h.apprentice_admin,
    ):  # fmt: skip
        client = h.plans.client(position)
        for answer in (
            await client.post("/imports", json=small(goal(1))),
            await client.post(f"/imports/{run['run_id']}/apply"),
            await client.get("/imports"),
            await client.get(f"/imports/{run['run_id']}"),
            await client.get(f"/imports/{run['run_id']}/files/catalogue"),
        ):
            assert answer.status_code == 403, position.person.name
            assert answer.json()["code"] == "import_not_allowed"
    assert (await h.plans.client().post("/imports", json={})).status_code == 401
    deputy = h.plans.client(h.employee, deputy_for=h.rhf_admin)
    assert (await deputy.post("/imports", json=small(goal(1)))).status_code == 403


@pytest.fixture
async def municipal(database: str, clock: SetClock) -> AsyncIterator[ServiceUnderTest]:
    async with service_under_test(
        service, database, clock=clock, site="kommune", site_kind="municipal"
    ) as under_test:
        yield under_test


@pytest.mark.rule("PLN-485")
async def test_the_system_manager_of_the_municipal_site_imports(municipal: ServiceUnderTest) -> None:
    world = World()
    unit = world.unit("Fjordby kommune")
    manager = world.person("Ada", "Dahl").at(unit)
    world.grant(manager, Role.SYSTEM_MANAGER, unit)
    await municipal.deliver(*world.news())
    answer = await municipal.client(manager).post("/imports", json=small(goal(1)))
    assert answer.status_code == 201
    assert answer.json()["state"] == "errors"


@pytest.mark.rule("PLN-489")
async def test_a_dry_run_stores_nothing_but_its_report(importer: Importer) -> None:
    await importer.hospital.plans.forget_told()
    run = await importer.try_out(json.loads((EXAMPLES / "amm.json").read_bytes()))
    assert run["state"] == "ready"
    assert run["report"]["outcome"] == "ok"
    assert run["report"]["counts"] == {"goals": {"new": 70}, "activities": {"new": 150}}
    assert await importer.hospital.plans.told() == []
    assert (await importer.client.get("/templates")).json() == []
    assert (await importer.client.get("/goals/AMM-001")).status_code == 404
    kept = (await importer.client.get(f"/imports/{run['run_id']}")).json()
    assert kept["report"] == run["report"]


@pytest.mark.rule("PLN-489")
async def test_the_report_tells_what_becomes_of_every_goal_and_activity(importer: Importer) -> None:
    await importer.run(json.loads((EXAMPLES / "amm.json").read_bytes()))
    run = await importer.try_out(json.loads((EXAMPLES / "amm-revision-2027.json").read_bytes()))
    report = run["report"]
    assert report["counts"]["goals"] == {"new": 3, "changed": 1, "replaced": 3, "withdrawn": 1, "missing": 65}
    goals = {each["number"]: each for each in report["goals"]}
    assert goals["AMM-049"]["status"] == "changed"
    assert set(goals["AMM-049"]["changes"]) == {"text"}
    assert goals["AMM-049"]["changes"]["text"]["old"] != goals["AMM-049"]["changes"]["text"]["new"]
    assert goals["AMM-039"]["status"] == "withdrawn"
    assert goals["AMM-039"]["changes"]["withdrawn_from"] == {"old": None, "new": "2027-09-01"}
    assert {n for n, g in goals.items() if g["status"] == "replaced"} == {"AMM-042", "AMM-066", "AMM-012"}
    assert {n for n, g in goals.items() if g["status"] == "new"} == {"AMM-071", "AMM-072", "AMM-073"}
    assert goals["AMM-001"]["status"] == "missing"
    activities = {each["key"]: each["status"] for each in report["activities"]}
    assert activities["N-AMM-049-1"] == "unchanged"
    assert activities["N-AMM-071-2"] == "new"
    assert activities["N-AMM-001-1"] == "missing"


@pytest.mark.rule("PLN-489")
async def test_a_changed_activity_is_told_with_old_and_new_text(importer: Importer) -> None:
    await importer.run(small(goal(1)))
    changed = goal(1, activities=[activity("N-PRX-001-1", name="Nytt navn")])
    [told] = (await importer.try_out(small(changed)))["report"]["activities"]
    assert told["status"] == "changed"
    assert told["changes"] == {"name": {"old": "Undervisning N-PRX-001-1", "new": "Nytt navn"}}


@pytest.mark.rule("PLN-489")
async def test_a_file_with_errors_or_that_cannot_be_read_is_kept_and_cannot_be_applied(
    importer: Importer,
) -> None:
    for document, state, file, row, column in (
        (small(goal(1, theme="T9")), "errors", "goals", 1, "theme"),
        ({"format": "goal-catalogue/9"}, "refused", "catalogue", None, "format"),
    ):
        run = await importer.try_out(document)
        assert run["state"] == state
        [error] = run["report"]["errors"]
        assert (error["file"], error["row"], error["column"]) == (file, row, column)
        answer = await importer.client.post(f"/imports/{run['run_id']}/apply")
        assert (answer.status_code, answer.json()["code"]) == (409, "import_has_errors")


@pytest.mark.rule("PLN-490")
async def test_an_import_is_refused_when_the_catalogue_has_changed_since_its_dry_run(
    importer: Importer,
) -> None:
    first, second = (await importer.try_out(small(goal(1))), await importer.try_out(small(goal(2))))
    assert (await importer.client.post(f"/imports/{first['run_id']}/apply")).status_code == 200
    answer = await importer.client.post(f"/imports/{second['run_id']}/apply")
    assert (answer.status_code, answer.json()["code"]) == (409, "stale_dry_run")
    assert (await importer.client.get("/goals/PRX-002")).status_code == 404
    # The first plan takes the template into use, which changes what the file may say (PLN-494).
    third = await importer.try_out(small(goal(3)))
    await importer.goal_plan()
    assert (await importer.client.post(f"/imports/{third['run_id']}/apply")).status_code == 409


@pytest.mark.rule("PLN-490")
async def test_two_who_apply_at_once_do_not_both_succeed_on_the_same_catalogue(importer: Importer) -> None:
    runs = [await importer.try_out(small(goal(number))) for number in (1, 2, 3)]
    answers = await asyncio.gather(*(importer.client.post(f"/imports/{run['run_id']}/apply") for run in runs))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    [template] = (await importer.client.get("/templates")).json()
    assert template["goals"] == 1


@pytest.mark.rule("PLN-490")
async def test_applying_is_all_or_nothing(importer: Importer) -> None:
    run = await importer.try_out(small(goal(1), goal(2)))
    database = importer.hospital.plans.runtime.database
    await importer.hospital.plans.forget_told()
    # The database refuses the second goal, after the first has been stored.
    await database.pool.execute("alter table goal add constraint no_second check (goal_key <> 'PRX2')")
    assert (await importer.client.post(f"/imports/{run['run_id']}/apply")).status_code == 500
    for table in ("goal", "template", "theme", "requirement", "goal_activity", "outbox"):
        assert await database.pool.fetchval(f"select count(*) from {table}") == 0
    await database.pool.execute("alter table goal drop constraint no_second")
    assert (await importer.client.post(f"/imports/{run['run_id']}/apply")).status_code == 200


@pytest.mark.rule("PLN-005")
async def test_applying_again_answers_as_the_first_time_and_changes_nothing(importer: Importer) -> None:
    run = await importer.run(small(goal(1)))
    await importer.hospital.plans.forget_told()
    again = await importer.client.post(f"/imports/{run['run_id']}/apply")
    assert again.json() == run
    assert await importer.hospital.plans.told() == []
    key = {"idempotency-key": "once"}
    first, second = [
        await importer.client.post("/imports", json=small(goal(2)), headers=key) for _ in range(2)
    ]
    assert first.json() == second.json()
    other = await importer.client.post("/imports", json=small(goal(3)), headers=key)
    assert other.json()["code"] == "idempotency_key_reused"


@pytest.mark.rule("PLN-497")
async def test_importing_the_same_again_changes_nothing_in_json_or_csv(importer: Importer) -> None:
    await importer.run(json.loads((EXAMPLES / "lis1-fkm.json").read_bytes()))
    await importer.hospital.plans.forget_told()
    before = (await importer.client.get("/templates/FKM")).json()
    for _ in range(2):
        files = {
            part: (f"{part}.csv", (EXAMPLES / f"lis1-fkm.{part}.csv").read_bytes(), "text/csv")
            for part in ("goals", "activities")
        }
        for answer in (
            await importer.client.post("/imports", files=files),
            await importer.client.post("/imports", content=(EXAMPLES / "lis1-fkm.json").read_bytes(), headers={"content-type": "application/json"}),
        ):  # fmt: skip
            run = answer.json()
            assert run["report"]["counts"] == {
                "goals": {"unchanged": 50},
                "activities": {"unchanged": 105},
            }
            assert run["report"]["template"]["status"] == "unchanged"
            applied = await importer.client.post(f"/imports/{run['run_id']}/apply")
            assert applied.json()["state"] == "applied"
    assert (await importer.client.get("/templates/FKM")).json() == before
    told = await importer.hospital.plans.told()
    assert {type(event) for event in told} == {CatalogueImported}


@pytest.mark.rule("PLN-499")
@pytest.mark.parametrize("name", ["lis1-fkm", "amm"])
async def test_an_exported_template_imports_again_as_unchanged(importer: Importer, name: str) -> None:
    document = json.loads((EXAMPLES / f"{name}.json").read_bytes())
    code = document["template"]["code"]
    await importer.run(document)
    if name == "amm":
        await importer.run(json.loads((EXAMPLES / "amm-revision-2027.json").read_bytes()))
    hf_admin = importer.hospital.plans.client(importer.hospital.hf_admin)
    exported = await hf_admin.get(f"/templates/{code}/export", params={"format": "json"})
    assert exported.headers["content-type"] == "application/json"
    by_json = await importer.client.post(
        "/imports", content=exported.content, headers={"content-type": "application/json"}
    )
    archive = zipfile.ZipFile(
        io.BytesIO((await hf_admin.get(f"/templates/{code}/export", params={"format": "csv"})).content)
    )
    files = {part: (f"{part}.csv", archive.read(f"{part}.csv")) for part in ("goals", "activities")}
    by_csv = await importer.client.post("/imports", files=files)
    for answer in (by_json, by_csv):
        report = answer.json()["report"]
        assert report["errors"] == []
        assert {kind: set(tally) for kind, tally in report["counts"].items()} == {
            "goals": {"unchanged"},
            "activities": {"unchanged"},
        }
        assert {theme["status"] for theme in report["themes"]} == {"unchanged"}


async def test_who_may_export(hospital: Any) -> None:
    h = hospital
    await h.categories()
    await h.imported("lis1-kls")
    for position, status in (
        (h.rhf_admin, 200), (h.hf_admin, 200), (h.lis_admin, 200), (h.apprentice_admin, 200), (h.leader, 403),
        (h.lead_a, 403), (h.employee, 403), (h.super_user, 403),
    ):  # fmt: skip
        answer = await h.plans.client(position).get("/templates/KLS/export")
        assert answer.status_code == status, position.person.name
    for position, status in ((h.leader, 200), (h.lead_a, 200), (h.employee, 403), (h.by_hand, 403)):
        client = h.plans.client(position)
        for path in ("/templates", "/templates/KLS", "/goals/KLS-001", "/categories"):
            assert (await client.get(path)).status_code == status, path


@pytest.mark.rule("PLN-498")
async def test_runs_are_listed_with_who_when_and_file_and_can_be_downloaded(
    importer: Importer, clock: SetClock
) -> None:
    content = (EXAMPLES / "lis1-kls.json").read_bytes()
    answer = await importer.client.post(
        "/imports", files={"catalogue": ("KLS våren 2027.json", content, "application/json")}
    )
    run = answer.json()
    clock.move(minutes=1)
    await importer.client.post(f"/imports/{run['run_id']}/apply")
    await importer.try_out({"format": "?"})
    listed = (await importer.client.get("/imports")).json()["items"]
    assert [each["state"] for each in listed] == ["refused", "applied"]
    admin = str(importer.hospital.rhf_admin.person_id)
    assert (listed[1]["started_by"], listed[1]["applied_by"]) == (admin, admin)
    assert listed[1]["started_at"] < listed[1]["applied_at"]
    [file] = listed[1]["files"]
    assert (file["name"], file["size"]) == ("KLS våren 2027.json", len(content))
    downloaded = await importer.client.get(f"/imports/{run['run_id']}/files/catalogue")
    assert downloaded.content == content
    assert (await importer.client.get(f"/imports/{run['run_id']}/files/goals")).status_code == 404
    first = (await importer.client.get("/imports", params={"size": 1})).json()
    second = await importer.client.get("/imports", params={"size": 1, "cursor": first["next"]})
    assert [each["run_id"] for each in second.json()["items"]] == [run["run_id"]]


@pytest.mark.rule("PLN-498")
async def test_the_limits_hold_exactly(database: str, clock: SetClock, hospital: Any) -> None:
    await hospital.categories()
    document = small(goal(1), goal(2))
    content = json.dumps(document).encode()
    cases: list[tuple[dict[str, Any], str]] = [
        ({"catalogue_max_goals": 2, "catalogue_max_activities": 2}, "ok"),
        ({"catalogue_max_goals": 1}, "too_many_goals"),
        ({"catalogue_max_activities": 1}, "too_many_activities"),
        ({"catalogue_max_bytes": len(content)}, "ok"),
    ]
    for limits, outcome in cases:
        async with service_under_test(service, database, clock=clock, **limits) as narrow:
            answer = await narrow.client(hospital.rhf_admin).post(
                "/imports", content=content, headers={"content-type": "application/json"}
            )
        report = answer.json()["report"]
        assert [error["code"] for error in report["errors"]] == ([] if outcome == "ok" else [outcome])
    async with service_under_test(
        service, database, clock=clock, catalogue_max_bytes=len(content) - 1
    ) as narrow:
        client = narrow.client(hospital.rhf_admin)
        as_json = await client.post("/imports", content=content, headers={"content-type": "application/json"})
        as_form = await client.post("/imports", files={"catalogue": ("x.json", content)})
    for answer in (as_json, as_form):
        assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")
    settings = service.settings.model_fields
    assert settings["catalogue_max_goals"].default == 5_000
    assert settings["catalogue_max_activities"].default == 20_000
    assert settings["catalogue_max_bytes"].default == 20_000_000


async def test_other_parts_and_other_kinds_of_body_are_refused(importer: Importer) -> None:
    for files in ({"other": ("x", b"1")}, {"activities": ("x", b"1")}, {"catalogue": ("x", b"1"), "goals": ("y", b"2")}):  # fmt: skip
        answer = await importer.client.post("/imports", files=files)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "wrong_parts")
    answer = await importer.client.post("/imports", content=b"x", headers={"content-type": "text/csv"})
    assert answer.status_code == 415


@pytest.mark.rule("PLN-493")
async def test_a_changed_text_reaches_every_template_and_plan_and_the_old_one_is_kept(
    importer: Importer,
) -> None:
    await importer.run(small(goal(1)))
    await importer.run(small(goal(1, activities=[]), specialty="Arbeidsmedisin"))
    plans = [
        await importer.goal_plan(specialty="Arbeidsmedisin"),
    ]
    await importer.hospital.plans.forget_told()
    await importer.run(small(goal(1, text="Kunne mer.")))
    page = (await importer.client.get("/goals/prx 1")).json()
    assert page["text"] == "Kunne mer."
    assert [each["text"] for each in page["earlier_texts"]] == ["Kunne PRX-001."]
    assert [each["specialty"] for each in page["templates"]] == ["Arbeidsmedisin", None]
    assert page["revision"] == 3
    [shown] = (await importer.plan(plans[0]))["goals"]
    assert shown["text"] == "Kunne mer."
    [told] = await importer.hospital.plans.told(GoalChanged)
    assert (told.text, told.goal_key, told.goal_number, told.catalogue_version) == (
        "Kunne mer.",
        "PRX1",
        "PRX-001",
        "2",
    )
    assert len(told.templates) == 2


@pytest.mark.rule("PLN-493")
async def test_a_changed_theme_moves_the_goal_in_the_plans_of_the_template(importer: Importer) -> None:
    await importer.run(small(goal(1)))
    plan = await importer.goal_plan()
    await importer.run(small(goal(1, theme="T2")))
    assert [each["theme_name"] for each in (await importer.plan(plan))["goals"]] == ["Tema to"]


@pytest.mark.rule("PLN-493")
@pytest.mark.rule("PLN-379")
async def test_new_and_changed_national_activities_reach_every_local_plan_in_one_version(
    importer: Importer,
) -> None:
    h = importer.hospital
    await importer.run(small(goal(1), goal(2)))
    mine = await importer.goal_plan()
    other = await h.plans.client(h.other_lis_admin).post(
        "/plans",
        json={
            "type": "learning_goal",
            "unit_id": str(h.other_trust.unit_id),
            "template": {"code": "PRX"},
        },
    )
    assert other.status_code == 201
    plans = {mine["head"]["plan_id"], other.json()["head"]["plan_id"]}
    await h.plans.forget_told()
    # One action with one new and one changed activity: the first version, whatever the number of items.
    await importer.run(
        small(
            goal(1, activities=[activity("N-PRX-001-1"), activity("N-PRX-001-2")]),
            goal(2, activities=[activity("N-PRX-002-1", name="Nytt navn")]),
        )
    )
    activated = await h.plans.told(PlanItemActivated)
    assert {str(each.plan_id) for each in activated} == plans
    assert {each.external_key for each in activated} == {"N-PRX-001-2"}
    versions = await h.plans.told(PlanVersionCreated)
    assert [(each.major, each.minor, each.cause, len(each.item_ids)) for each in versions] == [
        (1, 0, "imported", 2)
    ] * 2
    # One item is a minor version, two distinct ones a major.
    await importer.run(small(goal(1, activities=[activity("N-PRX-001-1", name="Nyere navn")])))
    await importer.run(small(goal(1, activities=[activity("N-PRX-001-3"), activity("N-PRX-001-4")]), goal(2)))
    assert (await importer.plan(mine))["head"]["version"] == "2.0"
    items = (await importer.plan(mine))["items"]
    assert {each["state"] for each in items} == {"active"}
    assert len(items) == 5


@pytest.mark.rule("PLN-494")
async def test_a_new_goal_in_a_template_in_use_comes_into_every_plan_marked_must_be_updated(
    importer: Importer,
) -> None:
    await importer.run(small(goal(1)))
    plan = await importer.goal_plan()
    new = goal(2, effective_from="2027-03-01")
    assert (await importer.try_out(small(goal(2))))["state"] == "errors"
    await importer.run(small(new))
    goals = {each["number"]: each for each in (await importer.plan(plan))["goals"]}
    assert goals["PRX-001"]["must_be_updated"] is False
    assert goals["PRX-002"]["must_be_updated"] is True
    assert goals["PRX-002"]["effective_from"] == "2027-03-01"
    # In a template not in use a goal may lack the date and is open.
    await importer.run(small(goal(7), code="PRY"))
    assert [each["must_be_updated"] for each in (await importer.goal_plan("PRY"))["goals"]] == [False]


async def test_an_import_tells_of_goals_activities_and_itself(importer: Importer) -> None:
    await importer.run(json.loads((EXAMPLES / "amm.json").read_bytes()))
    added = await importer.hospital.plans.told(GoalAdded)
    assert len(added) == 70
    assert added[0].templates[0].specialty == "Akutt- og mottaksmedisin"
    published = await importer.hospital.plans.told(RequirementPublished)
    assert len(published) == 150
    assert {each.level for each in published} == {"national", "regional"}
    assert all(each.external_key and each.version == 1 for each in published)
    await importer.hospital.plans.forget_told()
    run = await importer.run(json.loads((EXAMPLES / "amm-revision-2027.json").read_bytes()))
    [withdrawn] = await importer.hospital.plans.told(GoalWithdrawn)
    assert (withdrawn.goal_number, str(withdrawn.withdrawn_from)) == ("AMM-039", "2027-09-01")
    replaced = {each.goal_number: each for each in await importer.hospital.plans.told(GoalReplaced)}
    assert set(replaced) == {"AMM-071", "AMM-072"}
    assert {each.goal_key for each in replaced["AMM-071"].replaced} == {"AMM42", "AMM66"}
    assert replaced["AMM-071"].demand is Demand.HIGHER
    assert replaced["AMM-072"].takes_effect_at.isoformat() == "2027-02-28T23:00:00+00:00"
    [envelope] = await importer.hospital.plans.envelopes(CatalogueImported)
    assert envelope.origin is Origin.IMPORT
    assert str(envelope.runid) == run["run_id"]
    counts = {each.name: each.count for each in envelope.data.counts}
    assert counts["goals_new"] == 3


async def test_where_trusts_have_the_old_goal_its_replacement_is_not_told_by_the_import(
    importer: Importer,
) -> None:
    await importer.run(small(goal(1)))
    await importer.goal_plan()
    new = goal(2, effective_from="2027-03-01", replaces=[{"number": "PRX-001", "demand": "same"}])
    await importer.run(small(new))
    assert await importer.hospital.plans.told(GoalReplaced) == []
    page = (await importer.client.get("/goals/PRX-001")).json()
    assert [each["number"] for each in page["replaced_by"]] == ["PRX-002"]


@pytest.mark.rule("PLN-495")
async def test_goals_the_file_lacks_stay_in_template_and_plans(importer: Importer) -> None:
    await importer.run(small(goal(1), goal(2)))
    plan = await importer.goal_plan()
    run = await importer.run(small(goal(1)))
    assert [each["code"] for each in run["report"]["warnings"]] == ["goals_missing"]
    assert len((await importer.plan(plan))["goals"]) == 2
    assert [template["goals"] for template in (await importer.client.get("/templates")).json()] == [2]


@pytest.mark.rule("PLN-256")
async def test_a_goal_lies_in_several_templates_with_one_number_and_text(importer: Importer) -> None:
    for specialty in ("Arbeidsmedisin", "Psykiatri"):
        await importer.run(small(goal(1), specialty=specialty))
    page = (await importer.client.get("/goals/PRX-001")).json()
    assert {each["specialty"] for each in page["templates"]} == {"Arbeidsmedisin", "Psykiatri"}
    ambiguous = await importer.client.get("/templates/PRX")
    assert (ambiguous.status_code, ambiguous.json()["code"]) == (409, "ambiguous_template")
    one = await importer.client.get("/templates/PRX", params={"specialty": "Psykiatri"})
    assert one.json()["themes"][0]["goals"][0]["text"] == page["text"]


async def test_categories_are_made_by_those_who_own_the_tree(hospital: Any) -> None:
    h = hospital
    trust = {"name": "E-læring", "scope": "trust", "hf_id": str(h.trust.unit_id)}
    region = {"name": "Felles", "scope": "region"}
    for position, body, status in (
        (h.rhf_admin, region, 201), (h.rhf_admin, region, 409), (h.hf_admin, region, 403), (h.leader, region, 403),
        (h.hf_admin, trust, 201), (h.other_hf_admin, trust, 403), (h.rhf_admin, trust, 403), (h.lis_admin, trust, 403),
        (h.rhf_admin, {**region, "hf_id": str(h.trust.unit_id)}, 422),
    ):  # fmt: skip
        answer = await h.plans.client(position).post("/categories", json=body)
        assert answer.status_code == status, (position.person.name, body)
    assert len((await h.plans.client(h.leader).get("/categories")).json()) == 2
