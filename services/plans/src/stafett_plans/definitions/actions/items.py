"""Putting requirements into plans, activating them, and approving what awaits (PLN-290 to PLN-295, PLN-325 to PLN-332)."""

import zlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from stafett_chassis.auth import Caller
from stafett_chassis.problems import Conflict, Fault, Invalid, NotFound, StaleVersion
from stafett_chassis.sql import Connection, Row
from stafett_chassis.work import Work
from stafett_contracts.ids import GoalKey, PlanId, PlanItemId, RequirementId
from stafett_contracts.plans import PlanChanged
from stafett_contracts.vocabulary import (
    DocumentationForm,
    PlanItemState,
    PlanType,
    PlanVariant,
    RequirementKind,
    RequirementLevel,
    RequirementState,
)
from stafett_plans.catalogue.actions import requirements
from stafett_plans.catalogue.actions.publishing import publish_drafts, tell_published
from stafett_plans.catalogue.rules import forms
from stafett_plans.catalogue.rules.keys import goal_key
from stafett_plans.catalogue.store.requirements import several
from stafett_plans.definitions import hooks
from stafett_plans.definitions.actions.linking import link_inactive
from stafett_plans.definitions.actions.opening import open_plan, shown
from stafett_plans.definitions.actions.plans import touch
from stafett_plans.definitions.actions.telling import tell_activated, tell_plan
from stafett_plans.definitions.actions.versions import Touched, make_versions
from stafett_plans.definitions.rules.items import Pending, may_activate, pending
from stafett_plans.definitions.rules.versions import NONE, Version
from stafett_plans.definitions.schemas import AddItems, Approved, PendingItem, PendingItems, PlanView
from stafett_plans.definitions.store import items as item_queries
from stafett_plans.definitions.store import local_goal, plan, plan_item, plans, rights, section


async def add_items(work: Work, plan_id: UUID, asked: AddItems) -> PlanView:
    """A new requirement, or existing ones, inactive until activated (PLN-290, PLN-291)."""
    row = await open_plan(work, plan_id)
    if (asked.new is None) is (not asked.requirement_ids):
        raise Invalid(
            [Fault("new", "one_of", "Velg enten nytt eller eksisterende.", "Either new or existing ones.")]
        )
    central = row["variant"] == PlanVariant.CENTRAL.value
    if central and row["template_id"] is not None:  # PLN-220, PLN-259
        raise Conflict(
            "template_in_use",
            "Planen er malen selv; innholdet endres ved import.",
            "The plan is the template itself; its content changes by import.",
        )
    section_id, goal = await _home(work, row, asked)
    if asked.new is not None:
        kind = RequirementKind.ACTIVITY if goal else RequirementKind.REQUIREMENT  # PLN-044
        level = RequirementLevel.REGIONAL if central else RequirementLevel.LOCAL
        # PLN-018: one created in a plan gets the plan's owner.
        requirement_id = await requirements.create(
            work, asked.new, kind=kind, level=level, owner_unit_id=row["owner_unit_id"], hf_id=row["hf_id"]
        )
        added = [requirement_id]
    else:
        added = list(dict.fromkeys(asked.requirement_ids))
        await _refuse_unfetchable(work, row, goal, added)
    last = await work.value(
        select(func.coalesce(func.max(plan_item.c.place), 0)).where(
            plan_item.c.local_goal_id == goal[0] if goal else plan_item.c.section_id == section_id
        )
    )
    await link_inactive(work, plan_id, section_id, goal, added, last)
    await touch(work, plan_id, "items_added", {"requirement_ids": (None, added)})
    await tell_plan(work, PlanChanged, plan_id)
    return await shown(work, plan_id)


