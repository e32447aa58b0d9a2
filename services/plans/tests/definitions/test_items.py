"""Requirements in plans: drafted, published, activated, approved, and the versions this makes."""

import asyncio
from typing import Any

import pytest

from stafett_contracts.plans import PlanItemActivated, PlanVersionCreated, RequirementPublished

ANY = {"if-match": "*"}


@pytest.mark.rule("PLN-076")
@pytest.mark.rule("PLN-291")
@pytest.mark.rule("PLN-018")
@pytest.mark.rule("PLN-044")
async def test_a_requirement_made_in_a_plan_is_an_inactive_draft_of_the_plans_owner(leader: Any) -> None:
    plan = await leader.plan()
    item = await leader.item(plan)
    assert (item["state"], item["has_draft"], item["version"], item["kind"]) == (
        "inactive",
        True,
        None,
        "requirement",
    )
    requirement = await leader.get(f"/requirements/{item['requirement_id']}")
    assert requirement["owner_unit_id"] == str(leader.hospital.ward.unit_id)
    assert (requirement["state"], requirement["published"]) == ("unpublished", None)
    assert await leader.hospital.plans.told(RequirementPublished, PlanItemActivated) == []
    assert await leader.version(plan) is None


@pytest.mark.rule("PLN-017")
async def test_numbers_are_given_at_once_unique_and_never_changed(leader: Any) -> None:
    plan = await leader.plan()
    items = [await leader.item(plan, f"Krav {number}") for number in range(3)]
    assert len({item["number"] for item in items}) == 3
    path = f"/requirements/{items[0]['requirement_id']}"
    assert await leader.refused(f"{path}/draft", {**leader.content(), "number": "1"}, "PUT") == (
        "number: extra_forbidden"
    )
    await leader.post(f"{path}/publish", headers=ANY)
    assert (await leader.get(path))["number"] == items[0]["number"]


@pytest.mark.rule("PLN-016")
@pytest.mark.rule("PLN-045")
@pytest.mark.rule("PLN-030")
@pytest.mark.rule("PLN-034")
async def test_what_a_field_cannot_hold_is_refused_at_saving(leader: Any) -> None:
    plan = await leader.plan()
    path = f"/plans/{plan['head']['plan_id']}/items"
    section = plan["sections"][0]["section_id"]
    link = {"title": "A", "url": "https://a.example/x"}
    for values, refused in (
        ({"name": "  "}, "new.name: string_too_short"),
        ({"name": "x" * 251}, "new.name: string_too_long"),
        ({"validity_days": 0}, "new.validity_days: greater_than_equal"),
        ({"validity_days": -1}, "new.validity_days: greater_than_equal"),
        ({"validity_days": 10_000}, "new.validity_days: less_than_equal"),
        ({"validity_days": 1.5}, "new.validity_days: int_type"),
        ({"repetitions": 1}, "new.repetitions: greater_than_equal"),
        ({"repetitions": 1_000}, "new.repetitions: less_than_equal"),
        ({"description": "x" * 10_001}, "new.description: string_too_long"),
        ({"links": [{"title": "A", "url": "javascript:alert(1)"}]}, "new.links.0.url: url_not_allowed"),
        ({"links": [{"title": "A", "url": "ftp://a.example"}]}, "new.links.0.url: url_not_allowed"),
        ({"links": [link] * 51}, "new.links: too_long"),
        ({"name": "a\0b"}, "new.name: bad_character"),
        ({"category_id": str(section)}, "category_id: unknown_category"),
    ):  # fmt: skip
        body = {"section_id": section, "new": {**leader.content(), **values}}
        assert await leader.refused(path, body) == refused, values
    item = await leader.item(
        plan,
        "x" * 250,
        validity_days=9999,
        repetitions=999,
        description="a\nb" + "x" * 9_997,
        links=[link] * 50,
    )
    draft = (await leader.get(f"/requirements/{item['requirement_id']}"))["draft"]
    assert (draft["validity_days"], len(draft["links"]), draft["description"][:3]) == (9999, 50, "a\nb")


