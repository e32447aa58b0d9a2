import re
from pathlib import Path

import pytest

from stafett_testing.rulebook import BadRules, find_root, read_rules, select

DOCUMENT = """
# Colours

- **PLN-001** A requirement mentions PLN-003 [003 "Krav"].
  It goes on, and mentions SGN-001.
2. **PLN-002** A numbered one.

| rule | meaning |
| --- | --- |
| **PLN-003** | the first cell | the second |
| PLN-001 | only a mention |
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "docs" / "rules"
    folder.mkdir(parents=True)
    (folder / "plans.md").write_text(DOCUMENT, encoding="utf-8")
    (folder / "signing.md").write_text(
        "- **SGN-001** A decision.\n- **SGN-010** Another.\n", encoding="utf-8"
    )
    return tmp_path


def test_a_bold_number_opening_an_item_or_a_row_is_a_rule_and_a_mention_is_not(root: Path) -> None:
    assert list(read_rules(root)) == ["PLN-001", "PLN-002", "PLN-003", "SGN-001", "SGN-010"]


def test_a_rule_knows_its_file_line_and_text(root: Path) -> None:
    rule = read_rules(root)["PLN-003"]
    assert (rule.file, rule.line, rule.text) == ("plans.md", 10, "the first cell | the second")


def test_a_number_defined_twice_is_refused_with_both_places(root: Path) -> None:
    (root / "docs/rules/sync.md").write_text("- **PLN-002** Again.\n", encoding="utf-8")
    with pytest.raises(BadRules, match=r"sync\.md:1: PLN-002 is already defined in plans\.md:6"):
        read_rules(root)


@pytest.mark.parametrize(
    "line",
    [
        "As **PLN-009** says.",
        "- **PLN-009** and **PLN-010** together.",
        "| 1 | **PLN-009** |",
        "- **PLN-009, too** x",
    ],
)
def test_a_bold_number_that_defines_nothing_is_refused(root: Path, line: str) -> None:
    (root / "docs/rules/sync.md").write_text(f"{line}\n", encoding="utf-8")
    with pytest.raises(BadRules, match=r"sync\.md:1: a bold number"):
        read_rules(root)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ([], ["PLN-001", "PLN-002", "PLN-003", "SGN-001", "SGN-010"]),
        (["PLN-002"], ["PLN-002"]),
        (["SGN"], ["SGN-001", "SGN-010"]),
        (["SGN-00"], ["SGN-001"]),
        (["PLN-002..PLN-003"], ["PLN-002", "PLN-003"]),
        (["PLN-002-PLN-900"], ["PLN-002", "PLN-003"]),
        (["PLN-001-002"], ["PLN-001", "PLN-002"]),
        (["signing"], ["SGN-001", "SGN-010"]),
        (["SGN-010,PLN-001", "PLN-001"], ["PLN-001", "SGN-010"]),
    ],
)
def test_words_select_rules(root: Path, wanted: list[str], found: list[str]) -> None:
    assert [rule.number for rule in select(read_rules(root).values(), wanted)] == found


@pytest.mark.parametrize("word", ["PLN-404", "pln-001", "PLN-500..PLN-600", "PLN-001..SGN-001"])
def test_a_word_that_fits_no_rule_is_refused_by_name(root: Path, word: str) -> None:
    with pytest.raises(BadRules, match=re.escape(word)):
        select(read_rules(root).values(), [word])


def test_every_bold_number_of_our_own_rules_is_counted_once() -> None:
    root = find_root(Path(__file__).parent)
    text = "\n".join(path.read_text(encoding="utf-8") for path in (root / "docs/rules").glob("*.md"))
    bold = re.findall(r"\*\*([A-Z]{3}-\d{3})\*\*", text)
    assert sorted(read_rules(root)) == sorted(bold)
