"""Events of training-time. Revision is the registration's stored version; `content_revision` what is signed."""

from stafett_contracts.basis import CountedTime, ServicePeriod, TrainingTimeBasis
from stafett_contracts.event import Event, UtcTime
from stafett_contracts.ids import PersonId, PositionId, RequestId, TrainingTimeId, UnitId
from stafett_contracts.requests import Asking, Withdrawal
from stafett_contracts.values import Decider
from stafett_contracts.vocabulary import (
    RejectionReason,
    TrainingTimeCause,
    TrainingTimeStatus,
    TrainingTrack,
)


class SignatureRequested(Asking):
    """A registration of training time was sent to the leader for signature."""

    TYPE = "training_time.signature.requested.v1"

    registration_id: TrainingTimeId
    employer_id: UnitId
    employer_name: str
    snapshot: TrainingTimeBasis


class SignatureWithdrawn(Withdrawal):
    """A request for signature of training time was withdrawn: changed, removed or recalled."""

    TYPE = "training_time.signature.withdrawn.v1"

    registration_id: TrainingTimeId


class RegistrationStatusChanged(Event):
    """The status of a registration of training time changed."""

    TYPE = "training_time.registration.status_changed.v1"
    SUBJECT = "registration_id"

    registration_id: TrainingTimeId
    person_id: PersonId
    content_revision: int
    status_before: TrainingTimeStatus | None = None
    status: TrainingTimeStatus
    cause: TrainingTimeCause
    request_id: RequestId | None = None
    decider: Decider | None = None
    decided_at: UtcTime | None = None
    reason: RejectionReason | None = None
    track: TrainingTrack | None = None
    employer_id: UnitId | None = None
    employer_name: str | None = None
    position_id: PositionId | None = None
    periods: tuple[ServicePeriod, ...] = ()
    """When completed, as result and statement."""
    result: CountedTime | None = None
    statement: str | None = None


class RegistrationRemoved(Event):
    """The trainee removed a registration of training time."""

    TYPE = "training_time.registration.removed.v1"
    SUBJECT = "registration_id"

    registration_id: TrainingTimeId
    person_id: PersonId
    content_revision: int
    status_before: TrainingTimeStatus
