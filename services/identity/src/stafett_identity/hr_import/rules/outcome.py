"""What an import changes: rows as they will be, and the steps to tell of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from stafett_contracts.vocabulary import ReactivationCause
from stafett_identity.directory.model import EarlierLeading, Leading, Period, Person, Position, Unit


class Kind(StrEnum):
    """What happened to an object."""

    CREATED = "created"
    CHANGED = "changed"
    MOVED = "moved"
    CLOSED = "closed"
    DEACTIVATED = "deactivated"
    REACTIVATED = "reactivated"


@dataclass(frozen=True, slots=True)
class UnitStep:
    """A unit as it became."""

    kind: Kind
    unit: Unit
    from_parent_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class PositionStep:
    """A position as it became, by one step of possibly two."""

    kind: Kind
    position: Position
    fields_changed: tuple[str, ...] = ()
    cause: ReactivationCause | None = None


@dataclass(slots=True)
class PositionChange:
    """A position before and after an import; no `after`: it was planned only, and is forgotten."""

    before: Position | None
    after: Position | None
    periods: Sequence[Period]
    steps: list[PositionStep] = field(default_factory=list)

    def has(self, kind: Kind) -> bool:
        """Whether `kind` is among the steps."""
        return any(step.kind is kind for step in self.steps)

    @property
    def ended(self) -> bool:
        """Whether the import leaves it deactivated."""
        return bool(self.steps) and self.steps[-1].kind is Kind.DEACTIVATED


@dataclass(frozen=True, slots=True)
class PersonChange:
    """A person before and after."""

    before: Person | None
    after: Person
    national_id: str | None = field(default=None, repr=False)  # to be encrypted, when it is new
    former_hash: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class LeaderChange:
    """Who leads a position, before and after; `told` when the present leader changed."""

    before: Leading | None
    after: Leading
    closed: EarlierLeading | None
    told: bool


@dataclass(slots=True)
class Outcome:
    """Everything one import changes."""

    units: list[UnitStep] = field(default_factory=list)
    persons: dict[str, PersonChange] = field(default_factory=dict)  # by object id
    positions: list[PositionChange] = field(default_factory=list)
    leaders: list[LeaderChange] = field(default_factory=list)
    kept_open: list[Unit] = field(default_factory=list)  # units the file lacks, with people in them (IDN-077)
    held_by: tuple[str, ...] = ()  # codes of the HFs of which too many positions would end (IDN-090)
