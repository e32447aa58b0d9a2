"""Storing a changed goal and telling of it: one way, whoever or whatever changed it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from stafett_chassis.sql import Connection
from stafett_chassis.work import Work
from stafett_contracts.ids import GoalKey, GoalNumber, GoalProgressId, PersonId, RequestId, SiteId, UnitId
from stafett_contracts.plans import ApprovalWithdrawn, GoalStatusChanged
from stafett_contracts.values import Decider, NamedGoal, Person
from stafett_contracts.vocabulary import GoalSource, GoalStatus, WithdrawalCause
from stafett_plans.assignment import store as assignments
from stafett_plans.goals import rules, store
from stafett_plans.goals.rules import GoalProgress
from stafett_plans.progress import store as progress

_NAMES = """
select o.goal_number, o.text, o.catalogue_version, d.given_name || ' ' || d.family_name as person_name,
    (select array_agg(distinct t.code) from template_goal x join template t on t.template_id = x.template_id
        where x.goal_key = o.goal_key) as codes,
    (select a.hf_id from assignment a join local_goal l on l.plan_id = a.plan_id and l.goal_key = o.goal_key
        where a.person_id = d.person_id and a.state = 'active' order by a.assigned_at desc limit 1) as hf_id
from goal o, directory_person d where o.goal_key = $1 and d.person_id = $2
"""


async def names(connection: Connection, goal_key: str, person_id: UUID) -> Mapping[str, Any] | None:
    """The goal's number and text and the person's name; none for a goal this site's catalogue does not hold."""
    found: Mapping[str, Any] | None = await connection.raw.fetchrow(_NAMES, goal_key, person_id)
    return found


async def store_change(
    work: Work,
    old: GoalProgress,
    new: GoalProgress,
    *,
    act: str | None,
    comment: str | None = None,
    details: Mapping[str, Any] | None = None,
    withdrawal: WithdrawalCause | None = None,
    explanation: str | None = None,
) -> GoalProgress:
    """Save `new` over `old` and tell what changed: this site's own status, and what is shown.

    An own change is told with source `own`, which is what sync passes on; one that comes from outside with the
    source it has. `withdrawal`: the old request is taken back from signing for this cause.
    """
    saved = rules.settled(replace(new, revision=old.revision + 1), work.at)
    await store.save(work, saved)
    if act is not None:
        await assignments.note(
            work, "goal", saved.goal_progress_id, work.at, work.cause.actor, act, saved.status,
            comment=comment, details=details,
        )  # fmt: skip
    if withdrawal is not None and old.request_id is not None:
        await withdraw(work, old.request_id, withdrawal, explanation)
    about = await names(work, saved.goal_key, saved.person_id)
    if about is None:  # PLN-573: kept until the goal becomes known
        return saved
    if _own(old) != _own(saved):
        work.emit(status_changed(about, old, saved, work.at, own=True))
    elif old.status != saved.status:
        work.emit(status_changed(about, old, saved, work.at, own=False))
    return saved


def _own(goal: GoalProgress) -> tuple[Any, ...]:
    return goal.own_status, goal.completed_on, goal.decided_at, goal.request_id


def status_changed(
    about: Mapping[str, Any], old: GoalProgress, new: GoalProgress, at: datetime, *, own: bool
) -> GoalStatusChanged:
    """The event that a person's status of a goal changed."""
    shown = rules.effective(new)
    decider = Decider(**new.decided_by) if own and new.decided_by else None
    source = GoalSource.OWN
    if not own and shown.directorate:
        source = GoalSource.DIRECTORATE
    elif not own and not shown.own:
        source = GoalSource.OTHER_SITE
    return GoalStatusChanged(
        revision=new.revision,
        goal_progress_id=GoalProgressId(new.goal_progress_id),
        person_id=PersonId(new.person_id),
        person_name=about["person_name"],
        goal_number=GoalNumber(about["goal_number"]),
        goal_key=GoalKey(new.goal_key),
        goal_text=about["text"],
        template_codes=tuple(about["codes"] or ()),
        catalogue_version=about["catalogue_version"],
        hf_id=UnitId(about["hf_id"]) if about["hf_id"] else None,
        status_before=GoalStatus(old.own_status if own else old.status) if old.revision else None,
        status=GoalStatus(new.own_status if own else new.status),
        status_at=at,
        completed_on=new.completed_on if own else shown.completed_on,
        decided_by=decider,
        decided_at=new.decided_at if own else shown.decided_at,
        source=source,
        source_site=SiteId(shown.source_site) if not own and shown.source_site else None,
        request_id=RequestId(new.request_id) if own and new.request_id else None,
    )


async def withdraw(
    work: Work, request_id: UUID, cause: WithdrawalCause, explanation: str | None = None
) -> None:
    """Take a goal's request back from signing."""
    revision = await progress.withdrawn(work, request_id, cause.value)
    actor = work.cause.actor
    work.emit(
        ApprovalWithdrawn(
            revision=revision,
            request_id=RequestId(request_id),
            cause=cause,
            explanation=explanation,
            by=Person(person_id=actor.person_id, name=actor.name or "")
            if actor is not None and actor.person_id is not None
            else None,
        )
    )


def named(about: Mapping[str, Any], goal_key: str) -> NamedGoal:
    """The goal with number and text, as requests name it."""
    return NamedGoal(
        goal_number=GoalNumber(about["goal_number"]), goal_key=GoalKey(goal_key), text=about["text"]
    )
