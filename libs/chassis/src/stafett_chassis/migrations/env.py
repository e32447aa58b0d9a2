"""Alembic's entry for the tables of the chassis."""

import stafett_chassis.directory.tables  # noqa: F401 - registers its tables
from stafett_chassis.migrate import run_migrations
from stafett_chassis.tables import metadata

run_migrations(metadata)
