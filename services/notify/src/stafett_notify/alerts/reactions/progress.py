"""Alerts of a person's progress: what expires, what is due, and what has been done after all."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

import structlog
from sqlalchemy import bindparam, select

from stafett_chassis.directory.tables import leader
from stafett_chassis.reactions import Reactions
from stafett_chassis.sql import Row
from stafett_chassis.work import Work
from stafett_contracts import plans
from stafett_contracts.values import AssignedPlan
from stafett_contracts.vocabulary import ItemStatus
from stafett_notify.alerts import topics
from stafett_notify.alerts.actions import end, raise_alert, told
from stafett_notify.alerts.rules import Notice, Told, day, link_of, moment

log = structlog.get_logger(__name__)

reactions = Reactions()

_DONE = frozenset({ItemStatus.FULFILLED, ItemStatus.EXPIRING})

_LEADERS = (
    select(leader.c.leader_person_id, leader.c.leader_position_id)
    .where(
        leader.c.employee_position_id.in_(bindparam("positions", expanding=True)),
        leader.c.leader_person_id.is_not(None),
    )
    .order_by(leader.c.leader_person_id, leader.c.leader_position_id)
)


async def _leaders(work: Work, positions: Sequence[UUID]) -> Sequence[Row]:
    """The leaders of the positions as the directory copy holds them now (NTF-009), each once."""
    rows = await work.all(_LEADERS, positions=list(positions)) if positions else []
    return list({row["leader_person_id"]: row for row in rows}.values())


@reactions.on(plans.ItemStatusChanged)
async def status_changed(work: Work, event: plans.ItemStatusChanged) -> None:
    """What is done, not relevant or begun anew is no longer missing, rejected, due or expired (NTF-028)."""
    at = moment(told(work).at)
    gone = event.status is ItemStatus.NOT_RELEVANT or event.status is ItemStatus.NOT_BEGUN
    done = event.status in _DONE
    if done and event.valid_until:
        end(work, {topics.validity(event.registration_id): day(event.valid_until)})
    if gone or (done and event.valid_until is None):
        end(work, {topics.registration_kept(event.registration_id): at})
    if done or event.status is ItemStatus.NOT_RELEVANT:
        end(work, {topics.subject_open(event.registration_id): at})
        end(
            work,
            {topics.item_open(position, event.requirement_id): at for position in _positions(event.plans)},
        )


def _positions(assigned: Sequence[AssignedPlan]) -> list[UUID]:
    return list(dict.fromkeys(plan.position_id for plan in assigned if plan.position_id))


def _while_assigned(assigned: Sequence[AssignedPlan], at: int) -> dict[str, int]:
    """Ended when the last of the plans is no longer worked in."""
    return {topics.assignment_lasts(plan.assignment_id): at for plan in assigned}


@reactions.on(plans.ValidityExpiring, plans.ValidityExpired)
async def validity(work: Work, event: plans.ValidityChange) -> None:
    """The holder hears that a fulfilled requirement expires or has expired, and so does the leader."""
    expired = isinstance(event, plans.ValidityExpired)
    if expired:
        end(work, {topics.validity(event.registration_id): day(event.valid_until, after=True)})
    elif event.valid_until < work.today:
        return  # NTF-113: it would be untrue
    heard = told(work)
    at = moment(heard.at)
    until = {
        topics.validity(event.registration_id): day(event.valid_until, after=expired),
        topics.registration_kept(event.registration_id): at,
        topics.item_not_reset(event.person_id, event.requirement_id): at,
    }
    first = event.assignments[0] if event.assignments else None
    kind = "reminder.validity_expired" if expired else "reminder.validity_soon"
    raise_alert(
        work,
        Notice(
            type=kind,
            person_id=event.person_id,
            once_key=f"{event.requirement_id}:{event.round_id}:{event.valid_until}",
            told=heard,
            subject_kind="registration",
            subject_id=str(event.registration_id),
            params={"item": event.requirement_name, "date": event.valid_until},
            until=until,
            until_all=_while_assigned(event.assignments, at),
            position_id=first.position_id if first else None,
            assignment_id=first.assignment_id if first else None,
            link=link_of(kind, assignment=first.assignment_id if first else None, item=event.requirement_id),
        ),
    )
    await _tell_leaders(
        work,
        "followup.employee_expired" if expired else "followup.employee_expiring",
        heard,
        employee=event.person_id,
        positions=_positions(event.assignments),
        item_key=f"{event.registration_id}:{event.valid_until}",
        until=until,
        until_all=_while_assigned(event.assignments, at),
    )


async def _tell_leaders(
    work: Work,
    kind: str,
    heard: Told,
    *,
    employee: UUID,
    positions: Sequence[UUID],
    item_key: str,
    until: Mapping[str, int],
    until_all: Mapping[str, int],
) -> None:
    """One alert a leader and nightly run, counting employees and items (NTF-055)."""
    run = heard.run_id or work.today
    leaders = await _leaders(work, positions)
    if not leaders:
        log.info("no_recipient", type=kind, positions=[str(one) for one in positions])
    for row in leaders:
        raise_alert(
            work,
            Notice(
                type=kind,
                person_id=row["leader_person_id"],
                once_key=f"run:{run}",
                told=heard,
                subject_kind="run",
                subject_id=str(run),
                item={"employee": str(employee)},
                item_key=item_key,
                until={**until, topics.leads(row["leader_person_id"], employee): moment(heard.at)},
                until_all=until_all,
                position_id=row["leader_position_id"],
                link=link_of(kind),
            ),
        )


def _deadline_notice(
    work: Work, event: plans.DeadlineData, kind: str, deadline: date, *, until: Mapping[str, int]
) -> Notice:
    heard = told(work)
    at = moment(heard.at)
    first = event.assignments[0] if event.assignments else None
    once = f"{event.position_id}:{event.requirement_id}:{deadline}"
    if kind == "assignment.deadline_set" and heard.batch_id:
        # NTF-054: a deadline set on many items in one go
        once = f"batch:{heard.batch_id}:{first.plan_id if first else None}"
    return Notice(
        type=kind,
        person_id=event.person_id,
        once_key=once,
        told=heard,
        subject_kind="deadline",
        subject_id=str(event.deadline_id),
        item={"item": event.requirement_name, "date": deadline},
        item_key=f"{event.deadline_id}:{deadline}",
        until={
            topics.item_open(event.position_id, event.requirement_id): at,
            topics.deadline_unchanged(event.deadline_id): event.revision,
            **until,
        },
        until_all=_while_assigned(event.assignments, at),
        position_id=event.position_id,
        assignment_id=first.assignment_id if first else None,
        link=link_of(kind, assignment=first.assignment_id if first else None, item=event.requirement_id),
    )


@reactions.on(plans.DeadlineSet, plans.DeadlineRemoved)
async def deadline_set(work: Work, event: plans.DeadlineData) -> None:
    """A deadline set or changed is told; one removed is not, and takes the old alerts away (NTF-013)."""
    end(work, {topics.deadline_unchanged(event.deadline_id): event.revision})
    if isinstance(event, plans.DeadlineSet) and event.deadline:
        raise_alert(work, _deadline_notice(work, event, "assignment.deadline_set", event.deadline, until={}))


@reactions.on(plans.DeadlineApproaching)
async def deadline_near(work: Work, event: plans.DeadlineApproaching) -> None:
    """The holder is reminded while it is of use (NTF-113)."""
    if event.deadline is None or event.deadline < work.today:
        return
    until = {topics.before_deadline(event.deadline_id): day(event.deadline)}
    raise_alert(work, _deadline_notice(work, event, "reminder.deadline_soon", event.deadline, until=until))


@reactions.on(plans.DeadlinePassed)
async def deadline_passed(work: Work, event: plans.DeadlinePassed) -> None:
    """The holder hears of a deadline that has passed, and so does the leader of the position."""
    if event.deadline is None:
        return
    end(work, {topics.before_deadline(event.deadline_id): day(event.deadline, after=True)})
    notice = _deadline_notice(work, event, "reminder.deadline_passed", event.deadline, until={})
    raise_alert(work, notice)
    await _tell_leaders(
        work,
        "followup.employee_expired",
        notice.told,
        employee=event.person_id,
        positions=[event.position_id],
        item_key=notice.item_key,
        until=notice.until,
        until_all=notice.until_all,
    )
