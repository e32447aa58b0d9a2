"""Making a goal plan from a template (PLN-249 to PLN-259)."""

from uuid import UUID

from sqlalchemy import select

from stafett_chassis.problems import Conflict, Fault, Invalid, Refused
from stafett_chassis.sql import Row
from stafett_chassis.work import Work
from stafett_contracts.ids import PlanId
from stafett_contracts.plans import PlanCreated
from stafett_contracts.vocabulary import Completion, OrgLevel, RequirementState, Track
from stafett_plans.catalogue.store import (
    goal_activity,
    requirement,
    template_goal,
)
from stafett_plans.catalogue.store.imports import raise_revision
from stafett_plans.catalogue.store.templates import matching
from stafett_plans.definitions import hooks
from stafett_plans.definitions.actions.linking import add_goals, link_active
from stafett_plans.definitions.actions.opening import shown
from stafett_plans.definitions.actions.plans import missing, owner, refuse_taken_name, store_plan
from stafett_plans.definitions.actions.telling import tell_activated, tell_plan
from stafett_plans.definitions.rules.names import goal_plan_name
from stafett_plans.definitions.schemas import CreatePlan, PlanView, TemplateChoice
from stafett_plans.definitions.store import plan

_TRUST_LEVELS = (OrgLevel.HF.value, OrgLevel.TRAINING_ENTERPRISE.value)


async def create_goal_plan(work: Work, asked: CreatePlan) -> PlanView:
    """All themes and goals of the template, with its national and regional activities active at once."""
    faults = [
        Fault(field, "from_template", "Følger av malen.", "Follows from the template.")
        for field in ("name", "completion")
        if getattr(asked, field) is not None
    ]
    if asked.template is None:
        faults.append(missing("template"))
    if faults:
        raise Invalid(faults)
    assert asked.template is not None
    home = await owner(work, asked)
    if home is not None and (
        home["level"] not in _TRUST_LEVELS or home["hf_id"] != home["unit_id"]
    ):  # PLN-250
        raise Refused(
            "owner_must_be_trust",
            "En målplan eies av foretakets øverste nivå.",
            "A goal plan is owned by the top level of the trust.",
        )
    made_from = await chosen_template(work, asked.template)
    if made_from["plan_type"] != asked.type.value:
        raise Invalid(
            [Fault("template", "other_plan_type", "Malen er for en annen plantype.", "The template is of another type.")]
        )  # fmt: skip
    # Creating the first plan takes the template into use, which an import must not overlook (PLN-219, PLN-490).
    await raise_revision(work)
    hf_id = home["hf_id"] if home is not None else None
    await _refuse_second(work, made_from, hf_id)
    name = goal_plan_name(
        made_from["name"], made_from["code"], Track(made_from["track"]), made_from["specialty"]
    )
    await refuse_taken_name(work, hf_id, name)
    plan_id = await store_plan(
        work,
        asked,
        name=name,
        completion=Completion.AUTOMATIC.value,
        owner_unit_id=asked.unit_id,
        hf_id=hf_id,
        template_id=made_from["template_id"],
    )
    await _fill(work, plan_id, made_from["template_id"])
    return await shown(work, plan_id)


async def chosen_template(work: Work, choice: TemplateChoice) -> Row:
    """The one template meant. Several have one code: FKM is one for each track and specialty."""
    track = choice.track.value if choice.track else None
    found = await matching(work, choice.code, track, choice.specialty)
    if not found:
        raise Invalid(
            [Fault("template", "unknown_template", "Malen finnes ikke.", "There is no such template.")]
        )
    if len(found) > 1:
        raise Invalid(
            [Fault("template", "ambiguous_template", "Flere maler har denne koden.", "Several templates have this code.")],
            templates=[{name: row[name] for name in ("code", "track", "specialty")} for row in found],
        )  # fmt: skip
    return found[0]


async def _refuse_second(work: Work, made_from: Row, hf_id: UUID | None) -> None:
    """PLN-254."""
    existing = await work.value(
        select(plan.c.plan_id).where(
            plan.c.template_id == made_from["template_id"],
            plan.c.hf_id.is_not_distinct_from(hf_id),
            plan.c.archived_at.is_(None),
        )
    )
    if existing is not None:
        raise Conflict(
            "template_already_used",
            "Foretaket har allerede en plan fra denne malen.",
            "The trust has a plan from this template already.",
            plan_id=existing,
        )


async def _fill(work: Work, plan_id: UUID, template_id: UUID) -> None:
    keys = await work.column(
        select(template_goal.c.goal_key).where(template_goal.c.template_id == template_id)
    )
    ids = await add_goals(work, plan_id, keys, must_be_updated=False)
    activities = await work.all(
        select(goal_activity.c.goal_key, goal_activity.c.requirement_id, goal_activity.c.place)
        .join(requirement, requirement.c.requirement_id == goal_activity.c.requirement_id)
        .where(
            goal_activity.c.template_id == template_id,
            requirement.c.state == RequirementState.PUBLISHED.value,
        )
    )
    await tell_plan(work, PlanCreated, plan_id)
    items = await link_active(
        work, plan_id, [(ids[row["goal_key"]], row["goal_key"], row["requirement_id"], row["place"]) for row in activities]
    )  # fmt: skip
    await hooks.goals_available(work, PlanId(plan_id), keys)
    await hooks.items_activated(work, PlanId(plan_id), items)
    await tell_activated(work, [item.item_id for item in items])
