"""Sessions, signing keys, invitations, and addresses to be verified."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE login_session (
    session_id UUID NOT NULL,
    secret_hash BYTEA NOT NULL,
    person_id UUID NOT NULL,
    method TEXT NOT NULL,
    assurance TEXT NOT NULL,
    device TEXT,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    idle_ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    option_id UUID,
    option_kind TEXT,
    position_id UUID,
    leader_position_id UUID,
    leader_person_id UUID,
    ended_at TIMESTAMP WITH TIME ZONE,
    ended_cause TEXT,
    revision INTEGER NOT NULL,
    PRIMARY KEY (session_id)
);
CREATE INDEX login_session_ends ON login_session (idle_ends_at) WHERE ended_at is null;
CREATE INDEX login_session_leader ON login_session (leader_position_id) WHERE ended_at is null;
CREATE INDEX login_session_person ON login_session (person_id) WHERE ended_at is null;
CREATE INDEX login_session_position ON login_session (position_id) WHERE ended_at is null;
CREATE TABLE signing_key (
    key_id TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    public JSONB NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    signs_from TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (key_id)
);
CREATE TABLE identification (
    secret_hash BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    method TEXT NOT NULL,
    assurance TEXT NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (secret_hash)
);
CREATE INDEX identification_expires ON identification (expires_at);
CREATE TABLE invitation (
    invitation_id UUID NOT NULL,
    trainee_person_id UUID NOT NULL,
    trainee_position_id UUID NOT NULL,
    role TEXT NOT NULL,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    given_name TEXT NOT NULL,
    family_name TEXT NOT NULL,
    message TEXT,
    token_hash BYTEA NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE NOT NULL,
    send_count INTEGER NOT NULL,
    sent_event_id UUID,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    state TEXT NOT NULL,
    accepted_person_id UUID,
    accepted_position_id UUID,
    answered_at TIMESTAMP WITH TIME ZONE,
    undelivered_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (invitation_id),
    UNIQUE (token_hash)
);
CREATE INDEX invitation_expires ON invitation (expires_at) WHERE state = 'open';
CREATE UNIQUE INDEX invitation_leader ON invitation (trainee_position_id) WHERE role = 'leader' and state in ('open', 'needs_confirmation');
CREATE INDEX invitation_trainee ON invitation (trainee_person_id);
CREATE UNIQUE INDEX invitation_waiting ON invitation (trainee_person_id, email_key, role) WHERE state in ('open', 'needs_confirmation');
CREATE TABLE email_verification (
    verification_id UUID NOT NULL,
    person_id UUID NOT NULL,
    address TEXT NOT NULL,
    token_hash BYTEA NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    verified_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (verification_id),
    UNIQUE (token_hash)
);
CREATE INDEX email_verification_person ON email_verification (person_id);
CREATE INDEX person_private_email ON person (lower(private_email));
"""


def upgrade() -> None:
    """Create them."""
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
