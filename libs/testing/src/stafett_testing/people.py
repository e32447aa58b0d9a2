"""People for tests: invented persons, units, positions and relations, told to a service as identity would.

    world = World()
    ward = world.unit("Medisinsk sengepost", parent=world.unit("Havnes sykehus", level=OrgLevel.HF))
    boss = world.person("Torbjørn", "Engeskår").at(ward)
    kari = world.person("Kari", "Hansen").at(ward, track=Track.LIS1, leader=boss)
    await service.deliver(*world.news())

Every call notes the event identity would publish; `news()` hands over what was noted since last time. Changing
something (`world.set_leader(kari, other)`) notes an event with the next revision.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from stafett_contracts import identity
from stafett_contracts.event import Event
from stafett_contracts.ids import (
    DeputyId,
    GrantId,
    HprNumber,
    LinkId,
    PersonId,
    PlanId,
    PositionId,
    SpecialtyCode,
    UnitId,
    new_id,
)
from stafett_contracts.vocabulary import (
    AccountCause,
    AccountState,
    DeactivationCause,
    GrantState,
    LeaderChangeCause,
    LeaderSource,
    OrgLevel,
    PositionKind,
    PositionStatus,
    RelationCause,
    Role,
    Track,
    TrainingLeadState,
)

START = date(2020, 1, 1)


@dataclass(frozen=True)
class Unit:
    """A unit of the invented organisation."""

    unit_id: UnitId
    hf_id: UnitId
    level: OrgLevel
    name: str


@dataclass
class Position:
    """A person's position, as tests speak of it."""

    world: "World"
    person: "Person"
    position_id: PositionId
    unit: Unit
    track: Track
    status: PositionStatus = PositionStatus.ACTIVE
    leader: "Position | None" = None

    @property
    def person_id(self) -> PersonId:
        """Whose position it is."""
        return self.person.person_id


