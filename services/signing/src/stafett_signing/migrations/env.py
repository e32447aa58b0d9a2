"""Alembic's entry for the tables of signing."""

from stafett_chassis.migrate import run_migrations
from stafett_signing.schema import metadata

run_migrations(metadata)
