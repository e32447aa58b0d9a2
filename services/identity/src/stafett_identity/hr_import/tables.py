"""Runs of the HR import, and the files they were made of."""

from sqlalchemy import Column, Date, Index, LargeBinary, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from stafett_chassis.tables import Moment
from stafett_identity.metadata import metadata

import_run = Table(
    "import_run",
    metadata,
    Column("run_id", Uuid, primary_key=True),
    Column("file_hash", LargeBinary, nullable=False),
    Column("file_id", Text),
    Column("file_created_at", Moment),
    Column("hf_codes", ARRAY(Text), nullable=False),
    Column("mode", Text, nullable=False),  # apply, dry_run
    Column("state", Text, nullable=False),
    Column("run_on", Date, nullable=False),  # the day in Norway the positions were decided for
    Column("started_at", Moment, nullable=False),
    Column("started_by", Uuid),  # none: the schedule, or an operator at the command line
    Column("decided_by", Uuid),
    Column("decided_at", Moment),
    Column("refusal", JSONB),  # code, and file and field where they are known
    Column("counts", JSONB, nullable=False),
    Column("errors", JSONB, nullable=False),
    Column("warnings", JSONB, nullable=False),
    Column("changes", JSONB, nullable=False),
    Index("import_run_started", "started_at"),
    # The same file is imported once (IDN-089).
    Index(
        "import_run_file",
        "file_hash",
        unique=True,
        postgresql_where=text("mode = 'apply'"),
    ),
)

# The file of a run that waits for the system manager.
import_file = Table(
    "import_file",
    metadata,
    Column("run_id", Uuid, primary_key=True),
    Column("content", LargeBinary, nullable=False),  # compressed
    Column("stored_at", Moment, nullable=False),
)
