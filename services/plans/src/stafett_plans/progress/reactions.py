"""What signing decides on requirements and repetitions, and what other sites have counted."""

from collections.abc import Callable, Sequence
from uuid import UUID

from stafett_chassis.reactions import Later, Reactions
from stafett_chassis.work import Work
from stafett_contracts.signing import (
    RequestCreated,
    RequestLapsed,
    RequestRecalled,
    RequestRecallRefused,
    RequestRefused,
    RequestRejected,
    RequestReopened,
    RequestSigned,
)
from stafett_contracts.signing.requests import RequestData, RequestItemsChange
from stafett_contracts.sync import PersonLinkChanged, ProcedureCountResolved
from stafett_contracts.vocabulary import (
    ItemStatus,
    LapseCause,
    Outcome,
    ReopenCause,
    RepetitionState,
    RequestKind,
    RequestStatus,
)
from stafett_plans.assignment.store import LOCK_PERSON
from stafett_plans.progress import hearing, store, telling
from stafett_plans.progress.rules import decisions
from stafett_plans.progress.rules import repetitions as repeating
from stafett_plans.progress.rules.decisions import Asked, Decision, Hearing
from stafett_plans.progress.rules.registration import Registration
from stafett_plans.progress.rules.repetitions import Repetition

reactions = Reactions()

_OWN_KINDS = (RequestKind.REQUIREMENT, RequestKind.ACTIVITY, RequestKind.REPETITIONS)
_UNDECIDED = (RequestStatus.WAITING, RequestStatus.PREAPPROVED)
_Event = RequestData


@reactions.on(
    RequestCreated,
    RequestSigned,
    RequestRejected,
    RequestReopened,
    RequestRecalled,
    RequestRecallRefused,
    RequestRefused,
    RequestLapsed,
)
async def apply_request(work: Work, event: _Event) -> None:
    """Apply what became of a request for a signature (PLN-631 to PLN-637)."""
    asked = await hearing.listen(work, event, *_OWN_KINDS)
    if asked is None:
        return
    old = await store.by_id(work, asked.subject_id)
    if old is None:
        raise LookupError(f"no registration {asked.subject_id}")
    if event.kind is RequestKind.REPETITIONS:
        await _apply_to_repetitions(work, event, asked, old)
    else:
        await _apply(work, event, asked, old)


async def _apply(work: Work, event: _Event, asked: Asked, old: Registration) -> None:
    if old.kept is not None and old.kept.get("request_id") == str(asked.request_id):
        return  # a signature of the round before: that round is over
    heard = hearing.verdict(asked, event, current=old.request_id == asked.request_id)
    if heard is Hearing.WITHDRAW_AGAIN:
        await telling.withdraw(work, asked.request_id, hearing.cause_again(asked))
    if heard is not Hearing.APPLY:
        return
    await store.heard(work, asked.request_id, event.revision)
    new, act, comment = _outcome(old, event)
    if new == old:
        return
    subject = await telling.subject_of(work, old)
    await telling.store_change(
        work,
        subject,
        old,
        new,
        act,
        comment=comment,
        details={
            "request_id": str(asked.request_id),
            "reason": new.reason,
            "by": (new.signer or {}).get("name"),
        },
        reopened=ReopenCause.UNDONE,
        ended_by_signing=True,
    )


def _outcome(old: Registration, event: _Event) -> tuple[Registration, str, str | None]:
    """What an event about the current request makes of the registration, and what history calls it."""
    match event:
        case RequestSigned():
            return decisions.signed(old, _decision(event)), "signed", event.comment
        case RequestRejected():
            return decisions.rejected(old, _decision(event)), "rejected", event.comment
        case RequestReopened():
            undone = "signing_undone" if event.was is Outcome.SIGNED else "rejection_undone"
            return decisions.reopened(old), undone, event.comment
        case RequestRecalled():
            return decisions.recalled(old), "recalled", None
        case RequestRecallRefused():
            return decisions.recall_refused(old, event.outcome, _decision(event)), "recall_refused", None
        case RequestRefused():
            return decisions.refused(old, event.text_nb), "refused", event.text_nb
        case RequestLapsed() if event.cause is LapseCause.ADDRESSEE_INACTIVE:
            return decisions.supervisor_gone(old), "lapsed", None
        case RequestLapsed():
            return decisions.lapsed(old, event.cause.label_nb), "lapsed", event.cause.label_nb
        case _:
            return old, "", None


def _decision(event: RequestSigned | RequestRejected | RequestRecallRefused) -> Decision:
    reason = event.reason_label if isinstance(event, RequestRejected) else None
    comment = None if isinstance(event, RequestRecallRefused) else event.comment
    return Decision(hearing.decider_of(event), event.decided_at, comment, reason)


async def _apply_to_repetitions(work: Work, event: _Event, asked: Asked, old: Registration) -> None:
    every = await store.repetitions(work, old)
    sent = [one for one in every if one.request_id == asked.request_id]
    heard = hearing.verdict(asked, event, current=bool(sent))
    if heard is Hearing.WITHDRAW_AGAIN:
        await telling.withdraw(work, asked.request_id, hearing.cause_again(asked))
    if heard is not Hearing.APPLY:
        return
    if _is_ahead(sent, event):
        raise Later(f"an earlier event about other items of request {asked.request_id} has not come yet")
    await store.heard(work, asked.request_id, event.revision)
    changed, act = _outcomes(sent, event)
    if changed:
        comment = event.comment if isinstance(event, RequestSigned | RequestRejected) else None
        await judge_anew(work, old, every, changed, act, comment)


