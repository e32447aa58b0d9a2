"""Document roles, publishing and unpublishing (PLN-350 to PLN-361)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, or_, select, update

from stafett_chassis.directory import access
from stafett_chassis.directory.tables import position, unit, unit_above
from stafett_chassis.problems import Conflict, Fault, Invalid, NotFound
from stafett_chassis.sql import Row
from stafett_chassis.work import Work
from stafett_contracts.ids import UnitId, new_id
from stafett_contracts.plans import PlanDocumentRolesSet, PlanPublished, PlanUnpublished
from stafett_contracts.vocabulary import PlanItemState, PlanState, PositionStatus
from stafett_plans.definitions.actions.opening import open_plan, shown
from stafett_plans.definitions.actions.plans import touch
from stafett_plans.definitions.actions.telling import tell_plan
from stafett_plans.definitions.schemas import DocumentRoles, PlanView, Publish, PublishedTo, PublishTo
from stafett_plans.definitions.store import plan, plan_item, plans, publication


async def set_document_roles(
    work: Work, plan_id: UUID, asked: DocumentRoles, version: int | None
) -> PlanView:
    """Who owns the content and who entered it; the first time, the plan is published to its owner (PLN-354)."""
    row = await open_plan(work, plan_id, version)
    after = {
        "document_owner_id": asked.document_owner_id,
        "document_responsible_id": asked.document_responsible_id,
    }
    new = {name: (row[name], person_id) for name, person_id in after.items() if row[name] != person_id}
    await _refuse_inactive(work, {name: person_id for name, (_, person_id) in new.items()})
    if not new:
        return await shown(work, plan_id)
    await touch(work, plan_id, "document_roles_set", new, **after)
    first = row["document_owner_id"] is None and row["document_responsible_id"] is None
    await tell_plan(
        work,
        PlanDocumentRolesSet,
        plan_id,
        new_owner="document_owner_id" in new,  # PLN-352: only who is new is alerted
        new_responsible="document_responsible_id" in new,
    )
    if first and row["owner_unit_id"] is not None:
        await _publish(work, plan_id, [PublishTo(unit_id=row["owner_unit_id"])])
    return await shown(work, plan_id)


async def _refuse_inactive(work: Work, persons: dict[str, UUID]) -> None:
    """PLN-351: both have an active position at the site."""
    active = set(
        await work.column(
            select(position.c.person_id).where(
                position.c.person_id.in_(list(persons.values())),
                position.c.status == PositionStatus.ACTIVE.value,
                access.in_force(position.c.access_until, work.today),
            )
        )
    )
    faults = [
        Fault(name, "no_active_position", "Personen har ingen aktiv stilling.", "The person has no active position.")
        for name, person_id in persons.items()
        if person_id not in active
    ]  # fmt: skip
    if faults:
        raise Invalid(faults)


async def publish(work: Work, plan_id: UUID, asked: Publish) -> PublishedTo:
    """To one or more departments; publishing again to the same one updates it (PLN-356)."""
    row = await open_plan(work, plan_id)
    if row["document_owner_id"] is None or row["document_responsible_id"] is None:  # PLN-350
        raise Conflict(
            "document_roles_missing",
            "Planen må ha dokumenteier og dokumentansvarlig før den publiseres.",
            "The plan needs a document owner and a document responsible before it is published.",
        )
    await _refuse_outside(work, row, asked.units)
    await _publish(work, plan_id, asked.units)
    return await _published_to(work, plan_id)


async def _refuse_outside(work: Work, row: Row, wanted: Sequence[PublishTo]) -> None:
    """Local plans within the trust, central ones anywhere at the site; closed departments nowhere."""
    open_units = select(unit.c.unit_id).where(
        unit.c.unit_id.in_([each.unit_id for each in wanted]), access.in_force(unit.c.valid_to, work.today)
    )
    known = set(await work.column(open_units))
    inside = known
    if row["hf_id"] is not None:
        inside = set(
            await work.column(
                open_units.where(
                    or_(
                        unit.c.hf_id == row["hf_id"],
                        unit.c.unit_id.in_(
                            select(unit_above.c.unit_id).where(unit_above.c.above_id == row["hf_id"])
                        ),
                    )
                )
            )
        )
    faults = [
        Fault(
            f"units.{place}.unit_id",
            "outside_trust" if each.unit_id in known else "unknown_unit",
            "Planen kan ikke publiseres til denne avdelingen.",
            "The plan cannot be published to this department.",
        )
        for place, each in enumerate(wanted)
        if each.unit_id not in inside
    ]
    if faults:
        raise Invalid(faults)


async def _publish(work: Work, plan_id: UUID, wanted: Sequence[PublishTo]) -> None:
    present = {
        each["unit_id"]: each["include_sub_units"]
        for each in await work.all(select(publication).where(publication.c.plan_id == plan_id))
    }
    units = {each.unit_id: each.include_sub_units for each in wanted}
    changed = {unit_id: subs for unit_id, subs in units.items() if present.get(unit_id) is not subs}
    for unit_id, subs in changed.items():
        if unit_id in present:
            await work.run(
                update(publication)
                .where(publication.c.plan_id == plan_id, publication.c.unit_id == unit_id)
                .values(include_sub_units=subs, published_by=work.caller.person_id, published_at=work.at)
            )
        else:
            await work.run(
                insert(publication).values(
                    publication_id=new_id(),
                    plan_id=plan_id,
                    unit_id=unit_id,
                    include_sub_units=subs,
                    published_by=work.caller.person_id,
                    published_at=work.at,
                )
            )
    if not changed:
        return
    changes: Any = {str(unit_id): (present.get(unit_id), subs) for unit_id, subs in changed.items()}
    await touch(work, plan_id, "published", changes, state=PlanState.PUBLISHED.value)
    for unit_id, subs in changed.items():
        await tell_plan(work, PlanPublished, plan_id, unit_id=UnitId(unit_id), include_sub_units=subs)


async def unpublish(work: Work, plan_id: UUID, publication_id: UUID) -> PublishedTo:
    """One department less; who has the plan keeps it (PLN-359, PLN-360)."""
    await open_plan(work, plan_id)
    gone = await work.maybe(
        delete(publication)
        .where(publication.c.plan_id == plan_id, publication.c.publication_id == publication_id)
        .returning(publication.c.unit_id, publication.c.include_sub_units)
    )
    if gone is None:
        raise NotFound()
    rest = await work.value(
        select(publication.c.publication_id).where(publication.c.plan_id == plan_id).limit(1)
    )
    state = PlanState.UNPUBLISHED if rest is None else PlanState.PUBLISHED
    changes = {str(gone["unit_id"]): (gone["include_sub_units"], None)}
    await touch(work, plan_id, "unpublished", changes, state=state.value)
    await tell_plan(
        work,
        PlanUnpublished,
        plan_id,
        unit_id=UnitId(gone["unit_id"]),
        include_sub_units=gone["include_sub_units"],
    )
    return await _published_to(work, plan_id)


async def _published_to(work: Work, plan_id: UUID) -> PublishedTo:
    [row] = await plans.told(work, [plan_id])
    active = await work.value(
        select(plan_item.c.item_id)
        .join(plan, plan.c.plan_id == plan_item.c.plan_id)
        .where(plan_item.c.plan_id == plan_id, plan_item.c.state == PlanItemState.ACTIVE.value)
        .limit(1)
    )
    warnings = ["plan_is_empty"] if active is None and row["publications"] else []
    return PublishedTo(row["publications"], warnings, row["revision"])
