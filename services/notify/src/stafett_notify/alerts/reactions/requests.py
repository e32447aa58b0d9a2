"""Alerts of requests that wait for somebody, and of those that do no longer."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select

from stafett_chassis.directory.tables import leader
from stafett_chassis.reactions import Reactions
from stafett_chassis.work import Work
from stafett_contracts import signing
from stafett_contracts.values import RequestSubject
from stafett_contracts.vocabulary import AddresseeKind, LapseCause, RequestKind, RequestStatus, SigningList
from stafett_notify.alerts import topics
from stafett_notify.alerts.actions import end, raise_alert, told
from stafett_notify.alerts.rules import FOR_EVER, Notice, link_of, moment

reactions = Reactions()

ITEMS = frozenset({RequestKind.REQUIREMENT, RequestKind.ACTIVITY, RequestKind.REPETITIONS})
"""The kinds of request that Table 2 calls an item."""

_OPEN = frozenset({RequestStatus.WAITING, RequestStatus.PREAPPROVED})
_ASKING = {
    RequestKind.GOAL: ("request.goal_approval", SigningList.GOALS),
    RequestKind.PLAN: ("request.plan_approval", SigningList.PLANS),
    RequestKind.TRAINING_TIME: ("request.time_signature", SigningList.TRAINING_TIME),
    **dict.fromkeys(ITEMS, ("request.signature", SigningList.SIGNATURES)),
}
_FAILED = frozenset(
    {LapseCause.SYSTEM, LapseCause.ARCHIVED, LapseCause.REPLACED, LapseCause.ADDRESSEE_INACTIVE}
)
_WITHDRAWN = frozenset({LapseCause.CHANGED, LapseCause.REMOVED})


def subject_link(subject: RequestSubject, kind: RequestKind) -> tuple[str | None, UUID | None]:
    """Where a subject is seen by its owner, and the assignment it is seen in: owners name it first (NTF-021)."""
    assignment: UUID | None = subject.plans[0].assignment_id if subject.plans else None
    if kind is RequestKind.TRAINING_TIME:
        return link_of("approval.time_signed", registration=subject.id), None
    if kind is RequestKind.PLAN:
        assignment = assignment or subject.id  # the subject of a plan's request is the assignment itself
        return link_of("approval.plan_approved", assignment=assignment), assignment
    if kind is RequestKind.GOAL:
        goal = subject.goal.goal_key if subject.goal else None
        return link_of("approval.goal_approved", assignment=assignment, goal=goal), assignment
    return (
        link_of("approval.item_signed", assignment=assignment, item=subject.requirement_id or subject.id),
        assignment,
    )


@reactions.on(signing.RequestCreated, signing.RequestReassigned, signing.RequestPreapproved)
async def request_waits(work: Work, event: signing.RequestData) -> None:
    """Whoever the request now waits for is asked; whoever it waited for before is no longer."""
    heard = told(work)
    until = {topics.request_waits(event.request_id): event.revision}
    end(work, until)
    if isinstance(event, signing.RequestCreated):
        end(work, {topics.subject_not_resent(event.subject.id): moment(heard.at)})
    elif event.kind in ITEMS or (
        isinstance(event, signing.RequestPreapproved) and event.kind is not RequestKind.GOAL
    ):
        return  # Table 2: a signature is asked for once, when the request is made
    addressee = await _addressee(work, event)
    if addressee is None:
        return
    kind, signing_list = _ASKING[event.kind]
    raise_alert(
        work,
        Notice(
            type=kind,
            person_id=addressee,
            once_key=f"{event.request_id}:{addressee}",
            told=heard,
            subject_kind="request",
            subject_id=str(event.request_id),
            params={"person": event.employee.name, "item": event.subject.name},
            until={**until, topics.leads(addressee, event.employee.person_id): moment(heard.at)}
            if event.addressee.kind is AddresseeKind.LEADER_OF
            else until,
            about_id=event.employee.person_id,
            link=link_of(kind, list=signing_list),
        ),
    )


async def _addressee(work: Work, event: signing.RequestData) -> UUID | None:
    """Whom the request waits for: the person named, else the leader the directory copy holds (NTF-009)."""
    if event.addressee.person_id or event.addressee.position_id is None:
        return event.addressee.person_id
    found: UUID | None = await work.value(
        select(leader.c.leader_person_id).where(leader.c.employee_position_id == event.addressee.position_id)
    )
    return found


@reactions.on(signing.RequestSigned, signing.RequestRejected, signing.RequestRecalled, signing.RequestLapsed)
async def request_waits_no_more(work: Work, event: signing.RequestItemsChange) -> None:
    """A request of which nothing is left to decide waits for nobody."""
    if not any(item.status in _OPEN for item in event.items):
        end(work, {topics.request_waits(event.request_id): event.revision})


@reactions.on(signing.RequestRefused)
async def request_refused(work: Work, event: signing.RequestRefused) -> None:
    """Who asked, and whom it concerns, hear that nobody handles the request."""
    end(work, {topics.request_waits(event.request_id): FOR_EVER})
    _failed(work, event)


@reactions.on(signing.RequestRecalled)
async def request_recalled(work: Work, event: signing.RequestRecalled) -> None:
    """The person it waited for hears that it was taken back; version 1 was so before it was shown (SGN-164)."""
    if event.addressee.person_id and event.revision > 1:
        _withdrawn(work, event, event.addressee.person_id)


@reactions.on(signing.RequestLapsed)
async def request_lapsed(work: Work, event: signing.RequestLapsed) -> None:
    """Taken away by its owner, or by circumstances: those who believe that it waits, or was decided, are told."""
    if event.cause in _WITHDRAWN:
        # SGN-165: whoever decided too late is told, else the person it waited for
        recipient = event.decider.person_id if event.decider else event.addressee.person_id
        if recipient:
            _withdrawn(work, event, recipient)
    elif event.cause in _FAILED and event.was in _OPEN:
        _failed(work, event)


def _withdrawn(work: Work, event: signing.RequestData, recipient: UUID) -> None:
    heard = told(work)
    raise_alert(
        work,
        Notice(
            type="followup.request_withdrawn",
            person_id=recipient,
            once_key=f"{event.request_id}:{event.revision}",
            told=heard,
            subject_kind="request",
            subject_id=str(event.request_id),
            params={"person": event.employee.name},
            until={topics.leads(recipient, event.employee.person_id): moment(heard.at)},
            about_id=event.employee.person_id,
        ),
    )


def _failed(work: Work, event: signing.RequestData) -> None:
    heard = told(work)
    link, assignment = subject_link(event.subject, event.kind)
    for person_id in _concerned(event):
        raise_alert(
            work,
            Notice(
                type="approval.request_failed",
                person_id=person_id,
                once_key=str(event.request_id),
                told=heard,
                subject_kind=event.kind,
                subject_id=str(event.subject.id),
                params={"subject": event.subject.name},
                until={
                    topics.subject_not_resent(event.subject.id): moment(heard.at),
                    topics.subject_open(event.subject.id): moment(heard.at),
                },
                position_id=event.employee.position_id if person_id == event.employee.person_id else None,
                assignment_id=assignment,
                about_id=event.employee.person_id,
                link=link,
            ),
        )


def _concerned(event: signing.RequestData) -> Iterable[UUID]:
    """Who asked and who the subject belongs to, each once."""
    persons = [event.employee.person_id]
    if event.asked_by:
        persons.append(event.asked_by.person_id)
    return dict.fromkeys(persons)