def _is_ahead(sent: Sequence[Repetition], event: _Event) -> bool:
    """Whether something came before the event that has not been heard: about items that it is not itself about.

    Each event tells how every item stands, but who decided and why only of its own (PLN-635, PLN-645).
    """
    if not isinstance(event, RequestItemsChange):
        return False
    others: dict[UUID, RequestStatus] = {
        item.item_id: item.status for item in event.items if item.item_id not in event.item_ids
    }
    return any(
        one.item_id in others
        and (one.state == RepetitionState.WAITING) is not (others[one.item_id] in _UNDECIDED)
        for one in sent
    )


def _outcomes(sent: Sequence[Repetition], event: _Event) -> tuple[list[Repetition], str]:
    """The repetitions an event changes; the rest of the request stays as it is (PLN-645)."""
    change: Callable[[Repetition], Repetition]
    match event:
        case RequestSigned():
            signed = _decision(event)
            act, change = "signed", lambda one: repeating.decided(one, RepetitionState.SIGNED, signed)
        case RequestRejected():
            refusal = _decision(event)
            act, change = "rejected", lambda one: repeating.decided(one, RepetitionState.REJECTED, refusal)
        case RequestReopened():
            act, change = "decision_undone", repeating.waits_again
        case RequestRecalled():
            act, change = "recalled", repeating.taken_back
        case RequestRecallRefused():
            stands = _decision(event)
            act, change = "recall_refused", lambda one: repeating.recall_refused(one, event.outcome, stands)
        case RequestLapsed():
            gone = event.cause is LapseCause.ADDRESSEE_INACTIVE
            act, change = "lapsed", lambda one: repeating.sent_back(one, _lapse_text(one, event, gone))
        case RequestRefused():
            text = event.text_nb
            return [repeating.sent_back(one, text) for one in sent], "refused"
        case _:
            return [], ""
    wanted: set[UUID] = hearing.items_of(event)
    return [new for one in sent if one.item_id in wanted and (new := change(one)) != one], act


def _lapse_text(one: Repetition, event: RequestLapsed, gone: bool) -> str:
    if gone:
        return f"{one.supervisor_name} er ikke lenger aktiv. Velg en annen instruktør/supervisør."
    return event.cause.label_nb


async def judge_anew(
    work: Work,
    old: Registration,
    every: Sequence[Repetition],
    changed: Sequence[Repetition],
    act: str,
    comment: str | None = None,
) -> None:
    """Save changed repetitions and what all of them make of the registration."""
    subject = await telling.subject_of(work, old)
    if subject.repetitions is None:
        return
    by_id = {one.repetition_id: one for one in every}
    by_id.update((one.repetition_id, one) for one in changed)
    left = sorted(
        (one for one in by_id.values() if one.state != RepetitionState.REMOVED),
        key=lambda one: (one.performed_on, one.repetition_id),
    )
    elsewhere = await store.elsewhere(work, old.person_id, subject.external_key)
    new = repeating.judged(old, left, subject.repetitions, store.counted_elsewhere(elsewhere))
    await store.save_repetitions(work, old, changed)
    await telling.store_change(
        work,
        subject,
        old,
        new,
        act,
        comment=comment,
        details={"count": len(changed)},
        reopened=ReopenCause.UNDONE,
        repetitions=left,
        ended_by_signing=True,
    )


_KEEP_COUNT = """
insert into procedure_count (person_id, external_key, total, entries, revision) values ($1, $2, $3, $4, $5)
on conflict (person_id, external_key) do update set total = excluded.total, entries = excluded.entries,
    revision = excluded.revision
where procedure_count.revision < excluded.revision
"""
_COUNTED_HERE = """
select r.registration_id from registration r join requirement q on q.requirement_id = r.requirement_id
where r.person_id = $1 and q.external_key = $2
"""


@reactions.on(ProcedureCountResolved)
async def keep_count(work: Work, event: ProcedureCountResolved) -> None:
    """What was done elsewhere of a national procedure list counts here too (PLN-568); old news change nothing."""
    await work.raw.execute(LOCK_PERSON, event.person_id)
    kept = await work.raw.execute(
        _KEEP_COUNT, event.person_id, event.external_key, event.total,
        [entry.model_dump(mode="json") for entry in event.entries], event.revision,
    )  # fmt: skip
    if kept.endswith(" 0"):
        return
    for row in await work.raw.fetch(_COUNTED_HERE, event.person_id, event.external_key):
        old = await store.by_id(work, row["registration_id"])
        if old is not None and old.state != ItemStatus.NOT_BEGUN:
            await judge_anew(work, old, await store.repetitions(work, old), [], "counted_elsewhere")


_KEEP_LINK = """
insert into person_link (person_id, state, text_nb, text_en, revision) values ($1, $2, $3, $4, $5)
on conflict (person_id) do update set state = excluded.state, text_nb = excluded.text_nb,
    text_en = excluded.text_en, revision = excluded.revision
where person_link.revision < excluded.revision
"""


@reactions.on(PersonLinkChanged)
async def keep_link(work: Work, event: PersonLinkChanged) -> None:
    """How a trainee stands with other sites, for the plan page (PLN-571)."""
    await work.raw.execute(
        _KEEP_LINK, event.person_id, event.state.value, event.text_nb, event.text_en, event.revision
    )