@dataclass
class Person:
    """An invented person."""

    world: "World"
    person_id: PersonId
    given_name: str
    family_name: str
    hpr_number: HprNumber | None
    positions: list[Position] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name shown."""
        return f"{self.given_name} {self.family_name}"

    def at(
        self, unit: Unit, *, leader: Position | None = None, track: Track = Track.NONE, **fields: Any
    ) -> Position:
        """Give the person an active position at `unit`; further `fields` go into the event."""
        return self.world.position(self, unit, leader=leader, track=track, **fields)


class World:
    """An organisation with people, and the events that tell of it."""

    def __init__(self) -> None:
        self._revisions: dict[UUID, int] = {}
        self._news: list[Event] = []
        self._told: list[Event] = []
        self._hpr = 9_000_000

    def news(self) -> list[Event]:
        """The events noted since last time, in order."""
        news, self._news = self._news, []
        self._told += news
        return news

    def all_news(self) -> list[Event]:
        """Every event so far, also those handed over: for a service that comes later."""
        return [*self._told, *self._news]

    def unit(self, name: str, *, parent: Unit | None = None, level: OrgLevel | None = None) -> Unit:
        """A new unit; without a parent it is a trust (HF), below one a cost centre, unless `level` says else."""
        level = level or (OrgLevel.HF if parent is None else OrgLevel.COST_CENTRE)
        unit_id = UnitId(new_id())
        own_hf = level in (OrgLevel.HF, OrgLevel.TRAINING_ENTERPRISE) or parent is None
        unit = Unit(unit_id, unit_id if own_hf or parent is None else parent.hf_id, level, name)
        self._note(
            identity.OrgUnitCreated(
                revision=self._next(unit_id),
                unit_id=unit_id,
                code=f"U{len(self._revisions)}",
                name=name,
                level=level,
                parent_id=parent.unit_id if parent else None,
                hf_id=unit.hf_id,
                valid_from=START,
            )
        )
        return unit

    def person(self, given_name: str, family_name: str, *, hpr: bool = True) -> Person:
        """A new person, with an HPR number unless told otherwise."""
        self._hpr += 1
        person = Person(
            self, PersonId(new_id()), given_name, family_name, HprNumber(str(self._hpr)) if hpr else None
        )
        self._note(
            identity.PersonRegistered(
                revision=self._next(person.person_id),
                person_id=person.person_id,
                given_name=given_name,
                family_name=family_name,
                sort_key=f"{family_name} {given_name}".lower(),
                hpr_number=person.hpr_number,
            )
        )
        return person

    def position(
        self,
        person: Person,
        unit: Unit,
        *,
        leader: Position | None = None,
        track: Track = Track.NONE,
        **fields: Any,
    ) -> Position:
        """A new active position of `person` at `unit`."""
        position = Position(self, person, PositionId(new_id()), unit, track)
        person.positions.append(position)
        self._note(identity.PositionCreated(**{**self._state(position), **fields}))
        if leader is not None:
            self.set_leader(position, leader, cause=LeaderChangeCause.POSITION_CREATED)
        return position

    def deactivate(self, position: Position, *, person_left: bool = False, **fields: Any) -> None:
        """End a position."""
        position.status = PositionStatus.DEACTIVATED
        given = {"cause": DeactivationCause.ENDED, "person_left": person_left, **fields}
        self._note(identity.PositionDeactivated(**{**self._state(position), **given}))

    def set_leader(
        self,
        employee: Position,
        leader: Position | None,
        *,
        cause: LeaderChangeCause = LeaderChangeCause.HR,
        source: LeaderSource = LeaderSource.HR,
        earlier: Sequence[identity.LeaderPeriod] = (),
    ) -> None:
        """Give `employee` another leader, or none."""
        old, employee.leader = employee.leader, leader
        key = UUID(int=employee.position_id.int ^ 1)  # the link's revisions are its own
        self._note(
            identity.LeaderChanged(
                revision=self._next(key),
                employee_position_id=employee.position_id,
                employee_person_id=employee.person_id,
                link_id=LinkId(new_id()) if leader else None,
                leader_position_id=leader.position_id if leader else None,
                leader_person_id=leader.person_id if leader else None,
                source=source if leader else None,
                valid_from=START,
                cause=cause,
                old_leader_position_id=old.position_id if old else None,
                old_leader_person_id=old.person_id if old else None,
                same_person=bool(old and leader and old.person_id == leader.person_id),
                earlier=tuple(earlier),
            )
        )

    def mentor(self, trainee: Person, mentor: Person) -> None:
        """Register a mentor."""
        link = LinkId(new_id())
        self._note(
            identity.MentorRegistered(
                revision=self._next(link),
                link_id=link,
                trainee_person_id=trainee.person_id,
                mentor_person_id=mentor.person_id,
                valid_from=START,
                cause=RelationCause.CHOSEN,
            )
        )

    def training_lead(self, trainee: Position, lead: Position, specialty: str) -> None:
        """Link a training lead to a trainee's position."""
        link = LinkId(new_id())
        self._note(
            identity.TrainingLeadLinked(
                revision=self._next(link),
                link_id=link,
                trainee_position_id=trainee.position_id,
                trainee_person_id=trainee.person_id,
                lead_position_id=lead.position_id,
                lead_person_id=lead.person_id,
                specialty=SpecialtyCode(specialty),
                hf_id=trainee.unit.hf_id,
                state=TrainingLeadState.ACTIVE,
                cause=RelationCause.ROLE,
            )
        )

    def deputy(self, leader: Position, deputy: Person, *, expires_on: date | None = None) -> DeputyId:
        """Appoint a deputy for a leader."""
        deputy_id = DeputyId(new_id())
        self._note(
            identity.DeputyAppointed(
                revision=self._next(deputy_id),
                deputy_id=deputy_id,
                leader_position_id=leader.position_id,
                leader_person_id=leader.person_id,
                deputy_person_id=deputy.person_id,
                valid_from=START,
                expires_on=expires_on,
            )
        )
        return deputy_id

    def grant(
        self,
        holder: Position,
        role: Role,
        *units: Unit,
        include_sub_units: bool = True,
        specialties: Sequence[str] = (),
        plans: Sequence[UUID] = (),
    ) -> GrantId:
        """Grant a role at `units`."""
        grant_id = GrantId(new_id())
        self._note(
            identity.RoleGranted(
                revision=self._next(grant_id),
                grant_id=grant_id,
                position_id=holder.position_id,
                person_id=holder.person_id,
                person_name=holder.person.name,
                role=role,
                units=tuple(
                    identity.RoleUnit(unit_id=unit.unit_id, include_sub_units=include_sub_units)
                    for unit in units
                ),
                specialties=tuple(identity.RoleSpecialty(code=SpecialtyCode(code)) for code in specialties),
                plan_ids=tuple(PlanId(plan) for plan in plans),
                valid_from=START,
                state=GrantState.ACTIVE,
            )
        )
        return grant_id

    def deactivate_account(self, person: Person) -> None:
        """Deactivate a person's account."""
        key = UUID(int=person.person_id.int ^ 2)
        self._note(
            identity.AccountDeactivated(
                revision=self._next(key),
                person_id=person.person_id,
                state=AccountState.DEACTIVATED,
                on=START,
                cause=AccountCause.INACTIVITY,
            )
        )

    def _state(self, position: Position) -> dict[str, Any]:
        return {
            "revision": self._next(position.position_id),
            "position_id": position.position_id,
            "person_id": position.person_id,
            "hf_id": position.unit.hf_id,
            "unit_id": position.unit.unit_id,
            "kind": PositionKind.EMPLOYMENT,
            "title": "Lege",
            "track": position.track,
            "status": position.status,
            "start_date": START,
        }

    def _note(self, event: Event) -> None:
        self._news.append(event)

    def _next(self, key: UUID) -> int:
        self._revisions[key] = self._revisions.get(key, 0) + 1
        return self._revisions[key]
