"""Making this site's facts out of what plans and signing tell."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from stafett_chassis.reactions import Later
from stafett_chassis.work import Work
from stafett_contracts.plans import GoalStatusChanged, ItemStatusChanged
from stafett_contracts.signing import GoalDecisionData, RequestDecided
from stafett_contracts.values import Decider
from stafett_contracts.vocabulary import FactState, FactType, GoalStatus
from stafett_sync.copies import store as copies
from stafett_sync.facts import publishing, rules, store, waiting
from stafett_sync.merge.rules.goals import next_state_at
from stafett_sync.persons import store as persons
from stafett_sync.statements.bodies import DirectorateStatement, GoalStatement
from stafett_sync.statements.rules import to_milliseconds


async def take_goal_status(work: Work, event: GoalStatusChanged) -> None:
    """A goal's status: said at once, or when signing has told of the decision behind it."""
    await persons.lock_person(work, event.person_id)
    key = rules.key_of_goal(event.goal_number, event.goal_key, event.template_codes)
    said = await store.own_one(work, event.person_id, FactType.GOAL_STATUS.value, key)
    if said is not None and said.source_revision >= event.revision:
        return
    kept = [
        row
        for row in await waiting.waiting_for(work, event.person_id, key)
        if row["goal_progress_id"] == event.goal_progress_id
    ]
    if any(row["event"]["revision"] >= event.revision for row in kept):
        return
    if rules.needs_decision(event):
        row = await waiting.decision_on(
            work, event.person_id, key, rules.DECIDED[event.status], event.request_id
        )
        if row is None:
            await waiting.keep_waiting(
                work,
                {
                    "goal_progress_id": event.goal_progress_id,
                    "person_id": event.person_id,
                    "goal_key": key,
                    "request_id": event.request_id,
                    "event": event.model_dump(mode="json"),
                    "since": work.at,
                },
            )
            return
        decision = rules.Decision(
            row["decided_at"],
            Decider.model_validate(row["decider"]),
            row["completed_on"],
            row["reason"],
            row["statement"],
        )
    else:
        decision = None
    await waiting.stop_waiting(work, event.goal_progress_id)
    await _say_goal(work, event, said, decision, key)


async def take_decision(
    work: Work,
    event: RequestDecided,
    *,
    goal_key: str,
    outcome: str,
    decision: rules.Decision,
) -> None:
    """What signing tells of a decision on a goal; whatever waited for it goes on."""
    person_id = event.employee.person_id
    await persons.lock_person(work, person_id)
    await waiting.keep_decision(
        work,
        {
            "decision_id": event.decision_id,
            "request_id": event.request_id,
            "person_id": person_id,
            "goal_key": goal_key,
            "outcome": outcome,
            "decided_at": decision.decided_at,
            "decider": event.decider.model_dump(mode="json"),
            "completed_on": decision.completed_on,
            "reason": decision.reason,
            "statement": decision.statement,
        },
    )
    for row in await waiting.waiting_for(work, person_id, goal_key):
        status = GoalStatusChanged.model_validate(row["event"])
        if rules.DECIDED.get(status.status) == outcome and row["request_id"] in (None, event.request_id):
            await waiting.stop_waiting(work, status.goal_progress_id)
            said = await store.own_one(work, person_id, FactType.GOAL_STATUS.value, goal_key)
            await _say_goal(work, status, said, decision, goal_key)


async def take_item_status(work: Work, event: ItemStatusChanged) -> None:
    """An activity's status, or what was done on a national procedure list."""
    await persons.lock_person(work, event.person_id)
    earlier = await store.own_from(work, event.registration_id)
    if any(own.source_revision >= event.revision for own in earlier):
        return
    trust = await trust_of(work, event.person_id, event.hf_id)
    said = rules.item_said(event, trust)
    if said is None:
        return
    for own in earlier:
        if (own.type, own.subject) != (said.type, said.subject):
            # The registration holds at another trust now; what was said of it there is no longer so.
            await publishing.say(work, _gone(own, event.revision))
    await publishing.say(
        work,
        store.OwnFact(
            person_id=event.person_id,
            type=said.type,
            subject=said.subject,
            trust=trust,
            state=said.state,
            body=said.body,
            source_id=event.registration_id,
            source_revision=event.revision,
        ),
    )


