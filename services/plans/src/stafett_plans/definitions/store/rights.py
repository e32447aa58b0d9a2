"""Who may do what with definitions, as conditions inside a query («Who may do what» in plans-definitions).

A deputy has the leader's rights here, and none of anybody's administrative roles (PLN-003, IDN-148).
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, union

from stafett_chassis.auth import ActingAs, Caller
from stafett_chassis.directory import access
from stafett_chassis.directory.tables import deputy, leader, position, role, role_unit, unit, unit_above
from stafett_contracts.vocabulary import (
    LeaderSource,
    PlanType,
    PlanVariant,
    PositionStatus,
    RequirementKind,
    RequirementLevel,
    Role,
)
from stafett_plans.catalogue.store import requirement
from stafett_plans.definitions.store.tables import plan, plan_item

PLAN_MAKERS = (Role.DELEGATED_LEADER, Role.PROFESSIONAL_LEAD_A, Role.PROFESSIONAL_LEAD_B)
ADMINISTRATORS = (*PLAN_MAKERS, Role.HF_ADMIN, Role.LIS_HF_ADMIN, Role.APPRENTICE_HF_ADMIN, Role.RHF_ADMIN)
_GOAL_ADMINS = {
    PlanType.LEARNING_GOAL: Role.LIS_HF_ADMIN,
    PlanType.COMPETENCE_GOAL: Role.APPRENTICE_HF_ADMIN,
}


def central_roles(site_kind: str) -> tuple[Role, ...]:
    """Who keeps templates and central plans; the municipal site is run by its system manager."""
    return (Role.RHF_ADMIN, Role.SYSTEM_MANAGER) if site_kind == "municipal" else (Role.RHF_ADMIN,)


def holds(caller: Caller, today: Any, *roles: Role) -> ColumnElement[bool]:
    """Whether the caller has one of `roles` on the acting position, wherever it is in force."""
    return select(role.c.grant_id).where(access.holds(caller, today, roles)).exists()


def own_units(caller: Caller, today: Any) -> Select[Any]:
    """Ids of the caller's own departments (PLN-001): those of the roles, and the leader's with what is below."""
    return select(
        union(access.units_in_reach(caller, today, PLAN_MAKERS), _units_led(caller, today))
        .subquery()
        .c.unit_id
    )


def _units_led(caller: Caller, today: Any) -> Select[Any]:
    """The unit of the position a leader leads from, and those below it.

    PLN-002: being leader by hand gives no right to make plans.
    """
    led = (
        select(unit_above.c.unit_id)
        .join(position, position.c.unit_id == unit_above.c.above_id)
        .where(
            position.c.position_id == caller.leads_from,
            position.c.status == PositionStatus.ACTIVE.value,
            select(leader.c.employee_position_id)
            .where(leader.c.leader_position_id == caller.leads_from, leader.c.source == LeaderSource.HR.value)
            .exists(),
        )
    )
    if caller.acting_as is ActingAs.DEPUTY:
        led = led.where(
            select(deputy.c.deputy_id)
            .where(
                deputy.c.leader_position_id == caller.leader_position_id,
                deputy.c.deputy_person_id == caller.person_id,
                access.in_force(deputy.c.expires_on, today),
                deputy.c.ended_at.is_(None),
            )
            .exists()
        )
    return led


def trusts(caller: Caller, today: Any, *roles: Role) -> Select[Any]:
    """Ids of the trusts in which the caller has one of `roles`."""
    return (
        select(unit.c.hf_id)
        .join(role_unit, role_unit.c.unit_id == unit.c.unit_id)
        .join(role, role.c.grant_id == role_unit.c.grant_id)
        .where(access.holds(caller, today, roles), unit.c.hf_id.is_not(None))
    )


def opens_administration(caller: Caller, today: Any) -> ColumnElement[bool]:
    """Whether the caller may open Administer plans and preview any plan (PLN-415)."""
    return or_(
        holds(caller, today, *ADMINISTRATORS), select(_units_led(caller, today).subquery().c.unit_id).exists()
    )


def may_create(caller: Caller, today: Any, type: PlanType) -> ColumnElement[bool]:
    """Whether the caller may make a local plan of this type for the department (a row of `unit`)."""
    if type is PlanType.COMPETENCE:  # PLN-241
        return or_(
            unit.c.unit_id.in_(own_units(caller, today)),
            unit.c.hf_id.in_(trusts(caller, today, Role.HF_ADMIN)),
        )
    return unit.c.hf_id.in_(trusts(caller, today, _GOAL_ADMINS[type]))  # PLN-249


def stewards(caller: Caller, today: Any) -> ColumnElement[bool]:
    """Whether the plan is one of those the caller is plan steward of (PLN-435)."""
    return (
        select(role.c.grant_id)
        .where(
            access.holds(caller, today, (Role.PLAN_STEWARD,)),
            plan.c.plan_id == func.any(role.c.plan_ids),
        )
        .correlate(plan)
        .exists()
    )


def may_edit(caller: Caller, today: Any, site_kind: str) -> ColumnElement[bool]:
    """Whether the caller may edit the plan, its items and publications."""
    local = plan.c.variant == PlanVariant.LOCAL.value
    goal_plans = [
        and_(plan.c.type == kind.value, local, plan.c.hf_id.in_(trusts(caller, today, admin)))
        for kind, admin in _GOAL_ADMINS.items()
    ]
    return or_(
        and_(
            plan.c.type == PlanType.COMPETENCE.value,
            local,
            or_(
                plan.c.owner_unit_id.in_(own_units(caller, today)),
                plan.c.hf_id.in_(trusts(caller, today, Role.HF_ADMIN)),
            ),
        ),
        *goal_plans,
        and_(  # PLN-260
            plan.c.variant == PlanVariant.CENTRAL.value, holds(caller, today, *central_roles(site_kind))
        ),
        stewards(caller, today),
    )


def may_see(caller: Caller, today: Any) -> ColumnElement[bool]:
    """Whether the caller may preview the plan: any for administrators, the named ones for stewards."""
    return or_(opens_administration(caller, today), stewards(caller, today))


def may_edit_requirement(caller: Caller, today: Any) -> ColumnElement[bool]:
    """Whether the caller may edit the requirement in Administer requirements (PLN-019, PLN-217)."""
    of_activity = requirement.c.kind == RequirementKind.ACTIVITY.value
    in_trust = or_(
        requirement.c.hf_id.in_(trusts(caller, today, Role.HF_ADMIN)),
        and_(of_activity, requirement.c.hf_id.in_(trusts(caller, today, Role.LIS_HF_ADMIN))),
        and_(of_activity, requirement.c.hf_id.in_(trusts(caller, today, Role.APPRENTICE_HF_ADMIN))),
    )
    return or_(
        and_(
            requirement.c.level == RequirementLevel.LOCAL.value,
            or_(requirement.c.owner_unit_id.in_(own_units(caller, today)), in_trust),
        ),
        and_(
            requirement.c.level == RequirementLevel.TRUST_CENTRAL.value,
            requirement.c.hf_id.in_(trusts(caller, today, Role.HF_ADMIN)),
        ),
        and_(
            requirement.c.level == RequirementLevel.REGIONAL.value,
            holds(caller, today, Role.RHF_ADMIN),
        ),
    )


def may_edit_item(caller: Caller, today: Any) -> ColumnElement[bool]:
    """Whether the caller may edit the requirement inside the plan: same owner as the plan (PLN-092, PLN-438)."""
    return and_(
        requirement.c.owner_unit_id.is_not_distinct_from(plan.c.owner_unit_id),
        or_(
            may_edit_requirement(caller, today),
            and_(requirement.c.level == RequirementLevel.LOCAL.value, stewards(caller, today)),
        ),
    )


def stewarded(caller: Caller, today: Any) -> ColumnElement[bool]:
    """Whether the requirement lies in a plan of which the caller is steward and which has the same owner."""
    return (
        select(plan_item.c.item_id)
        .join(plan, plan.c.plan_id == plan_item.c.plan_id)
        .join(role, plan.c.plan_id == func.any(role.c.plan_ids))
        .where(
            access.holds(caller, today, (Role.PLAN_STEWARD,)),
            plan_item.c.requirement_id == requirement.c.requirement_id,
            plan.c.owner_unit_id == requirement.c.owner_unit_id,
            plan.c.archived_at.is_(None),
        )
        .correlate(requirement)
        .exists()
    )


def may_read_history(caller: Caller, today: Any, site_kind: str) -> ColumnElement[bool]:
    """Whether the caller may read the plan's version history and log."""
    return or_(
        may_edit(caller, today, site_kind),
        plan.c.hf_id.in_(trusts(caller, today, Role.HF_ADMIN, Role.LIS_HF_ADMIN)),
        holds(caller, today, *central_roles(site_kind)),
    )
