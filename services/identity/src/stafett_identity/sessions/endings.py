"""Ending sessions because what they act from is no more (IDN-044, IDN-114)."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import or_, update

from stafett_chassis.work import Work
from stafett_contracts.identity import SessionRevoked
from stafett_contracts.ids import PersonId, SessionId
from stafett_identity.sessions.rules import EndedCause
from stafett_identity.sessions.tables import login_session


async def end_sessions_acting_from(work: Work, position_ids: Collection[UUID]) -> None:
    """End every session that acts from one of these positions, also as deputy for its holder, and say so."""
    session = login_session.c
    ids = list(position_ids)
    ended = await work.all(
        update(login_session)
        .where(
            session.ended_at.is_(None),
            or_(session.position_id.in_(ids), session.leader_position_id.in_(ids)),
        )
        .values(ended_at=work.at, ended_cause=EndedCause.OPTION_ENDED.value, revision=session.revision + 1)
        .returning(session.session_id, session.person_id, session.revision)
    )
    for row in ended:
        work.emit(
            SessionRevoked(
                revision=row["revision"],
                session_id=SessionId(row["session_id"]),
                person_id=PersonId(row["person_id"]),
            )
        )
