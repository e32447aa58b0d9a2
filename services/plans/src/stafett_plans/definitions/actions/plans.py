"""Making and changing competence plans, and their sections."""

from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, insert, select, update
from sqlalchemy import delete as sql_delete

from stafett_chassis.directory.tables import unit
from stafett_chassis.problems import Conflict, Fault, Forbidden, Invalid, NotFound
from stafett_chassis.sql import Row
from stafett_chassis.work import Work
from stafett_contracts.ids import PlanId, new_id
from stafett_contracts.plans import PlanChanged, PlanCreated
from stafett_contracts.vocabulary import PlanItemState, PlanState, PlanType, PlanVariant
from stafett_plans.catalogue.actions import log
from stafett_plans.definitions import hooks
from stafett_plans.definitions.actions.opening import open_plan, shown
from stafett_plans.definitions.actions.telling import tell_plan
from stafett_plans.definitions.rules import names
from stafett_plans.definitions.schemas import ChangePlan, ChangeSection, CreatePlan, PlanView, SectionBody
from stafett_plans.definitions.store import plan, plan_item, rights, section


def missing(field: str) -> Fault:
    """A mandatory field that was left out."""
    return Fault(field, "missing", "Feltet må fylles ut.", "The field is required.")


async def create_competence_plan(work: Work, asked: CreatePlan) -> PlanView:
    """PLN-241 to PLN-246."""
    faults = [missing(field) for field in ("name", "completion") if getattr(asked, field) is None]
    if asked.template is not None:
        faults.append(
            Fault("template", "not_for_this_type", "Gjelder bare målplaner.", "For goal plans only.")
        )
    if faults:
        raise Invalid(faults)
    assert asked.name is not None
    assert asked.completion is not None
    home = await owner(work, asked)
    if home is not None:
        fault = names.prefix_fault(asked.name, await _short_name(work, home))
        if fault is not None:
            raise Invalid([fault])
    hf_id = home["hf_id"] if home is not None else None
    await refuse_taken_name(work, hf_id, asked.name)
    plan_id = await store_plan(
        work,
        asked,
        name=asked.name,
        completion=asked.completion,
        owner_unit_id=asked.unit_id,
        hf_id=hf_id,
    )
    await tell_plan(work, PlanCreated, plan_id)
    return await shown(work, plan_id)


async def owner(work: Work, asked: CreatePlan) -> Row | None:
    """The department a local plan is made for; none for central plans. Refuses who may not make it there."""
    if asked.variant is PlanVariant.CENTRAL:
        roles = rights.central_roles(work.site_kind)
        if not await work.value(select(rights.holds(work.caller, work.today, *roles))):
            raise _forbidden()
        if asked.unit_id is not None:
            raise Invalid(
                [Fault("unit_id", "central_plan", "Sentrale planer har ingen eieravdeling.", "Central plans have no owner.")]
            )  # fmt: skip
        return None
    if asked.unit_id is None:
        raise Invalid([missing("unit_id")])
    may = rights.may_create(work.caller, work.today, asked.type)
    row = await work.maybe(select(unit, may.label("may_create")).where(unit.c.unit_id == asked.unit_id))
    if row is not None and not row["may_create"]:
        raise _forbidden()
    closed = row is not None and row["valid_to"] is not None and row["valid_to"] < work.today
    if row is None or row["hf_id"] is None or closed:
        raise Invalid([Fault("unit_id", "unknown_unit", "Ukjent avdeling.", "There is no such department.")])
    return row


def _forbidden() -> Forbidden:
    return Forbidden(
        "not_own_department",
        "Du kan ikke opprette denne planen for denne avdelingen.",
        "You may not make this plan for this department.",
    )


async def _short_name(work: Work, home: Row) -> str:
    return str(await work.value(select(unit.c.code).where(unit.c.unit_id == home["hf_id"])))


async def refuse_taken_name(work: Work, hf_id: UUID | None, name: str, but: UUID | None = None) -> None:
    """PLN-245: unique among the trust's plans that are not archived."""
    taken = await work.value(
        select(plan.c.plan_id).where(
            plan.c.hf_id.is_not_distinct_from(hf_id),
            plan.c.name_key == names.name_key(name),
            plan.c.archived_at.is_(None),
            plan.c.plan_id.is_distinct_from(but),
        )
    )
    if taken is not None:
        raise Conflict(
            "name_taken", "En annen plan har dette navnet.", "Another plan has this name.", plan_id=taken
        )


async def store_plan(work: Work, asked: CreatePlan, **fields: Any) -> UUID:
    """Store a new plan, unpublished and without version, and log it."""
    plan_id, name = new_id(), fields["name"]
    by = work.caller.person_id
    await work.run(
        insert(plan).values(
            plan_id=plan_id,
            type=asked.type.value,
            variant=asked.variant.value,
            state=PlanState.UNPUBLISHED.value,
            name_key=names.name_key(name),
            sort_key=names.sort_key(name),
            description=asked.description,
            time_frame=asked.time_frame,
            literature=asked.literature,
            major=0,
            minor=0,
            created_by=by,
            created_at=work.at,
            changed_by=by,
            changed_at=work.at,
            revision=1,
            **fields,
        )
    )
    await log.note(work, "plan", plan_id, "created", {"name": (None, name)})
    return plan_id


