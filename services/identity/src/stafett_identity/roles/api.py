"""Role orders over HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from stafett_chassis.http import CHANGE, Call, Reading
from stafett_contracts.vocabulary import Role
from stafett_identity.roles import actions
from stafett_identity.roles.actions import GrantView, Order, UnitAsked
from stafett_identity.roles.rules import CATALOGUE

routes = APIRouter(tags=["roles"])

Code = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00]+$")]


class OrderUnit(BaseModel):
    """A unit the role is to reach."""

    model_config = ConfigDict(extra="forbid")

    unit_id: UUID
    include_sub_units: bool = True


class RoleOrder(BaseModel):
    """An order for a role on a position."""

    model_config = ConfigDict(extra="forbid")

    order_ref: Code = Field(description="reference in the ordering system; the same gives the same grant")
    position_id: UUID
    role: Role
    units: list[OrderUnit] = Field(default=[], max_length=200)
    specialties: list[Code] = Field(default=[], max_length=100, description="codes; training leads only")
    plan_ids: list[UUID] = Field(default=[], max_length=500, description="plan stewards only")
    valid_from: date | None = Field(default=None, description="first day; default and earliest today")
    valid_to: date | None = Field(default=None, description="last day; none: no end")
    ordered_by: Code | None = None


@dataclass(frozen=True, slots=True)
class RoleShown:
    """A role that can be ordered, and the scope its order must name."""

    role: str
    name_nb: str
    name_en: str
    units: bool
    specialties: bool
    plans: bool
    one_trust: bool


@routes.get("/roles", response_model=list[RoleShown])
async def get_roles(call: Call) -> Response:
    """List the roles that can be ordered."""

    async def catalogue(_: Reading) -> Sequence[RoleShown]:
        return [
            RoleShown(
                role.value,
                role.label_nb,
                role.label_en,
                scope.units,
                scope.specialties,
                scope.plans,
                scope.level is not None,
            )
            for role, scope in CATALOGUE.items()
        ]

    return await call.read(catalogue)


@routes.post("/role-orders", response_model=GrantView, status_code=201, openapi_extra=CHANGE)
async def post_order(body: RoleOrder, call: Call) -> Response:
    """Register an order for a role."""
    given = body.model_dump()
    units = [UnitAsked(**unit) for unit in given.pop("units")]
    return await call.create(actions.order_role, Order(**given, units=units))


@routes.post("/role-orders/{order_ref}/withdraw", response_model=GrantView, openapi_extra=CHANGE)
async def post_withdrawal(order_ref: Code, call: Call) -> Response:
    """Withdraw an ordered role at once."""
    return await call.act(actions.withdraw, order_ref)