@pytest.mark.rule("PLN-024")
@pytest.mark.rule("PLN-025")
@pytest.mark.rule("PLN-043")
async def test_forms_tick_what_they_need_and_all_other_switches_are_off(leader: Any) -> None:
    plan = await leader.plan()
    for form, signing, attachments in (
        ("signature", True, False), ("attachment", False, True), ("course_certificate", False, True),
        ("self_registration", False, False),
    ):  # fmt: skip
        item = await leader.item(plan, form, documentation_form=form, checklist=[{"name": "Les"}])
        draft = (await leader.get(f"/requirements/{item['requirement_id']}"))["draft"]
        assert (draft["requires_signing"], draft["allow_attachments"]) == (signing, attachments), form
        off = ("manual_expiry", "comment_field", "recertification", "must_be_done", "allow_customisation")
        assert not any(draft[switch] for switch in off)
        assert draft["checklist"][0]["must_be_done"] is True
        shares = await leader.hospital.plans.runtime.database.pool.fetch(
            "select unit_id, ended_at from requirement_share where requirement_id = $1",
            item["requirement_id"],
        )
        assert [(share["unit_id"], share["ended_at"]) for share in shares] == [
            (leader.hospital.ward.unit_id, None)
        ]


@pytest.mark.rule("PLN-087")
async def test_a_draft_may_be_unfinished_but_publishing_tells_every_breach_and_keeps_it(leader: Any) -> None:
    plan = await leader.plan()
    item = await leader.item(
        plan,
        "Halvferdig",
        learning_form=None,
        category_id=None,
        documentation_form="signature",
        requires_signing=False,
        validity_days=9999,
        manual_expiry=True,
    )
    path = f"/requirements/{item['requirement_id']}"
    refused = await leader.refused(f"{path}/publish")
    assert refused == (
        "category_id: required, learning_form: required, requires_signing: form_needs_signing,"
        " validity_days: validity_9999_only_regional, validity_days: validity_conflict"
    )
    kept = await leader.get(path)
    assert (kept["version"], kept["draft"]["name"]) == (None, "Halvferdig")


@pytest.mark.rule("PLN-023")
async def test_no_lis_signature_is_published_in_a_competence_plan(leader: Any) -> None:
    plan = await leader.plan()
    item = await leader.item(plan, documentation_form="signature_mentor")
    assert await leader.refused(f"/requirements/{item['requirement_id']}/publish") == (
        "documentation_form: documentation_form_not_allowed"
    )


@pytest.mark.rule("PLN-077")
@pytest.mark.rule("PLN-079")
@pytest.mark.rule("PLN-080")
@pytest.mark.rule("PLN-082")
@pytest.mark.rule("PLN-088")
@pytest.mark.rule("PLN-094")
async def test_edits_are_a_draft_until_published(leader: Any) -> None:
    plan = await leader.plan()
    item = await leader.active(plan, validity_days=365)
    path = f"/requirements/{item['requirement_id']}"
    drafted = await leader.put(f"{path}/draft", leader.content("Ny", validity_days=30))
    assert drafted["changed_fields"] == ["name", "validity_days"]
    assert drafted["published"]["name"] == "Håndhygiene"
    [shown] = (await leader.shown(plan))["items"]
    assert (shown["name"], shown["validity_days"], shown["has_draft"]) == ("Håndhygiene", 365, True)
    back = await leader.put(f"{path}/draft", leader.content(validity_days=365))
    assert (back["draft"], back["changed_fields"]) == (None, [])
    await leader.put(f"{path}/draft", leader.content("Ny"))
    assert (await leader.raw.delete(f"{path}/draft", headers=ANY)).json()["draft"] is None
    assert await leader.refused(f"{path}/publish") == "409 no_draft"
    await leader.hospital.plans.forget_told()
    await leader.put(f"{path}/draft", leader.content("Ny", validity_days=30))
    published = await leader.post(f"{path}/publish", headers=ANY)
    assert (published["version"], published["draft"]) == (2, None)
    [shown] = (await leader.shown(plan))["items"]
    assert (shown["name"], shown["validity_days"]) == ("Ny", 30)
    [told] = await leader.hospital.plans.told(RequirementPublished)
    assert (told.version, told.changed_fields, told.name, told.validity_days) == (
        2,
        ("name", "validity_days"),
        "Ny",
        30,
    )
    assert [str(each) for each in told.active_plan_ids] == [plan["head"]["plan_id"]]
    kept = await leader.hospital.plans.runtime.database.pool.fetch(
        "select version, name, published_by from requirement_version where requirement_id = $1 order by version",
        item["requirement_id"],
    )
    assert [(row["version"], row["name"]) for row in kept] == [(1, "Håndhygiene"), (2, "Ny")]
    assert {row["published_by"] for row in kept} == {leader.hospital.leader.person_id}


