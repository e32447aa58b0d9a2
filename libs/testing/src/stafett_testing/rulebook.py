"""The numbered rules in docs/rules, read from the text itself.

A number in bold that opens a list item, a numbered item or a table row defines a rule::

    - **PLN-045** The colour of a requirement …
    3. **SGN-902** At least once every 24 hours …
    | **IDN-152** | employee … |

Every other appearance of a number is a mention. Bold is kept for definitions, so a bold number
elsewhere is an error: no rule can be missed because of how its line is written.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

RULES_FOLDER = Path("docs/rules")

_DEFINITION = re.compile(r"^\s*(?:-|\d+\.|\|) \*\*([A-Z]{3}-\d{3})\*\*\s*(.*)$")
_BOLD_NUMBER = re.compile(r"\*\*[^*\n]*[A-Z]{3}-\d{3}[^*\n]*\*\*")
_RANGE = re.compile(r"([A-Z]{3})-(\d{3})(?:\.\.|-|–)(?:([A-Z]{3})-)?(\d{3})")


class BadRules(Exception):
    """The rules cannot be read, or a number asked for is not among them."""


@dataclass(frozen=True)
class Rule:
    """One rule: its number, the file that defines it, and its text as far as the first line goes."""

    number: str
    file: str
    line: int
    text: str


def find_root(start: Path) -> Path:
    """The nearest folder at or above `start` that holds docs/rules."""
    for folder in (start, *start.parents):
        if (folder / RULES_FOLDER).is_dir():
            return folder
    raise BadRules(f"No {RULES_FOLDER} at or above {start}")


def read_rules(root: Path) -> dict[str, Rule]:
    """Every rule of docs/rules/*.md under `root`, by number, in the order of the files."""
    rules: dict[str, Rule] = {}
    for path in sorted((root / RULES_FOLDER).glob("*.md")):
        for line, content in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            definition = _DEFINITION.match(content)
            if len(_BOLD_NUMBER.findall(content)) != (1 if definition else 0):
                raise BadRules(f"{path.name}:{line}: a bold number that does not open an item or a row")
            if definition is None:
                continue
            number, text = definition.groups()
            if number in rules:
                first = rules[number]
                raise BadRules(
                    f"{path.name}:{line}: {number} is already defined in {first.file}:{first.line}"
                )
            rules[number] = Rule(number, path.name, line, text.strip("| "))
    return rules


def select(rules: Iterable[Rule], wanted: Iterable[str]) -> list[Rule]:
    """The rules that `wanted` names, in the order of `rules`; all of them if it names none.

    A word is a number (PLN-045), a range (IDN-080..IDN-091 or IDN-080-IDN-091), the beginning of
    numbers (SGN, PLN-5) or a file (plans-progress). A word that fits no rule raises `BadRules`.
    """
    everything = list(rules)
    words = [word for text in wanted for word in text.replace(",", " ").split()]
    if not words:
        return everything
    chosen: set[str] = set()
    for word in words:
        found = {rule.number for rule in everything if _fits(rule, word)}
        if not found:
            raise BadRules(f"No rule fits {word!r}")
        chosen |= found
    return [rule for rule in everything if rule.number in chosen]


def _fits(rule: Rule, word: str) -> bool:
    span = _RANGE.fullmatch(word)
    if span is None:
        return rule.number.startswith(word) or rule.file.removesuffix(".md") == word.removesuffix(".md")
    letters, first, other, last = span.groups()
    if other not in (None, letters):
        raise BadRules(f"A range stays within one file's letters: {word}")
    return f"{letters}-{first}" <= rule.number <= f"{letters}-{last}"
