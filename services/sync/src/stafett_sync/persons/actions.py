"""Deciding anew how somebody takes part: number, presence, checks, link state; and telling what changed."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from stafett_chassis.clock import OSLO
from stafett_chassis.work import Cause, Work
from stafett_contracts import sync
from stafett_contracts.ids import PersonId, SiteId
from stafett_contracts.vocabulary import FactState, FactType, LinkState, Origin, PeerAnswer
from stafett_sync.copies import store as copies
from stafett_sync.facts import publishing, settling
from stafett_sync.facts import store as facts
from stafett_sync.own import Own
from stafett_sync.persons import loading, rules, store, talks
from stafett_sync.persons.peering import Standing, standings
from stafett_sync.statements.bodies import Presence


async def refresh(work: Work, person_ids: set[UUID]) -> None:
    """Decide anew about each; nothing happens to those for whom nothing has changed."""
    for person_id in sorted(person_ids):
        await _refresh(work, person_id)


async def _refresh(work: Work, person_id: UUID) -> None:
    await store.lock_person(work, person_id)
    before = await store.trainee_of(work, person_id)
    positions, _ = await store.positions_of(work, person_id, work.site)
    has_plan = await copies.has_goal_plan(work, person_id)
    takes_part = rules.is_trainee(positions, has_plan)
    if before is None and not takes_part:
        return
    number = await store.number_of(work, person_id)
    hpr = before.hpr if before and before.hpr else number
    duplicate = number is not None and len(await store.persons_with(work, number)) > 1
    changed = number is not None and number != hpr
    now_open = takes_part and number is not None and not duplicate and not changed
    presence = rules.presence(positions, has_plan, work.today)
    trainee = before or store.Trainee(
        person_id=person_id,
        hpr=None,
        open=False,
        present=False,
        checks=(),
        checks_revision=0,
        state=LinkState.NOT_TRAINEE,
        since=work.at,
        peers=(),
        synchronised_at=None,
        revision=0,
    )
    present = bool(presence and presence.active)
    arrived = now_open and present and not (trainee.open and trainee.present)
    opened = now_open and not trainee.open
    # Whether the trainee is here is not said while the number is in doubt; it is said when that is over.
    trainee = replace(trainee, hpr=hpr, open=now_open, present=present if now_open else trainee.present)
    await store.put_trainee(work, trainee)
    if now_open:
        await _say_presence(work, trainee, presence)
        if opened:
            await publishing.say_everything(work, person_id)
        if arrived:
            for peer in work.owned(Own).identity.peers:
                await loading.ask(work, trainee, peer)
    await tell_link(
        work, trainee, rules.Situation(takes_part, number, duplicate, changed), settle_anyway=opened
    )


async def _say_presence(work: Work, trainee: store.Trainee, presence: rules.Presence | None) -> None:
    said = await facts.own_one(work, trainee.person_id, FactType.PRESENCE.value, "-")
    if presence is None and said is None:
        return
    shown = presence or rules.Presence(active=False)
    protected = await store.protected_identity(work, trainee.person_id)
    body = Presence(
        state="active" if shown.active else "ended",
        tracks=shown.tracks,
        trusts=() if protected else shown.trusts,
        checks=tuple(sorted(trainee.checks)),
    )
    trust = shown.trusts[0] if shown.trusts else (said.trust if said else work.site)
    await publishing.say(
        work,
        facts.OwnFact(
            trainee.person_id, FactType.PRESENCE.value, "-", trust, FactState.PRESENT, body.plain()
        ),
    )


async def tell_link(
    work: Work, trainee: store.Trainee, situation: rules.Situation, *, settle_anyway: bool = False
) -> None:
    """Store how the trainee stands with the peers, settle what that changes, and tell a changed link (SYN-020)."""
    standing = await standings(work, trainee) if trainee.hpr and trainee.open else {}
    loads = {one.peer: one for one in await talks.loads_of(work, trainee.hpr)} if trainee.hpr else {}
    peers = [_peer(one, loads.get(one.peer)) for one in standing.values()]
    situation = replace(situation, peers=peers)
    state = rules.link_state(situation)
    stored = [_stored(peer, standing[peer.site]) for peer in peers]
    await _exchange_anew(work, trainee, stored)
    if settle_anyway or [one["takes"] for one in stored] != [one["takes"] for one in trainee.peers]:
        await settling.settle_everything(work, trainee.person_id)
    if state is trainee.state and stored == list(trainee.peers):
        return
    since = trainee.since if state is trainee.state else work.at
    trainee = replace(trainee, state=state, since=since, peers=stored, revision=trainee.revision + 1)
    await store.put_trainee(work, trainee)
    text = texts(state, peers, trainee.synchronised_at)
    work.part(Cause(origin=Origin.SYNC)).emit(
        sync.PersonLinkChanged(
            revision=trainee.revision,
            person_id=PersonId(trainee.person_id),
            state=state,
            text_nb=text["nb"],
            text_en=text["en"],
            since=since,
            synchronised_at=trainee.synchronised_at,
            peers=tuple(
                sync.PeerView(
                    site=SiteId(peer.site), name=peer.name, answer=peer.answer, last_heard=peer.last_heard
                )
                for peer in peers
            ),
        )
    )


async def _exchange_anew(work: Work, trainee: store.Trainee, now: list[dict[str, Any]]) -> None:
    """Where a doubt about the person is over: send what was kept back, and ask for what was (SYN-010 to SYN-012).

    A peer where the trainee has just arrived asks by itself.
    """
    before = {one["site"]: one for one in trainee.peers}
    for one in now:
        then = before.get(one["site"])
        if then is None or not then["active"]:
            continue
        if one["gives"] and not then["gives"]:
            own = work.owned(Own)
            held = await facts.facts_of(work, trainee.hpr or "", site=own.site)
            await publishing.send(
                work, one["site"], [fact for fact in held if fact.statement.type != FactType.PRESENCE.value]
            )
        if one["takes"] and not then["takes"] and trainee.present:
            await loading.ask(work, trainee, one["site"])


async def refresh_link(work: Work, person_ids: set[UUID]) -> None:
    """Decide anew only how the trainees stand with the peers, after a peer has said something."""
    for person_id in sorted(person_ids):
        await store.lock_person(work, person_id)
        trainee = await store.trainee_of(work, person_id)
        if trainee is not None and trainee.open:
            await tell_link(work, trainee, rules.Situation(True, trainee.hpr))


def _peer(one: Standing, load: talks.Load | None) -> rules.Peer:
    return rules.Peer(
        site=one.peer,
        name=one.name,
        answer=one.answer,
        loading=load is not None and load.done_at is None,
        overdue=load is not None and load.done_at is None and load.tries > 1,
        last_heard=one.last_heard,
    )


def _stored(peer: rules.Peer, standing: Standing) -> dict[str, Any]:
    return {
        "site": peer.site,
        "name": peer.name,
        "answer": peer.answer.value,
        "loading": peer.loading,
        "overdue": peer.overdue,
        "takes": standing.takes,
        "gives": standing.gives,
        "active": standing.active,
    }


def texts(state: LinkState, peers: list[rules.Peer], synchronised_at: datetime | None) -> Mapping[str, str]:
    """The link's text in both languages."""
    times = {peer.site: written(peer.last_heard) for peer in peers if peer.last_heard}
    if synchronised_at:
        times["-"] = written(synchronised_at)
    return {
        "nb": rules.link_text(
            state, peers, synchronised_at, {"label": state.label_nb, "never": "aldri", **times}
        ),
        "en": rules.link_text(
            state, peers, synchronised_at, {"label": state.label_en, "never": "never", **times}
        ),
    }


def written(at: datetime) -> str:
    """A moment as people read it, in Norwegian time."""
    return at.astimezone(OSLO).strftime("%d.%m.%Y %H:%M")


def peers_of(stored: list[dict[str, Any]], heard: Mapping[str, datetime | None]) -> list[rules.Peer]:
    """The peers as stored with a trainee."""
    return [
        rules.Peer(
            site=one["site"],
            name=one["name"],
            answer=PeerAnswer(one["answer"]),
            loading=one["loading"],
            overdue=one["overdue"],
            last_heard=heard.get(one["site"]),
        )
        for one in stored
    ]
