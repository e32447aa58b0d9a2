"""Assigned plans, and what reaches many people at once."""

from datetime import date

from stafett_contracts.event import Event, UtcTime
from stafett_contracts.ids import (
    AssignmentId,
    PersonId,
    PlanId,
    PositionId,
    RequestId,
    RequirementId,
    SpecialtyCode,
    TemplateCode,
    UnitId,
)
from stafett_contracts.values import Affected, Decider, NamedRequirement, Part
from stafett_contracts.vocabulary import (
    AssignmentReason,
    AssignmentState,
    PlanStatus,
    PlanType,
    PlanVariant,
    ReopenCause,
    ResetCause,
    Track,
)


class AssignmentData(Event):
    """A plan assigned to a position."""

    SUBJECT = "assignment_id"

    assignment_id: AssignmentId
    plan_id: PlanId
    plan_name: str
    plan_type: PlanType
    plan_variant: PlanVariant | None = None
    template_code: TemplateCode | None = None
    track: Track | None = None
    specialty: SpecialtyCode | None = None
    position_id: PositionId
    person_id: PersonId
    person_name: str
    hf_id: UnitId
    unit_id: UnitId
    state: AssignmentState
    reason: AssignmentReason | None = None
    plan_status: PlanStatus
    assigned_at: UtcTime
    ended_on: date | None = None
    completed_on: date | None = None
    request_id: RequestId | None = None
    approved_by: Decider | None = None
    continued_as: AssignmentId | None = None


class AssignmentCreated(AssignmentData):
    """A plan was assigned to a position."""

    TYPE = "plans.assignment.created.v1"


class AssignmentDeleted(AssignmentData):
    """An assignment was deleted as wrong."""

    TYPE = "plans.assignment.deleted.v1"


class AssignmentDeactivated(AssignmentData):
    """An assigned plan is no longer worked in."""

    TYPE = "plans.assignment.deactivated.v1"


class AssignmentReactivated(AssignmentData):
    """An assigned plan is worked in again, also out of the archive."""

    TYPE = "plans.assignment.reactivated.v1"


class AssignmentArchived(AssignmentData):
    """An assigned plan was put in the archive."""

    TYPE = "plans.assignment.archived.v1"


class AssignmentMoved(AssignmentData):
    """An assignment follows the person to another position."""

    TYPE = "plans.assignment.moved.v1"

    from_position_id: PositionId
    to_position_id: PositionId


class AssignmentCompleted(AssignmentData):
    """A plan was completed or approved."""

    TYPE = "plans.assignment.completed.v1"


class AssignmentReopened(AssignmentData):
    """A completed plan is begun, or waits, again."""

    TYPE = "plans.assignment.reopened.v1"

    cause: ReopenCause


class PlanItemsChange(Event):
    """Items of a plan changed for those who have it; revision of the plan."""

    SUBJECT = "plan_id"

    plan_id: PlanId
    plan_name: str
    items: tuple[NamedRequirement, ...]
    affected: tuple[Affected, ...]
    part: Part = Part()


class PlanItemsActivated(PlanItemsChange):
    """Requirements came into a plan people have."""

    TYPE = "plans.plan.items_activated.v1"


class PlanItemsDeactivated(PlanItemsChange):
    """Requirements went out of a plan people have."""

    TYPE = "plans.plan.items_deactivated.v1"


class ItemReset(Event):
    """People's registrations of a requirement were reset; revision of the requirement."""

    TYPE = "plans.item.reset.v1"
    SUBJECT = "requirement_id"

    requirement_id: RequirementId
    requirement_name: str
    cause: ResetCause
    reset_at: UtcTime
    affected: tuple[Affected, ...]
    part: Part = Part()
