"""Publishing requirements: new versions, and who is told (PLN-087, PLN-088, PLN-094)."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from stafett_chassis.problems import Conflict, Fault, Invalid
from stafett_chassis.sql import Row
from stafett_chassis.work import Work
from stafett_contracts.ids import PlanId, RequirementId
from stafett_contracts.plans import RequirementPublished
from stafett_contracts.vocabulary import RequirementKind, RequirementLevel, RequirementState
from stafett_plans.catalogue.actions import log
from stafett_plans.catalogue.rules import content as rules
from stafett_plans.catalogue.rules.content import Content, content_of
from stafett_plans.catalogue.store import requirement, requirement_version
from stafett_plans.catalogue.store.imports import raise_revision
from stafett_plans.catalogue.store.requirements import several
from stafett_plans.definitions import hooks
from stafett_plans.definitions.store import plan_item
from stafett_plans.definitions.store.items import plans_with_active

_ADD_VERSION = insert(requirement_version).values(
    {column.name: bindparam(column.name) for column in requirement_version.c}
)
_PUBLISHED = (
    update(requirement)
    .where(requirement.c.requirement_id == bindparam("id"))
    .values(
        state=RequirementState.PUBLISHED.value,
        published_version=bindparam("version"),
        draft=None,
        draft_by=None,
        draft_at=None,
        revision=requirement.c.revision + 1,
    )
)
# Of these the form is not part; a new version has them as the one before.
_CARRIED: Mapping[str, Any] = {"files": [], "depends_on": [], "course_ids": [], "conversation_form_id": None}


async def publish_drafts(work: Work, rows: Sequence[Row]) -> list[hooks.Published]:
    """Publish the drafts of the requirements in `rows`, all or none; refuses with every hindrance.

    Who publishes was authorised by the caller, who also makes the plan versions.
    """
    in_competence = set(
        await work.column(
            select(plan_item.c.requirement_id).where(
                plan_item.c.requirement_id.in_([row["requirement_id"] for row in rows]),
                plan_item.c.section_id.is_not(None),
            )
        )
    )
    contents = [(row, content_of(row["draft"])) for row in rows]
    faults = [
        _named(fault, row, alone=len(rows) == 1)
        for row, content in contents
        for fault in rules.breaches(
            content,
            RequirementKind(row["kind"]),
            RequirementLevel(row["level"]),
            in_competence_plan=row["requirement_id"] in in_competence,
        )
    ]
    if faults:
        raise Invalid(faults, "cannot_be_published")
    await _refuse_locked(work, contents)
    return await store_versions(work, contents)


def _named(fault: Fault, row: Row, *, alone: bool) -> Fault:
    return fault if alone else Fault(f"{row['number']}.{fault.field}", fault.code, fault.nb, fault.en)


async def _refuse_locked(work: Work, contents: Sequence[tuple[Row, Content]]) -> None:
    """PLN-101, PLN-103: some changes are forbidden once people have begun."""
    locked = {
        row["requirement_id"]: fields
        for row, content in contents
        if row["published"] and (fields := rules.locked_fields(content_of(row["published"]), content))
    }
    begun = await hooks.begun_requirements(work, list(locked)) if locked else frozenset()
    if begun:
        raise Conflict(
            "requirement_begun",
            "Noen har begynt på kravet. Ta endringen tilbake, eller nullstill og publiser.",
            "People have begun the requirement. Take the change back, or reset and publish.",
            fields={str(each): list(locked[each]) for each in sorted(begun)},
        )


async def store_versions(work: Work, contents: Sequence[tuple[Row, Content]]) -> list[hooks.Published]:
    """Store the next version of each requirement, and tell the other half of this service."""
    changed = {
        row["requirement_id"]: rules.changed_fields(
            content_of(row["published"]) if row["published"] else None, content
        )
        for row, content in contents
    }
    actor = work.cause.actor if work.cause.run_id is None else None
    versions = [
        {
            **{name: (row["published"] or _CARRIED)[name] for name in _CARRIED},
            **content.as_row(),
            "requirement_id": row["requirement_id"],
            "version": (row["published_version"] or 0) + 1,
            "changed_fields": list(changed[row["requirement_id"]]),
            "published_by": actor.person_id if actor else None,
            "published_at": work.at,
        }
        for row, content in contents
    ]
    for version in versions:
        version["depends_on"] = [UUID(str(each)) for each in version["depends_on"]]
    await work.run_many(_ADD_VERSION, versions)
    await work.run_many(
        _PUBLISHED, [{"id": version["requirement_id"], "version": version["version"]} for version in versions]
    )
    await log.note_all(
        work,
        "requirement",
        "published",
        [
            (
                row["requirement_id"],
                {
                    name: ((row["published"] or {}).get(name), content.as_row()[name])
                    for name in changed[row["requirement_id"]]
                },
            )
            for row, content in contents
        ],
    )
    if any(row["external_key"] for row, _ in contents):
        await raise_revision(work)
    active = await _active_plans(work, list(changed))
    published = [
        hooks.Published(
            RequirementId(version["requirement_id"]),
            version["version"],
            tuple(version["changed_fields"]),
            active.get(version["requirement_id"], ()),
        )
        for version in versions
    ]
    await hooks.requirements_published(work, published)
    return published


async def _active_plans(work: Work, requirement_ids: Collection[UUID]) -> dict[UUID, tuple[PlanId, ...]]:
    active: dict[UUID, dict[PlanId, None]] = {}
    for row in await plans_with_active(work, requirement_ids):
        active.setdefault(row["requirement_id"], {})[PlanId(row["plan_id"])] = None
    return {requirement_id: tuple(plan_ids) for requirement_id, plan_ids in active.items()}


async def tell_published(work: Work, published: Collection[hooks.Published]) -> None:
    """Emit the events, once everything the action did is stored."""
    facts = {each.requirement_id: each for each in published}
    active = await _active_plans(work, list(facts))
    for row in await several(work, list(facts)):
        fact = facts[row["requirement_id"]]
        now = row["published"]
        work.emit(
            RequirementPublished(
                revision=row["revision"],
                requirement_id=row["requirement_id"],
                number=row["number"],
                external_key=row["external_key"],
                version=row["published_version"],
                kind=row["kind"],
                level=row["level"],
                state=row["state"],
                owner_unit_id=row["owner_unit_id"],
                name=now["name"],
                learning_form=now["learning_form"],
                documentation_form=now["documentation_form"],
                requires_signing=now["requires_signing"],
                repetitions=now["repetitions"],
                validity_days=now["validity_days"],
                manual_expiry=now["manual_expiry"],
                comment_field=now["comment_field"],
                allow_attachments=now["allow_attachments"],
                recertification=now["recertification"],
                must_be_done=now["must_be_done"],
                allow_customisation=now["allow_customisation"],
                has_checklist=bool(now["checklist"]),
                depends_on=tuple(RequirementId(UUID(each)) for each in now["depends_on"]),
                course_ids=tuple(now["course_ids"]),
                conversation_form_id=now["conversation_form_id"],
                active_plan_ids=active.get(row["requirement_id"], ()),
                changed_fields=fact.changed_fields,
            )
        )
