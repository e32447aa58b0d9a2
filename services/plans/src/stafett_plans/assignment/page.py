"""An opened plan: everything on its page in one statement, each requirement's status worked out by rule."""

from collections.abc import Sequence
from datetime import date
from typing import Any, cast
from uuid import UUID

from typing_extensions import TypedDict

from stafett_chassis.problems import NotFound
from stafett_chassis.sql import Connection
from stafett_contracts.vocabulary import GoalStatus, ItemStatus
from stafett_plans.assignment import rules
from stafett_plans.assignment.fragments import GOAL_IN_FORCE, GOAL_WITHDRAWN, SCOPE, SHORTEST
from stafett_plans.progress.rules import status as statuses


class ItemView(TypedDict):
    """A requirement or activity with the person's status."""

    item_id: str
    requirement_id: str
    number: str
    name: str
    kind: str
    level: str
    learning_form: str
    state: str
    is_new: bool
    status: str
    label: str
    under_way: str | None
    colour: str
    signed: bool
    signer: str | None
    fulfilled_on: date | None
    valid_until: date | None
    done: int | None
    required: int | None
    requires_signing: bool
    must_be_done: bool
    waits_for: str | None
    recalling: bool
    comment: str | None
    done_elsewhere_on: date | None
    revision: int


class SectionView(TypedDict):
    """A section of a competence plan."""

    section_id: str
    name: str
    may_be_not_relevant: bool
    not_relevant: str | None
    colour: str
    red: int
    yellow: int
    items: list[ItemView]
    deactivated: list[ItemView]


class GoalLine(TypedDict):
    """A goal of a goal plan, with its activities."""

    goal_key: str
    goal_number: str
    text: str
    theme_id: str
    in_force: bool
    mark: str | None
    effective_from: str | None
    status: str
    label: str
    colour: str
    instruction: str | None
    training_setting: str | None
    carried_out_in: str
    items: list[ItemView]
    deactivated: list[ItemView]


class ThemeView(TypedDict):
    """A theme of a goal plan."""

    theme_id: str
    name: str
    colour: str
    red: int
    yellow: int
    goals: list[GoalLine]


class PlanPage(TypedDict):
    """An assigned plan as it opens; a deactivated one as it was when it was deactivated."""

    assignment_id: str
    plan_id: str
    plan_type: str
    name: str
    description: str
    time_frame: str
    literature: str
    version: str
    owner_unit: str | None
    document_owner: str | None
    document_responsible: str | None
    person_id: str
    person_name: str
    position_id: str
    state: str
    reason: str | None
    assigned_at: str
    ended_at: str | None
    status: str
    label: str
    colour: str
    completion: str
    completed_on: str | None
    approved_by: dict[str, Any] | None
    done: int
    counting: int
    percent: int
    synchronisation: str | None
    revision: int
    sections: list[SectionView]
    themes: list[ThemeView]


