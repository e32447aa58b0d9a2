"""What a run tells about itself (IDN-088, IDN-091): object ids, cost centres and dates; never a national id."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from stafett_contracts.vocabulary import PositionStatus
from stafett_identity.directory.model import Position
from stafett_identity.hr_import.rules.outcome import Kind, PositionChange
from stafett_identity.hr_import.rules.plan import Planned
from stafett_identity.hr_import.rules.rows import Finding

Entry = dict[str, Any]
LISTS = (
    "created",
    "changed",
    "ended",
    "reactivated",
    "rotated",
    "moved",
    "leader_changed",
    "without_leader",
    "units_created",
    "units_changed",
    "units_closed",
    "units_kept_open",
    "persons_registered",
    "persons_changed",
)


def findings(found: Sequence[Finding]) -> list[Entry]:
    """Errors or warnings as they are stored and shown."""
    return [asdict(one) for one in found]


def changes(planned: Planned) -> dict[str, list[Entry]]:
    """Every change by kind, each naming its HF so that an hf_admin can be shown the own one's."""
    return _Report(planned).lists


class _Report:
    def __init__(self, planned: Planned) -> None:
        self._planned = planned
        self._codes = {unit.unit_id: code for code, unit in planned.units.items()}
        self.lists: dict[str, list[Entry]] = {name: [] for name in LISTS}
        for change in planned.outcome.positions:
            self._position(change)
        self._leaders()
        self._units()
        for object_id, person in planned.outcome.persons.items():
            new = person.before is None or person.before.revision == 0
            if new and person.after.revision:
                self.lists["persons_registered"].append({"object_id": object_id})
            elif not new and person.before is not None and person.before.revision != person.after.revision:
                self.lists["persons_changed"].append({"object_id": object_id})

    def _entry(self, position: Position, **more: Any) -> Entry:
        return {
            "object_id": self._planned.object_ids.get(position.person_id),
            "hf_code": self._codes.get(position.hf_id),
            "cost_centre": self._codes.get(position.unit_id),
            **more,
        }

    def _position(self, change: PositionChange) -> None:
        after = change.after
        if after is None:
            return
        if change.ended:
            successor = self._planned.positions.get(after.successor_id) if after.successor_id else None
            if after.rotation and successor is not None:
                entry = self._entry(after, end_date=after.end_date, start_date=successor.start_date)
                entry["from"], entry["to"] = entry["cost_centre"], self._codes.get(successor.unit_id)
                self.lists["rotated"].append(entry)
            else:
                self.lists["ended"].append(
                    self._entry(after, end_date=after.end_date, cause=after.deactivated_cause)
                )
        elif change.has(Kind.REACTIVATED):
            cause = next(step.cause for step in change.steps if step.kind is Kind.REACTIVATED)
            self.lists["reactivated"].append(self._entry(after, start_date=after.start_date, cause=cause))
        elif change.has(Kind.CREATED):
            if not self._continues_rotation(after):
                self.lists["created"].append(self._entry(after, start_date=after.start_date))
        elif change.has(Kind.CHANGED):
            fields = [name for step in change.steps for name in step.fields_changed]
            self.lists["changed"].append(self._entry(after, fields=fields))

    def _continues_rotation(self, position: Position) -> bool:
        """Told as part of the rotation, not as one more."""
        before = self._planned.positions.get(position.predecessor_id) if position.predecessor_id else None
        return before is not None and before.rotation and before.successor_id == position.position_id

    def _leaders(self) -> None:
        created = {
            change.after.position_id
            for change in self._planned.outcome.positions
            if change.after is not None and (change.has(Kind.CREATED) or change.has(Kind.REACTIVATED))
        }
        for change in self._planned.outcome.leaders:
            position = self._planned.positions[change.after.employee_position_id]
            if not change.told or position.status != PositionStatus.ACTIVE:
                continue
            old = change.before.leader_person_id if change.before else None
            new = change.after.leader_person_id
            if position.position_id not in created and (old or new):
                entry = self._entry(position, cause=change.after.cause)
                entry["from"], entry["to"] = self._object_id(old), self._object_id(new)
                self.lists["leader_changed"].append(entry)
            if new is None:
                self.lists["without_leader"].append(self._entry(position))

    def _object_id(self, person_id: UUID | None) -> str | None:
        return self._planned.object_ids.get(person_id) if person_id else None

    def _units(self) -> None:
        names: Mapping[Kind, str] = {
            Kind.CREATED: "units_created",
            Kind.CHANGED: "units_changed",
            Kind.MOVED: "units_changed",
            Kind.CLOSED: "units_closed",
        }
        for step in self._planned.outcome.units:
            self.lists[names[step.kind]].append(
                {"unit_code": step.unit.code, "hf_code": step.unit.hf_code, "name": step.unit.name}
            )
        for unit in self._planned.outcome.kept_open:
            self.lists["units_kept_open"].append(
                {"unit_code": unit.code, "hf_code": unit.hf_code, "name": unit.name}
            )
