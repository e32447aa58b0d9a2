"""What tests have shown about rules, kept in `.rules/` between runs.

Each file `.rules/<source>.json` holds the last results of one test runner. pytest writes
`last-run.json` (see `rules_plugin`); another runner, such as the browser's, writes a file of its own
in the same shape, whole, after each run::

    {"tests": {"<name of the test>": {"rules": ["PLN-045"], "outcome": "passed"}}}

`outcome` is passed, failed or skipped. Only tests that name a rule need be there.
"""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

RESULTS_FOLDER = Path(".rules")
PYTEST_RESULTS = "last-run.json"

Outcome = Literal["passed", "failed", "skipped"]
_OUTCOMES = ("passed", "failed", "skipped")


class BadResults(Exception):
    """A results file does not have the documented shape."""


@dataclass(frozen=True)
class Result:
    """How one test ended, and the rules it names."""

    rules: tuple[str, ...]
    outcome: Outcome


def read_results(path: Path) -> dict[str, Result]:
    """The results in one file by the test's name; none if the file is not there."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    try:
        tests = json.loads(text)["tests"].items()
        return {name: _result(entry) for name, entry in tests}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadResults(f"{path} is not a results file: {error!r}") from error


def read_all(root: Path) -> dict[str, Result]:
    """The results of every runner."""
    results: dict[str, Result] = {}
    for path in sorted((root / RESULTS_FOLDER).glob("*.json")):
        results.update(read_results(path))
    return results


def record(path: Path, results: Mapping[str, Result], *, complete: bool) -> None:
    """Keep `results` in `path`: alone after a complete run, else over what was known of other tests."""
    path.parent.mkdir(exist_ok=True)
    with _only_writer(path.parent):
        try:
            known = {} if complete else read_results(path)
        except BadResults:
            known = {}  # half a file of an older shape is worth less than this run
        tests = {
            name: {"rules": result.rules, "outcome": result.outcome}
            for name, result in sorted({**known, **results}.items())
            if result.rules
        }
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        fresh.write_text(json.dumps({"tests": tests}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        fresh.replace(path)


def _result(entry: Mapping[str, object]) -> Result:
    rules, outcome = entry["rules"], entry["outcome"]
    if not isinstance(rules, list) or not all(isinstance(rule, str) for rule in rules):
        raise TypeError(f"rules is not a list of numbers: {rules!r}")
    if outcome not in _OUTCOMES:
        raise ValueError(f"outcome is not one of {', '.join(_OUTCOMES)}: {outcome!r}")
    return Result(tuple(rules), cast("Outcome", outcome))


@contextlib.contextmanager
def _only_writer(folder: Path) -> Iterator[None]:
    """Two runs that end at once must not lose each other's results."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