@pytest.mark.rule("PLN-084")
async def test_only_the_draft_that_was_seen_is_published(leader: Any) -> None:
    plan = await leader.plan()
    item = await leader.item(plan)
    path = f"/requirements/{item['requirement_id']}"
    seen = {"if-match": f'"{(await leader.get(path))["revision"]}"'}
    await leader.put(f"{path}/draft", leader.content("Endret"))
    assert await leader.refused(f"{path}/publish", headers=seen) == "412 stale_version"
    assert await leader.refused(f"{path}/publish", headers={}) == "428 version_required"


@pytest.mark.rule("PLN-086")
@pytest.mark.rule("PLN-093")
async def test_one_draft_is_shared_by_those_who_may_edit_and_hidden_from_others(
    hospital: Any, leader: Any, editor_of: Any
) -> None:
    plan = await leader.plan()
    item = await leader.published(plan)
    path = f"/requirements/{item['requirement_id']}"
    colleague = editor_of(hospital.lead_a)
    drafted = await colleague.put(f"{path}/draft", leader.content("Min"))
    assert drafted["draft_by"] == str(hospital.lead_a.person_id)
    assert (await leader.get(path))["draft"]["name"] == "Min"
    other = await editor_of(hospital.other_hf_admin).get(path)
    assert (other["may_edit"], other["draft"], other["draft_by"]) == (False, None, None)
    assert other["published"]["name"] == "Håndhygiene"
    unpublished = await leader.item(plan, "Bare kladd")
    hidden = await editor_of(hospital.other_hf_admin).raw.get(
        f"/requirements/{unpublished['requirement_id']}"
    )
    assert hidden.status_code == 404


@pytest.mark.rule("PLN-090")
async def test_an_item_with_a_draft_cannot_be_activated(leader: Any) -> None:
    plan = await leader.plan()
    item = await leader.published(plan)
    await leader.put(f"/requirements/{item['requirement_id']}/draft", leader.content("Ny"))
    path = f"/plans/{plan['head']['plan_id']}/items/{item['item_id']}/activate"
    assert await leader.refused(path) == "409 draft_pending"
    await leader.raw.delete(f"/requirements/{item['requirement_id']}/draft", headers=ANY)
    await leader.post(path)


async def test_activating_tells_once_and_again_changes_nothing(leader: Any) -> None:
    plan = await leader.plan()
    item = await leader.active(plan)
    path = f"/plans/{plan['head']['plan_id']}/items/{item['item_id']}/activate"
    shown = await leader.post(path)
    assert shown["head"]["version"] == "1.0"
    [told] = await leader.hospital.plans.told(PlanItemActivated)
    assert (told.section_name, told.requirement_name, told.state, told.revision) == (
        "Smittevern",
        "Håndhygiene",
        "active",
        2,
    )
    other = await leader.plan("Annet")
    stray = f"/plans/{other['head']['plan_id']}/items/{item['item_id']}/activate"
    assert await leader.refused(stray) == "404 not_found"


