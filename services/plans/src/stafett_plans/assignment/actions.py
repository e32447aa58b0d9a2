"""Giving plans to people and taking them away again, each command in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from stafett_chassis.problems import Conflict, Fault, Invalid, NotFound
from stafett_chassis.work import Work
from stafett_contracts.ids import new_id
from stafett_contracts.plans import (
    AssignmentArchived,
    AssignmentCreated,
    AssignmentData,
    AssignmentDeactivated,
    AssignmentDeleted,
    AssignmentReactivated,
)
from stafett_contracts.vocabulary import (
    AssignmentReason,
    AssignmentState,
    PlanStatus,
    PositionStatus,
    ReopenCause,
    WithdrawalCause,
)
from stafett_plans.assignment import approval, page, rules, standing, store
from stafett_plans.assignment.lists import PlanLine, line_of
from stafett_plans.assignment.rules import BulkAct, Outcome, PairState, Verdict
from stafett_plans.goals import begun as goals_begun


@dataclass(frozen=True, slots=True)
class Pair:
    """An employee's position, a plan, and what to do; `confirmed` overrides a warning (PLN-503)."""

    position_id: UUID
    plan_id: UUID
    action: BulkAct
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class PairResult:
    """What became of one pair."""

    position_id: UUID
    plan_id: UUID
    action: BulkAct
    outcome: Outcome
    code: str | None
    message: str | None
    message_en: str | None
    assignment_id: UUID | None
    state: str | None


@dataclass(frozen=True, slots=True)
class BulkResult:
    """The result of every pair, in the order asked."""

    results: list[PairResult]


_PAIRS = """
select x.place, w.person_id, w.hf_id, w.track, w.status as position_status,
    p.plan_id as known_plan, p.type as plan_type, p.state as plan_state,
    exists (
        select from publication b where b.plan_id = p.plan_id and (
            b.unit_id = w.unit_id or b.include_sub_units and exists (
                select from directory_unit_above o where o.unit_id = w.unit_id and o.above_id = b.unit_id))
    ) as published,
    a.assignment_id, a.state, a.reason, a.first_work_at is not null as begun
from unnest($1::uuid[], $2::uuid[]) with ordinality as x(position_id, plan_id, place)
left join directory_position w on w.position_id = x.position_id
left join plan p on p.plan_id = x.plan_id
left join assignment a on a.position_id = x.position_id and a.plan_id = x.plan_id and a.state <> 'deleted'
order by x.place
"""


async def bulk(work: Work, pairs: Sequence[Pair]) -> BulkResult:
    """Carry out each pair on its own; a refused one does not stop the others (PLN-508, PLN-509)."""
    _refuse_repeated(pairs)
    reach = await store.followed(work, work.caller, work.today, {pair.position_id for pair in pairs})
    await work.raw.execute(store.LOCK_HOLDERS, list(reach))
    rows = await work.raw.fetch(
        _PAIRS, [pair.position_id for pair in pairs], [pair.plan_id for pair in pairs]
    )
    verdicts = [
        rules.judge(pair.action, _state(pair, row, reach), confirmed=pair.confirmed)
        for pair, row in zip(pairs, rows, strict=True)
    ]
    created = await _assign(work, pairs, rows, verdicts)
    for act, state in _STATES.items():
        chosen = [
            row["assignment_id"]
            for pair, row, verdict in zip(pairs, rows, verdicts, strict=True)
            if verdict.outcome is Outcome.DONE and pair.action is act
        ]
        await end(work, chosen, state, _REASONS.get(act))
    await reactivate(
        work,
        [
            row["assignment_id"]
            for row, verdict in zip(rows, verdicts, strict=True)
            if verdict.outcome is Outcome.REACTIVATED
        ],
    )
    return BulkResult(
        [
            _result(pair, row, verdict, created.get(place))
            for place, (pair, row, verdict) in enumerate(zip(pairs, rows, verdicts, strict=True))
        ]
    )


_STATES = {
    BulkAct.DEACTIVATE: AssignmentState.DEACTIVATED,
    BulkAct.ARCHIVE: AssignmentState.ARCHIVED,
    BulkAct.DELETE: AssignmentState.DELETED,
}
_REASONS = {
    BulkAct.DEACTIVATE: AssignmentReason.MANUAL,
    BulkAct.ARCHIVE: AssignmentReason.LEADER_ARCHIVED,
}


