"""Sending to other sites: everything goes through the outbox, in the transaction of its cause (SYN-133, SYN-136)."""

from collections.abc import Mapping, Sequence
from typing import Any

from stafett_chassis.work import Work
from stafett_contracts.ids import new_id
from stafett_sync.outgoing import rules, store
from stafett_sync.own import Own


async def send_statements(
    work: Work, peer: str, statements: Sequence[tuple[str, store.SentFact, int, str]]
) -> None:
    """Send statements (the signed text, which fact, its major version, its origin) to one peer."""
    own = work.owned(Own)
    first = await store.take_numbers(work, peer, len(statements))
    ids = [new_id() for _ in statements]
    bodies = [
        rules.wrap(
            rules.Envelope(str(ids[place]), origin, fact.type, major, own.site, first + place, signed),
            work.at,
        )
        for place, (signed, fact, major, origin) in enumerate(statements)
    ]
    await store.enqueue(work, peer, ids, bodies, work.at)
    await store.remember(work, peer, first, [fact for _, fact, _, _ in statements], work.at)
    work.after_commit(own.wake)


async def send_message(work: Work, peer: str, doc: str, body: Mapping[str, Any]) -> None:
    """Sign and send a message that is no statement to one peer."""
    own = work.owned(Own)
    payload = rules.message_payload(
        doc, env=own.identity.registry.env, site=own.site, to=peer, at=work.at, body=body
    )
    number, message_id = await store.take_numbers(work, peer, 1), new_id()
    signed = own.identity.sign(payload)
    raw = rules.wrap(rules.Envelope(str(message_id), own.site, doc, 1, own.site, number, signed), work.at)
    await store.enqueue(work, peer, [message_id], [raw], work.at)
    await store.remember(work, peer, number, [None], work.at)
    work.after_commit(own.wake)
