"""Alerts of decisions: signed, approved, rejected, undone; and of delegated approvers."""

from uuid import UUID

from stafett_chassis.reactions import Reactions
from stafett_chassis.work import Work
from stafett_contracts import signing, training_time
from stafett_contracts.vocabulary import Outcome, RequestKind, TrainingTimeCause
from stafett_notify.alerts import topics
from stafett_notify.alerts.actions import end, raise_alert, told
from stafett_notify.alerts.reactions.requests import ITEMS, subject_link
from stafett_notify.alerts.rules import FOR_EVER, Notice, link_of, moment

reactions = Reactions()


@reactions.on(signing.RequestSigned, signing.RequestRejected)
async def request_decided(work: Work, event: signing.RequestDecided) -> None:
    """Whoever the subject belongs to hears of the decision."""
    heard = told(work)
    signed = isinstance(event, signing.RequestSigned)
    at = moment(heard.at)
    subject = event.subject
    end(work, {topics.subject_undecided(subject.id): at})
    if signed:
        end(work, {topics.subject_open(subject.id): at})
    until = {topics.decision_stands(event.decision_id): 0, **_until(event, signed=signed, at=at)}
    link, assignment = subject_link(subject, event.kind)
    # NTF-054: one press on many is one alert for each person, type and plan, listing the items
    shared = heard.batch_id is not None and event.kind in ITEMS | {RequestKind.GOAL}
    plan = subject.plans[0].plan_id if subject.plans else None
    raise_alert(
        work,
        Notice(
            type=_type(event.kind, signed=signed),
            person_id=event.employee.person_id,
            once_key=f"batch:{heard.batch_id}:{plan}" if shared else str(event.decision_id),
            told=heard,
            subject_kind=event.kind,
            subject_id=str(subject.id),
            item=_words(event),
            item_key=str(event.decision_id),
            until=until,
            position_id=event.employee.position_id,
            assignment_id=assignment,
            link=link,
        ),
    )


def _type(kind: RequestKind, *, signed: bool) -> str:
    if kind is RequestKind.PLAN:
        return "approval.plan_approved"
    if kind is RequestKind.GOAL:
        return "approval.goal_approved" if signed else "approval.goal_rejected"
    if kind is RequestKind.TRAINING_TIME:
        return "approval.time_signed" if signed else "approval.time_rejected"
    return "approval.item_signed" if signed else "approval.item_rejected"


def _words(event: signing.RequestDecided) -> dict[str, object]:
    """What the line calls the subject."""
    subject = event.subject
    if event.kind is RequestKind.TRAINING_TIME:
        return {"from": subject.first_day, "to": subject.last_day}
    name = {RequestKind.PLAN: "plan", RequestKind.GOAL: "goal"}.get(event.kind, "item")
    return {name: subject.name}


def _until(event: signing.RequestDecided, *, signed: bool, at: int) -> dict[str, int]:
    """What beside an undone decision ends the alert (Table 3)."""
    subject = event.subject
    if event.kind is RequestKind.TRAINING_TIME:
        return {topics.training_time_kept(subject.id): at}
    if signed and event.kind is RequestKind.PLAN:
        return {topics.plan_stands(subject.id): at}
    until: dict[str, int] = {}
    if not signed:
        until[topics.subject_not_resent(subject.id)] = at
        until[topics.subject_open(subject.id)] = at
    if event.kind in ITEMS:
        requirement: UUID = subject.requirement_id or subject.id
        until[topics.item_not_reset(event.employee.person_id, requirement)] = at
    return until


@reactions.on(signing.RequestReopened)
async def decision_cancelled(work: Work, event: signing.RequestReopened) -> None:
    """What was told of the decision is untrue; its owner hears that it was undone (NTF-005)."""
    end(work, {topics.decision_stands(event.cancelled_decision_id): FOR_EVER})
    withdrawn = event.kind is RequestKind.GOAL and event.was is Outcome.SIGNED
    if withdrawn and work.site_kind == "municipal":
        return  # an e-mail that cannot be turned off tells of it
    heard = told(work)
    link, assignment = subject_link(event.subject, event.kind)
    _undone(
        work,
        event.employee.person_id,
        event.cancelled_decision_id,
        event.subject.name,
        subject=(str(event.kind), event.subject.id),
        position_id=event.employee.position_id,
        assignment_id=assignment,
        link=link,
        at=moment(heard.at),
    )


@reactions.on(signing.GoalApprovalWithdrawn)
async def goal_approval_withdrawn(work: Work, event: signing.GoalApprovalWithdrawn) -> None:
    """As a decision undone, at regions (NTF-005)."""
    end(work, {topics.decision_stands(event.decision_id): FOR_EVER})
    if work.site_kind == "municipal":
        return
    _undone(
        work,
        event.person.person_id,
        event.decision_id,
        event.goal.text or event.goal.goal_number,
        subject=("goal", event.decision_id),
        at=moment(told(work).at),
    )


def _undone(
    work: Work,
    person_id: UUID,
    decision_id: UUID,
    name: str,
    *,
    subject: tuple[str, UUID],
    at: int,
    position_id: UUID | None = None,
    assignment_id: UUID | None = None,
    link: str | None = None,
) -> None:
    kind, subject_id = subject
    raise_alert(
        work,
        Notice(
            type="approval.decision_undone",
            person_id=person_id,
            once_key=str(decision_id),
            told=told(work),
            subject_kind=kind,
            subject_id=str(subject_id),
            params={"subject": name},
            until={topics.subject_undecided(subject_id): at},
            position_id=position_id,
            assignment_id=assignment_id,
            link=link,
        ),
    )


@reactions.on(signing.RequestLapsed)
async def decision_out_of_force(work: Work, event: signing.RequestLapsed) -> None:
    """A decision that lapsed with its request no longer stands."""
    end(
        work,
        {
            topics.decision_stands(item.decision_id): FOR_EVER
            for item in event.items
            if item.decision_id and item.item_id in event.item_ids
        },
    )


@reactions.on(training_time.RegistrationStatusChanged)
async def training_time_edited(work: Work, event: training_time.RegistrationStatusChanged) -> None:
    """What was decided on an edited registration is history; the status raises nothing itself (NTF-006)."""
    if event.cause in (TrainingTimeCause.SAVED, TrainingTimeCause.CHANGED):
        end(work, {topics.training_time_kept(event.registration_id): moment(told(work).at)})


@reactions.on(training_time.RegistrationRemoved)
async def training_time_removed(work: Work, event: training_time.RegistrationRemoved) -> None:
    """What was decided on a removed registration is history."""
    end(work, {topics.training_time_kept(event.registration_id): FOR_EVER})


@reactions.on(signing.DelegationAdded)
async def approver_chosen(work: Work, event: signing.DelegationAdded) -> None:
    """The delegated approver hears of having been chosen."""
    raise_alert(
        work,
        Notice(
            type="followup.approver_chosen",
            person_id=event.delegate.person_id,
            once_key=str(event.delegation_id),
            told=told(work),
            subject_kind="delegation",
            subject_id=str(event.delegation_id),
            params={"person": event.leader.name},
            until={topics.link_lasts(event.delegation_id): event.revision},
            about_id=event.leader.person_id,
            link=link_of("followup.approver_chosen"),
        ),
    )


@reactions.on(signing.DelegationRemoved)
async def approver_removed(work: Work, event: signing.DelegationRemoved) -> None:
    """A delegation that has ended is nothing to be told of."""
    end(work, {topics.link_lasts(event.delegation_id): FOR_EVER})