@pytest.mark.rule("PLN-292")
@pytest.mark.rule("PLN-293")
@pytest.mark.rule("PLN-117")
@pytest.mark.rule("PLN-124")
async def test_existing_requirements_are_fetched_all_or_none(
    hospital: Any, leader: Any, editor_of: Any
) -> None:
    plan, other = await leader.plan(), await leader.plan("Annet")
    shared = [await leader.published(plan, f"Krav {number}") for number in range(2)]
    draft = await leader.item(plan, "Kladd")
    path = f"/plans/{other['head']['plan_id']}/items"
    section = other["sections"][0]["section_id"]
    body = {
        "section_id": section,
        "requirement_ids": [
            shared[0]["requirement_id"],
            draft["requirement_id"],
            plan["head"]["plan_id"],
        ],
    }
    assert await leader.refused(path, body) == (
        "requirement_ids.1: not_shared, requirement_ids.2: not_shared"
    )
    assert (await leader.shown(other))["items"] == []
    body["requirement_ids"] = [item["requirement_id"] for item in shared]
    fetched = await leader.post(path, body)
    assert [(item["number"], item["state"]) for item in fetched["items"]] == [
        (item["number"], "inactive") for item in shared
    ]
    assert await leader.refused(path, body) == (
        "requirement_ids.0: already_in_plan, requirement_ids.1: already_in_plan"
    )
    # A department it is not shared with.
    admin = editor_of(hospital.hf_admin)
    elsewhere = await admin.plan("Nabo", unit_id=str(hospital.other_ward.unit_id))
    body["section_id"] = elsewhere["sections"][0]["section_id"]
    refused = await admin.refused(f"/plans/{elsewhere['head']['plan_id']}/items", body)
    assert refused == "requirement_ids.0: not_shared, requirement_ids.1: not_shared"
    assert await leader.refused(path, {"section_id": section}) == "new: one_of"


@pytest.mark.rule("PLN-092")
async def test_in_a_plan_only_requirements_with_its_owner_are_edited(hospital: Any, editor_of: Any) -> None:
    admin = editor_of(hospital.hf_admin)
    mine = await admin.plan()
    item = await admin.published(mine)
    shown = await admin.shown(mine)
    assert [each["may_edit"] for each in shown["items"]] == [True]
    pool = hospital.plans.runtime.database.pool
    await pool.execute(
        "insert into requirement_share (requirement_id, unit_id, include_sub_units) values ($1, $2, false)",
        item["requirement_id"],
        hospital.other_ward.unit_id,
    )
    other = await admin.plan("Nabo", unit_id=str(hospital.other_ward.unit_id))
    fetched = await admin.post(
        f"/plans/{other['head']['plan_id']}/items",
        {
            "section_id": other["sections"][0]["section_id"],
            "requirement_ids": [item["requirement_id"]],
        },
    )
    assert [each["may_edit"] for each in fetched["items"]] == [False]
    await admin.put(f"/requirements/{item['requirement_id']}/draft", admin.content("Ny"))
    [waiting] = (await admin.get(f"/plans/{other['head']['plan_id']}/pending"))["items"]
    assert waiting["meaning"] == "blocked"
    approved = await admin.post(f"/plans/{other['head']['plan_id']}/approve", {}, ANY)
    assert (approved["published"], approved["activated"], len(approved["skipped"])) == ([], [], 1)


@pytest.mark.rule("PLN-375")
@pytest.mark.rule("PLN-376")
@pytest.mark.rule("PLN-380")
@pytest.mark.rule("PLN-327")
async def test_one_by_one_makes_minor_versions_and_together_a_major_one(leader: Any) -> None:
    plan = await leader.plan()
    path = f"/plans/{plan['head']['plan_id']}"
    for number in range(3):
        await leader.item(plan, f"Krav {number}")
    await leader.post(f"{path}/approve", {}, ANY)
    assert await leader.version(plan) == "1.0"
    await leader.active(plan, "Alene")
    await leader.active(plan, "Alene igjen")
    assert await leader.version(plan) == "1.2"
    for number in range(3, 5):
        await leader.item(plan, f"Krav {number}")
    approved = await leader.post(f"{path}/approve", {}, ANY)
    assert (len(approved["activated"]), len(approved["published"]), approved["version"]) == (2, 2, "2.0")
    await leader.item(plan, "Siste")
    # Published and activated in one action counts as one.
    assert (await leader.post(f"{path}/approve", {}, ANY))["version"] == "2.1"


