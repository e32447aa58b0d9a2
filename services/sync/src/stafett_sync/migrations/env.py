from stafett_chassis.migrate import run_migrations
from stafett_sync.tables import metadata

run_migrations(metadata)
