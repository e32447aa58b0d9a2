"""`python -m stafett_contracts.generate`: writes the event documents and keeps the schemas' history.

Without an option it writes `asyncapi.yaml` and `schemas/`; with `--check` it only looks, and fails when they
are stale or a schema differs from its history; with `--record` it also takes additions into `history/`, as the
next minor version of the type. A breaking change is never recorded: it is a new major version, beside the old.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml

from stafett_contracts.compatibility import Schema, changes
from stafett_contracts.documents import asyncapi, schemas

HOME = Path(__file__).resolve().parents[2]
"""The package's folder in the repository."""


class History:
    """The recorded schemas, `history/<type>/<minor>.json`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def types(self) -> list[str]:
        """Every type ever recorded."""
        return sorted(path.name for path in self._folder.iterdir()) if self._folder.exists() else []

    def newest(self, event_type: str) -> tuple[int, Schema] | None:
        """The newest minor version recorded and its schema."""
        minors = [int(path.stem) for path in (self._folder / event_type).glob("*.json")]
        if not minors:
            return None
        return max(minors), json.loads((self._folder / event_type / f"{max(minors)}.json").read_text("utf-8"))

    def record(self, event_type: str, schema: Schema) -> None:
        """Keeps the schema as the type's next minor version."""
        newest = self.newest(event_type)
        minor = 0 if newest is None else newest[0] + 1
        path = self._folder / event_type / f"{minor}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_json(schema), "utf-8")


def compare(current: Mapping[str, Schema], history: History) -> tuple[list[str], list[str]]:
    """What breaks the history and what only adds to it: two lists of lines for people."""
    breaking = [
        f"{event_type}: the type is in the history and published no more"
        for event_type in history.types()
        if event_type not in current
    ]
    added = []
    for event_type, schema in current.items():
        newest = history.newest(event_type)
        if newest is None:
            added.append(f"{event_type}: is new")
            continue
        for change in changes(newest[1], schema):
            (breaking if change.breaking else added).append(f"{event_type}: {change}")
    return breaking, added


def documents(current: Mapping[str, Schema]) -> dict[str, str]:
    """Every generated file, by its path below the package's folder."""
    files = {f"schemas/{event_type}.json": _json(schema) for event_type, schema in current.items()}
    heading = "# Made by `python -m stafett_contracts.generate`; changes belong in the event classes.\n"
    files["asyncapi.yaml"] = heading + yaml.safe_dump(
        asyncapi(), sort_keys=False, allow_unicode=True, width=110
    )
    return files


def _json(schema: Schema) -> str:
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"


def stale(files: Mapping[str, str], home: Path) -> list[str]:
    """The generated files that are missing, differ or should no longer be there."""
    wrong = [
        name
        for name, text in files.items()
        if not (home / name).exists() or (home / name).read_text("utf-8") != text
    ]
    left = [f"schemas/{path.name}" for path in (home / "schemas").glob("*.json")]
    return sorted(wrong + [name for name in left if name not in files])


def write(files: Mapping[str, str], home: Path) -> None:
    """Writes the stale files and removes those of types that are no more."""
    for name in stale(files, home):
        path = home / name
        if name in files:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[name], "utf-8")
        else:
            path.unlink()


def main(arguments: list[str] | None = None, home: Path = HOME) -> int:
    """The command; answers with the exit code."""
    parser = argparse.ArgumentParser(prog="python -m stafett_contracts.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail if anything is to be done")
    parser.add_argument("--record", action="store_true", help="take additions into the history")
    options = parser.parse_args(arguments)
    if options.check and options.record:
        parser.error("--check changes nothing, so it goes without --record")

    current = schemas()
    files = documents(current)
    history = History(home / "history")
    breaking, added = compare(current, history)
    if options.record and not breaking:
        for event_type in {line.split(":", 1)[0] for line in added}:
            history.record(event_type, current[event_type])
        added = []
    if not options.check:
        write(files, home)

    faults = [f"breaking change: {line}" for line in breaking]
    faults += [f"not in the history, run with --record: {line}" for line in added]
    faults += [f"stale, run without --check: {name}" for name in stale(files, home)]
    for fault in faults:
        print(fault, file=sys.stderr)
    if breaking:
        print(
            "Within a major version fields and words are only added, all optional. "
            "Put it back, or publish a new major version of the type beside the old.",
            file=sys.stderr,
        )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
