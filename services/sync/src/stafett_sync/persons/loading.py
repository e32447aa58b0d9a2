"""Asking other sites for what they have about a trainee (SYN-140 to SYN-143)."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from stafett_chassis.work import Work
from stafett_contracts.ids import new_id
from stafett_contracts.vocabulary import FactType
from stafett_sync.facts import publishing
from stafett_sync.facts import store as facts
from stafett_sync.merge.rules import digest
from stafett_sync.outgoing import actions as outgoing
from stafett_sync.outgoing import rules as messages
from stafett_sync.own import Own
from stafett_sync.persons import store, talks
from stafett_sync.statements.rules import FactKey

PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 30))
"""Until a question that is not answered is asked again; the last one repeats (SYN-143)."""


async def ask(
    work: Work,
    trainee: store.Trainee,
    peer: str,
    *,
    before: talks.Load | None = None,
    lines: bool = False,
) -> None:
    """Ask `peer` for its facts about the trainee; with `lines`, only for those that differ from what is held.

    The question carries this site's presence, so that the peer can compare the person checks at once.
    """
    own = work.owned(Own)
    assert trainee.hpr is not None
    await publishing.publish(work, {(trainee.person_id, FactType.PRESENCE.value, "-")})
    presence = await facts.in_register(work, FactKey(own.site, FactType.PRESENCE.value, trainee.hpr, "-"))
    links = await talks.links_of(work, trainee.person_id, trainee.hpr)
    held = await lines_held(work, trainee.hpr, peer)
    tries = before.tries + 1 if before else 1
    request_id = new_id()
    body: dict[str, Any] = {
        "request": str(request_id),
        "hpr": trainee.hpr,
        "presence": presence.jws if presence else None,
        "confirmed": peer in links and links[peer].confirmed_here,
        "digest": digest.digest(held),
    }
    if lines:
        body["lines"] = list(held)
    await talks.put_load(
        work,
        talks.Load(
            hpr=trainee.hpr,
            peer=peer,
            request_id=request_id,
            asked_at=work.at,
            next_at=work.at + PAUSES[min(tries, len(PAUSES)) - 1],
            tries=tries,
            lines=lines,
            pages=(),
            last_page=None,
            digest=None,
            answer=None,
            done_at=None,
        ),
    )
    outgoing.send_message(work, peer, messages.REQUEST, body)


async def lines_held(work: Work, hpr: str, site: str) -> Sequence[str]:
    """The digest lines of what is held of one origin about a trainee (SYN-150)."""
    return digest.lines_of(
        (held.statement for held in await facts.facts_of(work, hpr, site=site)), work.today
    )
