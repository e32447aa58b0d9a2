"""One requirement of one assigned plan, opened for reading or for change, with everything a decision needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from stafett_chassis.auth import ActingAs, Caller
from stafett_chassis.problems import NotFound
from stafett_chassis.sql import Connection
from stafett_chassis.work import Work
from stafett_contracts.ids import new_id
from stafett_contracts.vocabulary import RequirementState
from stafett_plans.assignment import rules as assigning
from stafett_plans.assignment import store as assignments
from stafett_plans.assignment.fragments import SCOPE
from stafett_plans.progress.rules.registration import Demands, Missing, Registration
from stafett_plans.progress.rules.status import DONE, Shown, shown

_FIELDS = [field.name for field in fields(Registration)]

# Ambiguous only in the names of the registration, which are prefixed.
_LOAD = f"""
select a.assignment_id, a.plan_id, a.state as assignment_state, a.person_id, a.position_id, a.hf_id,
    p.name as plan_name, p.type as plan_type,
    d.given_name || ' ' || d.family_name as person_name, w.title, w.unit_id, u.name as unit_name,
    i.item_id, i.state as item_state, i.place_name, i.goal_key,
    q.requirement_id, q.number, q.kind, q.level, q.external_key, q.state as requirement_state,
    v.version, v.name, v.description, v.learning_form, v.documentation_form, v.requires_signing, v.repetitions,
    v.validity_days, v.manual_expiry, v.comment_field, v.allow_attachments, v.must_be_done, v.recertification,
    v.checklist, v.links, v.course_ids, {SCOPE} as scope_id,
    (
        select min(coalesce(j.validity_days, v.validity_days)) from assignment b
        join plan_item j on j.plan_id = b.plan_id and j.requirement_id = q.requirement_id and j.state = 'active'
        where b.person_id = a.person_id and b.state = 'active' and not exists (
            select from relevance_mark m where m.person_id = b.person_id and m.plan_id = b.plan_id
                and m.removed_at is null and m.target_id in (j.requirement_id, j.section_id))
    ) as days,
    case when cardinality(v.depends_on) > 0 then (
        select jsonb_agg(jsonb_build_object('id', q.requirement_id, 'name', v.name, 'state', r.state,
            'fulfilled_on', r.fulfilled_on, 'manual_expiry', r.manual_expiry,
            'kept_fulfilled_on', r.kept_fulfilled_on, 'kept_manual_expiry', r.kept_manual_expiry,
            'assigned', n.assigned, 'days', n.days, 'marked', exists (
                select from relevance_mark m where m.person_id = a.person_id and m.plan_id = a.plan_id
                    and m.removed_at is null and (m.target_id = q.requirement_id or m.target_id in (
                        select x.section_id from plan_item x
                        where x.plan_id = a.plan_id and x.requirement_id = q.requirement_id)))))
        from (select unnest(v.depends_on) as id) needed
        join requirement q on q.requirement_id = needed.id and q.state <> 'archived'
        join requirement_version v on v.requirement_id = q.requirement_id and v.version = q.published_version
        left join registration r on r.person_id = a.person_id and r.requirement_id = q.requirement_id
            and r.hf_id = {SCOPE}
        cross join lateral (
            select count(*) > 0 as assigned, min(coalesce(j.validity_days, v.validity_days)) as days
            from assignment b join plan_item j on j.plan_id = b.plan_id
                and j.requirement_id = q.requirement_id and j.state = 'active'
            where b.person_id = a.person_id and b.state = 'active') n
    ) end as prerequisites,
    case when v.checklist <> '[]'::jsonb then array(
        select m.target_id from relevance_mark m where m.person_id = a.person_id and m.plan_id = a.plan_id
            and m.target_kind = 'checkpoint' and m.removed_at is null) end as checkpoints_marked,
    (
        select m.comment from relevance_mark m where m.person_id = a.person_id and m.plan_id = a.plan_id
            and m.removed_at is null and m.target_id in (q.requirement_id, i.section_id)
        order by m.target_kind desc limit 1
    ) as not_relevant,
    {", ".join(f"r.{name} as r_{name}" for name in _FIELDS)}
from assignment a
join plan p on p.plan_id = a.plan_id
join directory_person d on d.person_id = a.person_id
join directory_position w on w.position_id = a.position_id
left join directory_unit u on u.unit_id = w.unit_id
join requirement q on q.requirement_id = $2
join requirement_version v on v.requirement_id = q.requirement_id and v.version = q.published_version
join lateral (
    select i.item_id, i.state, i.section_id, i.goal_key, coalesce(e.name, t.name) as place_name
    from plan_item i
    left join section e on e.section_id = i.section_id
    left join template_goal g on g.template_id = p.template_id and g.goal_key = i.goal_key
    left join theme t on t.theme_id = g.theme_id
    where i.plan_id = a.plan_id and i.requirement_id = q.requirement_id and i.activated_at is not null
    order by i.state <> 'active', i.place limit 1
) i on true
left join registration r on r.person_id = a.person_id and r.requirement_id = q.requirement_id and r.hf_id = {SCOPE}
where a.assignment_id = $1 and a.state <> 'deleted'
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Opened:
    """A requirement in a person's plan."""

    row: Mapping[str, Any]
    registration: Registration
    """With revision 0 when nothing has been registered yet."""
    demands: Demands
    own: bool
    """Whether the caller is the person."""
    comments: bool = True
    """Whether the caller sees comments too."""

    def shown(self, registration: Registration, today: date) -> Shown:
        """The status of `registration` on `today`."""
        return status_of(registration, self.demands.validity_days, today)