async def _home(work: Work, row: Row, asked: AddItems) -> tuple[UUID | None, tuple[UUID, GoalKey] | None]:
    """The section, or the local goal, the items are for."""
    if row["type"] == PlanType.COMPETENCE.value:
        found = await work.value(
            select(section.c.section_id).where(
                section.c.plan_id == row["plan_id"], section.c.section_id == asked.section_id
            )
        )
        if found is None or asked.goal_number is not None:
            raise Invalid(
                [Fault("section_id", "unknown_section", "Velg en delplan i planen.", "Choose a section of the plan.")]
            )  # fmt: skip
        return found, None
    goal = None
    if asked.goal_number is not None and asked.section_id is None:
        goal = await work.maybe(
            select(local_goal.c.local_goal_id, local_goal.c.goal_key).where(
                local_goal.c.plan_id == row["plan_id"], local_goal.c.goal_key == _key(asked.goal_number)
            )
        )
    if goal is None:
        raise Invalid(
            [
                Fault(
                    "goal_number",
                    "unknown_goal",
                    "Velg et læringsmål i planen.",
                    "Choose a goal of the plan.",
                )
            ]
        )
    return None, (goal["local_goal_id"], goal["goal_key"])


def _key(number: str) -> str:
    try:
        return goal_key(number)
    except ValueError:
        return ""


async def _refuse_unfetchable(
    work: Work, row: Row, goal: tuple[UUID, GoalKey] | None, wanted: Sequence[UUID]
) -> None:
    """PLN-293: all or none, naming what hinders; PLN-292: once in a plan, or once under a goal."""
    found = {
        each["requirement_id"]: each
        for each in await item_queries.fetchable(work, wanted, row["owner_unit_id"])
    }
    already = set(
        await work.column(
            select(plan_item.c.requirement_id).where(
                plan_item.c.local_goal_id == goal[0] if goal else plan_item.c.plan_id == row["plan_id"],
                plan_item.c.requirement_id.in_(wanted),
            )
        )
    )
    faults = []
    for place, requirement_id in enumerate(wanted):
        code = _hindrance(found.get(requirement_id), requirement_id in already, under_goal=goal is not None)
        if code is not None:
            faults.append(Fault(f"requirement_ids.{place}", code, *_HINDRANCES[code]))
    if faults:
        raise Invalid(faults)


def _hindrance(found: Row | None, already: bool, *, under_goal: bool) -> str | None:
    if already:
        return "already_in_plan"
    if found is None or not found["may_fetch"]:
        return "not_shared"
    if found["state"] == RequirementState.ARCHIVED.value:
        return "archived"
    if not under_goal and DocumentationForm(found["documentation_form"]) in forms.LIS_SIGNED:  # PLN-023
        return "documentation_form_not_allowed"
    return None


_HINDRANCES = {
    "already_in_plan": ("Kravet er allerede i planen.", "The requirement is in the plan already."),
    "not_shared": ("Kravet er ikke delt med avdelingen.", "The requirement is not shared with the department."),
    "archived": ("Kravet er arkivert.", "The requirement is archived."),
    "documentation_form_not_allowed": (
        "Dokumentasjonsformen er bare for læringsmålplaner.",
        "The documentation form is for goal plans only.",
    ),
}  # fmt: skip


async def activate(work: Work, plan_id: UUID, item_id: UUID) -> PlanView:
    """PLN-295: from now it is in the plan of everybody who has it. Again it changes nothing."""
    await open_plan(work, plan_id)
    may_edit = rights.may_edit_item(work.caller, work.today)
    found = await item_queries.items(work, plan_id, may_edit, item_id, lock=True)
    if not found:
        raise NotFound()
    if may_activate(PlanItemState(found[0]["state"]), has_draft=found[0]["draft"] is not None):
        await _activate(work, plan_id, found)
        await make_versions(work, _touched(found), "activated")
        await tell_activated(work, [item_id])
    return await shown(work, plan_id)


async def _activate(work: Work, plan_id: UUID, rows: Sequence[Row]) -> None:
    by = work.caller.person_id
    await work.run(
        update(plan_item)
        .where(plan_item.c.item_id.in_([row["item_id"] for row in rows]))
        .values(
            state=PlanItemState.ACTIVE.value,
            activated_by=by,
            activated_at=work.at,
            revision=plan_item.c.revision + 1,
        )
    )
    await touch(work, plan_id, "items_activated", {"item_ids": (None, [row["item_id"] for row in rows])})
    await hooks.items_activated(
        work,
        PlanId(plan_id),
        [
            hooks.Item(
                PlanItemId(row["item_id"]),
                RequirementId(row["requirement_id"]),
                row["section_id"],
                row["local_goal_id"],
                row["goal_key"],
            )
            for row in rows
        ],
    )


