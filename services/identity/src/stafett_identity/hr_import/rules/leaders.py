"""Who leads whom once HR's file is applied (IDN-116 to IDN-129)."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from uuid import UUID

from stafett_contracts.vocabulary import (
    DeactivationCause,
    LeaderChangeCause,
    LeaderSource,
    PositionKind,
    PositionStatus,
    ReactivationCause,
)
from stafett_identity.directory import rules as directory
from stafett_identity.directory.model import EarlierLeading, Leading, Position, Unit
from stafett_identity.hr_import.rules.outcome import Kind, LeaderChange, PositionChange

_CHOSEN = (LeaderSource.MANUAL.value, LeaderSource.SELF.value)


@dataclass
class Leaders:
    """Finds leaders among the positions and units as they are after the import.

    `named` is whom an employee's own HR row names, by position; `changes` what the import did to positions.
    """

    units: Mapping[UUID, Unit]
    positions: Mapping[UUID, Position]
    named: Mapping[UUID, UUID | None]
    before: Mapping[UUID, Leading]
    last_links: Mapping[UUID, EarlierLeading]
    changes: Mapping[UUID, PositionChange]
    today: date
    new_id: Callable[[], UUID]
    _active: dict[UUID, list[Position]] = field(default_factory=lambda: defaultdict(list))
    _above: dict[UUID, list[UUID]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for position in self.positions.values():
            if position.status == PositionStatus.ACTIVE and position.kind != PositionKind.TEMPORARY:
                self._active[position.person_id].append(position)
        for held in self._active.values():
            held.sort(key=lambda one: (one.start_date or date.min, one.position_id))

    # --- whom HR means ---

    def by_hr(self, employee: Position) -> Position | None:
        """HR's leader: the one named on the row, else of the nearest unit upwards that has another (IDN-116)."""
        named = self.named.get(employee.position_id)
        if named is not None and named != employee.person_id and self._active.get(named):
            return self.position_for(named, employee.unit_id)
        for unit_id in self.above(employee.unit_id):
            leader = self.units[unit_id].leader_person_id
            if leader is not None and leader != employee.person_id and self._active.get(leader):
                return self.position_for(leader, employee.unit_id)
        return None

    def position_for(self, person_id: UUID, unit_id: UUID) -> Position | None:
        """From which position a person leads at a unit: there, else nearest in the tree, else begun first (IDN-117)."""
        held = self._active.get(person_id, [])
        return min(held, key=lambda one: self._distance(one.unit_id, unit_id), default=None)

    def above(self, unit_id: UUID) -> list[UUID]:
        """The unit and those above it, the nearest first."""
        if unit_id not in self._above:
            line: list[UUID] = []
            at: UUID | None = unit_id
            while at is not None and at in self.units and at not in line:
                line.append(at)
                at = self.units[at].parent_id
            self._above[unit_id] = line
        return self._above[unit_id]

    def _distance(self, one: UUID, other: UUID) -> int:
        """Steps through the tree from unit to unit."""
        steps = {unit_id: count for count, unit_id in enumerate(self.above(one))}
        return min(
            (steps[unit_id] + count for count, unit_id in enumerate(self.above(other)) if unit_id in steps),
            default=len(self.units),
        )

    # --- what changes ---

    def all_changes(self) -> list[LeaderChange]:
        """The links that open, close or move, for every position that has or should have a leader."""
        found = []
        for position in self.positions.values():
            if position.kind != PositionKind.EMPLOYMENT:
                continue
            change = self._change(position)
            if change is not None:
                found.append(change)
        return found

    def _change(self, employee: Position) -> LeaderChange | None:
        before = self.before.get(employee.position_id)
        if employee.status != PositionStatus.ACTIVE:
            done = self.changes.get(employee.position_id)
            if before is None or before.link_id is None or done is None or not done.ended:
                return None
            return self._closed(before, employee)
        hr = self.by_hr(employee)
        link, cause, awaits = self._link(employee, before, hr)
        return self._changed(employee, before, hr, link, cause, awaits)

    def _link(
        self, employee: Position, before: Leading | None, hr: Position | None
    ) -> tuple[tuple[Position, str] | None, LeaderChangeCause, bool]:
        """The leader's position and the link's source, why, and whether a new leader must be chosen by hand."""
        by_hr = (hr, LeaderSource.HR.value) if hr is not None else None
        change = self.changes.get(employee.position_id)
        if before is None:
            created = change is not None and change.has(Kind.CREATED)
            return by_hr, LeaderChangeCause.POSITION_CREATED if created else LeaderChangeCause.HR, False
        if change is not None and change.has(Kind.REACTIVATED):
            return self._link_again(employee, before, change) or by_hr, LeaderChangeCause.HR, False
        if before.source in _CHOSEN:
            kept = self._chosen_leader(before, employee)
            if kept is None:
                return None, LeaderChangeCause.LEADER_LEFT, True
            return (kept, str(before.source)), LeaderChangeCause.LEADER_MOVED, False
        if before.awaits_choice:
            return None, LeaderChangeCause(before.cause), True
        if before.link_id is None or (hr is not None and hr.person_id != before.leader_person_id):
            return by_hr, LeaderChangeCause.HR, False
        if hr is not None:
            return by_hr, LeaderChangeCause.LEADER_MOVED, False
        left = not self._active.get(before.leader_person_id or UUID(int=0))
        return None, LeaderChangeCause.LEADER_LEFT if left else LeaderChangeCause.HR, False

    def _chosen_leader(self, before: Leading, employee: Position) -> Position | None:
        """Where a manual leader leads from now: there still, from the successor, from another position (IDN-126)."""
        assert before.leader_position_id is not None
        assert before.leader_person_id is not None
        position = self.positions.get(before.leader_position_id)
        if position is not None and position.status == PositionStatus.ACTIVE:
            return position
        successor = self.positions.get(position.successor_id) if position and position.successor_id else None
        if successor is not None and successor.status == PositionStatus.ACTIVE:
            return successor
        return self.position_for(before.leader_person_id, employee.unit_id)

    def _link_again(
        self, employee: Position, before: Leading, change: PositionChange
    ) -> tuple[Position, str] | None:
        """A manual leader whose link closed with the position, when HR says it never ended (IDN-101)."""
        last = self.last_links.get(employee.position_id)
        restored = any(step.cause is ReactivationCause.RESTORED_BY_IMPORT for step in change.steps)
        if not restored or last is None or last.source not in _CHOSEN or change.before is None:
            return None
        if before.valid_from != change.before.deactivated_at:
            return None  # the link had closed earlier, for another reason
        leader = self.positions.get(last.leader_position_id)
        if leader is None or leader.status != PositionStatus.ACTIVE:
            return None
        return leader, last.source

    def _changed(
        self,
        employee: Position,
        before: Leading | None,
        hr: Position | None,
        link: tuple[Position, str] | None,
        cause: LeaderChangeCause,
        awaits: bool,
    ) -> LeaderChange | None:
        by_hr = {
            "hr_leader_position_id": hr.position_id if hr else None,
            "hr_leader_person_id": hr.person_id if hr else None,
            "hr_named_person_id": self.named.get(employee.position_id),
            "awaits_choice": awaits,
        }
        change = self.changes.get(employee.position_id)
        restarted = change is not None and change.has(Kind.DEACTIVATED)
        same = (
            before is not None
            and not restarted
            and before.leader_position_id == (link[0].position_id if link else None)
        )
        if before is not None and same:
            after = replace(before, **by_hr)  # type: ignore[arg-type]
            return None if after == before else LeaderChange(before, after, None, told=False)
        if before is None and link is None:
            return None
        base = before or Leading(
            employee.position_id, employee.person_id, self.today, cause.value, revision=0
        )
        moved = cause is LeaderChangeCause.LEADER_MOVED
        after = replace(
            base,
            link_id=self.new_id() if link else None,
            leader_position_id=link[0].position_id if link else None,
            leader_person_id=link[0].person_id if link else None,
            source=link[1] if link else None,
            valid_from=self.today,
            cause=cause.value,
            set_by_person_id=base.set_by_person_id if moved else None,
            set_by_position_id=base.set_by_position_id if moved else None,
            revision=base.revision + 1,
            **by_hr,  # type: ignore[arg-type]
        )
        closed = (
            directory.closed_link(before, self.today - timedelta(days=1))
            if before and before.link_id
            else None
        )
        return LeaderChange(before, after, closed, told=True)

    def _closed(self, before: Leading, employee: Position) -> LeaderChange:
        """The link of a position that ended; its last day is the position's (IDN-114)."""
        last_day = min(employee.end_date or date.max, self.today - timedelta(days=1))
        manual = employee.deactivated_cause == DeactivationCause.MANUAL
        after = replace(
            before,
            link_id=None,
            leader_position_id=None,
            leader_person_id=None,
            source=None,
            valid_from=self.today,
            cause=(LeaderChangeCause.MANUAL if manual else LeaderChangeCause.HR).value,
            set_by_person_id=None,
            set_by_position_id=None,
            hr_leader_position_id=None,
            hr_leader_person_id=None,
            revision=before.revision + 1,
        )
        return LeaderChange(before, after, directory.closed_link(before, last_day), told=True)


def circles(leads: Mapping[UUID, UUID]) -> set[UUID]:
    """The positions that are led, over any number of others, by themselves; `leads` is the leader of each."""
    found: set[UUID] = set()
    done: set[UUID] = set()
    for start in leads:
        path: dict[UUID, int] = {}
        at: UUID | None = start
        while at is not None and at not in done and at not in path:
            path[at] = len(path)
            at = leads.get(at)
        if at is not None and at in path:
            found.update(one for one, place in path.items() if place >= path[at])
        done.update(path)
    return found
