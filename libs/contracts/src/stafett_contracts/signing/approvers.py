"""Delegated approvers, the Directorate of Health, counts and the journal."""

from datetime import date

from stafett_contracts.event import Event, UtcTime, Value
from stafett_contracts.ids import DecisionId, DelegationId, PersonId, PositionId, RequestId, SiteId
from stafett_contracts.values import Decider, NamedGoal, Person
from stafett_contracts.vocabulary import DelegationMode, SigningList, WithdrawnBy


class StandingApproval(Value):
    """An approval that still stands."""

    site: SiteId
    decided_on: date | None = None
    approver: str | None = None
    directorate: bool = False


class DelegationData(Event):
    """A leader's delegated approver."""

    SUBJECT = "delegation_id"

    delegation_id: DelegationId
    leader: Person
    leader_position_id: PositionId
    delegate: Person
    description: str | None = None
    mode: DelegationMode = DelegationMode.FINAL
    created_at: UtcTime
    ended_at: UtcTime | None = None


class DelegationAdded(DelegationData):
    """A leader chose a delegated approver."""

    TYPE = "signing.delegation.added.v1"


class DelegationChanged(DelegationData):
    """The description or mode of a delegation changed."""

    TYPE = "signing.delegation.changed.v1"


class DelegationRemoved(DelegationData):
    """A delegation ended."""

    TYPE = "signing.delegation.removed.v1"


class GoalDecisionData(Event):
    """An approval of a goal given without a request, or withdrawn; the subject is the approving decision."""

    SUBJECT = "decision_id"

    decision_id: DecisionId
    person: Person
    goal: NamedGoal
    goal_version: str | None = None
    case_number: str | None = None
    """Always given for the Directorate's own acts."""
    decided_by: Decider
    decided_at: UtcTime
    statement: str | None = None
    """The signed evidence, a compact JWS."""


class GoalApprovedByDirectorate(GoalDecisionData):
    """The Directorate of Health approved a goal."""

    TYPE = "signing.goal.approved_by_directorate.v1"

    comment: str | None = None


class GoalApprovalWithdrawn(GoalDecisionData):
    """An approval of a goal was withdrawn, by the Directorate or the leader."""

    TYPE = "signing.goal.approval_withdrawn.v1"

    by: WithdrawnBy
    reason: str | None = None
    request_id: RequestId | None = None
    standing: tuple[StandingApproval, ...] = ()
    """Approvals left."""


class ListCount(Value):
    """What waits in one list of a person."""

    list: SigningList
    waiting: int
    has_handled: bool


class CountsChanged(Event):
    """What waits for a person changed; revision is the counter's version."""

    TYPE = "signing.counts.changed.v1"
    SUBJECT = "person_id"

    person_id: PersonId
    lists: tuple[ListCount, ...]


class JournalCheckpointed(Event):
    """The journal of decisions was sealed up to a sequence number."""

    TYPE = "signing.journal.checkpointed.v1"
    SUBJECT = "site"

    site: SiteId
    sequence: int
    head_hash: str
    signature: str
