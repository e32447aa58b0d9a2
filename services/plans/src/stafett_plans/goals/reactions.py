"""What signing decides on goals, what other sites and the Directorate say, and who may approve for whom."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from stafett_chassis.reactions import Reactions
from stafett_chassis.work import Work
from stafett_contracts.ids import new_id
from stafett_contracts.signing import (
    DelegationAdded,
    DelegationChanged,
    DelegationRemoved,
    GoalApprovalWithdrawn,
    GoalApprovedByDirectorate,
    RequestCreated,
    RequestLapsed,
    RequestPreapproved,
    RequestReassigned,
    RequestRecalled,
    RequestRecallRefused,
    RequestRefused,
    RequestRejected,
    RequestReopened,
    RequestSigned,
)
from stafett_contracts.signing.approvers import DelegationData
from stafett_contracts.signing.requests import RequestData
from stafett_contracts.sync import GoalResolved
from stafett_contracts.vocabulary import GoalStatus, RequestKind, WithdrawalCause, WithdrawnBy
from stafett_plans.assignment.store import LOCK_PERSON, note
from stafett_plans.goals import rules, store, telling
from stafett_plans.goals.actions import plans_follow
from stafett_plans.goals.rules import GoalProgress
from stafett_plans.progress import hearing
from stafett_plans.progress import store as progress
from stafett_plans.progress.rules.decisions import Hearing

reactions = Reactions()

_ELSEWHERE = "Målet er godkjent et annet sted."


@reactions.on(
    RequestCreated,
    RequestSigned,
    RequestRejected,
    RequestPreapproved,
    RequestReopened,
    RequestRecalled,
    RequestRecallRefused,
    RequestRefused,
    RequestLapsed,
    RequestReassigned,
)
async def apply_request(work: Work, event: RequestData) -> None:
    """Apply what became of a request for approval of a goal (PLN-709, PLN-711, PLN-712, PLN-714)."""
    asked = await hearing.listen(work, event, RequestKind.GOAL)
    if asked is None:
        return
    old = await store.by_id(work, asked.subject_id)
    if old is None:
        raise LookupError(f"no goal progress {asked.subject_id}")
    heard = hearing.verdict(asked, event, current=old.request_id == asked.request_id)
    if heard is Hearing.WITHDRAW_AGAIN:
        await telling.withdraw(work, asked.request_id, hearing.cause_again(asked))
    if heard is not Hearing.APPLY:
        return
    await progress.heard(work, asked.request_id, event.revision)
    new, act, comment = _outcome(old, event)
    if new != old:
        await telling.store_change(
            work,
            old,
            new,
            act=act,
            comment=comment,
            details=_with_whom(new, event),
        )
        await plans_follow(work, old.person_id, old.goal_key)


def _with_whom(new: GoalProgress, event: RequestData) -> dict[str, Any]:
    """Who decided or undid it, for whom and why, and whom the goal was or is sent to (PLN-717)."""
    by = event.by if isinstance(event, RequestReopened) else getattr(event, "decider", None)
    return {
        "by": by.name if by else None,
        "for": by.on_behalf_of.name if by and by.on_behalf_of else None,
        "reason": new.reason,
        "to": new.approver_name,
    }


def _outcome(old: GoalProgress, event: RequestData) -> tuple[GoalProgress, str, str | None]:
    """What an event about the current request makes of the goal, and what history calls it."""
    addressee = event.addressee
    match event:
        case RequestSigned():
            new = rules.approved(old, hearing.decider_of(event), event.decided_at, event.comment)
            return new, "approved", event.comment
        case RequestRejected():
            decider = hearing.decider_of(event)
            new = rules.rejected(old, decider, event.decided_at, event.comment, event.reason_label)
            return new, "rejected", event.comment
        case RequestPreapproved():
            new = rules.preapproved(old, addressee.person_id, addressee.name)
            return new, "preapproved", event.comment
        case RequestReopened():
            return rules.reopened(old), "decision_undone", event.comment
        case RequestRecalled():
            return rules.taken_back(old), "recalled", None
        case RequestRecallRefused():
            decider = hearing.decider_of(event)
            new = rules.recall_refused(old, event.outcome, decider, event.decided_at)
            return new, "recall_refused", None
        case RequestRefused():
            return rules.refused(old, event.text_nb), "refused", event.text_nb
        case RequestLapsed():
            return rules.taken_back(old, event.cause.label_nb), "lapsed", event.cause.label_nb
        case RequestReassigned():
            new = rules.reassigned(old, addressee.person_id, addressee.name)
            return new, "reassigned", event.cause.label_nb
        case _:
            return old, "", None


@reactions.on(GoalResolved)
async def hear_other_sites(work: Work, event: GoalResolved) -> None:
    """Keep what other sites say of a goal, known here or not; an old version changes nothing (PLN-572, PLN-573)."""
    await work.raw.execute(LOCK_PERSON, event.person_id)
    old = await store.by_key(work, event.person_id, event.goal_key)
    old = old or GoalProgress(new_id(), event.person_id, event.goal_key)
    if event.revision <= old.outside_revision:
        return
    others = [one.model_dump(mode="json") for one in event.contributions if one.site != work.site]
    new = replace(old, outside={"contributions": others}, outside_revision=event.revision)
    before = (old.outside or {}).get("contributions", ())
    happened = rules.happened_elsewhere(before, others, work.at)
    shown = rules.settled(new, work.at).status
    for one in happened:
        await note(
            work, "goal", new.goal_progress_id, one.at, None, one.act, shown, details=one.details
        )  # fmt: skip
    await _from_outside(work, old, new, None if happened or shown == old.status else "other_site")


@reactions.on(GoalApprovedByDirectorate)
async def hear_directorate(work: Work, event: GoalApprovedByDirectorate) -> None:
    """Approved by the Directorate of Health without a request (PLN-713)."""
    await work.raw.execute(LOCK_PERSON, event.person.person_id)
    old = await store.by_key(work, event.person.person_id, event.goal.goal_key)
    old = old or GoalProgress(new_id(), event.person.person_id, event.goal.goal_key)
    if old.directorate is not None and event.revision <= old.directorate["revision"]:
        return
    given = {
        "decision_id": str(event.decision_id),
        "name": event.decided_by.name,
        "decided_at": event.decided_at.isoformat(),
        "case_number": event.case_number,
        "revision": event.revision,
    }
    await _from_outside(
        work,
        old,
        replace(old, directorate=given),
        "approved_by_directorate",
        {"by": event.decided_by.name, "case_number": event.case_number},
    )


@reactions.on(GoalApprovalWithdrawn)
async def hear_withdrawal(work: Work, event: GoalApprovalWithdrawn) -> None:
    """The Directorate took its approval back; a leader's withdrawal comes as `reopened` (PLN-713)."""
    if event.by is not WithdrawnBy.DIRECTORATE:
        return
    await work.raw.execute(LOCK_PERSON, event.person.person_id)
    old = await store.by_key(work, event.person.person_id, event.goal.goal_key)
    if old is None or old.directorate is None or old.directorate["decision_id"] != str(event.decision_id):
        return
    # PLN-713: without another approval the goal is begun, whatever it was before.
    own = GoalStatus.BEGUN.value if old.own == GoalStatus.NOT_BEGUN else old.own
    given = {"by": event.decided_by.name, "case_number": event.case_number}
    await _from_outside(work, old, replace(old, directorate=None, own=own), "directorate_withdrew", given)


