"""Sending to other sites: everything goes through the outbox, in the transaction of its cause (SYN-133, SYN-136).

Messages are gathered and stored at the very end of the unit of work: the counter of a peer's stream is a lock that
every unit wants, so it is taken after all others, held shortly, and peers come in one order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from stafett_chassis.work import Work
from stafett_contracts.ids import new_id
from stafett_sync.outgoing import rules, store
from stafett_sync.own import Own

_order = count()


@dataclass(frozen=True, eq=False, slots=True)
class _Post:
    """A signed message on its way to a peer."""

    order: int
    peer: str
    origin: str
    type: str
    major: int
    signed: str
    fact: store.SentFact | None = None


@dataclass(frozen=True, eq=False, slots=True)
class _Arrival:
    """A number of a peer's stream that has come."""

    order: int
    peer: str
    number: int | None


def send_statements(
    work: Work, peer: str, statements: Sequence[tuple[str, store.SentFact, int, str]]
) -> None:
    """Send statements (the signed text, which fact, its major version, its origin) to one peer."""
    work.gather_last(
        _store,
        *(
            _Post(next(_order), peer, origin, fact.type, major, signed, fact)
            for signed, fact, major, origin in statements
        ),
    )


def send_message(work: Work, peer: str, doc: str, body: Mapping[str, Any]) -> None:
    """Sign and send a message that is no statement to one peer."""
    own = work.owned(Own)
    payload = rules.message_payload(
        doc, env=own.identity.registry.env, site=own.site, to=peer, at=work.at, body=body
    )
    work.gather_last(_store, _Post(next(_order), peer, own.site, doc, 1, own.identity.sign(payload)))


def note_arrival(work: Work, peer: str, number: int | None) -> None:
    """A message of the peer has come, with this stream number."""
    work.gather_last(_store, _Arrival(next(_order), peer, number))


async def _store(work: Work, items: set[_Post | _Arrival]) -> None:
    """Number and store what was gathered, a peer at a time."""
    own = work.owned(Own)
    for peer in sorted({item.peer for item in items}):
        mine = sorted((item for item in items if item.peer == peer), key=lambda item: item.order)
        for item in mine:
            if isinstance(item, _Arrival):
                await store.arrived(work, peer, item.number, work.at)
        posts = [item for item in mine if isinstance(item, _Post)]
        if not posts:
            continue
        first = await store.take_numbers(work, peer, len(posts))
        ids = [new_id() for _ in posts]
        bodies = [
            rules.wrap(
                rules.Envelope(
                    str(ids[n]), post.origin, post.type, post.major, own.site, first + n, post.signed
                ),
                work.at,
            )
            for n, post in enumerate(posts)
        ]
        await store.enqueue(work, peer, ids, bodies, work.at)
        await store.remember(work, peer, first, [post.fact for post in posts], work.at)
        work.after_commit(own.wake)