@pytest.mark.rule("PLN-378")
@pytest.mark.rule("PLN-379")
@pytest.mark.rule("PLN-385")
async def test_what_an_approval_publishes_makes_versions_in_every_plan_that_has_it_active(
    leader: Any,
) -> None:
    plans = {name: await leader.plan(name) for name in "ABCD"}
    items = [await leader.active(plans["A"], f"Krav {number}") for number in range(3)]
    for name, wanted in (("B", items[:2]), ("C", items[:1]), ("D", items[:1])):
        path = f"/plans/{plans[name]['head']['plan_id']}"
        section = plans[name]["sections"][0]["section_id"]
        ids = [item["requirement_id"] for item in wanted]
        fetched = await leader.post(f"{path}/items", {"section_id": section, "requirement_ids": ids})
        if name != "D":  # in D it stays inactive
            for item in fetched["items"]:
                await leader.post(f"{path}/items/{item['item_id']}/activate")
    assert [await leader.version(plans[name]) for name in "ABCD"] == ["1.2", "1.1", "1.0", None]
    for number, item in enumerate(items):
        await leader.put(f"/requirements/{item['requirement_id']}/draft", leader.content(f"Nytt {number}"))
    await leader.hospital.plans.forget_told()
    await leader.post(f"/plans/{plans['A']['head']['plan_id']}/approve", {}, ANY)
    assert [await leader.version(plans[name]) for name in "ABCD"] == ["2.0", "2.0", "1.1", None]
    told = {str(each.plan_id): each for each in await leader.hospital.plans.told(PlanVersionCreated)}
    assert {each.cause for each in told.values()} == {"approved"}
    assert len(told[plans["B"]["head"]["plan_id"]].item_ids) == 2
    [newest, *_] = await leader.get(f"/plans/{plans['C']['head']['plan_id']}/versions")
    assert (newest["version"], newest["cause"], len(newest["item_ids"])) == ("1.1", "approved", 1)
    assert newest["by_person"] == str(leader.hospital.leader.person_id)


@pytest.mark.rule("PLN-384")
async def test_a_version_shows_the_plan_as_it_was(leader: Any) -> None:
    plan = await leader.plan()
    item = await leader.active(plan, description="Første")
    await leader.item(plan, "Ikke aktiv")
    path = f"/plans/{plan['head']['plan_id']}"
    await leader.put(
        f"/requirements/{item['requirement_id']}/draft", leader.content("Ny", description="Andre")
    )
    await leader.post(f"/requirements/{item['requirement_id']}/publish", headers=ANY)
    await leader.patch(f"{path}/sections/{plan['sections'][0]['section_id']}", {"name": "Omdøpt"})
    [second, first] = await leader.get(f"{path}/versions")
    assert (first["version"], second["version"]) == ("1.0", "1.1")
    for version, name, description in (("1.0", "Håndhygiene", "Første"), ("1.1", "Ny", "Andre")):
        content = (await leader.get(f"{path}/versions/{version}"))["content"]
        [section] = content["sections"]
        [shown] = section["items"]
        assert section["name"] == "Smittevern"
        assert (shown["name"], shown["description"]) == (name, description)
    for unknown in ("1.2", "1", "1.0.0", "9999999.0", "x"):
        assert (await leader.raw.get(f"{path}/versions/{unknown}")).status_code == 404


