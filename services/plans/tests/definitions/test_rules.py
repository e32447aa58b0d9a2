"""Names, version numbers, contents and what awaits approval, without a database."""

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stafett_chassis.problems import Conflict
from stafett_contracts.vocabulary import (
    DocumentationForm,
    LearningForm,
    PlanItemState,
    RequirementKind,
    RequirementLevel,
    Track,
)
from stafett_plans.catalogue.rules.content import (
    Checkpoint,
    Content,
    Link,
    breaches,
    changed_fields,
    content_of,
    locked_fields,
)
from stafett_plans.definitions.rules import names
from stafett_plans.definitions.rules.items import Pending, may_activate, pending
from stafett_plans.definitions.rules.versions import FIRST, NONE, Version, next_version

A, R = RequirementKind.ACTIVITY, RequirementKind.REQUIREMENT
ID = UUID(int=7)


def sound(**values: object) -> Content:
    fields: dict[str, object] = {
        "name": "Håndhygiene",
        "learning_form": LearningForm.COURSE,
        "documentation_form": DocumentationForm.SELF_REGISTRATION,
        "category_id": ID,
        **values,
    }
    return Content(**fields)  # type: ignore[arg-type]


def codes(content: Content, *, kind: RequirementKind = R, level: RequirementLevel = RequirementLevel.LOCAL, plan: bool = True) -> list[tuple[str, str]]:  # fmt: skip
    return [(fault.field, fault.code) for fault in breaches(content, kind, level, in_competence_plan=plan)]


@pytest.mark.rule("PLN-245")
@pytest.mark.parametrize(
    "name", ["SPHF – Kursveiledning", "sphf-kursveiledning", "SPHF —  KURSVEILEDNING ", "SPHF ‑ Kursveiledning"]
)  # fmt: skip
def test_names_are_the_same_whatever_the_case_the_dash_and_the_spaces_around_it(name: str) -> None:
    assert names.name_key(name) == names.name_key("SPHF-Kursveiledning")
    assert names.name_key("SPHF-Kurs veiledning") != names.name_key(name)


@pytest.mark.rule("PLN-244")
@pytest.mark.parametrize(
    ("name", "valid"),
    [
        ("SPHF – Kursveiledning", True),
        ("SPHF-Klinikk-Plan", True),
        ("SPHF−Plan", True),
        ("SPHF Kursveiledning", False),
        ("SPHF –", False),
        ("Kurs – SPHF", False),
        ("SPHFX – Kurs", False),
    ],
)
def test_a_name_begins_with_the_trust_and_a_dash(name: str, valid: bool) -> None:
    fault = names.prefix_fault(name, "SPHF")
    assert (fault is None) is valid
    assert fault is None or fault.code == "name_prefix_missing"


def test_a_trusts_short_name_is_text_and_no_pattern() -> None:
    assert names.prefix_fault("A.B – x", "A.B") is None
    assert names.prefix_fault("AxB – x", "A.B") is not None


@pytest.mark.rule("PLN-010")
def test_norwegian_letters_come_last_and_in_their_order() -> None:
    ordered = ["Ab", "b", "Zebra", "Ære", "Øl", "Aase", "Åtte"]
    shuffled = ["Åtte", "Øl", "b", "Aase", "Ab", "Ære", "Zebra"]
    assert sorted(shuffled, key=names.sort_key) == ordered
    assert names.sort_key("É") == names.sort_key("e")


def test_a_goal_plan_is_named_as_its_template() -> None:
    named = names.goal_plan_name
    assert named("Felles kompetansemål", "FKM", Track.LIS2_3, "Arbeidsmedisin") == (
        "Felles kompetansemål (FKM) (Arbeidsmedisin)"
    )
    assert named("DEL 1 – Felles (FKM)", "FKM", Track.LIS1, None) == "DEL 1 – Felles (FKM) (LIS1)"


@pytest.mark.rule("PLN-375")
@given(st.integers(1, 50))
@settings(derandomize=True, database=None)
def test_the_first_version_is_1_0_however_many_items(items: int) -> None:
    assert next_version(NONE, items) == FIRST


@pytest.mark.rule("PLN-376")
@pytest.mark.rule("PLN-377")
@given(st.integers(1, 99), st.integers(0, 99), st.integers(1, 50))
@settings(derandomize=True, database=None)
def test_one_item_counts_the_minor_number_and_more_the_major(major: int, minor: int, items: int) -> None:
    after = next_version(Version(major, minor), items)
    assert after == (Version(major, minor + 1) if items == 1 else Version(major + 1, 0))
    assert after > Version(major, minor)


