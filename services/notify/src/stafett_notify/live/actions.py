"""Telling open browsers: stored with the change itself, so that nothing told is untrue and nothing true is untold."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from stafett_chassis.work import Work
from stafett_contracts.identity import SessionRevoked
from stafett_notify.live import store
from stafett_notify.own import Own

_MANY = 150  # a NOTIFY carries 8,000 bytes: beyond this many persons everybody looks
_order = itertools.count()


@dataclass(frozen=True, eq=False, slots=True)
class Told:
    """Something that happened to a person's own things: a name of NTF-139, ids and counts."""

    person_id: UUID
    name: str
    data: Mapping[str, Any]
    place: int = field(default_factory=lambda: next(_order))


def tell(work: Work, person_id: UUID, name: str, **data: Any) -> None:
    """Let the person's open browsers know when (and only if) the unit commits."""
    work.gather(_store, Told(person_id, name, data))


async def _store(work: Work, told: set[Told]) -> None:
    """Store everything a unit tells, once and last, and wake those who write the streams after the commit."""
    in_order = sorted(told, key=lambda one: one.place)
    await store.append(work, [(one.person_id, one.name, one.data) for one in in_order], work.at)
    persons = {str(one.person_id) for one in in_order}
    payload = "*" if len(persons) > _MANY else ",".join(persons)

    # After the commit: inside the transaction NOTIFY takes a lock that the whole cluster shares.
    own = work.owned(Own)
    work.after_commit(lambda: own.ring(store.CHANNEL, payload))


async def end_session(work: Work, event: SessionRevoked) -> None:
    """Remember that a session is over; its streams close at their next look (NTF-141)."""
    await work.raw.execute(
        "insert into ended_session (session_id, at) values ($1, $2) on conflict do nothing",
        event.session_id,
        work.at,
    )