@pytest.mark.rule("PLN-386")
async def test_versions_have_neither_holes_nor_doubles_when_several_act_at_once(leader: Any) -> None:
    plan, other = await leader.plan("En"), await leader.plan("To")
    items = [await leader.published(plan, f"Krav {number}") for number in range(6)]
    ids = [item["requirement_id"] for item in items]
    section = other["sections"][0]["section_id"]
    fetched = await leader.post(
        f"/plans/{other['head']['plan_id']}/items", {"section_id": section, "requirement_ids": ids}
    )
    answers = await asyncio.gather(
        *(
            leader.raw.post(f"/plans/{of['head']['plan_id']}/items/{item['item_id']}/activate")
            for of, listed in ((plan, items), (other, fetched["items"]))
            for item in listed
        )
    )
    assert {answer.status_code for answer in answers} == {200}
    for of in (plan, other):
        versions = await leader.get(f"/plans/{of['head']['plan_id']}/versions")
        assert [each["version"] for each in versions] == [f"1.{minor}" for minor in (5, 4, 3, 2, 1, 0)]


@pytest.mark.rule("PLN-325")
@pytest.mark.rule("PLN-328")
async def test_what_awaits_is_listed_and_some_of_it_approved(leader: Any) -> None:
    plan = await leader.plan()
    path = f"/plans/{plan['head']['plan_id']}"
    drafted = await leader.item(plan, "Kladd")
    ready = await leader.published(plan, "Klar")
    active = await leader.active(plan, "Aktiv")
    await leader.put(f"/requirements/{active['requirement_id']}/draft", leader.content("Aktiv ny"))
    await leader.active(plan, "Ferdig")
    waiting = await leader.get(f"{path}/pending")
    assert {each["item_id"]: each["meaning"] for each in waiting["items"]} == {
        drafted["item_id"]: "activate_and_publish",
        ready["item_id"]: "activate",
        active["item_id"]: "publish",
    }
    approved = await leader.post(
        f"{path}/approve", {"item_ids": [drafted["item_id"], active["item_id"]]}, ANY
    )
    assert approved["activated"] == [drafted["item_id"]]
    assert sorted(approved["published"]) == sorted([drafted["requirement_id"], active["requirement_id"]])
    left = (await leader.get(f"{path}/pending"))["items"]
    assert [each["item_id"] for each in left] == [ready["item_id"]]
    assert await leader.refused(f"{path}/approve", {"item_ids": [plan["head"]["plan_id"]]}) == "404 not_found"


@pytest.mark.rule("PLN-330")
async def test_an_approval_is_all_or_nothing_and_names_every_hindrance(leader: Any) -> None:
    plan = await leader.plan()
    path = f"/plans/{plan['head']['plan_id']}"
    await leader.item(plan, "Hel")
    broken = await leader.item(plan, "Uten form", learning_form=None)
    other = await leader.item(plan, "Uten kategori", category_id=None)
    refused = await leader.refused(f"{path}/approve", {})
    assert refused == f"{broken['number']}.learning_form: required, {other['number']}.category_id: required"
    assert {item["state"] for item in (await leader.shown(plan))["items"]} == {"inactive"}
    assert await leader.version(plan) is None
    assert await leader.hospital.plans.told(RequirementPublished) == []


@pytest.mark.rule("PLN-331")
async def test_only_what_was_seen_is_approved(leader: Any) -> None:
    plan = await leader.plan()
    path = f"/plans/{plan['head']['plan_id']}"
    item = await leader.item(plan)
    answer = await leader.raw.get(f"{path}/pending")
    seen = {"if-match": answer.headers["etag"]}
    await leader.put(f"/requirements/{item['requirement_id']}/draft", leader.content("Endret"))
    assert await leader.refused(f"{path}/approve", {}, headers=seen) == "412 stale_version"
    now = {"if-match": (await leader.raw.get(f"{path}/pending")).headers["etag"]}
    await leader.item(plan, "Ett til")
    assert await leader.refused(f"{path}/approve", {}, headers=now) == "412 stale_version"
    last = {"if-match": (await leader.raw.get(f"{path}/pending")).headers["etag"]}
    assert len((await leader.post(f"{path}/approve", {}, last))["activated"]) == 2
