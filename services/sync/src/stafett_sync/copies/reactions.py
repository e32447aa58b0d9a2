"""Keeping the copies, and what follows from a change in them."""

from stafett_chassis.clock import oslo_date
from stafett_chassis.reactions import Reactions
from stafett_chassis.work import Work
from stafett_contracts import plans
from stafett_contracts.vocabulary import FactType, PlanType
from stafett_sync.copies import store
from stafett_sync.facts import actions as facts
from stafett_sync.facts import rules as fact_rules
from stafett_sync.facts import settling
from stafett_sync.facts import store as fact_store
from stafett_sync.persons import actions as persons
from stafett_sync.persons import store as person_store
from stafett_sync.statements.keys import is_goal_key
from stafett_sync.statements.registry import Hold

reactions = Reactions()


@reactions.on(plans.GoalAdded, plans.GoalChanged, plans.GoalWithdrawn)
async def keep_goal(work: Work, event: plans.GoalData) -> None:
    """A goal of the catalogue; what other sites have said of it takes effect now (SYN-053)."""
    templates = [
        {
            "code": one.code,
            "name": one.name,
            "theme": one.theme,
            "theme_order": one.theme_order,
            "goal_order": one.goal_order,
        }
        for one in event.templates
    ]
    key = fact_rules.key_of_goal(
        event.goal_number, event.goal_key, [template.code for template in event.templates]
    )
    kept = await store.keep(
        work,
        store.catalogue_goal,
        {
            "goal_key": key,
            "goal_number": event.goal_number,
            "text": event.text,
            "catalogue_version": event.catalogue_version,
            "templates": templates,
            "revision": event.revision,
        },
    )
    if kept:
        for hpr in await fact_store.release(work, Hold.GOAL_UNKNOWN.value, key):
            person_id = await person_store.open_trainee(work, hpr)
            if person_id is not None:
                work.gather(settling.settle, (person_id, FactType.GOAL_STATUS.value, key))


@reactions.on(plans.GoalReplaced)
async def keep_replacement(work: Work, event: plans.GoalReplaced) -> None:
    """A goal took the place of others: approvals on those may count on it (SYN-054)."""
    kept = await store.keep(
        work,
        store.goal_replacement,
        {
            "goal_key": event.goal_key,
            "place": str(event.hf_id or "-"),
            "replaced": sorted(one.goal_key for one in event.replaced if is_goal_key(one.goal_key)),
            "demand": event.demand.value,
            "revision": event.revision,
        },
    )
    if not kept:
        return
    rows = await work.raw.fetch(
        "select distinct t.person_id from fact f join trainee t on t.hpr = f.hpr and t.open"
        " where f.type like 'goal_%' and f.subject = any($1)",
        [one.goal_key for one in event.replaced],
    )
    work.gather(
        settling.settle, *((row["person_id"], FactType.GOAL_STATUS.value, event.goal_key) for row in rows)
    )


@reactions.on(
    plans.AssignmentCreated,
    plans.AssignmentDeactivated,
    plans.AssignmentReactivated,
    plans.AssignmentArchived,
    plans.AssignmentDeleted,
    plans.AssignmentMoved,
    plans.AssignmentCompleted,
    plans.AssignmentReopened,
)
async def keep_assignment(work: Work, event: plans.AssignmentData) -> None:
    """A learning-goal plan of a person: no other plan is ever told of (SYN-005)."""
    if event.plan_type is not PlanType.LEARNING_GOAL:
        return
    template = event.template_code or str(event.plan_id)
    earlier_trust = await store.trust_of_assignment(work, event.assignment_id)
    kept = await store.keep(
        work,
        store.assignment,
        {
            "assignment_id": event.assignment_id,
            "person_id": event.person_id,
            "position_id": event.position_id,
            "hf_id": event.hf_id,
            "plan_id": event.plan_id,
            "plan_name": event.plan_name,
            "template_code": template,
            "track": event.track.value if event.track else None,
            "specialty": event.specialty,
            "state": event.state.value,
            "assigned_on": oslo_date(event.assigned_at),
            "ended_on": event.ended_on,
            "revision": event.revision,
        },
    )
    if not kept:
        return
    for trust in {event.hf_id, earlier_trust or event.hf_id}:
        await facts.take_plan(work, event.person_id, trust, template)
    work.gather(persons.refresh, event.person_id)
    # What is shown of plans elsewhere depends on what is assigned here (SYN-214).
    rows = await work.raw.fetch(
        "select distinct f.subject from fact f join trainee t on t.hpr = f.hpr"
        " where t.person_id = $1 and f.type = $2 and f.site <> $3",
        event.person_id,
        FactType.PLAN.value,
        work.site,
    )
    work.gather(settling.settle, *((event.person_id, FactType.PLAN.value, row["subject"]) for row in rows))
