"""Taking one statement of another site into the register: verified, judged, merged (SYN-060 to SYN-081)."""

import structlog

from stafett_chassis.work import Cause, Units, Work
from stafett_contracts.vocabulary import FactType, Origin
from stafett_sync.copies import store as copies
from stafett_sync.facts import settling, store
from stafett_sync.merge.rules.register import equivocates, merge
from stafett_sync.outgoing import actions as outgoing
from stafett_sync.outgoing import rules as messages
from stafett_sync.own import Own
from stafett_sync.persons import actions as persons
from stafett_sync.persons import store as person_store
from stafett_sync.statements import jws
from stafett_sync.statements.bodies import read_body, understood
from stafett_sync.statements.evidence import check_evidence
from stafett_sync.statements.registry import KEY_HOLDS, Hold, hold_of
from stafett_sync.statements.rules import FactKey, Refused, Statement, read_statement

log = structlog.get_logger(__name__)


class RefusedStatement(Refused):
    """A refusal that its origin is to be told of: the statement could be read."""

    def __init__(self, refusal: Refused, statement: Statement) -> None:
        super().__init__(refusal.code, refusal.field, refusal.detail)
        self.statement = statement


async def accept(
    work: Work, signed: str, sender: str, envelope: messages.Envelope | None = None
) -> Statement:
    """Take a statement in. Refuses what must not be taken; whatever comes too early is stored (SYN-137).

    `envelope`, where there is one, must agree with the signed payload.
    """
    own = work.owned(Own)
    registry = own.identity.registry
    opened = jws.open_signed(signed, registry.find)
    statement = read_statement(opened.payload, opened.hash)
    try:
        if envelope is not None and (envelope.origin, envelope.type, envelope.major) != (
            statement.site,
            statement.type,
            statement.major,
        ):
            raise Refused("envelope_mismatch", "source" if envelope.origin != statement.site else "type")
        hold = hold_of(statement, opened.kid, registry)
        if understood(statement):
            body = read_body(statement)
            check_evidence(statement, body, registry)
    except Refused as refusal:
        raise RefusedStatement(refusal, statement) from None
    if statement.site == own.site:
        return statement  # what this site says comes from its own database only
    if hold is None and statement.type == FactType.GOAL_STATUS.value and understood(statement):
        known = await copies.known_goals(work, [statement.subject])
        hold = None if statement.subject in known else Hold.GOAL_UNKNOWN
    verdict = store.HELD if hold else store.IN_FORCE
    if not understood(statement):
        verdict = store.NOT_UNDERSTOOD
    held = store.HeldFact(statement, signed, opened.kid, verdict, hold.value if hold else None)
    await _merge(work, held, sender)
    return statement


async def judge_anew(units: Units) -> int:
    """Judge again what is held because of its trust, key or type; how many were looked at.

    Called when the process starts: a new registry or new software comes with a start (SYN-065, SYN-079, SYN-181).
    """
    after, looked = ("", "", "", ""), 0
    while True:
        async with units.database.connection() as connection:
            rows = await store.to_be_judged_anew(connection, after)
        for row in rows:
            key = FactKey(row["site"], row["type"], row["hpr"], row["subject"])
            try:
                async with units.begin(cause=Cause(origin=Origin.SYNC)) as work:
                    await store.forget_held(work, key)
                    await accept(work, row["jws"], row["received_from"])
            except Refused as refusal:
                log.warning("held_statement_stays", code=refusal.code, type=key.type)
            after, looked = (key.site, key.type, key.hpr, key.subject), looked + 1
        if not rows:
            return looked


async def _merge(work: Work, new: store.HeldFact, sender: str) -> None:
    statement = new.statement
    # Two statements of one fact at once end as the order says, whichever is first (SYN-342).
    await work.raw.execute(
        "select pg_advisory_xact_lock(hashtextextended('number ' || $1, 0))", statement.hpr
    )
    if new.reason in KEY_HOLDS:
        await store.keep_beside(work, new, new.reason or "", received_at=work.at, received_from=sender)
        return
    before = await store.in_register(work, statement.key)
    if before is not None:
        if equivocates(before.statement, statement):
            await _report_equivocation(work, before, new, sender)
        if merge(before.statement, statement).hash == before.statement.hash:
            return
    await store.put(work, new, received_at=work.at, received_from=sender)
    await _take_effect(work, statement)


async def _take_effect(work: Work, statement: Statement) -> None:
    person_id = await person_store.open_trainee(work, statement.hpr)
    if person_id is None:
        return
    await person_store.lock_person(work, person_id)
    if statement.type == FactType.PRESENCE.value:
        work.gather(persons.refresh_link, person_id)
    else:
        await person_store.touch(work, person_id, work.at)
        work.gather(settling.settle, (person_id, statement.type, statement.subject))


async def _report_equivocation(work: Work, before: store.HeldFact, new: store.HeldFact, sender: str) -> None:
    loser = before if merge(before.statement, new.statement).hash == new.statement.hash else new
    await store.keep_beside(work, loser, "equivocation", received_at=work.at, received_from=sender)
    log.error("equivocation", origin=new.statement.site, type=new.statement.type)
    await tell_refusal(work, new.statement, "equivocation")


async def tell_refusal(work: Work, statement: Statement, code: str) -> None:
    """Tell the origin that a version of its fact was refused, or contradicts another (SYN-165)."""
    if statement.site not in work.owned(Own).identity.peers:
        return
    outgoing.send_message(
        work,
        statement.site,
        messages.REFUSAL,
        {
            "type": statement.type,
            "hpr": statement.hpr,
            "subject": statement.subject,
            "epoch": statement.epoch,
            "seq": statement.seq,
            "code": code,
        },
    )
