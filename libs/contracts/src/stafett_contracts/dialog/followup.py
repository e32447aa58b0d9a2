"""Mentoring conversations and follow-up activities; no minutes travel, only who, when and how far."""

from datetime import date

from stafett_contracts.event import Event, UtcTime, Value
from stafett_contracts.ids import (
    ConversationId,
    FollowUpActivityId,
    MentoringId,
    PersonId,
    PositionId,
    RunId,
    UnitId,
)
from stafett_contracts.values import Person
from stafett_contracts.vocabulary import (
    FollowUpStatus,
    FollowUpVariant,
    MentoringState,
)


class MentoringData(Event):
    """A mentoring conversation."""

    SUBJECT = "mentoring_id"

    mentoring_id: MentoringId
    trainee: Person
    mentor: Person
    hf_id: UnitId
    date: date
    state: MentoringState


class MentoringCreated(MentoringData):
    """A mentoring conversation was begun."""

    TYPE = "dialog.mentoring.created.v1"


class MentoringChanged(MentoringData):
    """A mentoring conversation's date or state changed."""

    TYPE = "dialog.mentoring.changed.v1"


class MentoringHandedOver(MentoringData):
    """A mentoring conversation went over to another mentor."""

    TYPE = "dialog.mentoring.handed_over.v1"

    former_mentor: Person


class MentoringStep(MentoringData):
    """One side finished its part."""

    by: Person
    to: Person


class MentoringPrepared(MentoringStep):
    """One side finished its preparation of a mentoring conversation."""

    TYPE = "dialog.mentoring.prepared.v1"


class MentoringMinutesFinished(MentoringStep):
    """One side finished the minutes of a mentoring conversation."""

    TYPE = "dialog.mentoring.minutes_finished.v1"


class MentoringCompleted(MentoringData):
    """A mentoring conversation was completed."""

    TYPE = "dialog.mentoring.completed.v1"

    completed_by: Person
    completed_at: UtcTime


class MentoringDeleted(MentoringData):
    """A mentoring conversation was deleted."""

    TYPE = "dialog.mentoring.deleted.v1"


class FollowUpActivityData(Event):
    """A follow-up activity on a position."""

    SUBJECT = "activity_id"

    activity_id: FollowUpActivityId
    variant: FollowUpVariant
    name: str
    owner: Person
    position_id: PositionId
    leader_person_id: PersonId | None = None
    """The position's present leader."""
    deadline: date | None = None
    status: FollowUpStatus
    visible_to_leader: bool = True
    origin_form_name: str | None = None


class FollowUpActivityChanged(FollowUpActivityData):
    """A follow-up activity was made or changed, or its position got another leader."""

    TYPE = "dialog.followup_activity.changed.v1"


class FollowUpActivityMoved(FollowUpActivityData):
    """A follow-up activity was moved to another position of its owner."""

    TYPE = "dialog.followup_activity.moved.v1"

    from_position_id: PositionId


class FollowUpActivityRemoved(FollowUpActivityData):
    """A follow-up activity was removed."""

    TYPE = "dialog.followup_activity.removed.v1"


class FollowUpActivityReminder(FollowUpActivityData):
    """A follow-up activity, as a nightly run saw it."""

    run_id: RunId | None = None


class FollowUpActivityApproaching(FollowUpActivityReminder):
    """The deadline of a follow-up activity is near."""

    TYPE = "dialog.followup_activity.approaching.v1"


class FollowUpActivityOverdue(FollowUpActivityReminder):
    """The deadline of a follow-up activity passed."""

    TYPE = "dialog.followup_activity.overdue.v1"


class LeaderCounts(Value):
    """What one leader has going on with the employees."""

    leader_person_id: PersonId
    begun_conversations: tuple[ConversationId, ...] = ()
    active_activities: tuple[FollowUpActivityId, ...] = ()


class SnapshotTaken(Event):
    """Nightly: begun conversations and active follow-up activities per leader, to correct counts."""

    TYPE = "dialog.snapshot.taken.v1"
    SUBJECT = "run_id"

    run_id: RunId
    leaders: tuple[LeaderCounts, ...]
    part: int = 1
    parts: int = 1
