"""The events of plans and their items, built from what is stored."""

from collections.abc import Collection
from typing import Any, TypeVar
from uuid import UUID

from stafett_chassis.sql import Row
from stafett_chassis.work import Work
from stafett_contracts.ids import PersonId, UnitId
from stafett_contracts.plans import PlanItemActivated, PlanPublication
from stafett_contracts.plans.catalogue import PlanData
from stafett_contracts.values import Person
from stafett_plans.definitions.store import items, plans

E = TypeVar("E", bound=PlanData)


async def tell_plan(work: Work, event: type[E], plan_id: UUID, **more: Any) -> None:
    """Emit an event about one plan with its whole present state."""
    [row] = await plans.told(work, [plan_id])
    work.emit(plan_event(event, row, **more))


def plan_event(event: type[E], row: Row, **more: Any) -> E:
    """An event with the state in `row`, a row of `plans.told`."""
    return event(
        revision=row["revision"],
        plan_id=row["plan_id"],
        type=row["type"],
        variant=row["variant"],
        state=row["state"],
        name=row["name"],
        template_code=row["template_code"],
        track=row["track"],
        specialty=row["specialty"],
        owner_unit_id=row["owner_unit_id"],
        owner_unit_name=row["owner_unit_name"],
        hf_id=row["hf_id"],
        completion=row["completion"],
        major=row["major"],
        minor=row["minor"],
        document_owner=_person(row["document_owner_id"], row["document_owner_name"]),
        document_responsible=_person(row["document_responsible_id"], row["document_responsible_name"]),
        publications=tuple(
            PlanPublication(
                unit_id=UnitId(UUID(each["unit_id"])),
                name=each["name"],
                include_sub_units=each["include_sub_units"],
            )
            for each in row["publications"]
        ),
        last_changed_at=row["changed_at"],
        **more,
    )


def _person(person_id: UUID | None, name: str | None) -> Person | None:
    return Person(person_id=PersonId(person_id), name=name or "") if person_id else None


async def tell_activated(work: Work, item_ids: Collection[UUID]) -> None:
    """Emit that items became active."""
    for row in await items.told(work, item_ids) if item_ids else ():
        work.emit(
            PlanItemActivated(
                revision=row["revision"],
                item_id=row["item_id"],
                plan_id=row["plan_id"],
                plan_name=row["plan_name"],
                section_id=row["section_id"],
                section_name=row["section_name"],
                goal_number=row["goal_number"],
                goal_key=row["goal_key"],
                requirement_id=row["requirement_id"],
                requirement_name=row["requirement_name"],
                external_key=row["external_key"],
                recertification=row["recertification"],
                state=row["state"],
                changed_at=work.at,
                validity_days=row["validity_days"],
            )
        )
