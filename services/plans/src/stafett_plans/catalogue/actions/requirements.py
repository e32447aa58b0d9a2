"""Making, drafting and publishing single requirements."""

from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update

from stafett_chassis.problems import Conflict, Fault, Forbidden, Invalid, NotFound, StaleVersion
from stafett_chassis.sql import Connection, Row
from stafett_chassis.work import Work
from stafett_contracts.ids import new_id
from stafett_contracts.vocabulary import RequirementKind, RequirementLevel, RequirementState
from stafett_plans.catalogue.actions import log
from stafett_plans.catalogue.actions.publishing import publish_drafts, tell_published
from stafett_plans.catalogue.rules.content import Content, changed_fields, content_of
from stafett_plans.catalogue.schemas import ContentBody, RequirementView
from stafett_plans.catalogue.store import category, requirement, requirement_share
from stafett_plans.catalogue.store.requirements import next_numbers, one
from stafett_plans.definitions.actions.versions import Touched, make_versions
from stafett_plans.definitions.store import rights
from stafett_plans.definitions.store.items import plans_with_active


async def create(
    work: Work,
    body: ContentBody,
    *,
    kind: RequirementKind,
    level: RequirementLevel,
    owner_unit_id: UUID | None,
    hf_id: UUID | None,
) -> UUID:
    """A new draft, shared with its owner (PLN-043, PLN-076); who may was decided by the caller."""
    content = body.content()
    await _refuse_unknown_category(work, content)
    requirement_id = new_id()
    [number] = await next_numbers(work, 1)
    await work.run(
        insert(requirement).values(
            requirement_id=requirement_id,
            number=number,
            kind=kind.value,
            level=level.value,
            owner_unit_id=owner_unit_id,
            hf_id=hf_id,
            state=RequirementState.UNPUBLISHED.value,
            draft=content.as_row(),
            draft_by=work.caller.person_id,
            draft_at=work.at,
            created_by=work.caller.person_id,
            created_at=work.at,
            revision=1,
        )
    )
    if owner_unit_id is not None:
        await work.run(
            insert(requirement_share).values(
                requirement_id=requirement_id, unit_id=owner_unit_id, include_sub_units=False
            )
        )
    await log.note(work, "requirement", requirement_id, "created", {"name": (None, content.name)})
    return requirement_id


async def _refuse_unknown_category(work: Work, content: Content) -> None:
    if content.category_id is None:
        return
    known = await work.value(
        select(category.c.category_id).where(category.c.category_id == content.category_id)
    )
    if known is None:
        raise Invalid(
            [Fault("category_id", "unknown_category", "Kategorien finnes ikke.", "There is no such category.")]
        )  # fmt: skip


async def read(connection: Connection, caller: Any, today: Any, requirement_id: UUID) -> RequirementView:
    """For who may open administration; drafts only for who may edit (PLN-093)."""
    row = await one(connection, requirement_id, _may_edit(caller, today))
    if row is None or not (row["may_edit"] or await _opens(connection, caller, today)):
        raise NotFound()
    if not row["may_edit"] and row["published_version"] is None:
        raise NotFound()
    return view(row)


def _may_edit(caller: Any, today: Any) -> Any:
    """In Administer requirements, or as plan steward inside a plan with the same owner (PLN-436, PLN-438)."""
    return rights.may_edit_requirement(caller, today) | rights.stewarded(caller, today)


async def _opens(connection: Connection, caller: Any, today: Any) -> bool:
    return bool(await connection.value(select(rights.opens_administration(caller, today))))


