"""Alembic's entry for the tables of notify."""

from stafett_chassis.migrate import run_migrations
from stafett_notify.app import service  # noqa: F401 - imports every module that registers tables
from stafett_notify.tables import metadata

run_migrations(metadata)
