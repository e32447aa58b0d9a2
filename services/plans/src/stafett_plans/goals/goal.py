"""One goal of one assigned plan, opened with its activities, approvers and what is missing before it is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from stafett_chassis.auth import ActingAs, Caller
from stafett_chassis.http import Reading
from stafett_chassis.problems import NotFound
from stafett_chassis.sql import Connection
from stafett_chassis.work import Work
from stafett_contracts.basis import BasisActivity, GoalBasis
from stafett_contracts.ids import TemplateCode, new_id
from stafett_contracts.vocabulary import GoalStatus, ItemStatus, LearningForm, RequirementLevel
from stafett_plans.assignment.fragments import GOAL_IN_FORCE, GOAL_WITHDRAWN, SCOPE, SHORTEST
from stafett_plans.assignment.rules import WITHDRAWN_MARK
from stafett_plans.goals import rules, store, telling
from stafett_plans.goals.rules import Approver, GoalProgress, GoalSetting
from stafett_plans.progress.rules import status as statuses

_GOAL = f"""
with {SHORTEST}
select a.assignment_id, a.plan_id, a.person_id, a.position_id, a.hf_id, a.state as assignment_state,
    p.name as plan_name, p.type as plan_type, t.code as template_code, e.name as theme,
    d.given_name || ' ' || d.family_name as person_name, w.title, w.unit_id, u.name as unit_name,
    o.goal_key, o.goal_number, o.text, o.catalogue_version, o.carried_out_in, o.effective_from,
    l.training_setting, l.instruction, {GOAL_IN_FORCE} as in_force, {GOAL_WITHDRAWN} as withdrawn,
    (
        select jsonb_agg(jsonb_build_object('requirement_id', q.requirement_id, 'number', q.number,
            'name', v.name, 'level', q.level, 'learning_form', v.learning_form, 'item_state', i.state,
            'repetitions', v.repetitions, 'state', r.state, 'fulfilled_on', r.fulfilled_on,
            'manual_expiry', r.manual_expiry, 'kept_fulfilled_on', r.kept_fulfilled_on,
            'kept_manual_expiry', r.kept_manual_expiry, 'signed', r.signed, 'signer', r.signer->>'name',
            'done', r.done, 'elsewhere', c.total, 'days', s.days, 'not_relevant', m.comment,
            'done_elsewhere_on', (
                select max(x.fulfilled_on) from registration x where x.person_id = a.person_id
                    and x.requirement_id = q.requirement_id and x.hf_id <> a.hf_id and x.state = 'fulfilled'
                    and q.level = 'national' and v.learning_form in ('course', 'e_learning'))
            ) order by i.place)
        from plan_item i
        join requirement q on q.requirement_id = i.requirement_id and q.state <> 'archived'
        join requirement_version v on v.requirement_id = q.requirement_id and v.version = q.published_version
        left join registration r on r.person_id = a.person_id and r.requirement_id = q.requirement_id
            and r.hf_id = {SCOPE}
        left join shortest s on s.person_id = a.person_id and s.requirement_id = q.requirement_id
        left join relevance_mark m on m.person_id = a.person_id and m.plan_id = a.plan_id
            and m.target_id = q.requirement_id and m.removed_at is null
        left join procedure_count c on c.person_id = a.person_id and c.external_key = q.external_key
        where i.local_goal_id = l.local_goal_id and i.state in ('active', 'deactivated')
            and i.activated_at is not null
    ) as activities,
    {", ".join(f"g.{field.name} as g_{field.name}" for field in fields(GoalProgress))}
