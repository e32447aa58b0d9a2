"""The import contracts of pyproject.toml, tried on a small tree with the same package names."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

from stafett_testing.rulebook import find_root

ROOT = find_root(Path(__file__).parent)
TREE = {
    "stafett_chassis/clock.py": "import datetime",
    "stafett_chassis/problems.py": "import dataclasses",
    "stafett_chassis/work.py": "import sqlalchemy, stafett_contracts",
    "stafett_plans/app.py": "from stafett_plans.catalogue import api, reactions",
    "stafett_plans/catalogue/rules.py": "from stafett_chassis import clock, problems\nimport stafett_contracts",
    "stafett_plans/catalogue/store.py": "import sqlalchemy\nfrom stafett_plans.catalogue import rules",
    "stafett_plans/catalogue/actions.py": "from stafett_chassis import work\nfrom stafett_plans.catalogue import store",
    "stafett_plans/catalogue/api.py": "import fastapi\nfrom stafett_plans.catalogue import actions",
    "stafett_plans/catalogue/reactions.py": "from stafett_plans.catalogue import actions",
    "stafett_sync/rules.py": "from stafett_chassis.problems import dataclasses",
}


WRONG = [
    # module, what it imports, and what is said of it
    ("stafett_plans/app.py", "import stafett_sync", "stafett_plans import stafett_sync"),
    ("stafett_dialog/app.py", "import stafett_journey", "stafett_dialog import stafett_journey"),
    ("stafett_notify/app.py", "import stafett_testing", "stafett_notify import stafett_testing"),
    ("stafett_chassis/work.py", "import stafett_signing", "stafett_chassis import stafett_signing"),
    ("stafett_contracts/event.py", "import stafett_chassis", "stafett_contracts import stafett_chassis"),
    ("stafett_sync/rules.py", "import sqlalchemy", "stafett_sync.rules import sqlalchemy"),
    ("stafett_sync/rules.py", "from stafett_chassis import bus", "stafett_sync.rules import stafett_chassis"),
    ("stafett_plans/catalogue/rules.py", "import random", "stafett_plans.catalogue.rules import random"),
    (
        "stafett_plans/progress/rules.py",
        "from stafett_plans.catalogue import store",
        "stafett_plans.progress.rules import sqlalchemy",
    ),
    ("stafett_plans/cohorts/rules/days.py", "import time", "stafett_plans.cohorts.rules import time"),
    ("stafett_chassis/problems.py", "import fastapi", "stafett_chassis.problems import fastapi"),
    (
        "stafett_sync/store.py",
        "from stafett_sync import actions",
        "stafett_sync.store import stafett_sync.actions",
    ),
    (
        "stafett_plans/catalogue/actions.py",
        "from stafett_plans.catalogue import api",
        "stafett_plans.catalogue.actions import stafett_plans.catalogue.api",
    ),
    (
        "stafett_plans/catalogue/api.py",
        "from stafett_plans.catalogue import reactions",
        "stafett_plans.catalogue.api import stafett_plans.catalogue.reactions",
    ),
]


def lay(folder: Path, tree: dict[str, str]) -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for package in settings["tool"]["importlinter"]["root_packages"]:
        tree.setdefault(f"{package}/__init__.py", "")
    for name, text in tree.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        for package in path.relative_to(folder).parents[:-1]:
            (folder / package / "__init__.py").touch()
        path.write_text(text + "\n", encoding="utf-8")


def verdict(folder: Path) -> str:
    """What import-linter says of the tree in `folder`."""
    script = Path(sys.executable).with_name("lint-imports")
    command: list[str | Path] = [script, "--no-logo", "--no-cache", "--config", ROOT / "pyproject.toml"]
    environment = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert "Contracts:" in done.stdout, done.stdout + done.stderr
    return done.stdout


def test_a_service_in_rooms_breaks_nothing(tmp_path: Path) -> None:
    lay(tmp_path, dict(TREE))
    assert ", 0 broken" in verdict(tmp_path)


def test_every_import_out_of_its_room_is_found(tmp_path: Path) -> None:
    tree = dict(TREE)
    tree["stafett_sync/actions.py"] = tree["stafett_chassis/bus.py"] = ""
    for module, statement, _ in WRONG:
        tree[module] = f"{tree.get(module, '')}\n{statement}"
    lay(tmp_path, tree)
    found = verdict(tmp_path).replace(" is not allowed to import ", " import ")
    assert [said for _, _, said in WRONG if f"{said}:" not in found] == []
