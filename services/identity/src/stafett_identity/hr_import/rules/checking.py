"""Which rows of a file can be used (IDN-084), and what is doubtful about them (IDN-085)."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from stafett_contracts.vocabulary import Track
from stafett_identity.directory import rules as directory
from stafett_identity.directory.rules import HprSource
from stafett_identity.hr_import.rules.known import Known, Site
from stafett_identity.hr_import.rules.rows import (
    POSITION_REQUIRED,
    POSITIONS,
    Checked,
    FileRefused,
    Finding,
    PositionRow,
    Raw,
    RawFile,
    Untouchable,
)
from stafett_identity.hr_import.rules.unit_rows import check_units, cost_centres

LONG_PASSED = timedelta(days=60)
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)|(\d\d)\.(\d\d)\.(\d{4})")
_TRAINEES = (Track.LIS1.value, Track.LIS2_3.value)

Hash = Callable[[str], bytes]


def check(file: RawFile, known: Known, site: Site, today: date, hashed: Hash) -> Checked:
    """The usable rows of `file`. Raises `FileRefused` for one with too many errors or older than what was applied."""
    units, unit_findings, refused_units = check_units(file, known)
    look = _Look(file, known, site, today, hashed, cost_centres(units, known))
    rows = [look.row(number, raw) for number, raw in enumerate(file.positions, 1)]
    look.across(rows)
    usable = [row for row in rows if row is not None and row.row not in look.refused]
    if too_many(len(look.refused), len(file.positions), site.error_percent, site.error_rows):
        raise FileRefused("too_many_errors", POSITIONS)
    look.doubts(usable)
    return Checked(
        manifest=file.manifest,
        units=units,
        positions=usable,
        errors=[*unit_findings, *sorted(look.errors, key=lambda one: one.row or 0)],
        warnings=[*file.warnings, *sorted(look.warnings, key=lambda one: one.row or 0)],
        untouchable=_untouchable(file.positions, look.refused, known, refused_units),
    )


def too_many(count: int, of: int, percent: float, rows: int) -> bool:
    """More than `percent` per cent and more than `rows` (IDN-083, IDN-090)."""
    return count > rows and count * 100 > of * percent


@dataclass
class _Look:
    file: RawFile
    known: Known
    site: Site
    today: date
    hashed: Hash
    cost_centres: Mapping[str, str]  # the HF code of each
    errors: dict[Finding, None] = field(default_factory=dict)  # each once, in order
    warnings: list[Finding] = field(default_factory=list)
    refused: set[int] = field(default_factory=set)
    seen: set[tuple[tuple[str, str], ...]] = field(default_factory=set)

    def error(self, number: int, column: str | None, code: str) -> None:
        self.refused.add(number)
        self.errors[self._finding(number, column, code)] = None

    def warn(self, number: int, column: str | None, code: str) -> None:
        self.warnings.append(self._finding(number, column, code))

    def _finding(self, number: int, column: str | None, code: str) -> Finding:
        # Of a trust the file does not name nothing is told: the cell may hold something else (IDN-091).
        hf = self.file.positions[number - 1].get("hf_code")
        return Finding(POSITIONS, number, column, code, hf if hf in self.file.manifest.hf_codes else None)

    def row(self, number: int, raw: Raw) -> PositionRow | None:
        """What the row says; none when it says the same as an earlier one, or cannot be used by itself."""
        content = tuple(sorted(raw.items()))
        if content in self.seen:
            self.warn(number, None, "duplicate_row")
            return None
        self.seen.add(content)
        for column in POSITION_REQUIRED:
            if column not in raw:
                self.error(number, column, "missing_field")
        start = self._date(number, raw, "start_date")
        end = self._date(number, raw, "end_date")
        if start and end and end < start:
            self.error(number, "end_date", "end_before_start")
        self._place(number, raw)
        national_id = raw.get("national_id", "")
        for column in ("national_id", "previous_national_id"):
            if column in raw and not directory.is_national_id(raw[column], synthetic=self.site.synthetic):
                self.error(number, column, "bad_national_id")
        hpr = directory.hpr_number(raw["hpr_number"]) if "hpr_number" in raw else None
        if "hpr_number" in raw and hpr is None:
            self.error(number, "hpr_number", "bad_hpr")
        percentage = self._percentage(number, raw)
        if number in self.refused or start is None:
            return None
        return PositionRow(
            row=number,
            object_id=raw["object_id"],
            national_id=national_id,
            national_id_hash=self.hashed(national_id),
            given_name=raw["given_name"],
            family_name=raw["family_name"],
            hf_code=raw["hf_code"],
            cost_centre=raw["cost_centre"],
            employment_id=raw["employment_id"],
            title=raw["title"],
            start_date=start,
            end_date=end,
            percentage=percentage,
            job_code=raw.get("job_code"),
            track=self._track(number, raw),
            leader_object_id=raw.get("leader_object_id"),
            hpr_number=hpr,
            work_email=raw.get("work_email"),
            private_email=raw.get("private_email"),
            phone=raw.get("phone"),
        )

    def _date(self, number: int, raw: Raw, column: str) -> date | None:
        if column not in raw:
            return None
        found = _DATE.fullmatch(raw[column])
        try:
            if found is None:
                raise ValueError
            parts = found.groups()
            year, month, day = parts[:3] if parts[0] else (parts[5], parts[4], parts[3])
            return date(int(year), int(month), int(day))
        except ValueError:
            self.error(number, column, "bad_date")
            return None

    def _place(self, number: int, raw: Raw) -> None:
        hf, cost_centre = raw.get("hf_code"), raw.get("cost_centre")
        if hf and hf not in self.file.manifest.hf_codes:
            self.error(number, "hf_code", "hf_not_in_manifest")
        elif cost_centre and hf and self.cost_centres.get(cost_centre) != hf:
            # Also a cost centre of another trust: the position would lie in two (IDN-093).
            self.error(number, "cost_centre", "unknown_cost_centre")

    def _percentage(self, number: int, raw: Raw) -> Decimal | None:
        if "percentage" not in raw:
            return None
        try:
            percentage = Decimal(raw["percentage"])
        except InvalidOperation:
            percentage = Decimal(-1)
        if percentage.is_nan() or not 0 <= percentage <= 100:
            self.error(number, "percentage", "bad_percentage")
            return None
        return percentage.quantize(Decimal("0.01"))

    def _track(self, number: int, raw: Raw) -> str:
        """As stated, else by the site's list of job codes, else none (IDN-082)."""
        stated = raw.get("track")
        if stated is not None and stated not in tuple(Track):
            self.warn(number, "track", "unknown_track")
            stated = None
        return stated or self.site.job_tracks.get(raw.get("job_code", ""), Track.NONE.value)

    # --- what only shows when rows are seen together ---

    def across(self, rows: Sequence[PositionRow | None]) -> None:
        """Errors between rows, and between rows and what is known. Every row involved is refused."""
        found = [row for row in rows if row is not None]
        for group in _groups(found, lambda row: row.employment_id):
            if len(group) > 1:
                self._all(group, "employment_id", "duplicate_employment")
        self._persons(found)
        self._hpr([row for row in found if row.row not in self.refused])

    def _persons(self, rows: Sequence[PositionRow]) -> None:
        for group in _groups(rows, lambda row: row.national_id_hash):
            if len({row.object_id for row in group}) > 1:
                self._all(group, "national_id", "duplicate_person")
        for group in _groups(rows, lambda row: row.object_id):
            known = self.known.persons.get(group[0].object_id)
            if known is None:
                if len({row.national_id_hash for row in group}) > 1:
                    self._all(group, "national_id", "person_mismatch")
                for row in group:
                    owner = self.known.owners.get(row.national_id_hash)
                    if owner is not None and owner.object_id is not None:
                        self.error(row.row, "national_id", "duplicate_person")
                continue
            for row in group:
                self._is_same_person(row, known.national_id_hash, known.person_id)

    def _is_same_person(self, row: PositionRow, known_hash: bytes | None, person_id: object) -> None:
        if row.national_id_hash == known_hash or known_hash is None:
            return
        previous = self.file.positions[row.row - 1].get("previous_national_id")
        owner = self.known.owners.get(row.national_id_hash)
        if previous is None or self.hashed(previous) != known_hash:
            self.error(row.row, "national_id", "person_mismatch")
        elif owner is not None and owner.person_id != person_id:
            self.error(row.row, "national_id", "duplicate_person")

    def _hpr(self, rows: Sequence[PositionRow]) -> None:
        """An HPR number is one person's (Data, Person): rows that would give it to two are refused."""
        numbers: dict[str, set[str]] = defaultdict(set)
        by_person = _groups([row for row in rows if row.hpr_number], lambda row: row.object_id)
        stated = {group[0].object_id: group for group in by_person}
        after: dict[str, str] = {}
        for object_id, group in stated.items():
            known = self.known.persons.get(object_id)
            number, _ = directory.better_hpr(
                known.hpr_number if known else None,
                known.hpr_source if known else None,
                group[0].hpr_number,
                HprSource.HR,
            )
            after[object_id] = number or ""
            numbers[number or ""].add(object_id)
        leaving = {
            self.known.persons[object_id].person_id for object_id in after if object_id in self.known.persons
        }
        for object_id, number in after.items():
            owner = self.known.hpr_owners.get(number)
            taken = owner is not None and owner not in leaving
            if taken or len(numbers[number]) > 1 or len({row.hpr_number for row in stated[object_id]}) > 1:
                self._all(stated[object_id], "hpr_number", "bad_hpr")

    def _all(self, rows: Iterable[PositionRow], column: str, code: str) -> None:
        for row in rows:
            self.error(row.row, column, code)

    # --- doubts ---

    def doubts(self, usable: Sequence[PositionRow]) -> None:
        """Warnings about rows that are used all the same."""
        named = {raw["object_id"] for raw in self.file.positions if "object_id" in raw}
        for row in usable:
            leader = row.leader_object_id
            if leader == row.object_id:
                self.warn(row.row, "leader_object_id", "self_leader")
            elif leader is not None and leader not in named and leader not in self.known.persons:
                self.warn(row.row, "leader_object_id", "unknown_leader")
            if row.track in _TRAINEES and row.hpr_number is None:
                person = self.known.persons.get(row.object_id)
                if person is None or person.hpr_number is None:
                    self.warn(row.row, "hpr_number", "missing_hpr")
            if row.end_date is not None and row.end_date < self.today - LONG_PASSED:
                self.warn(row.row, "end_date", "end_date_passed")


def _groups(rows: Sequence[PositionRow], key: Callable[[PositionRow], object]) -> Iterable[list[PositionRow]]:
    groups: dict[object, list[PositionRow]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups.values()


def _untouchable(raws: Sequence[Raw], refused: set[int], known: Known, units: Iterable[str]) -> Untouchable:
    identifiers, employments, persons = set(), set(), set()
    employed = {period.employment_id for periods in known.periods.values() for period in periods}
    for number in refused:
        raw = raws[number - 1]
        object_id, employment_id = raw.get("object_id"), raw.get("employment_id")
        if employment_id in employed:
            employments.add(str(employment_id))
        elif object_id:
            # It may have been about any of the person's positions.
            persons.add(object_id)
        if object_id and "hf_code" in raw and "cost_centre" in raw:
            identifiers.add((object_id, raw["hf_code"], raw["cost_centre"]))
    return Untouchable(frozenset(persons), frozenset(identifiers), frozenset(employments), frozenset(units))
