"""`make rules`: which rules a passing test proves.

A rule is proven when at least one test that names it passed in its last run and none failed.
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stafett_testing.proofs import BadResults, Result, read_all
from stafett_testing.rulebook import BadRules, Rule, find_root, read_rules, select

_TEXT_SHOWN = 90


@dataclass(frozen=True)
class Standing:
    """A rule and how the tests that name it ended."""

    rule: Rule
    tests: Mapping[str, Result]

    @property
    def proven(self) -> bool:
        """Whether a test passed and none failed."""
        outcomes = {result.outcome for result in self.tests.values()}
        return "passed" in outcomes and "failed" not in outcomes


def standings(rules: Iterable[Rule], results: Mapping[str, Result]) -> list[Standing]:
    """How each rule stands, in the order of `rules`."""
    naming: dict[str, dict[str, Result]] = defaultdict(dict)
    for name, result in results.items():
        for number in result.rules:
            naming[number][name] = result
    return [Standing(rule, naming.get(rule.number, {})) for rule in rules]


def table(all_standings: Sequence[Standing]) -> str:
    """A line a file: how many rules it has, how many are proven, and the sum."""
    by_file: dict[str, list[Standing]] = defaultdict(list)
    for standing in all_standings:
        by_file[standing.rule.file].append(standing)
    width = max(map(len, [*by_file, "together"]))
    lines = [f"{'':{width}}  rules  proven"]
    for name, group in [*by_file.items(), ("together", list(all_standings))]:
        proven = sum(standing.proven for standing in group)
        share = f"{100 * proven // len(group):3} %" if group else ""
        lines.append(f"{name:{width}}  {len(group):5}  {proven:6}  {share}".rstrip())
    return "\n".join(lines)


def detail(chosen: Sequence[Standing]) -> str:
    """Each rule with the tests behind it, then the numbers still unproven."""
    lines = []
    for standing in chosen:
        sign = "✓" if standing.proven else "–"
        lines.append(f"{sign} {standing.rule.number}  {_shortened(standing.rule.text)}")
        lines += [f"    {result.outcome:7} {name}" for name, result in sorted(standing.tests.items())]
    unproven = [standing.rule.number for standing in chosen if not standing.proven]
    lines += ["", f"{len(chosen) - len(unproven)} of {len(chosen)} proven"]
    if unproven:
        lines.append("unproven: " + " ".join(unproven))
    return "\n".join(lines)


def as_json(chosen: Iterable[Standing]) -> str:
    """The same for programs: a list of rule, file, proven and the names of its tests."""
    return json.dumps(
        [
            {
                "rule": standing.rule.number,
                "file": standing.rule.file,
                "proven": standing.proven,
                "tests": sorted(standing.tests),
            }
            for standing in chosen
        ],
        ensure_ascii=False,
        indent=1,
    )


def main(arguments: Sequence[str] | None = None, start: Path | None = None) -> int:
    """Print how the rules stand; 2 if a word names no rule or a file cannot be read."""
    parser = argparse.ArgumentParser(
        prog="make rules",
        description="Which rules a passing test proves.",
        usage='make rules ARGS="[--json] [RULE …]"',
    )
    parser.add_argument(
        "wanted", nargs="*", metavar="RULE", help="PLN-045, IDN-080..IDN-091, SGN, plans-progress"
    )
    parser.add_argument("--json", action="store_true", help="print for programs")
    options = parser.parse_args(arguments)
    try:
        root = find_root(start or Path.cwd())
        results = read_all(root)
        chosen = standings(select(read_rules(root).values(), options.wanted), results)
    except (BadRules, BadResults) as error:
        print(f"make rules: {error}", file=sys.stderr)
        return 2
    if options.json:
        print(as_json(chosen))
    else:
        print(detail(chosen) if options.wanted else table(chosen))
        if not results:
            print("\nNo test that names a rule has been run yet: make test")
    return 0


def _shortened(text: str) -> str:
    return text if len(text) <= _TEXT_SHOWN else text[: _TEXT_SHOWN - 1].rstrip() + "…"


if __name__ == "__main__":
    sys.exit(main())