async def take_directorate_decision(work: Work, event: GoalDecisionData, *, approved: bool) -> None:
    """The Directorate approved a goal, or took its approval back: a fact of its own (SYN-230)."""
    person_id = event.person.person_id
    await persons.lock_person(work, person_id)
    key = rules.key_of_goal(event.goal.goal_number, event.goal.goal_key)
    said = await store.own_one(work, person_id, FactType.GOAL_DIRECTORATE.value, key)
    # Decisions are told apart by their times: each has revisions of its own.
    revision = int(event.decided_at.timestamp() * 1000)
    if said is not None and said.source_revision >= revision:
        return
    body = DirectorateStatement(
        case_number=event.case_number or "–",
        decided_at=to_milliseconds(event.decided_at),
        decision="approved" if approved else "withdrawn",
        evidence=event.statement,
    )
    await publishing.say(
        work,
        store.OwnFact(
            person_id=person_id,
            type=FactType.GOAL_DIRECTORATE.value,
            subject=key,
            trust=await trust_of(work, person_id, event.decided_by.hf_id),
            state=FactState.PRESENT,
            body=body.plain(),
            source_id=event.decision_id,
            source_revision=revision,
        ),
    )


async def take_plan(work: Work, person_id: UUID, hf_id: UUID, template: str) -> None:
    """A learning-goal plan at a trust began, changed or ended."""
    await persons.lock_person(work, person_id)
    trust = await trust_of(work, person_id, hf_id)
    assigned = [
        rules.PlanHere(one.plan_name, one.track, one.specialty, one.state, one.assigned_on, one.ended_on)
        for one in await copies.assignments_of(work, person_id)
        if one.hf_id == hf_id and one.template_code == template
    ]
    said = rules.plan_said(trust, template, assigned, await copies.goals_of_template(work, template))
    await publishing.say(
        work, store.OwnFact(person_id, said.type, said.subject, trust, said.state, said.body)
    )


async def trust_of(work: Work, person_id: UUID, hf_id: UUID | None) -> str:
    """The trust to name as origin: its code, that of the person's position, or the site's own organisation.

    For a protected identity it is always the site's own (SYN-246).
    """
    positions, protected = await persons.positions_of(work, person_id, work.site)
    if protected:
        return work.site
    if hf_id is None:
        return min((position.trust for position in positions), default=work.site)
    code = await persons.trust_code(work, hf_id)
    if code is None:
        raise Later("the trust is not in the directory yet")
    return code


async def _say_goal(
    work: Work,
    event: GoalStatusChanged,
    said: store.OwnFact | None,
    decision: rules.Decision | None,
    key: str,
) -> None:
    by = rules.decider_of(event, decision)
    before = (
        GoalStatement.model_validate(said.body)
        if said is not None and said.state is FactState.PRESENT
        else None
    )
    codes: Mapping[Any, str] = (
        {by.hf_id: await persons.trust_code(work, by.hf_id) or work.site} if by and by.hf_id else {}
    )
    state_at = await _state_at(work, event, said, key)
    fact = rules.goal_said(event, state_at, decision, before, codes)
    await publishing.say(
        work,
        store.OwnFact(
            person_id=event.person_id,
            type=fact.type,
            subject=fact.subject,
            trust=await trust_of(work, event.person_id, event.hf_id),
            state=fact.state,
            body=fact.body,
            source_id=event.goal_progress_id,
            source_revision=event.revision,
            source_at=event.status_at,
        ),
    )


async def _state_at(work: Work, event: GoalStatusChanged, said: store.OwnFact | None, key: str) -> datetime:
    """When the state began; of a new begun or rejected one never before what is known of the goal (SYN-090)."""
    at = to_milliseconds(event.status_at)
    if event.status not in (GoalStatus.BEGUN, GoalStatus.REJECTED):
        return at
    if said is not None and said.state is FactState.PRESENT and said.source_at == event.status_at:
        before = GoalStatement.model_validate(said.body)
        if before.status is event.status:
            return before.state_at
    trainee = await persons.trainee_of(work, event.person_id)
    if trainee is None or trainee.hpr is None:
        return at
    known = [
        GoalStatement.model_validate(held.statement.body).state_at
        for held in await store.facts_of(work, trainee.hpr, in_force_only=True)
        if held.statement.type == FactType.GOAL_STATUS.value
        and held.statement.subject == key
        and held.statement.state is FactState.PRESENT
    ]
    return next_state_at(at, known)


def _gone(own: store.OwnFact, revision: int) -> store.OwnFact:
    return store.OwnFact(
        own.person_id, own.type, own.subject, own.trust, FactState.ABSENT, {}, None, revision
    )
