"""The catalogue over HTTP: requirements, categories, templates, goals and imports."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from stafett_chassis.clock import oslo_date
from stafett_chassis.http import CHANGE, VERSIONED, Call
from stafett_chassis.paging import Page
from stafett_contracts.vocabulary import Track
from stafett_plans.catalogue.actions import categories, exporting, imports, requirements
from stafett_plans.catalogue.schemas import (
    CategoryBody,
    CategoryView,
    ContentBody,
    GoalView,
    ImportView,
    RequirementView,
    TemplateView,
    WholeTemplate,
)
from stafett_plans.catalogue.uploads import IMPORT_BODY, taken_in
from stafett_plans.fields import Question
from stafett_plans.settings import PlansSettings

routes = APIRouter(tags=["catalogue"])

OfTrack = Annotated[Track | None, Query(description="which, where several templates have the code")]
OfSpecialty = Annotated[Question | None, Query(description="which, where several templates have the code")]
_FILE: dict[int | str, dict[str, Any]] = {200: {"content": {"application/octet-stream": {}}}}


@routes.get("/requirements/{requirement_id}", response_model=RequirementView)
async def get_requirement(requirement_id: UUID, call: Call) -> Response:
    """Read a requirement: what is in force, and the draft if the caller may edit it."""
    return await call.read(_requirement, requirement_id)


async def _requirement(read: Any, requirement_id: UUID) -> RequirementView:
    return await requirements.read(read, read.caller, read.today, requirement_id)


@routes.put("/requirements/{requirement_id}/draft", response_model=RequirementView, openapi_extra=VERSIONED)
async def put_draft(requirement_id: UUID, body: ContentBody, call: Call) -> Response:
    """Save a draft; what is published stays in force."""
    return await call.act(requirements.save_draft, requirement_id, body, call.version())


@routes.delete(
    "/requirements/{requirement_id}/draft", response_model=RequirementView, openapi_extra=VERSIONED
)
async def delete_draft(requirement_id: UUID, call: Call) -> Response:
    """Drop every change since the last publishing."""
    return await call.act(requirements.delete_draft, requirement_id, call.version())


@routes.post(
    "/requirements/{requirement_id}/publish", response_model=RequirementView, openapi_extra=VERSIONED
)
async def publish_requirement(requirement_id: UUID, call: Call) -> Response:
    """Publish the draft: at once in force in every plan where the requirement is active."""
    return await call.act(requirements.publish, requirement_id, call.version())


@routes.get("/categories", response_model=list[CategoryView])
async def get_categories(call: Call) -> Response:
    """List the category tree."""
    return await call.read(exporting.list_categories, call.runtime.settings.site_kind)


@routes.post("/categories", response_model=CategoryView, status_code=201, openapi_extra=CHANGE)
async def post_category(body: CategoryBody, call: Call) -> Response:
    """Make a category."""
    return await call.create(categories.create_category, body)


@routes.get("/templates", response_model=list[TemplateView])
async def get_templates(call: Call) -> Response:
    """List the templates goal plans are made from."""
    return await call.read(exporting.list_templates, call.runtime.settings.site_kind)


@routes.get("/templates/{code}", response_model=WholeTemplate)
async def get_template(
    code: Question, call: Call, track: OfTrack = None, specialty: OfSpecialty = None
) -> Response:
    """Read a template with its themes, goals and activities."""
    return await call.read(exporting.read_template, call.runtime.settings.site_kind, code, track, specialty)


@routes.get("/templates/{code}/export", response_class=Response, responses=_FILE)
async def get_export(
    code: Question,
    call: Call,
    format: Annotated[
        Literal["json", "csv"], Query(description="`csv` gives a zip archive of goals.csv and activities.csv")
    ] = "json",
    track: OfTrack = None,
    specialty: OfSpecialty = None,
) -> Response:
    """Download a template as a file that imports again as unchanged."""
    site_kind = call.runtime.settings.site_kind
    return await call.read(exporting.export_template, site_kind, code, track, specialty, format)


@routes.get("/goals/{number}", response_model=GoalView)
async def get_goal(number: Question, call: Call) -> Response:
    """Read a goal by its number, in any spelling."""
    return await call.read(exporting.read_goal, call.runtime.settings.site_kind, number)


@routes.post(
    "/imports",
    response_model=ImportView,
    status_code=201,
    openapi_extra={**CHANGE, "requestBody": IMPORT_BODY},
)
async def post_import(call: Call) -> Response:
    """Try an import: stores the files and a report of what applying them would do, nothing else."""
    settings = _settings(call)
    await _refuse_early(call)
    upload = await taken_in(call.request, settings.catalogue_max_bytes)
    return await call.answer(201, upload.fingerprint(), imports.dry_run, upload, settings)


async def _refuse_early(call: Call) -> None:
    """Before twenty megabytes are taken in."""
    async with call.runtime.database.connection() as connection:
        today = oslo_date(call.runtime.clock.now())
        await imports.refuse_others(connection, call.caller, today, call.runtime.settings.site_kind)


@routes.post("/imports/{run_id}/apply", response_model=ImportView, openapi_extra=CHANGE)
async def post_apply(run_id: UUID, call: Call) -> Response:
    """Carry out an import whose dry run had no errors, if the catalogue is still as it was."""
    return await call.act(imports.apply, run_id, _settings(call))


@routes.get("/imports", response_model=Page[ImportView])
async def get_imports(
    call: Call, cursor: str | None = None, size: Annotated[int, Query(ge=1, le=100)] = 25
) -> Response:
    """List imports, newest first, without their reports."""
    return await call.read(imports.list_runs, call.runtime.settings.site_kind, cursor, size)


@routes.get("/imports/{run_id}", response_model=ImportView)
async def get_import(run_id: UUID, call: Call) -> Response:
    """Read an import with its report."""
    return await call.read(imports.read_run, call.runtime.settings.site_kind, run_id)


@routes.get("/imports/{run_id}/files/{part}", response_class=Response, responses=_FILE)
async def get_file(run_id: UUID, part: Literal["catalogue", "goals", "activities"], call: Call) -> Response:
    """Download a file as it was uploaded."""
    return await call.read(imports.uploaded_file, call.runtime.settings.site_kind, run_id, part)


def _settings(call: Call) -> PlansSettings:
    settings = call.runtime.settings
    assert isinstance(settings, PlansSettings)
    return settings
