"""Plans over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from stafett_chassis.http import CHANGE, VERSIONED, Call
from stafett_chassis.paging import Page
from stafett_contracts.vocabulary import PlanState, PlanType
from stafett_plans.definitions.actions import goal_plans, items, lists, plans, publishing
from stafett_plans.definitions.schemas import (
    AddItems,
    Approve,
    Approved,
    ChangePlan,
    ChangeSection,
    CreatePlan,
    DocumentRoles,
    LogEntry,
    PendingItems,
    PlanList,
    PlanView,
    Publish,
    PublishedTo,
    SectionBody,
    VersionView,
    WholeVersion,
)
from stafett_plans.fields import Question

routes = APIRouter(tags=["plans"])

Size = Annotated[int, Query(description="plans a page (PLN-010)")]


@routes.post("/plans", response_model=PlanView, status_code=201, openapi_extra=CHANGE)
async def post_plan(body: CreatePlan, call: Call) -> Response:
    """Make a competence plan, or a goal plan from a template."""
    if body.type is PlanType.COMPETENCE:
        return await call.create(plans.create_competence_plan, body)
    return await call.create(goal_plans.create_goal_plan, body)


@routes.get("/plans", response_model=PlanList)
async def get_plans(
    call: Call,
    access: Annotated[
        lists.Access, Query(description="only plans the caller may edit, or all")
    ] = lists.Access.EDIT,
    type: PlanType | None = None,
    state: PlanState | None = None,
    q: Annotated[Question, Query(description="words of the name")] = "",
    template: Annotated[Question | None, Query(description="code of the template")] = None,
    cursor: str | None = None,
    size: lists.PageSize = lists.PageSize.TWENTY_FIVE,
) -> Response:
    """List plans by name."""
    asked = lists.Asked(access, type, state, q, template, cursor, size)
    return await call.read(lists.plans_by_name, call.runtime.settings.site_kind, asked)


@routes.get("/plans/{plan_id}", response_model=PlanView)
async def get_plan(plan_id: UUID, call: Call) -> Response:
    """Read a plan with its sections or goals and their items."""
    return await call.read(lists.plan, call.runtime.settings.site_kind, plan_id)


@routes.patch("/plans/{plan_id}", response_model=PlanView, openapi_extra=VERSIONED)
async def patch_plan(plan_id: UUID, body: ChangePlan, call: Call) -> Response:
    """Change a plan's texts or completion; makes no version."""
    return await call.act(plans.change_plan, plan_id, body, call.version())


@routes.post("/plans/{plan_id}/sections", response_model=PlanView, status_code=201, openapi_extra=CHANGE)
async def post_section(plan_id: UUID, body: SectionBody, call: Call) -> Response:
    """Add a section at the end of a competence plan."""
    return await call.create(plans.add_section, plan_id, body)


@routes.patch("/plans/{plan_id}/sections/{section_id}", response_model=PlanView, openapi_extra=CHANGE)
async def patch_section(plan_id: UUID, section_id: UUID, body: ChangeSection, call: Call) -> Response:
    """Rename or move a section, or say whether it may be marked not relevant."""
    return await call.act(plans.change_section, plan_id, section_id, body)


@routes.delete("/plans/{plan_id}/sections/{section_id}", response_model=PlanView, openapi_extra=CHANGE)
async def delete_section(plan_id: UUID, section_id: UUID, call: Call) -> Response:
    """Remove an empty section."""
    return await call.act(plans.remove_section, plan_id, section_id)


@routes.post("/plans/{plan_id}/items", response_model=PlanView, status_code=201, openapi_extra=CHANGE)
async def post_items(plan_id: UUID, body: AddItems, call: Call) -> Response:
    """Put a new requirement, or existing ones, into a section or under a goal."""
    return await call.create(items.add_items, plan_id, body)


@routes.post("/plans/{plan_id}/items/{item_id}/activate", response_model=PlanView, openapi_extra=CHANGE)
async def activate_item(plan_id: UUID, item_id: UUID, call: Call) -> Response:
    """Activate an item: from now it is in the plan of everybody who has it."""
    return await call.act(items.activate, plan_id, item_id)


@routes.get("/plans/{plan_id}/pending", response_model=PendingItems)
async def get_pending(plan_id: UUID, call: Call) -> Response:
    """List what awaits approval in the plan."""
    return await call.read(lists.pending, call.runtime.settings.site_kind, plan_id)


@routes.post("/plans/{plan_id}/approve", response_model=Approved, openapi_extra=VERSIONED)
async def approve_items(plan_id: UUID, body: Approve, call: Call) -> Response:
    """Publish drafts and activate items in one action; `If-Match` is the revision of the pending list."""
    return await call.act(items.approve, plan_id, body.item_ids, call.version())


@routes.put("/plans/{plan_id}/document-roles", response_model=PlanView, openapi_extra=VERSIONED)
async def put_document_roles(plan_id: UUID, body: DocumentRoles, call: Call) -> Response:
    """Set document owner and document responsible; the first time this publishes the plan to its owner."""
    return await call.act(publishing.set_document_roles, plan_id, body, call.version())


@routes.get("/plans/{plan_id}/publications", response_model=PublishedTo)
async def get_publications(plan_id: UUID, call: Call) -> Response:
    """List the departments the plan is published to."""
    return await call.read(lists.publications, call.runtime.settings.site_kind, plan_id)


@routes.post(
    "/plans/{plan_id}/publications", response_model=PublishedTo, status_code=201, openapi_extra=CHANGE
)
async def post_publications(plan_id: UUID, body: Publish, call: Call) -> Response:
    """Publish a plan to departments."""
    return await call.create(publishing.publish, plan_id, body)


@routes.delete(
    "/plans/{plan_id}/publications/{publication_id}", response_model=PublishedTo, openapi_extra=CHANGE
)
async def delete_publication(plan_id: UUID, publication_id: UUID, call: Call) -> Response:
    """Unpublish a plan from one department; those who have it keep it."""
    return await call.act(publishing.unpublish, plan_id, publication_id)


@routes.get("/plans/{plan_id}/versions", response_model=list[VersionView])
async def get_versions(plan_id: UUID, call: Call) -> Response:
    """List a plan's versions, newest first."""
    return await call.read(lists.versions, call.runtime.settings.site_kind, plan_id)


@routes.get("/plans/{plan_id}/versions/{version}", response_model=WholeVersion)
async def get_version(plan_id: UUID, version: str, call: Call) -> Response:
    """Read a version with its frozen content; `version` as `1.10`."""
    return await call.read(lists.version, call.runtime.settings.site_kind, plan_id, version)


@routes.get("/plans/{plan_id}/log", response_model=Page[LogEntry])
async def get_log(
    plan_id: UUID,
    call: Call,
    cursor: str | None = None,
    size: lists.PageSize = lists.PageSize.TWENTY_FIVE,
) -> Response:
    """List every change to a plan, newest first, also those that make no version."""
    return await call.read(lists.log, call.runtime.settings.site_kind, plan_id, cursor, size)
