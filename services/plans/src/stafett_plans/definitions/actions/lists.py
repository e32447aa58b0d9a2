"""What the lists and pages about plans show."""

import re
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from uuid import UUID

from sqlalchemy import select

from stafett_chassis.http import Reading
from stafett_chassis.paging import Page, key_of, page_of
from stafett_chassis.problems import NotFound
from stafett_chassis.sql import into_all
from stafett_contracts.vocabulary import PlanState, PlanType
from stafett_plans.catalogue.store import template as template_table
from stafett_plans.definitions.actions import items
from stafett_plans.definitions.actions.views import plan_head, whole_plan
from stafett_plans.definitions.schemas import (
    LogEntry,
    PendingItems,
    PlanList,
    PlanView,
    PublishedTo,
    VersionView,
    WholeVersion,
)
from stafett_plans.definitions.store import plan as plan_table
from stafett_plans.definitions.store import plan_version, plans, rights
from stafett_plans.fields import count, plain


class Access(StrEnum):
    """Which plans a list shows."""

    EDIT = "edit"
    ALL = "all"


class PageSize(IntEnum):
    """PLN-010."""

    TEN = 10
    TWENTY_FIVE = 25
    FIFTY = 50
    HUNDRED = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list of plans was asked for."""

    access: Access
    type: PlanType | None
    state: PlanState | None
    q: str
    template: str | None
    cursor: str | None
    size: PageSize


async def plans_by_name(read: Reading, site_kind: str, asked: Asked) -> PlanList:
    """Plans the caller may edit or see (PLN-415, PLN-416)."""
    may_edit = rights.may_edit(read.caller, read.today, site_kind)
    may_see = rights.may_see(read.caller, read.today) if asked.access is Access.ALL else may_edit
    filters = [plans.matches(asked.q)] if asked.q else []
    if asked.type is not None:
        filters.append(plan_table.c.type == asked.type.value)
    if asked.template is not None:
        filters.append(
            plan_table.c.template_id.in_(
                select(template_table.c.template_id).where(template_table.c.code == asked.template)
            )
        )
    # Archived plans have a list of their own (PLN-406).
    state = plan_table.c.state
    filters.append(state == asked.state.value if asked.state else state != PlanState.ARCHIVED.value)
    after = key_of(asked.cursor, plain, UUID)
    rows = await plans.listing(read, may_see, may_edit, filters, after, asked.size)
    page = page_of(rows, asked.size, lambda row: (row["sort_key"], row["plan_id"]))
    total = rows[0]["total"] if rows else 0
    return PlanList([plan_head(row, read.today) for row in page.items], total, page.next)


async def plan(read: Reading, site_kind: str, plan_id: UUID) -> PlanView:
    """One plan with everything in it."""
    return await whole_plan(read, read.caller, read.today, site_kind, plan_id)


async def pending(read: Reading, site_kind: str, plan_id: UUID) -> PendingItems:
    """What awaits approval."""
    return await items.awaiting(read, read.caller, read.today, site_kind, plan_id)


async def publications(read: Reading, site_kind: str, plan_id: UUID) -> PublishedTo:
    """Where the plan is published."""
    shown = await whole_plan(read, read.caller, read.today, site_kind, plan_id)
    return PublishedTo(shown.head.publications, [], shown.revision)


async def versions(read: Reading, site_kind: str, plan_id: UUID) -> list[VersionView]:
    """The version history, for those who may edit the plan and for HF and RHF admins."""
    await _refuse_history(read, site_kind, plan_id)
    columns = [column for column in plan_version.c if column.name not in ("content", "plan_id")]
    rows = await read.all(
        select(*columns)
        .where(plan_version.c.plan_id == plan_id)
        .order_by(plan_version.c.major.desc(), plan_version.c.minor.desc())
    )
    return [VersionView(version=f"{row['major']}.{row['minor']}", **row) for row in rows]


async def version(read: Reading, site_kind: str, plan_id: UUID, number: str) -> WholeVersion:
    """One version with its content."""
    await _refuse_history(read, site_kind, plan_id)
    parts = re.fullmatch(r"([0-9]{1,6})\.([0-9]{1,6})", number, re.ASCII)
    row = parts and await read.maybe(
        select(plan_version).where(
            plan_version.c.plan_id == plan_id,
            plan_version.c.major == int(parts[1]),
            plan_version.c.minor == int(parts[2]),
        )
    )
    if not row:
        raise NotFound()
    return WholeVersion(number, row["at"], row["by_person"], row["cause"], row["item_ids"], row["content"])


async def log(read: Reading, site_kind: str, plan_id: UUID, cursor: str | None, size: int) -> Page[LogEntry]:
    """Every change to a plan, for those who may edit it and for HF and RHF admins (PLN-008)."""
    await _refuse_history(read, site_kind, plan_id)
    rows = await plans.log_entries(read, plan_id, key_of(cursor, count), size)
    page = page_of(rows, size, lambda row: (row["log_id"],))
    return Page(into_all(LogEntry, page.items), page.next)


async def _refuse_history(read: Reading, site_kind: str, plan_id: UUID) -> None:
    may_read = rights.may_read_history(read.caller, read.today, site_kind)
    if (
        await read.value(select(plan_table.c.plan_id).where(plan_table.c.plan_id == plan_id, may_read))
        is None
    ):
        raise NotFound()
