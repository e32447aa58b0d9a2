"""What plans and signing tell that other sites are to know."""

from stafett_chassis.reactions import Reactions
from stafett_chassis.work import Work
from stafett_contracts import plans, signing
from stafett_contracts.vocabulary import Origin, RequestKind, WithdrawnBy
from stafett_sync.facts import actions, rules

reactions = Reactions()


def _from_outside(work: Work) -> bool:
    """Whether the event only tells the site what other sites said; that is never said again (SYN-069)."""
    return work.cause.origin is Origin.SYNC


@reactions.on(plans.GoalStatusChanged)
async def goal_status(work: Work, event: plans.GoalStatusChanged) -> None:
    """A goal's status changed here."""
    if rules.is_own(event) and not _from_outside(work):
        await actions.take_goal_status(work, event)


@reactions.on(plans.ItemStatusChanged)
async def item_status(work: Work, event: plans.ItemStatusChanged) -> None:
    """An activity's status, or its repetitions, changed here."""
    if not _from_outside(work):
        await actions.take_item_status(work, event)


@reactions.on(signing.RequestSigned)
async def goal_approved(work: Work, event: signing.RequestSigned) -> None:
    """The proof of an approval."""
    await _decision(work, event, "approved", None)


@reactions.on(signing.RequestRejected)
async def goal_rejected(work: Work, event: signing.RequestRejected) -> None:
    """The reason of a rejection; its label is all that leaves the site (SYN-048)."""
    await _decision(work, event, "rejected", event.reason_label)


async def _decision(work: Work, event: signing.RequestDecided, outcome: str, reason: str | None) -> None:
    goal = event.subject.goal
    if event.kind is not RequestKind.GOAL or goal is None:
        return
    await actions.take_decision(
        work,
        event,
        goal_key=rules.key_of_goal(goal.goal_number, goal.goal_key),
        outcome=outcome,
        decision=rules.Decision(event.decided_at, event.decider, event.completed_on, reason, event.statement),
    )


@reactions.on(signing.GoalApprovedByDirectorate)
async def directorate_approved(work: Work, event: signing.GoalApprovedByDirectorate) -> None:
    """The Directorate approved a goal."""
    await actions.take_directorate_decision(work, event, approved=True)


@reactions.on(signing.GoalApprovalWithdrawn)
async def directorate_withdrew(work: Work, event: signing.GoalApprovalWithdrawn) -> None:
    """The Directorate took its approval back; a leader's withdrawal comes as a status of the goal."""
    if event.by is WithdrawnBy.DIRECTORATE:
        await actions.take_directorate_decision(work, event, approved=False)
