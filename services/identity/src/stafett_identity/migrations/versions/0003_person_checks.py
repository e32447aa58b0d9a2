"""What was last told of trainees' person checks."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE person_check (
    person_id UUID NOT NULL,
    checks TEXT[] NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (person_id)
);
"""


def upgrade() -> None:
    for statement in _TABLES.split(";"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE person_check")
