"""Reading and checking goal catalogues, without a database."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stafett_contracts.ids import ExternalKey, GoalKey, GoalNumber, RequirementId
from stafett_contracts.vocabulary import (
    CarriedOutIn,
    Demand,
    DocumentationForm,
    GoalType,
    LearningForm,
    PlanType,
    RequirementLevel,
)
from stafett_plans.catalogue.rules.checking import check
from stafett_plans.catalogue.rules.difference import Status, difference
from stafett_plans.catalogue.rules.file import Catalogue
from stafett_plans.catalogue.rules.findings import Findings, Unreadable
from stafett_plans.catalogue.rules.keys import goal_key, goal_number
from stafett_plans.catalogue.rules.known import Known, KnownActivity, KnownGoal, KnownTemplate, KnownTheme
from stafett_plans.catalogue.rules.reading import ACTIVITY_COLUMNS, GOAL_COLUMNS, as_text, read
from stafett_plans.catalogue.rules.writing import activities_csv, goals_csv, to_json

EXAMPLES = Path(__file__).parents[4] / "examples" / "catalogues"
FAULTY = sorted(folder.name for folder in (EXAMPLES / "faulty").iterdir())
WHOLE = ["lis1-fkm", "lis1-klk", "lis1-kls", "amm"]
TODAY = date(2026, 12, 1)
CATEGORIES = {
    each["name"]: [UUID(int=place)]
    for place, each in enumerate(json.loads((EXAMPLES / "categories.json").read_text("utf-8")))
}
EMPTY = Known(TODAY, categories=CATEGORIES)


def taken(parts: Mapping[str, bytes], known: Known = EMPTY) -> tuple[str, Findings, Catalogue | None]:
    found = Findings()
    try:
        catalogue = read(parts, found, max_goals=5_000, max_activities=20_000)
    except Unreadable as refusal:
        found.errors.append(refusal.finding)
        return "refused", found, None
    check(catalogue, known, found)
    return "errors" if found.errors else "ok", found, catalogue


def said(**goal: Any) -> bytes:
    """A catalogue with one goal, of which `goal` changes some values."""
    whole = {
        "number": "PRX-001",
        "theme": "T1",
        "text": "Kunne noe.",
        "order": 1,
        "carried_out_in": "hospital",
        "activities": [activity()],
        **goal,
    }
    return json.dumps(
        {
            "format": "goal-catalogue/1",
            "template": {"code": "PRX", "name": "Prøve", "plan_type": "learning_goal", "track": "lis1"},
            "themes": [{"code": "T1", "name": "Tema én", "order": 1}],
            "goals": [whole],
        }
    ).encode()


def activity(**values: Any) -> dict[str, Any]:
    return {
        "key": "N-PRX-1",
        "level": "national",
        "name": "Undervisning",
        "learning_form": "Teoriundervisning",
        "documentation_form": "Egenregistrering",
        "category": "Felles kompetansemål",
        **values,
    }


def codes(content: bytes, known: Known = EMPTY) -> list[str]:
    return [finding.code for finding in taken({"catalogue": content}, known)[1].errors]


def goal(**values: Any) -> KnownGoal:
    fields: dict[str, Any] = {
        "key": GoalKey("PRX1"),
        "number": GoalNumber("PRX-001"),
        "type": GoalType.LEARNING,
        "text": "Kunne noe.",
        "carried_out_in": CarriedOutIn.HOSPITAL,
        "effective_from": None,
        "withdrawn_from": None,
        "replaces": {},
        "replaced": False,
        "theme": "T1",
        "place": 1,
        "activities": (ExternalKey("N-PRX-1"),),
        "in_local_plan": False,
    }
    return KnownGoal(**{**fields, **values})


def catalogue_with(*goals: KnownGoal, in_use: bool = False, begun: bool = False) -> Known:
    return Known(
        today=TODAY,
        template=KnownTemplate(
            UUID(int=1),
            "Prøve",
            PlanType.LEARNING_GOAL,
            in_use,
            {"T1": KnownTheme(UUID(int=2), "Tema én", 1)},
        ),
        goals={each.key: each for each in goals},
        activities={
            ExternalKey("N-PRX-1"): KnownActivity(
                RequirementId(UUID(int=3)),
                ExternalKey("N-PRX-1"),
                1,
                RequirementLevel.NATIONAL,
                "Undervisning",
                LearningForm.THEORY_TEACHING,
                DocumentationForm.SELF_REGISTRATION,
                "",
                None,
                False,
                "Felles kompetansemål",
            )
        },
        categories=CATEGORIES,
        begun=frozenset(each.key for each in goals) if begun else frozenset(),
        replacements={each.key: tuple(each.replaces) for each in goals},
    )


@pytest.mark.rule("PLN-491")
@pytest.mark.rule("PLN-488")
@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_catalogue_gives_exactly_the_findings_it_should(name: str) -> None:
    folder = EXAMPLES / "faulty" / name
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    parts = {
        part: (folder / file).read_bytes()
        for part, file in (
            ("catalogue", "catalogue.json"),
            ("goals", "goals.csv"),
            ("activities", "activities.csv"),
        )
        if (folder / file).exists()
    }
    outcome, found, _ = taken(parts)

    def shown(findings: Any) -> list[str]:
        names = ("file", "row", "column", "code")
        return sorted(str({name: getattr(finding, name) for name in names}) for finding in findings)

    assert outcome == expected["outcome"]
    assert shown(found.errors) == sorted(map(str, expected["errors"]))
    if outcome == "ok":
        assert shown(found.warnings) == sorted(map(str, expected["warnings"]))
    for finding in found.errors + found.warnings:
        assert finding.nb
        assert finding.en


@pytest.mark.parametrize("name", WHOLE)
def test_the_example_catalogues_have_neither_errors_nor_warnings(name: str) -> None:
    outcome, found, _ = taken({"catalogue": (EXAMPLES / f"{name}.json").read_bytes()})
    assert (outcome, found.errors, found.warnings) == ("ok", [], [])


@pytest.mark.rule("PLN-486")
@pytest.mark.rule("PLN-487")
def test_json_and_csv_say_the_same() -> None:
    _, _, by_json = taken({"catalogue": (EXAMPLES / "lis1-fkm.json").read_bytes()})
    _, _, by_csv = taken(
        {
            "goals": (EXAMPLES / "lis1-fkm.goals.csv").read_bytes(),
            "activities": (EXAMPLES / "lis1-fkm.activities.csv").read_bytes(),
        }
    )
    assert by_json is not None
    assert by_csv is not None
    assert by_json.template == by_csv.template
    assert sorted(by_json.themes, key=lambda theme: theme.code) == sorted(
        by_csv.themes, key=lambda theme: theme.code
    )
    bare = [_without_rows(catalogue) for catalogue in (by_json, by_csv)]
    assert bare[0] == bare[1]


def _without_rows(catalogue: Catalogue) -> list[Any]:
    return sorted(
        (
            replace(each, row=0, activities=tuple(replace(item, row=0) for item in each.activities))
            for each in catalogue.goals
        ),
        key=lambda each: each.key,
    )


@pytest.mark.rule("PLN-488")
def test_byte_order_mark_separator_date_and_form_may_be_written_in_several_ways() -> None:
    folder = EXAMPLES / "faulty" / "allowed-spellings"
    _, _, spelled = taken(
        {
            "goals": (folder / "goals.csv").read_bytes(),
            "activities": (folder / "activities.csv").read_bytes(),
        }
    )
    _, _, same = taken({"catalogue": (folder / "same.json").read_bytes()})
    assert spelled is not None
    assert same is not None
    assert _without_rows(spelled) == _without_rows(same)
    assert same.goals[0].effective_from == date(2027, 3, 1)


@pytest.mark.rule("PLN-488")
@pytest.mark.parametrize("column", [name for name in GOAL_COLUMNS if name not in ("specialty", "effective_from", "withdrawn_from", "replaces")])  # fmt: skip
def test_each_mandatory_column_is_missed(column: str) -> None:
    header = ";".join(name for name in GOAL_COLUMNS if name != column)
    outcome, found, _ = taken({"goals": header.encode()})
    assert (outcome, [(each.code, each.column) for each in found.errors]) == (
        "refused",
        [("missing_column", column)],
    )


def test_an_activity_of_a_goal_the_file_lacks_is_named() -> None:
    goals = (EXAMPLES / "lis1-fkm.goals.csv").read_bytes()
    row = "FKM-999;N-X;national;Noe;Kurs;Kursbevis;;;false;Felles kompetansemål"
    activities = f"{';'.join(ACTIVITY_COLUMNS)}\n{row}\n".encode()
    outcome, found, _ = taken({"goals": goals, "activities": activities})
    assert outcome == "errors"
    [error] = found.errors
    assert (error.file, error.row, error.column, error.code) == (
        "activities",
        1,
        "goal_number",
        "unknown_goal",
    )


@pytest.mark.rule("PLN-491")
@pytest.mark.parametrize(
    ("number", "kept"),
    [
        ("FKM-012", "FKM-012"),
        (" fkm-12 ", "FKM-12"),
        ("fkm12a", "FKM12a"),
        ("ØNH-3", "ØNH-3"),
        ("FKM 12", None),
        ("FKM-12A", None),
        ("F-1", None),
        ("FKMFKMFKM-1", None),
        ("FKM-123456", None),
        ("12", None),
        ("FKM-٣", None),
    ],
)
def test_a_number_has_letters_digits_and_perhaps_a_letter(number: str, kept: str | None) -> None:
    assert goal_number(number) == kept
    if kept is None:
        assert codes(said(number=number)) == ["bad_number"]


@given(st.from_regex(r"[A-ZÆØÅ]{2,8}", fullmatch=True), st.integers(0, 99999), st.sampled_from(["", "a"]))
@settings(derandomize=True, database=None)
def test_the_key_of_a_goal_does_not_depend_on_spelling(letters: str, number: int, suffix: str) -> None:
    spelled = {
        goal_key(f"{front}{dash}{zeros}{number}{suffix}")
        for front in (letters, letters.lower())
        for dash in ("", "-", " ")
        for zeros in ("",) * (number > 9999) or ("", "0")
    }
    assert spelled == {f"{letters}{number}{suffix}"}


def test_a_number_without_letters_gets_its_templates_code_in_front() -> None:
    assert goal_key("012", "FKM") == "FKM12"
    with pytest.raises(ValueError, match="no goal number"):
        goal_key("FKM")


@pytest.mark.rule("PLN-491")
@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"number": None}, "missing_number"),
        ({"number": ""}, "missing_number"),
        ({"text": "  "}, "missing_text"),
        ({"theme": None}, "missing_theme"),
        ({"theme": "T2"}, "unknown_theme"),
        ({"text": "x" * 4001}, "text_too_long"),
        ({"effective_from": "2027-02-29"}, "bad_date"),
        ({"withdrawn_from": "neste år"}, "bad_date"),
        ({"effective_from": "2027-03-01", "withdrawn_from": "2027-02-28"}, "withdrawn_before_effective"),
        ({"replaces": [{"number": "PRX-9", "demand": "same"}]}, "replaces_unknown"),
        ({"replaces": [{"number": "PRX-01", "demand": "same"}]}, "replaces_itself"),
        ({"activities": [activity(category="Ukjent")]}, "unknown_category"),
        ({"activities": [activity(learning_form="Ukjent")]}, "unknown_learning_form"),
        ({"activities": [activity(documentation_form="Ukjent")]}, "unknown_documentation_form"),
        ({"activities": [activity(), activity()]}, "duplicate_activity"),
        ({"activities": [activity(documentation_form="Signatur", requires_signing=False)]}, "form_needs_signing"),
        ({"activities": [activity(documentation_form="Bekreftelse fra kursportal")]}, "course_list_missing"),
        ({"activities": [activity(repetitions=1)]}, "bad_repetitions"),
        ({"activities": [activity(level="local")]}, "unknown_level"),
    ],
)  # fmt: skip
def test_each_fault_of_a_goal_is_an_error(values: dict[str, Any], code: str) -> None:
    assert codes(said(**values)) == [code]


@pytest.mark.rule("PLN-491")
def test_a_text_of_4000_characters_and_the_last_day_of_february_are_allowed() -> None:
    assert codes(said(text="x" * 4000, effective_from="2028-02-29", withdrawn_from="2028-02-29")) == []


@pytest.mark.rule("PLN-491")
def test_a_circle_of_replacements_is_found_also_through_goals_known_before() -> None:
    old = goal(
        key=GoalKey("PRX2"),
        number=GoalNumber("PRX-002"),
        text="Eldre.",
        replaces={GoalKey("PRX1"): Demand.SAME},
    )
    content = said(replaces=[{"number": "PRX-002", "demand": "higher"}])
    assert codes(content, catalogue_with(goal(), old)) == ["replaces_in_circle"]


@pytest.mark.rule("PLN-491")
@pytest.mark.rule("PLN-221")
def test_a_new_regional_activity_cannot_come_under_a_goal_that_local_plans_have() -> None:
    regional = activity(key="HKV-1", level="regional")
    content = said(activities=[activity(), regional])
    assert codes(content, catalogue_with(goal(in_local_plan=True))) == ["regional_activity_in_use"]
    assert codes(content, catalogue_with(goal(in_local_plan=False))) == []
    # A new national one may.
    national = said(activities=[activity(), activity(key="N-PRX-2")])
    assert codes(national, catalogue_with(goal(in_local_plan=True))) == []


@pytest.mark.rule("PLN-494")
def test_a_goal_new_to_a_template_in_use_must_have_an_effective_date() -> None:
    other = goal(key=GoalKey("PRX2"), number=GoalNumber("PRX-002"), text="Et annet.")
    assert codes(said(), catalogue_with(other, in_use=True)) == ["effective_date_required"]
    assert codes(said(effective_from="2027-03-01"), catalogue_with(other, in_use=True)) == []
    assert codes(said(), catalogue_with(other, in_use=False)) == []


@pytest.mark.rule("PLN-493")
def test_a_number_is_not_reused_after_withdrawal() -> None:
    ended = goal(withdrawn_from=TODAY)
    assert codes(said(), catalogue_with(ended)) == ["withdrawn_number_reused"]
    assert codes(said(withdrawn_from=TODAY.isoformat()), catalogue_with(ended)) == []
    assert codes(said(), catalogue_with(goal(withdrawn_from=date(2026, 12, 2)))) == []


@pytest.mark.rule("PLN-492")
def test_a_new_text_of_a_goal_that_people_have_begun_is_warned_about() -> None:
    content = said(text="Kunne mye mer.")
    for begun, expected in ((True, ["text_changed_in_use"]), (False, [])):
        _, found, _ = taken({"catalogue": content}, catalogue_with(goal(), begun=begun))
        assert [finding.code for finding in found.warnings] == expected
        assert found.errors == []


@pytest.mark.rule("PLN-492")
def test_goals_of_the_template_that_the_file_lacks_are_warned_about_but_not_ended_ones() -> None:
    others = [
        goal(key=GoalKey("PRX2"), number=GoalNumber("PRX-002"), text="To."),
        goal(key=GoalKey("PRX3"), number=GoalNumber("PRX-003"), text="Tre.", replaced=True),
        goal(
            key=GoalKey("PRX4"), number=GoalNumber("PRX-004"), text="Fire.", withdrawn_from=date(2027, 1, 1)
        ),
    ]
    _, found, _ = taken({"catalogue": said()}, catalogue_with(goal(), *others))
    [warning] = found.warnings
    assert (warning.code, warning.value) == ("goals_missing", "PRX-002")


@pytest.mark.rule("PLN-492")
def test_the_same_text_as_a_goal_of_another_number_is_warned_about_unless_it_is_replaced() -> None:
    other = goal(key=GoalKey("PRX2"), number=GoalNumber("PRX-002"), theme=None)
    _, found, _ = taken({"catalogue": said()}, catalogue_with(other))
    assert [finding.code for finding in found.warnings] == ["same_text"]
    content = said(replaces=[{"number": "PRX-002", "demand": "same"}])
    _, found, _ = taken({"catalogue": content}, catalogue_with(other))
    assert found.warnings == []


@pytest.mark.rule("PLN-497")
@pytest.mark.parametrize("spelling", ["PRX-001", "prx1", "PRX1"])
def test_a_goal_is_matched_by_its_key_and_unchanged_in_any_spelling(spelling: str) -> None:
    known = catalogue_with(goal())
    _, _, catalogue = taken({"catalogue": said(number=spelling)}, known)
    assert catalogue is not None
    changes = difference(catalogue, known)
    assert changes.changes_nothing()
    assert [each.status for each in changes.goals] == [Status.UNCHANGED]


@pytest.mark.rule("PLN-495")
def test_what_the_file_lacks_is_left_alone() -> None:
    old = goal(
        replaces={GoalKey("PRX2"): Demand.HIGHER}, activities=(ExternalKey("N-PRX-1"), ExternalKey("N-PRX-9"))
    )
    other = goal(key=GoalKey("PRX2"), number=GoalNumber("PRX-002"), text="To.", replaced=True)
    known = catalogue_with(old, other)
    extra = replace(known.activities[ExternalKey("N-PRX-1")], key=ExternalKey("N-PRX-9"))
    known = replace(known, activities={**known.activities, extra.key: extra})
    _, _, catalogue = taken({"catalogue": said()}, known)
    assert catalogue is not None
    changes = difference(catalogue, known)
    assert changes.changes_nothing()
    assert {each.key: each.status for each in changes.goals} == {
        "PRX1": Status.UNCHANGED,
        "PRX2": Status.MISSING,
    }
    assert {each.key: each.status for each in changes.activities} == {
        "N-PRX-1": Status.UNCHANGED,
        "N-PRX-9": Status.MISSING,
    }


@pytest.mark.rule("PLN-013")
@given(st.text())
@settings(derandomize=True, database=None)
def test_no_cell_of_an_export_is_taken_for_a_formula(text: str) -> None:
    assert not str(as_text(text)).startswith(("=", "+", "-", "@"))


@pytest.mark.rule("PLN-499")
@pytest.mark.parametrize("text", ["=1+1", "'=1", "-", '@x;y\t,\n"z"', "Kunne «noe» – og mer."])
def test_an_export_reads_as_what_was_written_whatever_the_text(text: str) -> None:
    content = said(text=text, activities=[activity(name=text, description=text, repetitions=3)])
    _, _, first = taken({"catalogue": content})
    assert first is not None
    for parts in (
        {"catalogue": to_json(first)},
        {"goals": goals_csv(first), "activities": activities_csv(first)},
    ):
        outcome, _, again = taken(parts)
        assert outcome == "ok"
        assert again is not None
        assert _without_rows(again) == _without_rows(first)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.dictionaries(
        st.sampled_from(["number", "theme", "text", "order", "replaces", "activities", "effective_from"]),
        JSON,
    ),
    st.dictionaries(
        st.sampled_from(["key", "row", "level", "name", "repetitions", "requires_signing", "category"]), JSON
    ),
)
@settings(derandomize=True, database=None, max_examples=150)
def test_no_json_makes_the_reader_fail(values: dict[str, Any], of_activity: dict[str, Any]) -> None:
    values.setdefault("activities", [activity(**of_activity)])
    taken({"catalogue": said(**values)})


@given(st.binary(max_size=60), st.sampled_from([";", ",", "\t"]))
@settings(derandomize=True, database=None, max_examples=150)
def test_no_bytes_make_the_reader_fail(content: bytes, separator: str) -> None:
    taken({"catalogue": content})
    taken({"goals": content, "activities": content})
    header = separator.join(GOAL_COLUMNS).encode() + b"\n"
    taken(
        {"goals": header + content, "activities": separator.join(ACTIVITY_COLUMNS).encode() + b"\n" + content}
    )