async def change_plan(work: Work, plan_id: UUID, asked: ChangePlan, version: int | None) -> PlanView:
    """PLN-261: texts and completion; makes no version. A goal plan's name and completion are given."""
    row = await open_plan(work, plan_id, version)
    given = {name: value for name, value in asked.model_dump().items() if value is not None}
    is_competence = row["type"] == PlanType.COMPETENCE.value
    fixed = [name for name in ("name", "completion") if name in given and not is_competence]
    if fixed:
        raise Invalid(
            [Fault(name, "from_template", "Følger av malen.", "Follows from the template.") for name in fixed]
        )
    if "name" in given:
        await _refuse_name(work, row, given["name"])
    changes = log.changes_of(row, given)
    if not changes:
        return await shown(work, plan_id)
    values = {name: after for name, (_, after) in changes.items()}
    if "name" in values:
        values |= {"name_key": names.name_key(values["name"]), "sort_key": names.sort_key(values["name"])}
    await touch(work, plan_id, "changed", changes, **values)
    if "completion" in changes:
        await hooks.completion_changed(work, PlanId(plan_id))
    await tell_plan(work, PlanChanged, plan_id)
    return await shown(work, plan_id)


async def _refuse_name(work: Work, row: Row, name: str) -> None:
    if row["hf_id"] is not None:
        fault = names.prefix_fault(name, await _short_name(work, row))
        if fault is not None:
            raise Invalid([fault])
    await refuse_taken_name(work, row["hf_id"], name, but=row["plan_id"])


async def touch(work: Work, plan_id: UUID, act: str, changes: Any = None, **values: Any) -> None:
    """Give the plan its next revision, with who changed it, and log what was done."""
    await work.run(
        update(plan)
        .where(plan.c.plan_id == plan_id)
        .values(changed_by=work.caller.person_id, changed_at=work.at, revision=plan.c.revision + 1, **values)
    )
    await log.note(work, "plan", plan_id, act, changes)


async def add_section(work: Work, plan_id: UUID, asked: SectionBody) -> PlanView:
    """PLN-275: at the end of a competence plan."""
    row = await open_plan(work, plan_id)
    if row["type"] != PlanType.COMPETENCE.value:
        raise Conflict(
            "goal_plan_has_themes", "Temaene følger av malen.", "The themes follow from the template."
        )
    last = await work.value(
        select(func.coalesce(func.max(section.c.place), 0)).where(section.c.plan_id == plan_id)
    )
    await work.run(
        insert(section).values(section_id=new_id(), plan_id=plan_id, place=last + 1, **asked.model_dump())
    )
    await touch(work, plan_id, "section_added", {"name": (None, asked.name)})
    await tell_plan(work, PlanChanged, plan_id)
    return await shown(work, plan_id)


async def change_section(work: Work, plan_id: UUID, section_id: UUID, asked: ChangeSection) -> PlanView:
    """PLN-276, PLN-279: renamed, moved, or given the not-relevant setting; no version."""
    await open_plan(work, plan_id)
    row = await _section(work, plan_id, section_id)
    given = {
        name: value for name, value in asked.model_dump().items() if value is not None and name != "place"
    }
    changes = log.changes_of(row, given)
    if changes:
        await work.run(update(section).where(section.c.section_id == section_id).values(**given))
    if asked.place is not None and await _move_section(work, plan_id, section_id, asked.place):
        changes["place"] = (row["place"], asked.place)
    if changes:
        await touch(work, plan_id, "section_changed", {**changes, "section_id": (section_id, section_id)})
        await tell_plan(work, PlanChanged, plan_id)
    return await shown(work, plan_id)


async def _move_section(work: Work, plan_id: UUID, section_id: UUID, place: int) -> bool:
    before = await work.column(
        select(section.c.section_id).where(section.c.plan_id == plan_id).order_by(section.c.place)
    )
    after = [each for each in before if each != section_id]
    after.insert(place - 1, section_id)
    if after == before:
        return False
    for number, each in enumerate(after, 1):
        await work.run(update(section).where(section.c.section_id == each).values(place=number))
    return True


async def remove_section(work: Work, plan_id: UUID, section_id: UUID) -> PlanView:
    """PLN-277: only one without active or inactive requirements."""
    await open_plan(work, plan_id)
    row = await _section(work, plan_id, section_id)
    held = await work.value(
        select(func.count()).where(
            plan_item.c.section_id == section_id,
            plan_item.c.state.in_([PlanItemState.ACTIVE.value, PlanItemState.INACTIVE.value]),
        )
    )
    if held:
        raise Conflict(
            "section_not_empty",
            "Delplanen har krav og kan ikke fjernes.",
            "The section holds requirements and cannot be removed.",
            requirements=held,
        )
    # Deactivated items stay in the plan; reactivating asks which section (PLN-305).
    await work.run(update(plan_item).where(plan_item.c.section_id == section_id).values(section_id=None))
    await work.run(sql_delete(section).where(section.c.section_id == section_id))
    await touch(work, plan_id, "section_removed", {"name": (row["name"], None)})
    await tell_plan(work, PlanChanged, plan_id)
    return await shown(work, plan_id)


async def _section(work: Work, plan_id: UUID, section_id: UUID) -> Row:
    row = await work.maybe(
        select(section).where(and_(section.c.section_id == section_id, section.c.plan_id == plan_id))
    )
    if row is None:
        raise NotFound()
    return row
