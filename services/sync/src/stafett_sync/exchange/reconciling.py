"""The evening's reconciliation: an origin and a receiver find what differs, from one hash down to single facts.

The origin sends its root; only where hashes differ do buckets, trainees and at last facts follow (SYN-150 to SYN-153).
"""

from collections.abc import Mapping
from typing import Any

import structlog

from stafett_chassis.schedules import Run
from stafett_chassis.work import Work
from stafett_contracts.vocabulary import FactType
from stafett_sync.exchange import store
from stafett_sync.facts import settling
from stafett_sync.facts import store as facts
from stafett_sync.merge.rules import digest
from stafett_sync.outgoing import actions as outgoing
from stafett_sync.outgoing import rules as messages
from stafett_sync.own import Own
from stafett_sync.persons import loading
from stafett_sync.persons import store as persons
from stafett_sync.statements.rules import FactKey, Refused

log = structlog.get_logger(__name__)


async def reconcile(run: Run) -> None:
    """Begin a reconciliation with every peer, this site as the origin."""
    async with run.begin() as work:
        for peer in work.owned(Own).identity.peers:
            await offer(work, peer)


async def offer(work: Work, peer: str) -> None:
    """Tell one peer the root of what this site has said to it."""
    outgoing.send_message(
        work, peer, messages.ROOT, {"root": digest.root(digest.buckets(await _given(work, peer)))}
    )


async def take_root(work: Work, peer: str, body: Mapping[str, Any]) -> None:
    """Compare the origin's root with what is held of it; ask further only when they differ."""
    await store.begin_run(work, peer)
    if digest.root(digest.buckets(await _taken(work, peer))) == body.get("root"):
        await store.agreed(work, peer, work.at)
        return
    outgoing.send_message(work, peer, messages.BUCKETS_ASK, {})


async def take_buckets_question(work: Work, peer: str, body: Mapping[str, Any]) -> None:
    """The receiver's root differs."""
    outgoing.send_message(work, peer, messages.BUCKETS, {"buckets": digest.buckets(await _given(work, peer))})


async def take_buckets(work: Work, peer: str, body: Mapping[str, Any]) -> None:
    """Which buckets differ."""
    theirs = body.get("buckets")
    if not isinstance(theirs, list) or len(theirs) != digest.BUCKETS:
        raise Refused("malformed", "buckets")
    ours = digest.buckets(await _taken(work, peer))
    differing = [place for place in range(digest.BUCKETS) if ours[place] != theirs[place]]
    for start in range(0, len(differing), 16):
        outgoing.send_message(work, peer, messages.TRAINEES_ASK, {"buckets": differing[start : start + 16]})


async def take_trainees_question(work: Work, peer: str, body: Mapping[str, Any]) -> None:
    """The digests of the trainees in some buckets, a bucket a message."""
    given = await _given(work, peer)
    for bucket in body.get("buckets", ()):
        if isinstance(bucket, int) and 0 <= bucket < digest.BUCKETS:
            found = {hpr: one for hpr, one in given.items() if digest.bucket_of(hpr) == bucket}
            outgoing.send_message(work, peer, messages.TRAINEES, {"bucket": bucket, "trainees": found})


async def take_trainees(work: Work, peer: str, body: Mapping[str, Any]) -> None:
    """Ask for the facts of every trainee who differs."""
    theirs, bucket = body.get("trainees"), body.get("bucket")
    if not isinstance(theirs, dict):
        raise Refused("malformed", "trainees")
    ours = {hpr: one for hpr, one in (await _taken(work, peer)).items() if digest.bucket_of(hpr) == bucket}
    for hpr in sorted({*ours, *theirs}):
        if ours.get(hpr) != theirs.get(hpr):
            person_id = await persons.open_trainee(work, hpr)
            trainee = await persons.trainee_of(work, person_id) if person_id else None
            if trainee is not None and trainee.present:
                await loading.ask(work, trainee, peer, lines=True)


async def remove_unknown(work: Work, peer: str, hpr: str, unknown: object) -> None:
    """Remove what the origin does not know: it is the only one that may speak of its facts (SYN-152).

    More than 20 facts and 1 % in one run are left for an operator (SYN-153).
    """
    if not isinstance(unknown, list) or not unknown:
        return
    subjects = [(one[0], one[1]) for one in unknown if isinstance(one, list) and len(one) == 2]
    held = {(one.statement.type, one.statement.subject) for one in await facts.facts_of(work, hpr, site=peer)}
    gone = [one for one in subjects if one in held and one[0] != FactType.PRESENCE.value]
    if not gone:
        return
    if not await store.may_remove(work, peer, len(gone)):
        log.error("removal_stopped", peer=peer, facts=len(gone))
        return
    person_id = await persons.open_trainee(work, hpr)
    for kind, subject in gone:
        await facts.remove(work, FactKey(peer, kind, hpr, subject))
        if person_id is not None:
            work.gather(settling.settle, (person_id, kind, subject))


async def _given(work: Work, peer: str) -> dict[str, str]:
    """Digests of what this site has said, of the trainees present at the peer."""
    return await store.digests(work, work.site, await store.numbers_shared_with(work, peer), work.today)


async def _taken(work: Work, peer: str) -> dict[str, str]:
    """Digests of what is held of the peer, of the trainees present here."""
    return await store.digests(work, peer, await store.numbers_taken_from(work, peer), work.today)
