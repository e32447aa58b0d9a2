"""What plans, signing and identity tell of people's work: events for tests of those who listen.

    tidings = Tidings(clock)
    event = tidings.assigned(kari)                       # a plan assigned
    later = tidings.deactivated(event, kari)             # the next revision of the same

Every event carries the next revision of its aggregate; further fields may be given by name.
"""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from stafett_chassis.clock import Clock
from stafett_contracts import identity, plans, signing
from stafett_contracts.event import Actor
from stafett_contracts.ids import (
    AssignmentId,
    GrantId,
    PlanId,
    RequestItemId,
    RequirementId,
    SubjectId,
    VerificationId,
    new_id,
)
from stafett_contracts.values import (
    Addressee,
    AssignedPlan,
    Decider,
    NamedGoal,
    OwnedPlan,
    Party,
    Person,
    RequestSubject,
)
from stafett_contracts.vocabulary import (
    AddresseeKind,
    AssignmentReason,
    AssignmentState,
    Capacity,
    ItemStatus,
    Outcome,
    PlanStatus,
    PlanType,
    RejectionReason,
    RequestKind,
    RequestStatus,
    RequirementKind,
    RequirementLevel,
    RoleEndCause,
    Scope,
    SigningList,
)
from stafett_testing.people import Position


class Tidings:
    """The events of one plan, with one requirement, among some people."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.revisions: dict[UUID, int] = {}
        self.plan_id = PlanId(new_id())
        self.requirement_id = RequirementId(new_id())

    def next(self, key: UUID) -> int:
        """The next revision of an aggregate."""
        self.revisions[key] = self.revisions.get(key, 0) + 1
        return self.revisions[key]

    def by(self, position: Position) -> Actor:
        """The holder of the position as the one who did it."""
        return Actor(
            person_id=position.person_id, position_id=position.position_id, name=position.person.name
        )

    # plans

    def assignment(self, kind: type[plans.AssignmentData], holder: Position, **fields: Any) -> Any:
        """An event about an assigned plan."""
        assignment_id = fields.pop("assignment_id", None) or AssignmentId(new_id())
        return kind(
            **{
                "revision": self.next(assignment_id),
                "assignment_id": assignment_id,
                "plan_id": self.plan_id,
                "plan_name": "Akuttmedisin",
                "plan_type": PlanType.COMPETENCE,
                "position_id": holder.position_id,
                "person_id": holder.person_id,
                "person_name": holder.person.name,
                "hf_id": holder.unit.hf_id,
                "unit_id": holder.unit.unit_id,
                "state": AssignmentState.ACTIVE,
                "plan_status": PlanStatus.NOT_BEGUN,
                "assigned_at": self.clock.now(),
                **fields,
            }
        )

    def assigned(self, holder: Position, **fields: Any) -> plans.AssignmentCreated:
        """A plan assigned."""
        event: plans.AssignmentCreated = self.assignment(plans.AssignmentCreated, holder, **fields)
        return event

    def deactivated(
        self,
        before: plans.AssignmentData,
        holder: Position,
        reason: AssignmentReason = AssignmentReason.MANUAL,
    ) -> plans.AssignmentDeactivated:
        """The plan assigned before is worked in no longer."""
        event: plans.AssignmentDeactivated = self.assignment(
            plans.AssignmentDeactivated,
            holder,
            assignment_id=before.assignment_id,
            plan_name=before.plan_name,
            state=AssignmentState.DEACTIVATED,
            reason=reason,
        )
        return event

    def in_plan(self, holder: Position, assignment_id: UUID | None = None) -> AssignedPlan:
        """A plan of the person as other events name it."""
        return AssignedPlan(
            plan_id=self.plan_id,
            name="Akuttmedisin",
            assignment_id=AssignmentId(assignment_id or UUID(int=holder.position_id.int ^ 5)),
            position_id=holder.position_id,
        )

    def status(
        self, holder: Position, registration_id: UUID, status: ItemStatus, **fields: Any
    ) -> plans.ItemStatusChanged:
        """A requirement's status changed."""
        plan = self.in_plan(holder)
        return plans.ItemStatusChanged(
            **{
                "revision": self.next(registration_id),
                "registration_id": registration_id,
                "person_id": holder.person_id,
                "person_name": holder.person.name,
                "requirement_id": self.requirement_id,
                "requirement_number": "K-1",
                "requirement_name": "HLR",
                "kind": RequirementKind.REQUIREMENT,
                "level": RequirementLevel.LOCAL,
                "scope": Scope.SITE,
                "status": status,
                "plans": (plans.ItemInPlan(**plan.model_dump()),),
                **fields,
            }
        )

    def validity(
        self,
        kind: type[plans.ValidityChange],
        holder: Position,
        registration_id: UUID,
        until: date,
        **fields: Any,
    ) -> Any:
        """A nightly event about a last valid day."""
        return kind(
            **{
                "revision": self.next(registration_id),
                "registration_id": registration_id,
                "person_id": holder.person_id,
                "person_name": holder.person.name,
                "requirement_id": self.requirement_id,
                "requirement_name": "HLR",
                "round_id": UUID(int=registration_id.int ^ 1),
                "valid_until": until,
                "assignments": (self.in_plan(holder),),
                **fields,
            }
        )

    def deadline(
        self,
        kind: type[plans.DeadlineData],
        holder: Position,
        deadline_id: UUID,
        on: date | None,
        **fields: Any,
    ) -> Any:
        """An event about a deadline."""
        return kind(
            **{
                "revision": self.next(deadline_id),
                "deadline_id": deadline_id,
                "position_id": holder.position_id,
                "person_id": holder.person_id,
                "person_name": holder.person.name,
                "requirement_id": self.requirement_id,
                "requirement_name": "HLR",
                "deadline": on,
                "assignments": (self.in_plan(holder),),
                **fields,
            }
        )

    # signing

    def request(
        self,
        kind: type[signing.RequestData],
        employee: Position,
        addressee: Position | None,
        *,
        request_id: UUID,
        about: RequestKind = RequestKind.REQUIREMENT,
        status: RequestStatus = RequestStatus.WAITING,
        **fields: Any,
    ) -> Any:
        """An event about a request; one item, decided on with `decision_id` where given."""
        item = RequestItemId(UUID(int=request_id.int ^ 1))
        decision_id = fields.get("decision_id")
        subject = fields.pop("subject_id", None) or SubjectId(UUID(int=request_id.int ^ 2))
        if issubclass(kind, signing.RequestItemsChange):
            fields["item_ids"] = (item,)
        if issubclass(kind, signing.RequestDecided):
            assert addressee is not None
            fields = {"decider": self.decider(addressee), "decided_at": self.clock.now(), **fields}
        if kind is signing.RequestRejected:
            fields = {"reason": RejectionReason.NOT_DONE, "reason_label": "Ikke gjennomført", **fields}
        if kind is signing.RequestReopened:
            assert addressee is not None
            fields = {"was": Outcome.SIGNED, "by": self.decider(addressee), **fields}
        names = {
            RequestKind.PLAN: "Akuttmedisin",
            RequestKind.GOAL: "FKM-001",
            RequestKind.TRAINING_TIME: "Tid",
        }
        return kind(
            **{
                "revision": self.next(request_id),
                "request_id": request_id,
                "kind": about,
                "subject": RequestSubject(
                    kind=about,
                    id=subject,
                    revision=1,
                    name=names.get(about, "HLR"),
                    requirement_id=self.requirement_id if about not in names else None,
                    goal=NamedGoal(goal_number="FKM-001", goal_key="FKM1")  # type: ignore[arg-type]
                    if about is RequestKind.GOAL
                    else None,
                    plans=() if about is RequestKind.TRAINING_TIME else (self.in_plan(employee),),
                    first_day=date(2026, 1, 1) if about is RequestKind.TRAINING_TIME else None,
                    last_day=date(2026, 6, 30) if about is RequestKind.TRAINING_TIME else None,
                ),
                "employee": self.party(employee),
                "asked_by": self.party(employee),
                "asked_at": self.clock.now(),
                "addressee": Addressee(
                    kind=AddresseeKind.PERSON,
                    person_id=addressee.person_id if addressee else None,
                    name=addressee.person.name if addressee else None,
                ),
                "items": (signing.RequestItem(item_id=item, status=status, decision_id=decision_id),),
                **fields,
            }
        )

    def party(self, position: Position) -> Party:
        """A person as requests name them."""
        return Party(
            person_id=position.person_id, position_id=position.position_id, name=position.person.name
        )

    def decider(self, position: Position) -> Decider:
        """Who decided."""
        return Decider(
            person_id=position.person_id,
            position_id=position.position_id,
            name=position.person.name,
            capacity=Capacity.LEADER,
        )

    def person(self, position: Position) -> Person:
        """A person with the name shown."""
        return Person(person_id=position.person_id, name=position.person.name)

    def counts(self, position: Position, revision: int, **lists: Any) -> signing.CountsChanged:
        """What waits for a person: `goals=2`, or `goals=(0, True)` for one who has handled some."""
        given = {name: one if isinstance(one, tuple) else (one, False) for name, one in lists.items()}
        return signing.CountsChanged(
            revision=revision,
            person_id=position.person_id,
            lists=tuple(
                signing.ListCount(list=SigningList(name), waiting=waiting, has_handled=handled)
                for name, (waiting, handled) in given.items()
            ),
        )

    # e-mails that cannot be turned off

    def steward(self, position: Position) -> plans.PlanStewardRemoved:
        """A plan steward left."""
        return plans.PlanStewardRemoved(
            revision=1,
            grant_id=GrantId(new_id()),
            person=self.person(position),
            cause=RoleEndCause.POSITION_ENDED,
            plans=(OwnedPlan(plan_id=self.plan_id, name="Akuttmedisin"),),
        )

    def verification(
        self, position: Position, address: str, expires_at: datetime | None = None
    ) -> identity.EmailVerificationRequested:
        """Somebody gave an address that must be confirmed."""
        return identity.EmailVerificationRequested(
            revision=1,
            verification_id=VerificationId(new_id()),
            person_id=position.person_id,
            address=address,
            link="https://portal.example/verify/hemmelig",
            expires_at=expires_at or self.clock.now() + timedelta(days=1),
        )