def status_of(registration: Registration, validity_days: int | None, today: date) -> Shown:
    """The status of `registration` on `today`; nothing stored yet is not begun."""
    return shown(
        registration.state,
        registration.fulfilled_on,
        registration.manual_expiry,
        registration.kept_fulfilled_on,
        registration.kept_manual_expiry,
        validity_days,
        today,
    )


async def for_change(
    work: Work, assignment_id: UUID, requirement_id: UUID, act: assigning.Act = assigning.Act.REGISTER
) -> Opened:
    """Open for change by the caller: authorised, the person locked, the plan and requirement open (PLN-616)."""
    opened = await _open(work, work.caller, work.today, assignment_id, requirement_id, act, lock=True)
    row = opened.row
    assigning.may_change(row["assignment_state"], row["item_state"], row["requirement_state"])
    return opened


async def for_reading(
    connection: Connection, caller: Caller, today: date, assignment_id: UUID, requirement_id: UUID
) -> Opened:
    """Open for reading by the caller."""
    opened = await _open(
        connection, caller, today, assignment_id, requirement_id, assigning.Act.READ, lock=False
    )
    if opened.row["requirement_state"] == RequirementState.ARCHIVED:  # PLN-529
        raise NotFound()
    return opened


async def note_access(connection: Connection, caller: Caller, at: datetime, opened: Opened) -> None:
    """Write in the access log that the caller opened another person's requirement (PLN-818)."""
    kept = opened.registration
    target = kept.registration_id if kept.revision else kept.requirement_id
    await assignments.note_access(connection, caller, at, kept.person_id, "requirement", str(target))


async def _open(
    connection: Connection,
    caller: Caller,
    today: date,
    assignment_id: UUID,
    requirement_id: UUID,
    act: assigning.Act,
    *,
    lock: bool,
) -> Opened:
    if lock:
        owner = await connection.raw.fetchval(assignments.LOCK_OWNER, assignment_id)
        own = owner == caller.person_id and caller.acting_as is not ActingAs.DEPUTY
        if not own:
            await assignments.authorise(connection, caller, today, assignment_id, act)
    row = await connection.raw.fetchrow(_LOAD, assignment_id, requirement_id)
    if row is None:
        raise NotFound()
    own = row["person_id"] == caller.person_id and caller.acting_as is not ActingAs.DEPUTY
    comments = True
    if not lock and not own and not _is_asked(row, caller):
        found = await assignments.authorise(connection, caller, today, assignment_id, act)
        comments = found.standing.reads_comments
    registration = (
        Registration(**{name: row[f"r_{name}"] for name in _FIELDS})
        if row["r_registration_id"] is not None
        else Registration(
            registration_id=new_id(),
            person_id=row["person_id"],
            requirement_id=requirement_id,
            hf_id=row["scope_id"],
            round_id=new_id(),
        )
    )
    return Opened(row, registration, demands_of(row, registration, today), own, comments)


def _is_asked(row: Mapping[str, Any], caller: Caller) -> bool:
    """Whether the caller is the supervisor who was asked for a signature: that item may be read."""
    return row["r_request_id"] is not None and row["r_supervisor_id"] == caller.person_id


def demands_of(row: Mapping[str, Any], registration: Registration, today: date) -> Demands:
    """What the requirement asks of this person now."""
    return Demands(
        requires_signing=row["requires_signing"],
        repetitions=row["repetitions"],
        manual_expiry=row["manual_expiry"],
        course_coupled=bool(row["course_ids"]),
        validity_days=row["days"],
        prerequisites=_missing_prerequisites(row["prerequisites"] or (), today),
        checkpoints=_missing_checkpoints(
            row["checklist"], registration.ticks, row["checkpoints_marked"] or ()
        ),
    )


def _missing_prerequisites(found: Sequence[Mapping[str, Any]], today: date) -> tuple[Missing, ...]:
    """PLN-657: done, or not relevant in the same plan; one in no plan of the person blocks."""
    missing = []
    for one in found:
        if one["marked"]:
            continue
        now = shown(
            one["state"],
            _day(one["fulfilled_on"]),
            _day(one["manual_expiry"]),
            _day(one["kept_fulfilled_on"]),
            _day(one["kept_manual_expiry"]),
            one["days"],
            today,
        ).status
        if now not in DONE:
            missing.append(Missing(UUID(one["id"]), one["name"], now.value if one["assigned"] else None))
    return tuple(missing)


def _missing_checkpoints(
    checklist: Sequence[Mapping[str, Any]], ticks: Mapping[str, Any], marked: Sequence[UUID]
) -> tuple[Missing, ...]:
    """PLN-654: every checkpoint ticked, or marked not relevant in this plan."""
    away = {str(one) for one in marked}
    return tuple(
        Missing(UUID(point["checkpoint_id"]), point["name"])
        for point in checklist
        if point["checkpoint_id"] not in ticks and point["checkpoint_id"] not in away
    )


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None
