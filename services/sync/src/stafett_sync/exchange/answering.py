"""Answering other sites' messages: questions for facts, pages of answers, confirmations, refusals, lost numbers."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import structlog

from stafett_chassis.work import Work
from stafett_contracts.vocabulary import FactType, PeerAnswer
from stafett_sync.exchange import accepting, reconciling
from stafett_sync.exchange import store as exchange
from stafett_sync.facts import publishing
from stafett_sync.facts import store as facts
from stafett_sync.merge.rules import digest
from stafett_sync.outgoing import actions as outgoing
from stafett_sync.outgoing import rules as messages
from stafett_sync.outgoing import store as streams
from stafett_sync.own import Own
from stafett_sync.persons import actions as persons
from stafett_sync.persons import loading, store, talks
from stafett_sync.persons.peering import Standing, standings
from stafett_sync.statements.rules import FactKey, Refused

log = structlog.get_logger(__name__)

PAGE_FACTS = 200
PAGE_BYTES = 180_000
"""Of signed statements; signed again they stay under 256 KB (SYN-141)."""
Answer = Callable[[Work, str, Mapping[str, Any]], Awaitable[None]]


async def answer(work: Work, message: messages.PeerMessage) -> None:
    """Do what a verified message asks."""
    await _ANSWERS[message.doc](work, message.site, message.body)


async def take_request(work: Work, peer: str, body: Mapping[str, Any]) -> None:
    """A site asks for this site's facts about a trainee (SYN-140, SYN-141)."""
    hpr, request = text(body, "hpr"), text(body, "request")
    if isinstance(body.get("presence"), str):
        await accepting.accept(work, body["presence"], peer)
    person_id = await _lock_open(work, hpr)
    trainee = await store.trainee_of(work, person_id) if person_id else None
    if trainee is None:
        if not await _is_stopped(work, hpr):
            await _send_pages(work, peer, request, hpr, "none", [])
        return
    links = await talks.links_of(work, trainee.person_id, hpr)
    link = links.get(peer, talks.PeerLink(trainee.person_id, hpr, peer))
    confirmed = body.get("confirmed") is True
    if link.confirmed_there != confirmed:
        await talks.put_link(work, replace(link, confirmed_there=confirmed))
        work.gather(persons.refresh_link, trainee.person_id)
    standing = (await standings(work, trainee)).get(peer)
    if standing is None or not standing.gives:
        await _answer_without_facts(work, peer, request, trainee, standing)
        return
    await _answer_with_facts(work, peer, request, trainee, body)


async def _lock_open(work: Work, hpr: str) -> UUID | None:
    """The trainee exchanged under the number, locked: the person comes before loads and peers, here as everywhere."""
    person_id = await store.open_trainee(work, hpr)
    if person_id is not None:
        await store.lock_person(work, person_id)
    return person_id


async def _is_stopped(work: Work, hpr: str) -> bool:
    """Whether a trainee here has the number and it is in doubt: no answer is given, and the question comes again."""
    for person_id in await store.persons_with(work, hpr):
        if await store.trainee_of(work, person_id) is not None:
            return True
    return False


async def _answer_without_facts(
    work: Work, peer: str, request: str, trainee: store.Trainee, standing: Standing | None
) -> None:
    """No facts pass while the checks do not match: of the person only the name and the trust are told (SYN-012)."""
    assert trainee.hpr is not None
    mismatch = standing is not None and standing.answer is PeerAnswer.MISMATCH
    said = await facts.own_one(work, trainee.person_id, FactType.PRESENCE.value, "-")
    registry = work.owned(Own).identity.registry
    more = (
        {}
        if mismatch
        else {
            "name": await store.name_of(work, trainee.person_id),
            "trust": registry.trust_name(work.site, said.trust) if said else registry.site_name(work.site),
        }
    )
    kind = PeerAnswer.MISMATCH.value if mismatch else PeerAnswer.UNCHECKED.value
    await _send_pages(work, peer, request, trainee.hpr, kind, [], more)