async def _from_outside(
    work: Work,
    old: GoalProgress,
    new: GoalProgress,
    act: str | None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Save news from outside; a local request still waiting when an approval arrives is withdrawn (PLN-572)."""
    settled = rules.settled(new, work.at)
    approved_elsewhere = settled.status == GoalStatus.APPROVED and new.own in rules.OPEN
    if approved_elsewhere:
        settled = rules.taken_back(settled)
        await note(
            work, "goal", old.goal_progress_id, work.at, None, "withdrawn", settled.status,
            comment=_ELSEWHERE, details={"to": old.approver_name},
        )  # fmt: skip
    await telling.store_change(
        work,
        old,
        settled,
        act=act,
        details=details,
        withdrawal=WithdrawalCause.SYSTEM if approved_elsewhere else None,
        explanation=_ELSEWHERE if approved_elsewhere else None,
    )
    await plans_follow(work, old.person_id, old.goal_key)


@reactions.on(DelegationAdded, DelegationChanged, DelegationRemoved)
async def keep_delegation(work: Work, event: DelegationData) -> None:
    """A leader's delegated approver (PLN-702)."""
    row = {
        "leader_person_id": event.leader.person_id,
        "leader_position_id": event.leader_position_id,
        "delegate_person_id": event.delegate.person_id,
        "description": event.description,
        "mode": event.mode.value,
        "ended_at": event.ended_at,
        "revision": event.revision,
    }
    statement = insert(store.delegation).values(delegation_id=event.delegation_id, **row)
    await work.run(
        statement.on_conflict_do_update(
            index_elements=["delegation_id"],
            set_={name: statement.excluded[name] for name in row},
            where=store.delegation.c.revision < statement.excluded.revision,
        )
    )
