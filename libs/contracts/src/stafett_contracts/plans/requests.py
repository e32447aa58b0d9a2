"""What plans asks of signing."""

from pydantic import Field

from stafett_contracts.basis import GoalBasis, PlanBasis, RequirementBasis
from stafett_contracts.ids import DelegationId
from stafett_contracts.requests import Asking, Withdrawal


class SignatureRequested(Asking):
    """A requirement, an activity or repetitions were sent for signature."""

    TYPE = "plans.signature.requested.v1"

    snapshot: RequirementBasis


class ApprovalRequested(Asking):
    """A goal was sent for approval, or a plan is complete and waits for one."""

    TYPE = "plans.approval.requested.v1"

    via_delegation_id: DelegationId | None = None
    """Goals only: sent to the leader's delegate by this delegation."""
    deviation: str | None = None
    """Why prerequisites are missing (PLN-705)."""
    snapshot: GoalBasis | PlanBasis = Field(discriminator="kind")


class SignatureWithdrawn(Withdrawal):
    """A request for signature was withdrawn."""

    TYPE = "plans.signature.withdrawn.v1"


class ApprovalWithdrawn(Withdrawal):
    """A request for approval was withdrawn."""

    TYPE = "plans.approval.withdrawn.v1"