async def _answer_with_facts(
    work: Work, peer: str, request: str, trainee: store.Trainee, body: Mapping[str, Any]
) -> None:
    assert trainee.hpr is not None
    own = work.owned(Own)
    held = [
        one
        for one in await facts.facts_of(work, trainee.hpr, site=own.site)
        if one.statement.type != FactType.PRESENCE.value
    ]
    lines = digest.lines_of((one.statement for one in held), work.today)
    whole = digest.digest(lines)
    asked = body.get("lines")
    if body.get("digest") == whole:
        await _send_pages(
            work, peer, request, trainee.hpr, "identical" if held else "none", [], {"digest": whole}
        )
        return
    there = {line for line in asked if isinstance(line, str)} if isinstance(asked, list) else set()
    refused = await facts.refused_by(work, peer, trainee.hpr)
    due = [one for one in held if _line(one) not in there and _version(one) not in refused]
    known = {(one.statement.type, one.statement.subject) for one in held}
    unknown = [
        parts[:2]
        for line in sorted(there)
        if len(parts := line.split("\t")) == 4 and tuple(parts[:2]) not in known
    ]
    await _send_pages(
        work,
        peer,
        request,
        trainee.hpr,
        "facts" if held else "none",
        [one.jws for one in due],
        {"digest": whole, "unknown": unknown},
    )


def _line(held: facts.HeldFact) -> str:
    one = held.statement
    return digest.line(one.type, one.subject, one.epoch, one.seq, one.hash)


def _version(held: facts.HeldFact) -> tuple[str, str, int, int]:
    one = held.statement
    return (one.type, one.subject, one.epoch, one.seq)


async def _send_pages(
    work: Work,
    peer: str,
    request: str,
    hpr: str,
    kind: str,
    signed: Sequence[str],
    on_last: Mapping[str, Any] | None = None,
) -> None:
    own = work.owned(Own)
    presence = await facts.in_register(work, FactKey(own.site, FactType.PRESENCE.value, hpr, "-"))
    pages = list(pages_of([*([presence.jws] if presence else []), *signed])) or [[]]
    for number, page in enumerate(pages, 1):
        last = number == len(pages)
        outgoing.send_message(
            work,
            peer,
            messages.PAGE,
            {
                "request": request,
                "hpr": hpr,
                "page": number,
                "last": last,
                "answer": kind,
                "statements": page,
                **((on_last or {}) if last else {}),
            },
        )


def pages_of(signed: Sequence[str]) -> Iterator[list[str]]:
    """Pages of at most 200 statements that fit into a message."""
    page: list[str] = []
    size = 0
    for one in signed:
        if page and (len(page) == PAGE_FACTS or size + len(one) > PAGE_BYTES):
            yield page
            page, size = [], 0
        page.append(one)
        size += len(one)
    if page:
        yield page


async def take_page(work: Work, peer: str, body: Mapping[str, Any]) -> None:
    """A page of a peer's answer: its facts take effect at once; after the last the digest decides (SYN-142)."""
    hpr, number = text(body, "hpr"), body.get("page")
    statements = body.get("statements")
    if not isinstance(number, int) or not isinstance(statements, list) or number < 1:
        raise Refused("malformed", "page")
    for signed in statements:
        await _accept_one(work, str(signed), peer)
    person_id = await _lock_open(work, hpr)
    load = await talks.load_from(work, hpr, peer)
    if load is None or str(load.request_id) != body.get("request") or load.done_at is not None:
        return  # of an earlier question, or repeated
    load = replace(load, pages=sorted({*load.pages, number}), answer=text(body, "answer"))
    if body.get("last") is True:
        load = replace(load, last_page=number, digest=str(body.get("digest") or "") or None)
    if load.last_page is None or len(load.pages) < load.last_page or person_id is None:
        await talks.put_load(work, load)
        return
    await _through(work, load, person_id, body)


async def _through(work: Work, load: talks.Load, person_id: UUID, body: Mapping[str, Any]) -> None:
    """Every page has come."""
    trainee = await store.trainee_of(work, person_id)
    assert trainee is not None
    links = await talks.links_of(work, person_id, load.hpr)
    link = links.get(load.peer, talks.PeerLink(person_id, load.hpr, load.peer))
    told = load.answer if load.answer in ("mismatch", "unchecked") else None
    name, trust = _short(body.get("name")), _short(body.get("trust"))
    if (link.told_answer, link.told_name, link.told_trust) != (told, name, trust):
        await talks.put_link(
            work,
            replace(link, told_answer=told, told_name=name, told_trust=trust),
        )
    if load.lines:
        await reconciling.remove_unknown(work, load.peer, load.hpr, body.get("unknown"))
    held = await loading.lines_held(work, load.hpr, load.peer)
    if load.answer == "facts" and digest.digest(held) != load.digest and not load.lines:
        await loading.ask(work, trainee, load.peer, lines=True)
    else:
        # After a question for the differences what still differs is left to the evening's reconciliation.
        await talks.put_load(work, replace(load, done_at=work.at))
        await store.touch(work, person_id, work.at)
    work.gather(persons.refresh_link, person_id)


