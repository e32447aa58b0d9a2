"""Saying something: this site's facts become signed statements and go to the sites where the trainee is."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Column, Integer, Table, Text

from stafett_chassis.work import Work
from stafett_contracts.vocabulary import FactState, FactType
from stafett_sync.facts import settling, store
from stafett_sync.metadata import metadata
from stafett_sync.outgoing import actions as outgoing
from stafett_sync.outgoing.store import SentFact
from stafett_sync.own import Own
from stafett_sync.persons import store as persons
from stafett_sync.persons.peering import standings
from stafett_sync.statements import canonical
from stafett_sync.statements.rules import MAJOR, FactKey, Statement, payload_of, to_milliseconds

# This site's epoch: raised when the site opens again after a restored back-up.
epoch = Table(
    "epoch", metadata, Column("site", Text, primary_key=True), Column("epoch", Integer, nullable=False)
)

Said = tuple[UUID, str, str]
"""Person, type, subject."""


async def say(work: Work, own: store.OwnFact) -> None:
    """Keep what this site says, and send it if it is something new (SYN-068)."""
    await store.keep_own(work, own)
    work.gather(publish, (own.person_id, own.type, own.subject))


async def say_everything(work: Work, person_id: UUID) -> None:
    """Send whatever this site has to say of a person and has not said, e.g. for want of a number (SYN-006)."""
    work.gather(
        publish, *((own.person_id, own.type, own.subject) for own in await store.own_facts(work, person_id))
    )


async def publish(work: Work, said: set[Said]) -> None:
    """Make statements of what is new in `said`, and send them."""
    by_person = defaultdict(set)
    for person_id, kind, subject in said:
        by_person[person_id].add((kind, subject))
    for person_id in sorted(by_person):
        await _publish_person(work, person_id, by_person[person_id])


async def _publish_person(work: Work, person_id: UUID, subjects: set[tuple[str, str]]) -> None:
    await persons.lock_person(work, person_id)
    trainee = await persons.trainee_of(work, person_id)
    if trainee is None or trainee.hpr is None or not trainee.open:
        return
    made = []
    for own in await store.own_facts(work, person_id, subjects):
        held = await make_statement(work, own, trainee.hpr)
        if held is not None:
            made.append(held)
    if not made:
        return
    for standing in (await standings(work, trainee)).values():
        # Presence goes to all sites, everything else to those where the trainee is (SYN-026).
        due = [held for held in made if held.statement.type == FactType.PRESENCE.value or standing.gives]
        await send(work, standing.peer, due)
    work.gather(settling.settle, *((person_id, held.statement.type, held.statement.subject) for held in made))


async def make_statement(work: Work, own_fact: store.OwnFact, hpr: str) -> store.HeldFact | None:
    """The next version of a fact of this site, signed and in the register; none when it would say nothing new."""
    own = work.owned(Own)
    key = FactKey(own.site, own_fact.type, hpr, own_fact.subject)
    before = await store.in_register(work, key)
    if before is None and own_fact.state is FactState.ABSENT:
        return None
    if before is not None and _same(before.statement, own_fact):
        return None
    draft = Statement(
        type=own_fact.type,
        major=MAJOR[own_fact.type],
        env=own.identity.registry.env,
        site=own.site,
        trust=own_fact.trust,
        hpr=hpr,
        subject=own_fact.subject,
        epoch=await _epoch(work, own.site),
        seq=before.statement.seq + 1 if before else 1,
        issued_at=to_milliseconds(work.at),
        state=own_fact.state,
        hash="",
        body=own_fact.body if own_fact.state is FactState.PRESENT else {},
    )
    held = signed(own, draft)
    await store.put(work, held, received_at=work.at, received_from=own.site)
    return held


def signed(own: Own, draft: Statement) -> store.HeldFact:
    """`draft` as this site's signed statement."""
    payload = payload_of(draft)
    values = {name: getattr(draft, name) for name in Statement.__dataclass_fields__}
    statement = Statement(**{**values, "hash": canonical.digest_of(payload)})
    return store.HeldFact(statement, own.identity.sign(payload), str(own.identity.key.kid), store.IN_FORCE)


async def send(work: Work, peer: str, held: Sequence[store.HeldFact]) -> None:
    """Send statements of this site to one peer."""
    if held:
        outgoing.send_statements(
            work,
            peer,
            [
                (
                    one.jws,
                    SentFact(one.statement.type, one.statement.hpr, one.statement.subject),
                    one.statement.major,
                    one.statement.site,
                )
                for one in held
            ],
        )


def _same(statement: Statement, own_fact: store.OwnFact) -> bool:
    if statement.state is not own_fact.state:
        return False
    if own_fact.state is not FactState.PRESENT:
        return True
    return statement.trust == own_fact.trust and dict(statement.body) == dict(own_fact.body)


async def _epoch(work: Work, site: str) -> int:
    found: int | None = await work.raw.fetchval("select epoch from epoch where site = $1", site)
    return found or 1
