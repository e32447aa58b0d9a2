"""How each other site stands to a trainee: its presence, the person checks, what people have confirmed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from stafett_chassis.work import Work
from stafett_contracts.vocabulary import FactState, FactType, PeerAnswer
from stafett_sync.facts import store as facts
from stafett_sync.outgoing import store as outgoing
from stafett_sync.own import Own
from stafett_sync.persons import rules, store, talks


@dataclass(frozen=True, slots=True)
class Standing:
    """A peer and a trainee. `takes`: its facts count here; `gives`: it gets this site's facts (SYN-026)."""

    peer: str
    name: str
    answer: PeerAnswer
    active: bool
    takes: bool
    gives: bool
    last_heard: datetime | None


async def standings(work: Work, trainee: store.Trainee) -> Mapping[str, Standing]:
    """Every peer in operation, and every site that has told of the trainee, in order."""
    own = work.owned(Own)
    assert trainee.hpr is not None
    presences = {
        held.statement.site: held.statement
        for held in await facts.facts_of(work, trainee.hpr, in_force_only=True)
        if held.statement.type == FactType.PRESENCE.value and held.statement.site != own.site
    }
    links = await talks.links_of(work, trainee.person_id, trainee.hpr)
    heard = await outgoing.last_heard(work)
    found = {}
    for peer in sorted({*own.identity.peers, *presences}):
        told = presences.get(peer)
        link = links.get(peer, talks.PeerLink(trainee.person_id, trainee.hpr, peer))
        here = told is not None and told.state is FactState.PRESENT
        answer = rules.compare(trainee.checks, told.body.get("checks", ()) if told and here else None)
        if answer is not PeerAnswer.MATCHED and link.told_answer == PeerAnswer.MISMATCH.value:
            answer = PeerAnswer.MISMATCH
        active = here and told is not None and told.body.get("state") == "active"
        found[peer] = Standing(
            peer=peer,
            name=own.identity.registry.site_name(peer),
            answer=answer,
            active=active,
            takes=rules.may_exchange(answer, link.confirmed_here),
            gives=active and rules.may_exchange(answer, link.confirmed_there),
            last_heard=heard.get(peer),
        )
    return found
