"""The municipal site's training enterprises and their units (IDN-076), by hand or from a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from stafett_chassis.problems import Conflict, Fault, Invalid
from stafett_chassis.work import Work
from stafett_contracts.ids import new_id
from stafett_contracts.vocabulary import OrgLevel, OrgSource, Role
from stafett_identity.directory import access, queries
from stafett_identity.directory import actions as directory
from stafett_identity.directory import store as directory_store
from stafett_identity.directory.model import Unit
from stafett_identity.directory.queries import UnitView
from stafett_identity.registration import rules, store
from stafett_identity.settings import IdentitySettings

_ROOT = "Hele landet"
_LOCK = 0x57AF_E0_0F


async def create_unit(
    work: Work,
    settings: IdentitySettings,
    level: OrgLevel,
    name: str,
    parent_id: UUID | None,
    code: str | None,
) -> UnitView:
    """A new training enterprise, or a unit of one; system managers only."""
    if settings.site_kind != "municipal":
        raise rules.municipal_only()
    await access.require(work, work.caller, work.today, Role.SYSTEM_MANAGER)
    await _one_at_a_time(work)
    parent = await directory_store.unit(work, parent_id) if parent_id else None
    if parent_id and parent is None:
        raise Invalid([Fault("parent_id", "unknown_unit", "Enheten finnes ikke.", "There is no such unit.")])
    if level is OrgLevel.TRAINING_ENTERPRISE and parent is None:
        parent = await _root(work)
    if level is OrgLevel.UNIT and parent is None:
        raise Invalid(
            [
                Fault(
                    "parent_id",
                    "missing",
                    "Velg utdanningsvirksomheten enheten hører til.",
                    "Choose the training enterprise it belongs to.",
                )
            ]
        )
    if code and await store.unit_by_code(work, code):
        raise Conflict("code_taken", "Koden er i bruk.", "The code is in use.")
    if await store.unit_by_name(work, parent.unit_id if parent else None, name):
        raise Conflict(
            "name_taken",
            "Det finnes allerede en enhet med dette navnet her.",
            "There already is a unit of this name here.",
        )
    made = await _make(work, level, name, parent, code)
    return await queries.unit(work, made.unit_id)


@dataclass(frozen=True, slots=True)
class Enterprise:
    """A training enterprise as a file names it."""

    name: str
    units: Sequence[str]


async def bootstrap(work: Work, enterprises: Sequence[Enterprise]) -> int:
    """Make the enterprises and units that are not there yet; how many were made. Run again it makes none."""
    await _one_at_a_time(work)
    made = 0
    root = await _root(work)
    for enterprise in enterprises:
        parent, new = await _present(work, OrgLevel.TRAINING_ENTERPRISE, enterprise.name, root)
        made += new
        for name in enterprise.units:
            _, new = await _present(work, OrgLevel.UNIT, name, parent)
            made += new
    return made


async def _present(work: Work, level: OrgLevel, name: str, parent: Unit) -> tuple[Unit, bool]:
    known = await store.unit_by_name(work, parent.unit_id, name)
    unit = await directory_store.unit(work, known) if known else None
    return (unit, False) if unit else (await _make(work, level, name, parent, None), True)


async def _root(work: Work) -> Unit:
    """The whole country, above every enterprise."""
    known = await store.unit_by_name(work, None, _ROOT)
    unit = await directory_store.unit(work, known) if known else None
    return unit or await _make(work, OrgLevel.NATIONAL, _ROOT, None, None)


async def _make(work: Work, level: OrgLevel, name: str, parent: Unit | None, code: str | None) -> Unit:
    code = code or f"K{new_id().hex[-10:].upper()}"
    return await directory.create_unit(
        work, code=code, name=name, level=level, parent=parent, source=OrgSource.MANUAL
    )


async def _one_at_a_time(work: Work) -> None:
    # Names are unique under a parent, which no index says: renamed and closed units are history.
    await work.raw.execute("select pg_advisory_xact_lock($1)", _LOCK)
