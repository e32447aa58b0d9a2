"""Imports over HTTP."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from stafett_chassis.http import CHANGE, Call, Reading
from stafett_chassis.paging import Page
from stafett_chassis.problems import Fault, Invalid
from stafett_identity.hr_import import actions, queries
from stafett_identity.hr_import.queries import Report
from stafett_identity.hr_import.store import Run
from stafett_identity.hr_import.upload import Upload

routes = APIRouter(tags=["imports"])

_UPLOAD = {
    **CHANGE,
    "requestBody": {
        "required": True,
        "description": "The JSON file as it is, or a form with the CSV pair and its manifest.",
        "content": {
            "application/json": {"schema": {"type": "object"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["manifest", "units", "positions"],
                    "properties": {
                        name: {"type": "string", "format": "binary"}
                        for name in ("manifest", "units", "positions")
                    },
                }
            },
        },
    },
}


@routes.post("/imports", response_model=Run, status_code=201, openapi_extra=_UPLOAD)
async def post_import(call: Call, mode: Literal["apply", "dry_run"] = "apply") -> Response:
    """Import an HR file, or only report what it would change.

    A file that cannot be used gives a run of state `refused`, with why; one sent before gives the first run.
    """
    file = await _uploaded(call)
    return await call.answer(201, file.hash(), actions.upload, call.runtime.settings, file, mode)


async def _uploaded(call: Call) -> Upload:
    kind = call.request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        return Upload(json=await call.request.body())
    parts: dict[str, bytes] = {}
    async with call.request.form(max_files=3, max_fields=3) as form:
        for name in ("manifest", "units", "positions"):
            part = form.get(name)
            if part is None:
                raise Invalid([Fault(name, "missing", "Filen mangler.", "The file is missing.")])
            parts[name] = part.encode() if isinstance(part, str) else await part.read()
    return Upload(**parts)


@routes.get("/imports", response_model=Page[Run])
async def get_imports(
    call: Call, cursor: str | None = None, size: Annotated[int, Query(ge=1, le=100)] = 25
) -> Response:
    """List runs, the newest first."""
    return await call.read(queries.runs, cursor, size)


@routes.get("/imports/{run_id}", response_model=Run)
async def get_import(run_id: UUID, call: Call) -> Response:
    """Show a run with its counts."""
    return await call.read(queries.one_run, run_id)


@routes.get("/imports/{run_id}/report", response_model=Report)
async def get_report(run_id: UUID, call: Call) -> Response:
    """Show what a run found and changed."""
    return await call.read(queries.run_report, run_id)


@routes.get(
    "/imports/{run_id}/report.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def get_report_csv(run_id: UUID, call: Call) -> Response:
    """Download what a run found and changed, as CSV."""

    async def query(read: Reading) -> Response:
        text = queries.as_csv(await queries.run_report(read, run_id))
        headers = {"content-disposition": f'attachment; filename="import-{run_id}.csv"'}
        return Response(b"\xef\xbb\xbf" + text.encode(), 200, headers, "text/csv")

    return await call.read(query)


@routes.post("/imports/{run_id}/approve", response_model=Run, openapi_extra=CHANGE)
async def approve_import(run_id: UUID, call: Call) -> Response:
    """Apply a run that was held, as of today."""
    return await call.act(actions.approve, call.runtime.settings, run_id)


@routes.post("/imports/{run_id}/reject", response_model=Run, openapi_extra=CHANGE)
async def reject_import(run_id: UUID, call: Call) -> Response:
    """Drop a run that was held."""
    return await call.act(actions.reject, run_id)
