"""The directory over HTTP: units for everybody logged in, the snapshot for services."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from stafett_chassis.http import OPEN, VERSIONED, Call, Visit
from stafett_chassis.service_auth import calling_service
from stafett_identity.directory import queries, snapshot, units
from stafett_identity.directory.queries import UnitList, UnitView

routes = APIRouter(tags=["directory"])

Words = Annotated[str, Query(max_length=200, description="words, or their beginnings, in any order")]
Text = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]


@routes.get("/org/units", response_model=UnitList)
async def get_units(call: Call, parent: UUID | None = None, q: Words | None = None) -> Response:
    """Open the organisation level by level, or search it by name, code or path."""
    return await call.read(queries.units, parent, q)


@routes.get("/org/units/{unit_id}", response_model=UnitView)
async def get_unit(unit_id: UUID, call: Call) -> Response:
    """Show a unit."""
    return await call.read(queries.unit, unit_id)


class UnitChange(BaseModel):
    """What a unit is called and what it lies under."""

    model_config = ConfigDict(extra="forbid")

    name: Text
    parent_id: UUID | None = None


def _from_hr(call: Call) -> bool:
    return bool(call.runtime.settings.site_kind == "rhf")


@routes.patch("/org/units/{unit_id}", response_model=UnitView, openapi_extra=VERSIONED)
async def patch_unit(unit_id: UUID, body: UnitChange, call: Call) -> Response:
    """Rename or move a unit (municipal site)."""
    return await call.act(units.change, unit_id, body.name, body.parent_id, call.version(), hr=_from_hr(call))


_SNAPSHOT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Lines of events; the header `Next-Cursor` names the next page, and is missing on the last.",
        "content": {"application/x-ndjson": {"schema": {"type": "string"}}},
    }
}


@routes.get("/directory/snapshot", response_class=Response, responses=_SNAPSHOT, openapi_extra=OPEN)
async def get_snapshot(visit: Visit, cursor: str | None = None) -> Response:
    """Read the whole directory, page by page (services of the site only)."""
    runtime = visit.runtime
    service = calling_service(visit.request, runtime.settings, runtime.clock)
    async with runtime.database.connection() as connection:
        lines, following = await snapshot.page(
            connection, cursor, service=service, site=runtime.settings.site, now=runtime.clock.now()
        )
    headers = {"next-cursor": following} if following else {}
    return Response(lines, 200, headers, "application/x-ndjson")