def view(row: Row) -> RequirementView:
    """A row of `store.requirements.one` as its reader may see it."""
    may_edit = row["may_edit"]
    draft = row["draft"] if may_edit else None
    published = content_of(row["published"]) if row["published"] else None
    return RequirementView(
        requirement_id=row["requirement_id"],
        number=row["number"],
        kind=row["kind"],
        level=row["level"],
        state=row["state"],
        owner_unit_id=row["owner_unit_id"],
        external_key=row["external_key"],
        version=row["published_version"],
        published=published.as_row() if published else None,
        draft=draft,
        changed_fields=changed_fields(published, content_of(draft)) if draft else (),
        draft_by=row["draft_by"] if may_edit else None,
        draft_at=row["draft_at"] if may_edit else None,
        may_edit=may_edit,
        revision=row["revision"],
    )


async def save_draft(
    work: Work, requirement_id: UUID, body: ContentBody, version: int | None
) -> RequirementView:
    """PLN-077, PLN-080: kept as a draft; set back to what is published, the draft is gone."""
    row = await _open(work, requirement_id, version)
    content = body.content()
    await _refuse_unknown_category(work, content)
    published = content_of(row["published"]) if row["published"] else None
    gone = published is not None and not changed_fields(published, content)
    before = row["draft"] or row["published"]
    changes = log.changes_of(content_of(before).as_row(), content.as_row())
    if not changes:
        return await _shown(work, requirement_id)
    await _store_draft(work, requirement_id, None if gone else content, changes)
    return await _shown(work, requirement_id)


async def delete_draft(work: Work, requirement_id: UUID, version: int | None) -> RequirementView:
    """PLN-082: every change since the last publishing goes."""
    row = await _open(work, requirement_id, version)
    if row["published"] is None:
        raise Conflict(
            "never_published",
            "Kravet er aldri publisert, så det er ingenting å gå tilbake til.",
            "The requirement was never published, so there is nothing to fall back to.",
        )
    if row["draft"] is not None:
        await _store_draft(work, requirement_id, None, {})
    return await _shown(work, requirement_id)


async def _store_draft(work: Work, requirement_id: UUID, content: Content | None, changes: Any) -> None:
    kept = content is not None
    await work.run(
        update(requirement)
        .where(requirement.c.requirement_id == requirement_id)
        .values(
            draft=content.as_row() if content else None,
            draft_by=work.caller.person_id if kept else None,
            draft_at=work.at if kept else None,
            revision=requirement.c.revision + 1,
        )
    )
    act = "draft_saved" if kept else "draft_deleted"
    await log.note(work, "requirement", requirement_id, act, changes)


async def publish(work: Work, requirement_id: UUID, version: int | None) -> RequirementView:
    """PLN-084, PLN-088: exactly the draft the user saw, at once in force wherever it is active."""
    row = await _open(work, requirement_id, version)
    if row["draft"] is None:
        raise Conflict("no_draft", "Det er ingen kladd å publisere.", "There is no draft to publish.")
    published = await publish_drafts(work, [row])
    touched = [Touched(**where) for where in await plans_with_active(work, [requirement_id])]
    await make_versions(work, touched, "published")
    await tell_published(work, published)
    return await _shown(work, requirement_id)


async def _open(work: Work, requirement_id: UUID, version: int | None) -> Row:
    """The requirement, locked, for one who may edit it."""
    row = await one(work, requirement_id, _may_edit(work.caller, work.today), lock=True)
    if row is None:
        raise NotFound()
    if not row["may_edit"]:
        if row["published_version"] is None or not await _opens(work, work.caller, work.today):
            raise NotFound()
        national = row["level"] == RequirementLevel.NATIONAL.value  # PLN-223
        raise Forbidden(
            "national_activity" if national else "requirement_not_yours",
            "Du kan ikke endre dette kravet.",
            "You may not change this requirement.",
        )
    if row["state"] == RequirementState.ARCHIVED.value:
        raise Conflict(
            "archived", "Dette er arkivert og kan ikke endres.", "This is archived and cannot change."
        )
    if version is not None and version != row["revision"]:
        raise StaleVersion(view(row), version=row["revision"])
    return row


async def _shown(work: Work, requirement_id: UUID) -> RequirementView:
    return await read(work, work.caller, work.today, requirement_id)
