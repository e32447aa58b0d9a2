"""Choosing a supervisor or an approver."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from stafett_chassis.http import Call
from stafett_contracts.vocabulary import DocumentationForm
from stafett_signing.choosing import store

routes = APIRouter(tags=["choosing"])


@routes.get("/supervisors", response_model=list[store.Supervisor])
async def get_supervisors(
    call: Call,
    q: Annotated[
        str,
        Query(
            max_length=100,
            description="Words of the name, at least two letters; empty: only those placed first.",
        ),
    ] = "",
    documentation_form: Annotated[
        DocumentationForm | None, Query(description="Decides who comes first; nobody is left out by it.")
    ] = None,
    employee: Annotated[
        UUID | None, Query(description="Person the request is about, when it is not the caller.")
    ] = None,
) -> Response:
    """Find a supervisor among everybody with an active account and position."""
    return await call.read(store.supervisors, q, documentation_form, employee)


@routes.get("/approvers", response_model=list[store.Approver])
async def get_approvers(
    call: Call, employee_position_id: Annotated[UUID, Query(description="The position acted from.")]
) -> Response:
    """List whom a goal can be sent to, in order; empty: «Du har ingen leder registrert»."""
    return await call.read(store.approvers, employee_position_id)
