"""An HR file as rows, and what can be found wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

UNITS = "units"
POSITIONS = "positions"

UNIT_COLUMNS = ("unit_code", "hf_code", "name", "level", "parent_code", "leader_object_id")
UNIT_REQUIRED = UNIT_COLUMNS[:4]
POSITION_COLUMNS = (
    "object_id",
    "national_id",
    "given_name",
    "family_name",
    "hf_code",
    "cost_centre",
    "employment_id",
    "title",
    "start_date",
    "end_date",
    "percentage",
    "job_code",
    "track",
    "leader_object_id",
    "hpr_number",
    "work_email",
    "private_email",
    "phone",
    "previous_national_id",
)
POSITION_REQUIRED = POSITION_COLUMNS[:9]

Raw = Mapping[str, str]
"""A row as it was read: only columns with a value."""


class FileRefused(Exception):
    """The whole file cannot be used (IDN-083); nothing is changed."""

    def __init__(self, code: str, file: str | None = None, field: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.file = file
        self.field = field


@dataclass(frozen=True, slots=True)
class Finding:
    """Something found in a row (counted from 1) or, without row, in a column. Never a value: it may be about a person."""

    file: str
    row: int | None
    field: str | None
    code: str
    hf_code: str | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the file says of itself."""

    file_id: str
    created_at: datetime
    hf_codes: tuple[str, ...]
    unit_rows: int
    position_rows: int


@dataclass(frozen=True, slots=True)
class RawFile:
    """A file that can be read; whether its rows can be used is another question."""

    manifest: Manifest
    units: Sequence[Raw] = field(repr=False)
    positions: Sequence[Raw] = field(repr=False)  # with national ids (IDN-006)
    warnings: Sequence[Finding]


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit as HR states it."""

    row: int
    code: str
    hf_code: str
    name: str
    level: str
    parent_code: str | None
    leader_object_id: str | None


@dataclass(frozen=True, slots=True)
class PositionRow:
    """An employment as HR states it."""

    row: int
    object_id: str
    national_id: str = field(repr=False)
    national_id_hash: bytes = field(repr=False)
    given_name: str
    family_name: str
    hf_code: str
    cost_centre: str
    employment_id: str
    title: str
    start_date: date
    end_date: date | None
    percentage: Decimal | None
    job_code: str | None
    track: str
    leader_object_id: str | None
    hpr_number: str | None
    work_email: str | None
    private_email: str | None
    phone: str | None

    @property
    def identifier(self) -> tuple[str, str]:
        """HF and cost centre; with the person the position identifier (IDN-093)."""
        return self.hf_code, self.cost_centre


@dataclass(frozen=True, slots=True)
class Untouchable:
    """What refused rows were about, and which therefore stays exactly as it is (IDN-086)."""

    persons: frozenset[str] = (
        frozenset()
    )  # by object id: nobody can tell which of the person's positions it was
    identifiers: frozenset[tuple[str, str, str]] = frozenset()
    employments: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Checked:
    """The rows that can be used, and what was found."""

    manifest: Manifest
    units: Sequence[UnitRow]
    positions: Sequence[PositionRow]
    errors: Sequence[Finding]
    warnings: Sequence[Finding]
    untouchable: Untouchable