from assignment a
join plan p on p.plan_id = a.plan_id
join template t on t.template_id = p.template_id
join directory_person d on d.person_id = a.person_id
join directory_position w on w.position_id = a.position_id
left join directory_unit u on u.unit_id = w.unit_id
join goal o on o.goal_number = $4
join local_goal l on l.plan_id = a.plan_id and l.goal_key = o.goal_key and not l.must_be_updated
left join template_goal x on x.template_id = p.template_id and x.goal_key = o.goal_key
left join theme e on e.theme_id = x.theme_id
left join goal_progress g on g.person_id = a.person_id and g.goal_key = o.goal_key
where a.assignment_id = $3 and a.person_id = any($1::uuid[]) and a.state <> 'deleted'
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class OpenedGoal:
    """A goal in a person's plan."""

    row: Mapping[str, Any]
    progress: GoalProgress
    """With revision 0 when nothing has been done yet."""
    setting: GoalSetting
    activities: Sequence[Mapping[str, Any]]
    approvers: Sequence[Approver]
    missing: Sequence[str]
    """National courses and procedure lists not done (PLN-705)."""


async def open_goal(
    connection: Connection, caller: Caller, today: date, assignment_id: UUID, goal_number: str
) -> OpenedGoal:
    """Load a goal; the caller has been authorised. Raises 404 for a goal the plan does not hold."""
    owner = await connection.raw.fetchval(
        "select person_id from assignment where assignment_id = $1", assignment_id
    )
    row = await connection.raw.fetchrow(_GOAL, [owner], today, assignment_id, goal_number)
    if row is None:
        raise NotFound()
    progress = (
        GoalProgress(**{field.name: row[f"g_{field.name}"] for field in fields(GoalProgress)})
        if row["g_goal_progress_id"] is not None
        else GoalProgress(new_id(), row["person_id"], row["goal_key"])
    )
    activities = [_activity(one, today) for one in row["activities"] or ()]
    acting = (
        caller.position_id if caller.person_id == owner and caller.acting_as is not ActingAs.DEPUTY else None
    )
    offered = await store.approvers(connection, owner, acting or row["position_id"], today)
    return OpenedGoal(
        row,
        progress,
        GoalSetting(
            row["in_force"], row["carried_out_in"], row["training_setting"], withdrawn=row["withdrawn"]
        ),
        activities,
        [Approver(**one, preselected=one["kind"] == "leader") for one in offered],
        [one["name"] for one in activities if _is_missing(one)],
    )


def _activity(one: Mapping[str, Any], today: date) -> dict[str, Any]:
    shown = statuses.shown(
        one["state"],
        _day(one["fulfilled_on"]),
        _day(one["manual_expiry"]),
        _day(one["kept_fulfilled_on"]),
        _day(one["kept_manual_expiry"]),
        one["days"],
        today,
    )
    status = ItemStatus.NOT_RELEVANT if one["not_relevant"] is not None else shown.status
    return {**one, "status": status, "counts_from": shown.fulfilled_on}


def _is_missing(one: Mapping[str, Any]) -> bool:
    """Whether a national course or procedure list is not done, here or at an earlier workplace (PLN-567, PLN-705)."""
    national = one["level"] == RequirementLevel.NATIONAL and one["item_state"] == "active"
    asked = one["learning_form"] in (
        LearningForm.COURSE,
        LearningForm.E_LEARNING,
        LearningForm.PROCEDURE_LIST,
    )
    done = one["status"] in (*statuses.DONE, ItemStatus.NOT_RELEVANT) or one["done_elsewhere_on"] is not None
    reached = one["repetitions"] and (one["done"] or 0) + (one["elsewhere"] or 0) >= one["repetitions"]
    return national and asked and not done and not reached


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def basis_of(opened: OpenedGoal, sent: GoalProgress) -> GoalBasis:
    """What the approver is shown, frozen when sent (PLN-715, SGN-022)."""
    row = opened.row
    assert sent.completed_on is not None
    return GoalBasis(
        goal=telling.named(row, sent.goal_key),
        catalogue_version=row["catalogue_version"],
        plan=row["plan_name"],
        template_code=TemplateCode(row["template_code"]),
        theme=row["theme"],
        completed_on=sent.completed_on,
        comment=sent.comment,
        missing_prerequisites=tuple(opened.missing),
        converted_cohort=opened.setting.converted_cohort,
        instruction=row["instruction"],
        activities=tuple(
            BasisActivity(
                name=one["name"],
                level=RequirementLevel(one["level"]),
                status=one["status"],
                signed=bool(one["signed"]),
                fulfilled_on=one["counts_from"],
                done=_done(one),
                required=one["repetitions"],
                signer=one["signer"] if one["signed"] else None,
            )
            for one in opened.activities
            if one["item_state"] == "active"
        ),
    )