# One row a requirement; the first carries the rest of the page as JSON.
_PAGE = f"""
with head as materialized (
    select a.*, p.name, p.type, p.template_id from assignment a join plan p on p.plan_id = a.plan_id
    where a.assignment_id = $3 and a.state <> 'deleted' and a.person_id = any($1::uuid[])
), {SHORTEST}
select case when row_number() over (order by i.place, i.item_id) = 1 then (
    select jsonb_build_object(
        'assignment_id', a.assignment_id, 'plan_id', a.plan_id, 'plan_type', p.type, 'name', p.name,
        'description', p.description, 'time_frame', p.time_frame, 'literature', p.literature,
        'version', p.major || '.' || p.minor, 'owner_unit', u.name,
        'document_owner', o.given_name || ' ' || o.family_name,
        'document_responsible', b.given_name || ' ' || b.family_name,
        'person_id', a.person_id, 'person_name', d.given_name || ' ' || d.family_name,
        'hpr', d.hpr_number is not null, 'position_id', a.position_id, 'state', a.state, 'reason', a.reason,
        'assigned_at', a.assigned_at, 'ended_at', a.ended_at, 'plan_status', a.plan_status,
        'worked_in', a.first_work_at is not null, 'completion', p.completion, 'completed_on', a.completed_on,
        'approved_by', a.approved_by, 'revision', a.revision, 'snapshot', a.snapshot, 'link', n.text_nb,
        'sections', (
            select jsonb_agg(jsonb_build_object('section_id', s.section_id, 'name', s.name,
                'may_be_not_relevant', s.may_be_not_relevant, 'not_relevant', m.comment) order by s.place)
            from section s left join relevance_mark m on m.person_id = a.person_id and m.plan_id = a.plan_id
                and m.target_id = s.section_id and m.removed_at is null
            where s.plan_id = a.plan_id),
        'themes', (
            select jsonb_agg(jsonb_build_object('theme_id', t.theme_id, 'name', t.name) order by t.place)
            from theme t where t.template_id = p.template_id),
        'goals', (
            select jsonb_agg(jsonb_build_object('goal_key', l.goal_key, 'goal_number', o.goal_number,
                'text', o.text, 'theme_id', t.theme_id, 'effective_from', o.effective_from,
                'in_force', {GOAL_IN_FORCE}, 'withdrawn', {GOAL_WITHDRAWN}, 'status', coalesce(g.status, 'not_begun'),
                'approver_id', g.approver_id, 'instruction', l.instruction,
                'training_setting', l.training_setting, 'carried_out_in', o.carried_out_in) order by t.place)
            from local_goal l
            join goal o on o.goal_key = l.goal_key
            join template_goal t on t.template_id = p.template_id and t.goal_key = l.goal_key
            left join goal_progress g on g.person_id = a.person_id and g.goal_key = l.goal_key
            where l.plan_id = a.plan_id and not l.must_be_updated)
    )
    from assignment a
    join plan p on p.plan_id = a.plan_id
    join directory_person d on d.person_id = a.person_id
    left join directory_unit u on u.unit_id = p.owner_unit_id
    left join directory_person o on o.person_id = p.document_owner_id
    left join directory_person b on b.person_id = p.document_responsible_id
    left join person_link n on n.person_id = a.person_id
    where a.assignment_id = $3
) end as head, i.item_id::text, i.section_id::text, i.goal_key, i.state, i.activated_at > a.assigned_at,
    q.requirement_id::text, q.number, v.name, q.kind, q.level, v.learning_form, v.requires_signing,
    v.repetitions, v.must_be_done, s.days, r.state, r.fulfilled_on, r.manual_expiry, r.kept_fulfilled_on,
    r.kept_manual_expiry, r.signed, r.signer->>'name', r.supervisor_id::text, r.supervisor_name, r.done, r.recalling,
    coalesce(r.revision, 0), m.comment, c.total,
    case when v.learning_form in ('course', 'e_learning') and q.level = 'national' then (
        select max(x.fulfilled_on) from registration x where x.person_id = a.person_id
            and x.requirement_id = q.requirement_id and x.hf_id <> a.hf_id and x.state = 'fulfilled') end
from head a
left join plan_item i on i.plan_id = a.plan_id and i.activated_at is not null
    and i.state in ('active', 'deactivated')
left join requirement q on q.requirement_id = i.requirement_id and q.state <> 'archived'
left join requirement_version v on v.requirement_id = q.requirement_id and v.version = q.published_version
left join registration r on r.person_id = a.person_id and r.requirement_id = i.requirement_id and r.hf_id = {SCOPE}
left join shortest s on s.requirement_id = i.requirement_id and s.person_id = a.person_id
left join relevance_mark m on m.person_id = a.person_id and m.plan_id = a.plan_id
    and m.target_id = i.requirement_id and m.removed_at is null
left join procedure_count c on c.person_id = a.person_id and c.external_key = q.external_key
order by i.place, i.item_id
"""  # noqa: S608

_LABELS = {status.value: status.label_nb for status in (*GoalStatus, *ItemStatus)}
_SIGNED = "Signert"
_NOT_RELEVANT = ItemStatus.NOT_RELEVANT.value


async def find(
    connection: Connection, assignment_id: UUID, person_id: UUID, today: date, viewer: UUID
) -> PlanPage | None:
    """The page of a person's plan as `viewer` sees it on `today`; none when the person has no such plan."""
    rows = await connection.raw.fetch(_PAGE, [person_id], today, assignment_id)
    if not rows:
        return None
    head: dict[str, Any] = rows[0][0]
    if head["snapshot"] is not None and head["state"] != "active":  # PLN-532
        frozen = {key: head[key] for key in ("state", "reason", "ended_at", "revision")}
        return cast(PlanPage, {**_seen_by(str(viewer), head["snapshot"]), **frozen})
    return _compose(head, rows, today, str(viewer))


async def read(
    connection: Connection, assignment_id: UUID, person_id: UUID, today: date, viewer: UUID
) -> PlanPage:
    """As `find`; 404 when there is none."""
    found = await find(connection, assignment_id, person_id, today, viewer)
    if found is None:
        raise NotFound()
    return found


def _seen_by(viewer: str, snapshot: dict[str, Any]) -> dict[str, Any]:
    """The page kept of a plan, which is as its owner saw it, with a follower's colours for others (PLN-596)."""
    if snapshot["person_id"] == viewer:
        return snapshot
    goals = [goal for theme in snapshot["themes"] for goal in theme["goals"]]
    for group in (*snapshot["sections"], *goals):
        for item in (*group["items"], *group["deactivated"]):
            item["colour"] = statuses.colour(item["status"], statuses.View.FOLLOWER)
    for goal in goals:
        goal["colour"] = statuses.colour(goal["status"], statuses.View.FOLLOWER)
    return snapshot


