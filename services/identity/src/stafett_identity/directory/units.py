"""Changing units where HR does not: the municipal site (IDN-075, IDN-076, IDN-078)."""

from dataclasses import replace
from uuid import UUID

from stafett_chassis.problems import Conflict, Fault, Invalid, NotFound, check_version
from stafett_chassis.work import Work
from stafett_contracts import identity
from stafett_contracts.vocabulary import OrgLevel, OrgSource, Role
from stafett_identity.directory import access, facts, queries, rules, store
from stafett_identity.directory.model import Unit
from stafett_identity.directory.queries import UnitView


async def change(
    work: Work, unit_id: UUID, name: str, parent_id: UUID | None, version: int | None, *, hr: bool
) -> UnitView:
    """Rename or move a unit, which keeps its id (IDN-078)."""
    await _may_keep(work, hr=hr)
    before = await store.unit(work, unit_id, lock=True)
    if before is None:
        raise NotFound()
    if before.source == OrgSource.HR:
        raise _managed_by_hr()
    view = await queries.unit(work, unit_id)
    check_version(version, before.revision, view)
    parent = await _parent(work, parent_id)
    if parent is not None and not rules.may_be_parent(OrgLevel(parent.level), OrgLevel(before.level)):
        raise rules.parent_too_low()
    moved = parent_id != before.parent_id
    trust = rules.is_trust(OrgLevel(before.level))
    row = replace(
        before,
        name=name,
        parent_id=parent_id,
        hf_id=before.unit_id if trust else parent.hf_id if parent else None,
        search_text=rules.search_text(before.code, name),
    )
    if row == before:
        return view
    row = replace(row, revision=row.revision + 1)
    await store.put(work, row)
    await store.refresh_above(work)
    if moved:
        work.emit(facts.unit(identity.OrgUnitMoved, row, from_parent_id=before.parent_id))
    else:
        work.emit(facts.unit(identity.OrgUnitChanged, row))
    return await queries.unit(work, unit_id)


async def _may_keep(work: Work, *, hr: bool) -> None:
    await access.require(work, work.caller, work.today, Role.SYSTEM_MANAGER)
    if hr:
        raise _managed_by_hr()


async def _parent(work: Work, parent_id: UUID | None) -> Unit | None:
    if parent_id is None:
        return None
    parent = await store.unit(work, parent_id)
    if parent is None or parent.valid_to is not None:
        raise Invalid([Fault("parent_id", "unknown", "Enheten finnes ikke.", "There is no such unit.")])
    return parent


def _managed_by_hr() -> Conflict:
    return Conflict(
        "managed_by_hr", "Enheten hentes fra Personalportalen.", "The unit is kept by the HR master data."
    )
