"""Whose things a request is about: one's own, or in a deputy session the leader's (NTF-031)."""

from datetime import date
from uuid import UUID

from sqlalchemy import select

from stafett_chassis.auth import ActingAs, Caller
from stafett_chassis.directory.access import in_force
from stafett_chassis.directory.tables import deputy
from stafett_chassis.problems import Forbidden
from stafett_chassis.sql import Connection


def is_deputy(caller: Caller) -> bool:
    """Whether the caller acts for a leader."""
    return caller.acting_as is ActingAs.DEPUTY


async def subject_of(connection: Connection, caller: Caller, today: date) -> UUID:
    """The person whose home page and stream the caller sees; 403 once a deputyship has ended."""
    if not is_deputy(caller):
        return caller.person_id
    leader_id: UUID | None = await connection.value(
        select(deputy.c.leader_person_id).where(
            deputy.c.leader_position_id == caller.leader_position_id,
            deputy.c.deputy_person_id == caller.person_id,
            in_force(deputy.c.expires_on, today),
            deputy.c.ended_at.is_(None),
        )
    )
    if leader_id is None:
        raise Forbidden("not_deputy", "Du er ikke lenger stedfortreder.", "You are not a deputy any longer.")
    return leader_id


def own(caller: Caller) -> UUID:
    """The caller, who as a deputy may neither touch the leader's things nor mix in the own."""
    if is_deputy(caller):
        raise Forbidden(
            "deputy_session",
            "Bytt tilbake til egen stilling for å gjøre dette.",
            "Switch back to your own position to do this.",
        )
    return caller.person_id