def _compose(head: dict[str, Any], rows: Sequence[Any], today: date, viewer: str) -> PlanPage:
    own = head["person_id"] == viewer
    view = statuses.View.PERSON if own else statuses.View.FOLLOWER
    sections: dict[str, dict[str, Any]] = {
        one["section_id"]: {**one, "items": [], "deactivated": []} for one in head.pop("sections") or ()
    }
    goals: dict[str, dict[str, Any]] = {
        one["goal_key"]: {**one, "items": [], "deactivated": []} for one in head.pop("goals") or ()
    }
    for row in rows:
        section_id, goal_key, requirement_id = row[2], row[3], row[6]
        if requirement_id is None:
            continue
        group = goals.get(goal_key) if goal_key else sections.get(section_id)
        if group is None:  # a goal the trust has not made available yet (PLN-450)
            continue
        item = _item(row, group.get("not_relevant"), today, view, viewer)
        (group["items"] if item["state"] == "active" else group["deactivated"]).append(item)
    return _page(head, list(sections.values()), list(goals.values()), view, viewer)


def _item(row: Any, section_mark: str | None, today: date, view: statuses.View, viewer: str) -> ItemView:
    (
        _, item_id, _, _, item_state, is_new, requirement_id, number, name, kind, level, learning_form,
        requires_signing, repetitions, must_be_done, days, state, fulfilled_on, manual_expiry, kept_on,
        kept_expiry, signed, signer, supervisor_id, supervisor, done, recalling, revision, mark, foreign, elsewhere_on,
    ) = row  # fmt: skip
    shown = statuses.shown(state, fulfilled_on, manual_expiry, kept_on, kept_expiry, days, today)
    comment = section_mark or mark
    status = _NOT_RELEVANT if comment is not None else shown.status.value
    return {
        "item_id": item_id,
        "requirement_id": requirement_id,
        "number": number,
        "name": name,
        "kind": kind,
        "level": level,
        "learning_form": learning_form,
        "state": item_state,
        "is_new": bool(is_new) and state is None,
        "status": status,
        "label": _SIGNED if signed and status == "fulfilled" else _LABELS[status],
        "under_way": shown.under_way,
        "colour": statuses.colour(status, view, asks_viewer=supervisor_id == viewer),
        "signed": bool(signed),
        "signer": signer if signed else None,
        "fulfilled_on": shown.fulfilled_on,
        "valid_until": shown.valid_until,
        "done": (done or 0) + (foreign or 0) if repetitions else None,
        "required": repetitions,
        "requires_signing": requires_signing,
        "must_be_done": must_be_done,
        "waits_for": supervisor if state == "waiting" else None,
        "recalling": bool(recalling),
        "comment": comment,
        "done_elsewhere_on": elsewhere_on,
        "revision": revision,
    }


def _page(
    head: dict[str, Any],
    sections: list[dict[str, Any]],
    goals: list[dict[str, Any]],
    view: statuses.View,
    viewer: str,
) -> PlanPage:
    for section in sections:
        summary = statuses.summarise(item["status"] for item in section["items"])
        section.update(colour=summary.colour, red=summary.red, yellow=summary.yellow)
    for goal in goals:
        asked = goal.pop("approver_id") == viewer
        goal["label"] = _LABELS[goal["status"]]
        goal["mark"] = rules.WITHDRAWN_MARK if goal.pop("withdrawn") else None
        goal["colour"] = statuses.colour(goal["status"], view, asks_viewer=asked)
    themes = head.pop("themes") or []
    for theme in themes:
        theme["goals"] = [goal for goal in goals if goal["theme_id"] == theme["theme_id"]]
        summary = statuses.summarise(goal["status"] for goal in theme["goals"] if goal["in_force"])
        theme.update(colour=summary.colour, red=summary.red, yellow=summary.yellow)
    progress = _progress(head["plan_type"], sections, goals)
    status = rules.plan_status(
        head.pop("plan_status"),
        progress,
        completion=head["completion"],
        plan_type=head["plan_type"],
        worked_in=head.pop("worked_in"),
    )
    link, hpr = head.pop("link"), head.pop("hpr")
    if head["plan_type"] not in rules.GOAL_PLANS:
        link = None
    elif not hpr:  # PLN-571
        link = "HPR-nummer mangler – planene synkroniseres ikke"
    head.pop("snapshot")
    return cast(
        PlanPage,
        {
            **head,
            "status": status,
            "label": status.label_nb,
            "colour": statuses.PLAN_COLOURS[status],
            "done": progress.done,
            "counting": progress.counting,
            "percent": progress.percent,
            "synchronisation": link,
            "sections": sections,
            "themes": themes,
        },
    )


def _progress(plan_type: str, sections: list[dict[str, Any]], goals: list[dict[str, Any]]) -> rules.Progress:
    """PLN-601: of requirements in a competence plan, of goals in force in a goal plan."""
    if plan_type in rules.GOAL_PLANS:
        every = [goal["status"] for goal in goals if goal["in_force"]]
        done = sum(1 for status in every if status == GoalStatus.APPROVED)
    else:
        every = [item["status"] for section in sections for item in section["items"]]
        done = sum(1 for status in every if status in statuses.DONE)
    irrelevant = every.count(_NOT_RELEVANT)
    begun = len(every) - irrelevant - every.count("not_begun")
    return rules.Progress(len(every), done, begun, irrelevant)
