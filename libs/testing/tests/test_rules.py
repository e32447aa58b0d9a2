import json
from pathlib import Path

import pytest

from stafett_testing.rules import main

RESULTS = {
    "test_good": {"rules": ["PLN-001"], "outcome": "passed"},
    "test_also_good": {"rules": ["PLN-001", "PLN-002"], "outcome": "passed"},
    "test_bad": {"rules": ["PLN-002"], "outcome": "failed"},
    "test_left_out": {"rules": ["SGN-001"], "outcome": "skipped"},
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "docs" / "rules"
    folder.mkdir(parents=True)
    (folder / "plans.md").write_text("- **PLN-001** First.\n- **PLN-002** Second.\n", encoding="utf-8")
    (folder / "signing.md").write_text("- **SGN-001** Third.\n", encoding="utf-8")
    return tmp_path


def keep(root: Path, name: str, tests: object) -> None:
    (root / ".rules").mkdir(exist_ok=True)
    (root / ".rules" / name).write_text(json.dumps({"tests": tests}), encoding="utf-8")


def proven(root: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, bool]:
    assert main(["--json"], root) == 0
    return {entry["rule"]: entry["proven"] for entry in json.loads(capsys.readouterr().out)}


def test_a_rule_is_proven_by_a_test_that_passed_if_none_failed(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(root, "last-run.json", RESULTS)
    assert proven(root, capsys) == {"PLN-001": True, "PLN-002": False, "SGN-001": False}


def test_results_of_another_runner_count_as_well(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(root, "last-run.json", RESULTS)
    keep(root, "browser.json", {"signs a goal": {"rules": ["SGN-001"], "outcome": "passed"}})
    assert proven(root, capsys)["SGN-001"]


def test_without_any_results_nothing_is_proven_and_the_table_says_why(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([], root) == 0
    out = capsys.readouterr().out
    assert "make test" in out
    assert "together        3       0    0 %" in out.splitlines()


def test_the_table_counts_by_file_and_together(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(root, "last-run.json", RESULTS)
    main([], root)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        ["rules", "proven"],
        ["plans.md", "2", "1", "50", "%"],
        ["signing.md", "1", "0", "0", "%"],
        ["together", "3", "1", "33", "%"],
    ]


def test_rules_asked_for_are_shown_with_their_tests_and_what_is_unproven(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(root, "last-run.json", RESULTS)
    assert main(["PLN"], root) == 0
    assert capsys.readouterr().out.splitlines() == [
        "✓ PLN-001  First.",
        "    passed  test_also_good",
        "    passed  test_good",
        "– PLN-002  Second.",
        "    passed  test_also_good",
        "    failed  test_bad",
        "",
        "1 of 2 proven",
        "unproven: PLN-002",
    ]


def test_json_can_be_asked_for_some_rules_only(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(root, "last-run.json", RESULTS)
    assert main(["PLN-001", "--json"], root) == 0
    assert json.loads(capsys.readouterr().out) == [
        {"rule": "PLN-001", "file": "plans.md", "proven": True, "tests": ["test_also_good", "test_good"]}
    ]


def test_an_unknown_rule_ends_with_a_message(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["PLN-404"], root) == 2
    assert "PLN-404" in capsys.readouterr().err


@pytest.mark.parametrize(
    "tests",
    [
        [],
        {"a": {}},
        {"a": {"rules": "PLN-001", "outcome": "passed"}},
        {"a": {"rules": [], "outcome": "green"}},
    ],
)
def test_a_file_of_another_shape_is_named(
    root: Path, capsys: pytest.CaptureFixture[str], tests: object
) -> None:
    keep(root, "browser.json", tests)
    assert main([], root) == 2
    assert "browser.json" in capsys.readouterr().err