def _done(one: Mapping[str, Any]) -> int | None:
    return (one["done"] or 0) + (one["elsewhere"] or 0) if one["repetitions"] else None


@dataclass(frozen=True, slots=True)
class ActivityView:
    """An activity under a goal."""

    requirement_id: str
    number: str
    name: str
    level: str
    learning_form: str
    state: str
    status: str
    signed: bool
    fulfilled_on: date | None
    signer: str | None
    done: int | None
    required: int | None
    done_elsewhere_on: str | None


@dataclass(frozen=True, slots=True)
class GoalView:
    """A goal with status, activities and the sending window.

    `mark` is «Utgått» for one that was withdrawn. `closed` says why the goal cannot be sent from here; `missing` lists national courses and procedure lists that
    are not done, which need a confirmation and a reason.
    """

    assignment_id: UUID
    goal_key: str
    goal_number: str
    text: str
    theme: str | None
    mark: str | None
    status: str
    label: str | None
    colour: str
    completed_on: date | None
    comment: str | None
    deviation: str | None
    approver_id: UUID | None
    approver_name: str | None
    recalling: bool
    decided_by: str | None
    decided_at: datetime | None
    decision_comment: str | None
    reason: str | None
    note: str | None
    source_site: str | None
    source_trust: str | None
    directorate: bool
    contributions: Sequence[Mapping[str, Any]]
    instruction: str | None
    can_send: bool
    closed: str | None
    missing: Sequence[str]
    approvers: Sequence[Approver]
    activities: Sequence[ActivityView]
    revision: int


def view_of(opened: OpenedGoal, connection: Work | Reading, site_kind: str = "rhf") -> GoalView:
    """What the person, or who follows up, sees of a goal."""
    progress, row = opened.progress, opened.row
    kind = connection.site_kind if isinstance(connection, Work) else site_kind
    shown = rules.effective(progress)
    closed = rules.is_closed(opened.setting, kind)
    viewer = connection.caller.person_id
    view = statuses.View.PERSON if viewer == progress.person_id else statuses.View.FOLLOWER
    own = shown.own and not shown.directorate
    return GoalView(
        assignment_id=row["assignment_id"],
        goal_key=progress.goal_key,
        goal_number=row["goal_number"],
        text=row["text"],
        theme=row["theme"],
        mark=WITHDRAWN_MARK if opened.setting.withdrawn else None,
        status=shown.status,
        label=shown.label or GoalStatus(shown.status).label_nb,
        colour=statuses.colour(shown.status, view, asks_viewer=progress.approver_id == viewer),
        completed_on=shown.completed_on,
        comment=progress.comment,
        deviation=progress.deviation,
        approver_id=progress.approver_id if own else None,
        approver_name=progress.approver_name if own else None,
        recalling=progress.recalling,
        decided_by=shown.approver,
        decided_at=shown.decided_at,
        decision_comment=progress.decision_comment,
        reason=progress.reason,
        note=progress.note,
        source_site=shown.source_site,
        source_trust=shown.trust,
        directorate=shown.directorate,
        contributions=(progress.outside or {}).get("contributions", ()),
        instruction=row["instruction"],
        can_send=closed is None
        and progress.own not in rules.OPEN
        and shown.status != GoalStatus.APPROVED
        and row["assignment_state"] == "active",
        closed=closed[1] if closed else None,
        missing=opened.missing,
        approvers=opened.approvers if viewer == progress.person_id else (),
        activities=[
            ActivityView(
                one["requirement_id"],
                one["number"],
                one["name"],
                one["level"],
                one["learning_form"],
                one["item_state"],
                one["status"],
                bool(one["signed"]),
                one["counts_from"],
                one["signer"] if one["signed"] else None,
                _done(one),
                one["repetitions"],
                one["done_elsewhere_on"],
            )
            for one in opened.activities
        ],
        revision=progress.revision,
    )
