"""The first people with rights: nobody can order a role while nobody holds system_manager (IDN-179).

Run by the operator of the site from the command line; run again, it changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from stafett_chassis.work import Work
from stafett_contracts.vocabulary import OrgLevel, OrgSource, PositionKind, PositionStatus, Role
from stafett_identity.directory import actions as directory
from stafett_identity.directory import rules as directory_rules
from stafett_identity.directory import store, tables
from stafett_identity.directory.model import Position, Unit
from stafett_identity.national_ids import NationalIds
from stafett_identity.roles.actions import Order, UnitAsked, grant_role
from stafett_identity.settings import IdentitySettings

OPERATORS = "DRIFT"
_OPERATORS_NAME = "Systemdrift"
_LOCK = 0x57AF_1D02
SITE_ROLES = (Role.SYSTEM_MANAGER, Role.PRIVACY_OFFICER)


class CannotBootstrap(ValueError):
    """What was asked for cannot be done; the message lists everything that is wrong."""


@dataclass(frozen=True, slots=True)
class FirstGrant:
    """A role for a person whom HR has named, on the given cost centre or the position begun first."""

    object_id: str
    role: Role
    unit_codes: Sequence[str] = ()
    include_sub_units: bool = True
    specialties: Sequence[str] = ()
    plan_ids: Sequence[UUID] = ()
    cost_centre: str | None = None

    @classmethod
    def of(cls, document: Any) -> "FirstGrant":
        """From JSON. Raises `CannotBootstrap`."""
        known = set(cls.__slots__)
        if not isinstance(document, dict) or not isinstance(document.get("object_id"), str):
            raise CannotBootstrap("an entry needs object_id and role")
        unknown = sorted(set(document) - known)
        if unknown:
            raise CannotBootstrap(
                f"{document['object_id']}: unknown {', '.join(unknown)}; known: {', '.join(sorted(known))}"
            )
        try:
            given = {**document, "role": Role(str(document.get("role")))}
            given["plan_ids"] = [UUID(plan) for plan in document.get("plan_ids") or ()]
        except ValueError as error:
            raise CannotBootstrap(f"{document['object_id']}: {error}") from None
        for name in ("unit_codes", "specialties"):
            given[name] = tuple(document.get(name) or ())
        return cls(**given)


async def grant_first_roles(work: Work, wanted: Sequence[FirstGrant]) -> int:
    """Grant `wanted`; how many were new. All or nothing: raises `CannotBootstrap` naming every unknown thing."""
    await work.raw.execute("select pg_advisory_xact_lock($1)", _LOCK)
    before = await _count(work)
    orders: list[Order] = []
    faults: list[str] = []
    for grant in wanted:
        found = await _order(work, grant)
        if isinstance(found, Order):
            orders.append(found)
        else:
            faults.append(found)
    if faults:
        raise CannotBootstrap("\n".join(faults))
    for order in orders:
        await grant_role(work, order)
    return await _count(work) - before


async def _order(work: Work, grant: FirstGrant) -> Order | str:
    position = await _position(work, grant)
    if position is None:
        at = f" at {grant.cost_centre}" if grant.cost_centre else ""
        return f"{grant.object_id}: no active position{at}"
    units = []
    for code in grant.unit_codes:
        unit = await store.unit_by_code(work, code)
        if unit is None:
            return f"{grant.object_id}: no unit {code}"
        units.append(UnitAsked(unit.unit_id, grant.include_sub_units))
    scope = ",".join([*sorted(grant.unit_codes), *sorted(grant.specialties), *map(str, grant.plan_ids)])
    return Order(
        order_ref=f"bootstrap:{grant.role}:{position.position_id}:{scope}",
        position_id=position.position_id,
        role=grant.role,
        units=units,
        specialties=grant.specialties,
        plan_ids=grant.plan_ids,
    )


async def _position(work: Work, grant: FirstGrant) -> Position | None:
    position = tables.position.c
    query = (
        select(tables.position)
        .join(tables.person, tables.person.c.person_id == position.person_id)
        .where(tables.person.c.object_id == grant.object_id, position.status == PositionStatus.ACTIVE.value)
        .order_by(position.start_date, position.position_id)
        .limit(1)
    )
    if grant.cost_centre is not None:
        query = query.join(tables.org_unit, tables.org_unit.c.unit_id == position.unit_id).where(
            tables.org_unit.c.code == grant.cost_centre
        )
    row = await work.maybe(query)
    return Position(**row) if row else None


async def _count(work: Work) -> int:
    return int(await work.raw.fetchval("select count(*) from role_grant"))


async def register_operator(
    work: Work,
    settings: IdentitySettings,
    *,
    given_name: str,
    family_name: str,
    national_id: str,
    role: Role = Role.SYSTEM_MANAGER,
) -> Position:
    """A person who runs the site, employed elsewhere (IDN-175), with a position of their own to act from.

    The position lies at a unit for such people, which HR's files neither hold nor close. A known person keeps the
    name HR gave. Raises `CannotBootstrap` for a national id that is none here and for a role that is not the site's.
    """
    if role not in SITE_ROLES:
        raise CannotBootstrap(f"only {' and '.join(SITE_ROLES)} can be given like this, not {role}")
    if not directory_rules.is_national_id(national_id, synthetic=settings.accepts_synthetic):
        raise CannotBootstrap("this is no national id that this site accepts")
    await work.raw.execute("select pg_advisory_xact_lock($1)", _LOCK)
    keys = NationalIds.of(settings)
    person = await directory.find_person_by_national_id(work, keys, national_id)
    if person is None:
        person = await directory.register_person(
            work, keys, given_name=given_name, family_name=family_name, national_id=national_id
        )
    unit = await _operators_unit(work, settings)
    held = await store.positions_of(work, person.person_id)
    position = next(
        (one for one in held if one.unit_id == unit.unit_id and one.status == PositionStatus.ACTIVE), None
    )
    if position is None:
        position = await directory.create_position(
            work,
            person_id=person.person_id,
            unit_id=unit.unit_id,
            hf_id=unit.unit_id,
            kind=PositionKind.SELF_REGISTERED,
            title=role.label_nb,
        )
    await grant_role(
        work,
        Order(
            order_ref=f"bootstrap:{role}:{position.position_id}",
            position_id=position.position_id,
            role=role,
        ),
    )
    return position


async def _operators_unit(work: Work, settings: IdentitySettings) -> Unit:
    known = await store.unit_by_code(work, OPERATORS)
    if known is not None:
        return known
    level = OrgLevel.HF if settings.site_kind == "rhf" else OrgLevel.TRAINING_ENTERPRISE
    return await directory.create_unit(
        work, code=OPERATORS, name=_OPERATORS_NAME, level=level, parent=None, source=OrgSource.MANUAL
    )