def test_an_action_without_items_makes_no_version() -> None:
    with pytest.raises(ValueError, match="no version"):
        next_version(FIRST, 0)
    assert str(next_version(Version(1, 9), 1)) == "1.10"


@pytest.mark.rule("PLN-325")
@pytest.mark.rule("PLN-326")
@pytest.mark.parametrize(
    ("state", "draft", "mine", "meaning"),
    [
        (PlanItemState.INACTIVE, True, True, Pending.ACTIVATE_AND_PUBLISH),
        (PlanItemState.INACTIVE, True, False, Pending.BLOCKED),
        (PlanItemState.INACTIVE, False, True, Pending.ACTIVATE),
        (PlanItemState.INACTIVE, False, False, Pending.ACTIVATE),
        (PlanItemState.ACTIVE, True, True, Pending.PUBLISH),
        (PlanItemState.ACTIVE, True, False, None),
        (PlanItemState.ACTIVE, False, True, None),
        (PlanItemState.DEACTIVATED, True, True, None),
        (PlanItemState.ARCHIVED, True, True, None),
    ],
)
def test_each_item_awaits_what_the_table_says(
    state: PlanItemState, draft: bool, mine: bool, meaning: Pending | None
) -> None:
    assert pending(state, has_draft=draft, may_edit=mine) is meaning


@pytest.mark.rule("PLN-090")
def test_what_forbids_activating() -> None:
    assert may_activate(PlanItemState.INACTIVE, has_draft=False)
    assert not may_activate(PlanItemState.ACTIVE, has_draft=True)
    for state, draft, code in (
        (PlanItemState.INACTIVE, True, "draft_pending"),
        (PlanItemState.DEACTIVATED, False, "item_deactivated"),
        (PlanItemState.ARCHIVED, False, "archived"),
    ):
        with pytest.raises(Conflict) as refused:
            may_activate(state, has_draft=draft)
        assert refused.value.code == code


@pytest.mark.rule("PLN-087")
def test_every_breach_is_told_at_once() -> None:
    assert codes(Content("x", validity_days=9999, manual_expiry=True)) == [
        ("learning_form", "required"),
        ("documentation_form", "required"),
        ("category_id", "required"),
        ("validity_days", "validity_conflict"),
        ("validity_days", "validity_9999_only_regional"),
    ]


@pytest.mark.rule("PLN-020")
@pytest.mark.rule("PLN-022")
@pytest.mark.parametrize("field", ["learning_form", "documentation_form"])
def test_both_forms_are_mandatory_before_publishing(field: str) -> None:
    assert codes(sound()) == []
    assert codes(sound(**{field: None})) == [(field, "required")]


@pytest.mark.rule("PLN-021")
def test_a_procedure_list_must_be_repeating() -> None:
    listed = sound(learning_form=LearningForm.PROCEDURE_LIST)
    assert codes(listed) == [("repetitions", "procedure_list_not_repeating")]
    assert codes(sound(learning_form=LearningForm.PROCEDURE_LIST, repetitions=2)) == []


LIS = (
    DocumentationForm.SIGNATURE_BOARD,
    DocumentationForm.SIGNATURE_SUPERVISOR,
    DocumentationForm.SIGNATURE_MENTOR,
)


@pytest.mark.rule("PLN-023")
@pytest.mark.parametrize("form", list(DocumentationForm))
def test_lis_signatures_are_for_activities_outside_competence_plans(form: DocumentationForm) -> None:
    content = sound(
        documentation_form=form,
        requires_signing=form.value.startswith("signature"),
        allow_attachments=form in (DocumentationForm.ATTACHMENT, DocumentationForm.COURSE_CERTIFICATE),
    )
    other = [("documentation_form", "course_list_missing")] if form is DocumentationForm.COURSE_PORTAL else []
    refused = [("documentation_form", "documentation_form_not_allowed")] if form in LIS else other
    assert codes(content, kind=A, plan=False) == other
    assert codes(content, kind=A, plan=True) == refused
    assert codes(content, kind=R, plan=False) == refused


