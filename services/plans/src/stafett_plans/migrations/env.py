"""Alembic's entry for the tables of plans."""

from importlib import import_module
from importlib.util import find_spec

from stafett_chassis.migrate import run_migrations
from stafett_plans.tables import metadata

# Each capability registers its tables as its `store` is imported.
for capability in ("catalogue", "definitions", "assignment", "progress", "goals"):
    if find_spec(f"stafett_plans.{capability}"):
        import_module(f"stafett_plans.{capability}.store")

run_migrations(metadata)
