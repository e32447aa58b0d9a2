"""The role catalogue (IDN-152 to IDN-178): which roles can be ordered, and with what scope."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from stafett_chassis.problems import Conflict, Fault, Invalid, Refused
from stafett_contracts.vocabulary import OrgLevel, Role


@dataclass(frozen=True, slots=True)
class Scope:
    """What a role's grant must name. `level`: exactly one unit of this level; `region`: the region's top unit."""

    units: bool = False
    specialties: bool = False
    plans: bool = False
    level: OrgLevel | None = None
    region: bool = False


_UNITS = Scope(units=True)
_ONE_HF = Scope(units=True, level=OrgLevel.HF)
_REGION = Scope(region=True)
_SITE = Scope()

CATALOGUE: dict[Role, Scope] = {
    Role.DELEGATED_LEADER: _UNITS,
    Role.TRAINING_LEAD: Scope(units=True, specialties=True),
    Role.PLAN_STEWARD: Scope(plans=True),
    Role.PROFESSIONAL_LEAD_A: _UNITS,
    Role.PROFESSIONAL_LEAD_B: _UNITS,
    Role.SUPER_USER: _UNITS,
    Role.HF_ADMIN: _ONE_HF,
    Role.LIS_HF_ADMIN: _ONE_HF,
    Role.APPRENTICE_HF_ADMIN: _ONE_HF,
    Role.RHF_ADMIN: _REGION,
    Role.LEARNING_ARENA_ADMIN: _ONE_HF,
    Role.DIALOG_FORM_ADMIN: _REGION,
    Role.ARCHIVIST: _UNITS,
    Role.USER_REACTIVATION: _ONE_HF,
    Role.SYSTEM_MANAGER: _SITE,
    Role.DIRECTORATE: _SITE,
    Role.PRIVACY_OFFICER: _SITE,
}
"""Roles that are granted by order; all others follow from relations, requests or another service."""


@dataclass(frozen=True, slots=True)
class OrderedUnit:
    """A unit named in an order, with the level it has."""

    unit_id: UUID
    include_sub_units: bool
    level: OrgLevel


@dataclass(frozen=True, slots=True)
class ScopeOrdered:
    """The scope of an order. Order of units, specialties and plans does not matter."""

    units: tuple[OrderedUnit, ...] = ()
    specialties: tuple[str, ...] = ()
    plan_ids: tuple[UUID, ...] = ()

    def key(self) -> str:
        """By which the same scope is known again (IDN-182)."""
        units = sorted(f"{unit.unit_id}{'+' if unit.include_sub_units else ''}" for unit in self.units)
        return "|".join(
            (",".join(units), ",".join(sorted(self.specialties)), ",".join(sorted(map(str, self.plan_ids))))
        )


def scope_granted(role: Role, ordered: ScopeOrdered, region: OrderedUnit | None) -> ScopeOrdered:
    """The scope to grant; `region` is the site's top unit, if it has one.

    Refuses a role that cannot be ordered (`derived_role`) and a scope the role lacks or has no use for (IDN-180).
    """
    need = CATALOGUE.get(role)
    if need is None:
        raise Refused(
            "derived_role",
            "Denne rollen kan ikke bestilles.",
            "This role cannot be ordered.",
            role=role.value,
        )
    faults = [*_faults(need, ordered)]
    if faults:
        raise Invalid(faults, "scope_missing")
    if need.level is not None:
        [unit] = ordered.units
        return ScopeOrdered((OrderedUnit(unit.unit_id, True, unit.level),))  # a whole trust
    if need.region:
        return ScopeOrdered((OrderedUnit(region.unit_id, True, region.level),) if region else ())
    return ordered


def _faults(need: Scope, ordered: ScopeOrdered) -> Sequence[Fault]:
    found = []
    for name, needed, given in (
        ("units", need.units, ordered.units),
        ("specialties", need.specialties, ordered.specialties),
        ("plan_ids", need.plans, ordered.plan_ids),
    ):
        if needed and not given:
            found.append(
                Fault(
                    name, "missing", "Rollen må bestilles med dette.", "The role must be ordered with this."
                )
            )
        if given and not needed and not (name == "units" and need.region):
            found.append(
                Fault(name, "not_for_this_role", "Rollen har ikke dette.", "The role has no use for this.")
            )
    if need.level is not None and ordered.units:
        levels = [unit.level for unit in ordered.units]
        if len(levels) != 1 or levels[0] not in (need.level, OrgLevel.TRAINING_ENTERPRISE):
            found.append(
                Fault(
                    "units",
                    "one_trust",
                    "Rollen gjelder nøyaktig ett foretak.",
                    "The role is for exactly one trust.",
                )
            )
    return found


def may_order(*, by_person: UUID | None, for_person: UUID) -> None:
    """Refuse an order for oneself (IDN-181)."""
    if by_person == for_person:
        raise Conflict(
            "order_for_oneself",
            "Ingen kan bestille roller til seg selv.",
            "Nobody can order roles for themselves.",
        )


def may_have(role: Role, held: Collection[Role]) -> None:
    """Refuse user_reactivation without hf_admin on the same position (IDN-181)."""
    if role is Role.USER_REACTIVATION and Role.HF_ADMIN not in held:
        raise Conflict(
            "needs_hf_admin",
            "Tilleggsrollen krever HF-administrator på samme stilling.",
            "This extra role needs hf_admin on the same position.",
        )