def _refuse_repeated(pairs: Sequence[Pair]) -> None:
    seen: set[tuple[UUID, UUID]] = set()
    for place, pair in enumerate(pairs):
        key = (pair.position_id, pair.plan_id)
        if key in seen:
            raise Invalid(
                [
                    Fault(
                        f"pairs.{place}",
                        "pair_repeated",
                        "Samme medarbeider og plan er nevnt to ganger.",
                        "The same employee and plan are named twice.",
                    )
                ]
            )
        seen.add(key)


def _state(pair: Pair, row: Mapping[str, Any], reach: set[UUID]) -> PairState:
    return PairState(
        reachable=pair.position_id in reach,
        plan_known=row["known_plan"] is not None,
        plan_type=row["plan_type"],
        plan_state=row["plan_state"],
        published=row["published"],
        track=row["track"],
        state=row["state"],
        reason=row["reason"],
        begun=row["begun"],
        # PLN-514: also before the first day.
        position_active=row["position_status"] in (PositionStatus.ACTIVE, PositionStatus.PLANNED),
    )


def _result(pair: Pair, row: Mapping[str, Any], verdict: Verdict, created: UUID | None) -> PairResult:
    hidden = verdict.code == "not_found"
    state = None if hidden else row["state"]
    if verdict.outcome is Outcome.REACTIVATED or created is not None:
        state = AssignmentState.ACTIVE.value
    elif verdict.outcome is Outcome.DONE:
        state = _STATES[pair.action].value
    return PairResult(
        pair.position_id,
        pair.plan_id,
        pair.action,
        verdict.outcome,
        verdict.code,
        verdict.nb,
        verdict.en,
        created or (None if hidden else row["assignment_id"]),
        state,
    )


_INSERT = """
insert into assignment (assignment_id, plan_id, person_id, position_id, hf_id, state, assigned_by, assigned_at,
    last_activity_at, plan_status, revision)
select assignment_id, plan_id, person_id, position_id, hf_id, 'active', $6, $7, $7, 'not_begun', 1
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[])
    as n(assignment_id, plan_id, person_id, position_id, hf_id)
"""


async def _assign(
    work: Work, pairs: Sequence[Pair], rows: Sequence[Mapping[str, Any]], verdicts: Sequence[Verdict]
) -> dict[int, UUID]:
    """Store and tell the new assignments; their ids by place in the command."""
    new = {
        place: new_id()
        for place, (pair, verdict) in enumerate(zip(pairs, verdicts, strict=True))
        if verdict.outcome is Outcome.DONE and pair.action is BulkAct.ASSIGN
    }
    if not new:
        return new
    await work.raw.execute(
        _INSERT,
        list(new.values()),
        [pairs[place].plan_id for place in new],
        [rows[place]["person_id"] for place in new],
        [pairs[place].position_id for place in new],
        [rows[place]["hf_id"] for place in new],
        work.caller.person_id,
        work.at,
    )
    await store.note_many(
        work, new.values(), work.at, work.cause.actor, "assigned", PlanStatus.NOT_BEGUN.value
    )
    await _begun_here(
        work, {rows[place]["person_id"] for place in new if rows[place]["plan_type"] in rules.GOAL_PLANS}
    )
    plans = await _told(work, list(new.values()), AssignmentCreated)
    await standing.update(work, plans, ReopenCause.NEW_REQUIREMENT)
    return new


async def _begun_here(work: Work, persons: Iterable[UUID]) -> None:
    """Goals whose activities were begun under another plan are begun in this one too (PLN-511, PLN-602)."""
    for person_id in persons:
        keys = await work.raw.fetch(
            "select distinct l.goal_key from assignment a join local_goal l on l.plan_id = a.plan_id"
            " where a.person_id = $1 and a.state = 'active'",
            person_id,
        )
        await goals_begun.activities_changed(work, person_id, [row["goal_key"] for row in keys])


async def _told(
    work: Work, assignments: Sequence[UUID], kind: type[AssignmentData]
) -> list[standing.HeldPlan]:
    """Tell of assignments as they now are."""
    persons = await work.raw.fetch(
        "select distinct person_id from assignment where assignment_id = any($1)", list(assignments)
    )
    plans = await standing.held(
        work, [row["person_id"] for row in persons], work.today, assignments=assignments
    )
    for plan in plans:
        work.emit(kind(**plan.data()))
    return plans


_END = """
update assignment set state = $2, reason = $3, ended_by = $4, ended_at = $5, snapshot = $6, request_id = $7,
    revision = revision + 1
where assignment_id = $1
"""
_KINDS: dict[AssignmentState, type[AssignmentData]] = {
    AssignmentState.DEACTIVATED: AssignmentDeactivated,
    AssignmentState.ARCHIVED: AssignmentArchived,
    AssignmentState.DELETED: AssignmentDeleted,
}
_WITHDRAWALS = {
    AssignmentState.DEACTIVATED: WithdrawalCause.DEACTIVATED,
    AssignmentState.ARCHIVED: WithdrawalCause.ARCHIVED,
    AssignmentState.DELETED: WithdrawalCause.REMOVED,
}