async def _accept_one(work: Work, signed: str, peer: str) -> None:
    """One bad statement takes no good one with it (SYN-164)."""
    try:
        await accepting.accept(work, signed, peer)
    except Refused as refusal:
        await exchange.hold(
            work,
            signed.encode(errors="replace"),
            sender=peer,
            state="dead",
            code=refusal.code,
            field=refusal.field,
            at=work.at,
            due_at=work.at,
        )
        if isinstance(refusal, accepting.RefusedStatement):
            await accepting.tell_refusal(work, refusal.statement, refusal.code)


async def take_check(work: Work, peer: str, body: Mapping[str, Any]) -> None:
    """hf_admin at a peer has said whether a trainee is the same there (SYN-012)."""
    hpr = text(body, "hpr")
    person_id = await _lock_open(work, hpr)
    if person_id is None:
        return
    links = await talks.links_of(work, person_id, hpr)
    link = links.get(peer, talks.PeerLink(person_id, hpr, peer))
    confirmed = body.get("confirmed") is True
    await talks.put_link(work, replace(link, confirmed_there=confirmed))
    work.gather(persons.refresh_link, person_id)


async def take_refusal(work: Work, peer: str, body: Mapping[str, Any]) -> None:
    """A peer has refused a version of a fact of this site: operators see it, and it is not sent again (SYN-165)."""
    key = FactKey(work.site, text(body, "type"), text(body, "hpr"), text(body, "subject"))
    epoch, seq, code = body.get("epoch"), body.get("seq"), text(body, "code")
    if not isinstance(epoch, int) or not isinstance(seq, int):
        raise Refused("malformed", "version")
    log.error("statement_refused_by_peer", peer=peer, type=key.type, code=code)
    if code != "equivocation":
        await facts.note_refusal(work, peer, key, epoch, seq, code, work.at)


async def take_stream_question(work: Work, peer: str, body: Mapping[str, Any]) -> None:
    """A peer misses messages: the facts in them are said again as they are now (SYN-134)."""
    numbers = [number for number in body.get("numbers", ()) if isinstance(number, int)][:500]
    again = []
    for sent in await streams.sent_under(work, peer, numbers):
        held = await facts.in_register(work, FactKey(work.site, sent.type, sent.hpr, sent.subject))
        if held is not None and await _may_have(work, peer, held):
            again.append(held)
    await publishing.send(work, peer, again)
    outgoing.send_message(work, peer, messages.STREAM_FILLED, {"numbers": numbers})


async def _may_have(work: Work, peer: str, held: facts.HeldFact) -> bool:
    one = held.statement
    if one.type == FactType.PRESENCE.value:
        return True
    person_id = await store.open_trainee(work, one.hpr)
    trainee = await store.trainee_of(work, person_id) if person_id else None
    standing = (await standings(work, trainee)).get(peer) if trainee else None
    refused = await facts.refused_by(work, peer, one.hpr)
    return (
        standing is not None and standing.gives and (one.type, one.subject, one.epoch, one.seq) not in refused
    )


async def take_filled(work: Work, peer: str, body: Mapping[str, Any]) -> None:
    """What was missing has been said again."""
    await streams.close_gaps(
        work, peer, [number for number in body.get("numbers", ()) if isinstance(number, int)]
    )


async def take_heartbeat(work: Work, peer: str, body: Mapping[str, Any]) -> None:
    """The peer lives; its stream number has been noted already."""


def text(body: Mapping[str, Any], name: str) -> str:
    """A text the message must have."""
    value = body.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= 300:
        raise Refused("malformed", name)
    return value


def _short(value: object) -> str | None:
    return value[:300] if isinstance(value, str) and value else None


_ANSWERS: Mapping[str, Answer] = {
    messages.REQUEST: take_request,
    messages.PAGE: take_page,
    messages.CHECK: take_check,
    messages.REFUSAL: take_refusal,
    messages.STREAM_ASK: take_stream_question,
    messages.STREAM_FILLED: take_filled,
    messages.HEARTBEAT: take_heartbeat,
    messages.ROOT: reconciling.take_root,
    messages.BUCKETS_ASK: reconciling.take_buckets_question,
    messages.BUCKETS: reconciling.take_buckets,
    messages.TRAINEES_ASK: reconciling.take_trainees_question,
    messages.TRAINEES: reconciling.take_trainees,
}
