"""What roles a caller holds now, from identity's own tables: a token may be older than a withdrawal (IDN-044)."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import Select, or_, select

from stafett_chassis.auth import ActingAs, Caller
from stafett_chassis.problems import Forbidden
from stafett_chassis.sql import Connection
from stafett_contracts.vocabulary import GrantState, PositionStatus, Role
from stafett_identity.directory.tables import org_unit, position, role_grant, role_unit


def granted(caller: Caller, today: date, roles: Collection[Role]) -> Select[Any]:
    """Ids of the grants of `roles` in force on the acting position; none in a deputy session (IDN-148)."""
    grant = role_grant.c
    return (
        select(grant.grant_id)
        .join(position, position.c.position_id == grant.position_id)
        .where(
            grant.position_id == (caller.position_id if caller.acting_as is not ActingAs.DEPUTY else None),
            grant.person_id == caller.person_id,
            grant.role.in_([role.value for role in roles]),
            grant.state == GrantState.ACTIVE.value,
            grant.valid_from <= today,
            or_(grant.valid_to.is_(None), grant.valid_to >= today),
            position.c.status == PositionStatus.ACTIVE.value,
            or_(position.c.access_until.is_(None), position.c.access_until >= today),
        )
    )


async def holds(connection: Connection, caller: Caller, today: date, *roles: Role) -> bool:
    """Whether one of `roles` is in force on the acting position."""
    return await connection.maybe(granted(caller, today, roles).limit(1)) is not None


async def require(connection: Connection, caller: Caller, today: date, *roles: Role) -> None:
    """Refuse with 403 unless one of `roles` is in force on the acting position."""
    if not await holds(connection, caller, today, *roles):
        raise Forbidden()


async def trusts_administered(connection: Connection, caller: Caller, today: date) -> set[str]:
    """Codes of the trusts whose hf_admin the caller is."""
    grants = granted(caller, today, [Role.HF_ADMIN])
    rows = await connection.column(
        select(org_unit.c.code)
        .join(role_unit, role_unit.c.unit_id == org_unit.c.unit_id)
        .where(role_unit.c.grant_id.in_(grants))
    )
    return set(rows)