async def end(
    work: Work, assignments: Sequence[UUID], state: AssignmentState, reason: AssignmentReason | None
) -> None:
    """Deactivate, archive or delete; what is kept readable is kept as it now is (PLN-532, PLN-534)."""
    if not assignments:
        return
    rows = await work.raw.fetch(
        "select assignment_id, person_id, state, plan_status, request_id, snapshot from assignment"
        " where assignment_id = any($1) order by assignment_id for update",
        list(assignments),
    )
    by = work.cause.actor.person_id if work.cause.actor else None
    for row in rows:
        request_id = row["request_id"]
        if request_id is not None and row["plan_status"] == PlanStatus.WAITING:
            await approval.withdraw(work, request_id, _WITHDRAWALS[state])
            request_id = None
        snapshot = row["snapshot"]
        if state is not AssignmentState.DELETED and row["state"] == AssignmentState.ACTIVE:
            snapshot = await page.read(
                work, row["assignment_id"], row["person_id"], work.today, row["person_id"]
            )
        await work.raw.execute(
            _END, row["assignment_id"], state.value, reason.value if reason else None, by, work.at,
            snapshot, request_id,
        )  # fmt: skip
    await store.note_many(
        work, assignments, work.at, work.cause.actor, state.value, state.value,
        {"reason": reason.value} if reason else None,
    )  # fmt: skip
    await _told(work, assignments, _KINDS[state])


_REACTIVATE = """
update assignment set state = 'active', reason = null, ended_by = null, ended_at = null, snapshot = null,
    last_activity_at = $2, plan_status = case when plan_status = 'waiting' then 'begun' else plan_status end,
    revision = revision + 1
where assignment_id = any($1)
"""


async def reactivate(work: Work, assignments: Sequence[UUID]) -> None:
    """Make plans worked in again, with live statuses (PLN-536)."""
    if not assignments:
        return
    await work.raw.execute(_REACTIVATE, list(assignments), work.at)
    await store.note_many(
        work, assignments, work.at, work.cause.actor, "reactivated", AssignmentState.ACTIVE.value
    )
    plans = await _told(work, assignments, AssignmentReactivated)
    await _begun_here(work, {plan.person_id for plan in plans if plan.plan_type in rules.GOAL_PLANS})
    await standing.update(work, plans, ReopenCause.NEW_REQUIREMENT)


async def change_one(work: Work, assignment_id: UUID, act: BulkAct) -> PlanLine:
    """Deactivate, reactivate, archive or delete one assignment; a repeated command gives the same answer."""
    owner = await work.raw.fetchval(store.LOCK_OWNER, assignment_id)
    if owner is None:
        raise NotFound()
    right = rules.Act.REACTIVATE if act is BulkAct.REACTIVATE else rules.Act.ASSIGN
    found = await store.authorise(work, work.caller, work.today, assignment_id, right)
    row = await work.raw.fetchrow(
        "select position_id, plan_id, reason from assignment where assignment_id = $1", assignment_id
    )
    assert row is not None
    if act is BulkAct.REACTIVATE and row["reason"] == AssignmentReason.LEADER_ARCHIVED:
        rules.may(rules.Act.ASSIGN, found.standing, found.plan_type)  # PLN-526: not by the person
    pair = Pair(row["position_id"], row["plan_id"], act)
    [state] = await work.raw.fetch(_PAIRS, [pair.position_id], [pair.plan_id])
    verdict = rules.judge(act, _state(pair, state, {pair.position_id}), confirmed=True)
    if verdict.outcome is Outcome.REFUSED:
        assert verdict.code
        raise Conflict(verdict.code, verdict.nb or "", verdict.en or "")
    if verdict.outcome is Outcome.REACTIVATED:
        await reactivate(work, [assignment_id])
    elif verdict.outcome is Outcome.DONE:
        await end(work, [assignment_id], _STATES[act], _REASONS.get(act))
    [plan] = await standing.held(work, [owner], work.today, assignments=[assignment_id])
    return line_of(plan)


async def delete_one(work: Work, assignment_id: UUID) -> None:
    """Delete one assignment that is not begun (PLN-522)."""
    await change_one(work, assignment_id, BulkAct.DELETE)