@pytest.mark.rule("PLN-024")
@pytest.mark.rule("PLN-025")
@pytest.mark.rule("PLN-026")
@pytest.mark.parametrize(
    ("form", "signing", "attachments", "expected"),
    [
        (DocumentationForm.ATTACHMENT, False, False, "form_needs_attachments"),
        (DocumentationForm.COURSE_CERTIFICATE, False, False, "form_needs_attachments"),
        (DocumentationForm.ATTACHMENT, True, True, None),
        (DocumentationForm.COURSE_CERTIFICATE, True, True, None),
        (DocumentationForm.SIGNATURE, False, False, "form_needs_signing"),
        (DocumentationForm.SIGNATURE_BOARD, False, False, "form_needs_signing"),
        (DocumentationForm.SIGNATURE_SUPERVISOR, False, False, "form_needs_signing"),
        (DocumentationForm.SIGNATURE_MENTOR, False, False, "form_needs_signing"),
        (DocumentationForm.SELF_REGISTRATION, True, False, "signing_not_allowed"),
        (DocumentationForm.COURSE_PORTAL, True, False, "signing_not_allowed"),
        (DocumentationForm.SELF_REGISTRATION, False, True, None),
    ],
)
def test_forms_need_and_forbid_signing_and_attachments(
    form: DocumentationForm, signing: bool, attachments: bool, expected: str | None
) -> None:
    content = sound(documentation_form=form, requires_signing=signing, allow_attachments=attachments)
    found = [code for _, code in codes(content, kind=A, plan=False) if code != "course_list_missing"]
    assert found == ([expected] if expected else [])


@pytest.mark.rule("PLN-054")
def test_validity_and_manual_expiry_exclude_one_another() -> None:
    assert codes(sound(validity_days=30, manual_expiry=True)) == [("validity_days", "validity_conflict")]
    assert codes(sound(validity_days=30)) == codes(sound(manual_expiry=True)) == []


@pytest.mark.rule("PLN-056")
@pytest.mark.parametrize("level", list(RequirementLevel))
def test_9999_days_are_for_regional_requirements(level: RequirementLevel) -> None:
    refused = level in (RequirementLevel.LOCAL, RequirementLevel.TRUST_CENTRAL)
    expected = [("validity_days", "validity_9999_only_regional")] if refused else []
    assert codes(sound(validity_days=9999), level=level) == expected
    assert codes(sound(validity_days=9998), level=level) == []


@pytest.mark.rule("PLN-061")
def test_a_checklist_is_not_repeated() -> None:
    points = (Checkpoint(ID, "Les", None, True),)
    assert codes(sound(checklist=points, repetitions=2)) == [("checklist", "checklist_with_repetition")]
    assert codes(sound(checklist=points)) == codes(sound(repetitions=2)) == []


@pytest.mark.rule("PLN-079")
def test_every_changed_field_is_marked_and_a_list_is_one_field() -> None:
    published = sound(links=(Link("A", "https://a.example"), Link("B", "https://b.example")))
    assert changed_fields(published, published) == ()
    swapped = sound(links=tuple(reversed(published.links)), name="Nytt")
    assert changed_fields(published, swapped) == ("name", "links")
    points = (Checkpoint(ID, "Les", None, True),)
    assert changed_fields(published, sound(links=published.links, checklist=points)) == ("checklist",)


def test_a_content_is_the_same_after_storing() -> None:
    content = sound(
        checklist=(Checkpoint(ID, "Les", "https://x.example", False),),
        links=(Link("A", "https://a.example"),),
        repetitions=3,
        description="a\nb",
    )
    assert content_of(content.as_row()) == content


@pytest.mark.parametrize(
    ("before", "after", "locked"),
    [
        ({"requires_signing": True}, {}, ("requires_signing",)),
        ({}, {"requires_signing": True}, ()),
        ({"manual_expiry": True}, {}, ("manual_expiry",)),
        ({}, {"manual_expiry": True}, ()),
        ({}, {"repetitions": 2}, ("repetitions",)),
        ({"repetitions": 2}, {}, ("repetitions",)),
        ({"repetitions": 2}, {"repetitions": 5}, ()),
        ({"name": "A"}, {"name": "B"}, ()),
    ],
)
def test_only_three_changes_are_locked_once_begun(
    before: dict[str, object], after: dict[str, object], locked: tuple[str, ...]
) -> None:
    assert locked_fields(sound(**before), sound(**after)) == locked
