"""Granting a role by order, and withdrawing one (IDN-179 to IDN-183)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from stafett_chassis.problems import Conflict, Fault, Invalid, NotFound, Problem
from stafett_chassis.sql import into_all
from stafett_chassis.work import Work
from stafett_contracts.ids import new_id
from stafett_contracts.vocabulary import GrantEndCause, GrantState, OrgLevel, PositionStatus, Role
from stafett_identity.directory import access, store, tables
from stafett_identity.directory.endings import save_grants
from stafett_identity.directory.model import Grant, GrantUnit, Position
from stafett_identity.roles import rules
from stafett_identity.roles.rules import OrderedUnit, ScopeOrdered


@dataclass(frozen=True, slots=True)
class UnitAsked:
    """A unit in an order."""

    unit_id: UUID
    include_sub_units: bool = True


@dataclass(frozen=True, slots=True)
class Order:
    """An order for a role on a position; dates are first and last day."""

    order_ref: str
    position_id: UUID
    role: Role
    units: Sequence[UnitAsked] = ()
    specialties: Sequence[str] = ()
    plan_ids: Sequence[UUID] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    ordered_by: str | None = None


@dataclass(frozen=True, slots=True)
class GrantView:
    """A granted role."""

    grant_id: UUID
    order_ref: str
    position_id: UUID
    person_id: UUID
    role: str
    units: Sequence[GrantUnit]
    specialties: Sequence[str]
    plan_ids: Sequence[UUID]
    valid_from: date
    valid_to: date | None
    state: str
    revision: int


async def order_role(work: Work, order: Order) -> GrantView:
    """Register an order; for the system manager."""
    await access.require(work, work.caller, work.today, Role.SYSTEM_MANAGER)
    return await grant_role(work, order, by_person=work.caller.person_id)


async def grant_role(work: Work, order: Order, *, by_person: UUID | None = None) -> GrantView:
    """Grant what is ordered; the same order, or the same role and scope on the position, gives one grant (IDN-182)."""
    position = await store.position(work, order.position_id, lock=True)
    if position is None:
        raise NotFound()
    rules.may_order(by_person=by_person, for_person=position.person_id)
    scope = rules.scope_granted(
        order.role,
        ScopeOrdered(
            await _units(work, order.units), tuple(set(order.specialties)), tuple(set(order.plan_ids))
        ),
        await _region(work),
    )
    known = await _known(work, order, scope)
    if known is not None:
        return await _view(work, known)
    if position.status != PositionStatus.ACTIVE:
        raise Conflict("position_not_active", "Stillingen er ikke aktiv.", "The position is not active.")
    rules.may_have(order.role, await _roles_on(work, position))
    start = max(order.valid_from or work.today, work.today)
    if order.valid_to is not None and order.valid_to < start:
        raise Invalid([Fault("valid_to", "end_before_start", "Datoen har passert.", "The date has passed.")])
    row = Grant(
        grant_id=new_id(),
        position_id=position.position_id,
        person_id=position.person_id,
        role=order.role.value,
        specialties=sorted(scope.specialties),
        plan_ids=sorted(scope.plan_ids),
        scope_key=scope.key(),
        valid_from=start,
        valid_to=order.valid_to,
        order_ref=order.order_ref,
        ordered_by=order.ordered_by,
        registered_by=by_person,
        state=GrantState.ACTIVE.value,
        created_at=work.at,
        updated_at=work.at,
    )
    if scope.units:
        await work.run(
            insert(tables.role_unit).values(
                [
                    {
                        "grant_id": row.grant_id,
                        "unit_id": unit.unit_id,
                        "include_sub_units": unit.include_sub_units,
                    }
                    for unit in scope.units
                ]
            )
        )
    await save_grants(work, [row], new=True)
    return await _view(work, row)


async def withdraw(work: Work, order_ref: str) -> GrantView:
    """End the grant of an order at once; one that has ended stays as it is (IDN-183)."""
    await access.require(work, work.caller, work.today, Role.SYSTEM_MANAGER)
    grant = tables.role_grant.c
    row = await work.maybe(select(tables.role_grant).where(grant.order_ref == order_ref).with_for_update())
    if row is None:
        raise NotFound()
    found = Grant(**row)
    rules.may_order(by_person=work.caller.person_id, for_person=found.person_id)
    if found.state == GrantState.ENDED:
        return await _view(work, found)
    ending = [found]
    if found.role == Role.HF_ADMIN:
        # The extra role ends with it (IDN-181).
        rows = await work.all(
            select(tables.role_grant).where(
                grant.position_id == found.position_id,
                grant.role == Role.USER_REACTIVATION.value,
                grant.state != GrantState.ENDED.value,
            )
        )
        ending += into_all(Grant, rows)
    saved = await save_grants(
        work,
        [
            replace(
                one,
                state=GrantState.ENDED.value,
                ended_cause=GrantEndCause.ORDER.value,
                ended_on=work.today,
            )
            for one in ending
        ],
    )
    return await _view(work, saved[0])


async def _units(work: Work, asked: Sequence[UnitAsked]) -> tuple[OrderedUnit, ...]:
    rows = await work.all(
        select(tables.org_unit.c.unit_id, tables.org_unit.c.level).where(
            store.among(tables.org_unit.c.unit_id, [unit.unit_id for unit in asked]),
            tables.org_unit.c.valid_to.is_(None),
        )
    )
    levels = {row["unit_id"]: OrgLevel(row["level"]) for row in rows}
    faults = [
        Fault(f"units.{number}.unit_id", "unknown", "Enheten finnes ikke.", "There is no such unit.")
        for number, unit in enumerate(asked)
        if unit.unit_id not in levels
    ]
    if faults:
        raise Invalid(faults)
    by_id = {unit.unit_id: unit for unit in asked}
    return tuple(
        OrderedUnit(unit_id, unit.include_sub_units, levels[unit_id]) for unit_id, unit in by_id.items()
    )


async def _region(work: Work) -> OrderedUnit | None:
    unit_id = await work.value(
        select(tables.org_unit.c.unit_id)
        .where(
            tables.org_unit.c.level.in_([OrgLevel.RHF.value, OrgLevel.NATIONAL.value]),
            tables.org_unit.c.valid_to.is_(None),
        )
        .order_by(tables.org_unit.c.code)
        .limit(1)
    )
    return OrderedUnit(unit_id, True, OrgLevel.RHF) if unit_id else None


async def _known(work: Work, order: Order, scope: ScopeOrdered) -> Grant | None:
    """The grant of this order, or an open one of the same role and scope. Refuses a reference used for another."""
    grant = tables.role_grant.c
    row = await work.maybe(select(tables.role_grant).where(grant.order_ref == order.order_ref))
    if row is not None:
        found = Grant(**row)
        if (found.position_id, found.role, found.scope_key) != (
            order.position_id,
            order.role.value,
            scope.key(),
        ):
            raise Problem(
                409,
                "order_ref_used",
                "Bestillingsnummeret er brukt til en annen bestilling.",
                "The order reference was used for another order.",
            )
        return found
    row = await work.maybe(
        select(tables.role_grant)
        .where(
            grant.position_id == order.position_id,
            grant.role == order.role.value,
            grant.scope_key == scope.key(),
            grant.state != GrantState.ENDED.value,
        )
        .limit(1)
    )
    return Grant(**row) if row is not None else None


async def _roles_on(work: Work, position: Position) -> set[Role]:
    found = await work.column(
        select(tables.role_grant.c.role).where(
            tables.role_grant.c.position_id == position.position_id,
            tables.role_grant.c.state == GrantState.ACTIVE.value,
        )
    )
    return {Role(role) for role in found}


async def _view(work: Work, row: Grant) -> GrantView:
    units = (await store.grant_units(work, [row.grant_id])).get(row.grant_id, [])
    return GrantView(
        row.grant_id,
        row.order_ref,
        row.position_id,
        row.person_id,
        row.role,
        units,
        row.specialties,
        row.plan_ids,
        row.valid_from,
        row.valid_to,
        row.state,
        row.revision,
    )