def _touched(rows: Sequence[Row]) -> list[Touched]:
    return [Touched(row["plan_id"], row["item_id"], row["requirement_id"]) for row in rows]


async def awaiting(
    connection: Connection, caller: Caller, today: Any, site_kind: str, plan_id: UUID
) -> PendingItems:
    """The tab «Godkjenne LA/krav»: everything that awaits something, each with its meaning (PLN-325)."""
    may_edit = rights.may_edit(caller, today, site_kind)
    seen = select(plan.c.plan_id).where(plan.c.plan_id == plan_id, rights.may_see(caller, today) | may_edit)
    if await connection.value(seen) is None:
        raise NotFound()
    return _pending(await item_queries.items(connection, plan_id, rights.may_edit_item(caller, today)))


def _pending(rows: Sequence[Row]) -> PendingItems:
    meanings = [(row, _meaning(row)) for row in rows]
    listed = [(row, meaning) for row, meaning in meanings if meaning is not None]
    # What was seen: any change of these items or their drafts gives another number (PLN-331).
    seen = ";".join(f"{row['item_id']}:{row['revision']}:{row['requirement_revision']}" for row, _ in listed)
    return PendingItems(
        [
            PendingItem(row["item_id"], row["requirement_id"], row["number"], row["name"], meaning.value)
            for row, meaning in listed
        ],
        zlib.crc32(seen.encode()),
    )


def _meaning(row: Row) -> Pending | None:
    return pending(PlanItemState(row["state"]), has_draft=row["draft"] is not None, may_edit=row["may_edit"])


async def approve(
    work: Work, plan_id: UUID, item_ids: Sequence[UUID] | None, version: int | None
) -> Approved:
    """Publish drafts and activate, in one action, all or nothing (PLN-327 to PLN-331)."""
    await open_plan(work, plan_id)
    may_edit = rights.may_edit_item(work.caller, work.today)
    rows = await item_queries.items(work, plan_id, may_edit, lock=True)
    listed = _pending(rows)
    if version is not None and version != listed.revision:
        raise StaleVersion(listed, version=listed.revision)
    wanted = None if item_ids is None else set(item_ids)
    if wanted is not None and wanted - {row["item_id"] for row in rows}:
        raise NotFound()
    chosen = [row for row in rows if wanted is None or row["item_id"] in wanted]
    meanings = {row["item_id"]: _meaning(row) for row in chosen}
    drafts = [
        row for row in chosen if meanings[row["item_id"]] in (Pending.ACTIVATE_AND_PUBLISH, Pending.PUBLISH)
    ]
    to_activate = [
        row for row in chosen if meanings[row["item_id"]] in (Pending.ACTIVATE_AND_PUBLISH, Pending.ACTIVATE)
    ]
    published = []
    if drafts:
        requirement_rows = await several(work, {row["requirement_id"] for row in drafts})
        published = await publish_drafts(work, requirement_rows)
    if to_activate:
        await _activate(work, plan_id, to_activate)
    elsewhere = await item_queries.plans_with_active(work, [each.requirement_id for each in published])
    await make_versions(
        work, [*_touched(to_activate), *(Touched(**where) for where in elsewhere)], "approved"
    )
    await tell_published(work, published)
    await tell_activated(work, [row["item_id"] for row in to_activate])
    [now] = await plans.told(work, [plan_id])
    at = Version(now["major"], now["minor"])
    return Approved(
        activated=[row["item_id"] for row in to_activate],
        published=[row["requirement_id"] for row in drafts],
        skipped=[item for item in listed.items if meanings.get(item.item_id) is Pending.BLOCKED],
        version=None if at == NONE else str(at),
    )
