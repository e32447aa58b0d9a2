"""Alembic's entry for the tables of identity."""

from stafett_chassis.migrate import run_migrations
from stafett_identity.app import service  # noqa: F401 - imports every module that registers tables
from stafett_identity.metadata import metadata

run_migrations(metadata)
