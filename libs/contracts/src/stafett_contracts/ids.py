"""Identifiers: one distinct type for each kind, so that a person's id never passes for a position's.

Own identifiers are UUIDs of version 7 (RFC 9562), made by `new_id()`: they sort by the time they were made.
"""

import os
import threading
import time
from typing import NewType
from uuid import UUID

EventId = NewType("EventId", UUID)
RunId = NewType("RunId", UUID)
BatchId = NewType("BatchId", UUID)

# identity
PersonId = NewType("PersonId", UUID)
PositionId = NewType("PositionId", UUID)
UnitId = NewType("UnitId", UUID)
LinkId = NewType("LinkId", UUID)
DeputyId = NewType("DeputyId", UUID)
GrantId = NewType("GrantId", UUID)
InvitationId = NewType("InvitationId", UUID)
SecondmentId = NewType("SecondmentId", UUID)
AbsenceId = NewType("AbsenceId", UUID)
SessionId = NewType("SessionId", UUID)
VerificationId = NewType("VerificationId", UUID)
MailingId = NewType("MailingId", UUID)

# plans
RequirementId = NewType("RequirementId", UUID)
CheckpointId = NewType("CheckpointId", UUID)
PlanId = NewType("PlanId", UUID)
SectionId = NewType("SectionId", UUID)
PlanItemId = NewType("PlanItemId", UUID)
LocalGoalId = NewType("LocalGoalId", UUID)
ArenaId = NewType("ArenaId", UUID)
AssignmentId = NewType("AssignmentId", UUID)
RegistrationId = NewType("RegistrationId", UUID)
RoundId = NewType("RoundId", UUID)
RepetitionId = NewType("RepetitionId", UUID)
GoalProgressId = NewType("GoalProgressId", UUID)
DeadlineId = NewType("DeadlineId", UUID)
CommentId = NewType("CommentId", UUID)
AttachmentId = NewType("AttachmentId", UUID)
CohortId = NewType("CohortId", UUID)
DocumentId = NewType("DocumentId", UUID)

# signing
RequestId = NewType("RequestId", UUID)
RequestItemId = NewType("RequestItemId", UUID)
SubjectId = NewType("SubjectId", UUID)
DecisionId = NewType("DecisionId", UUID)
DelegationId = NewType("DelegationId", UUID)

# training-time
TrainingTimeId = NewType("TrainingTimeId", UUID)
PeriodId = NewType("PeriodId", UUID)

# dialog
FormId = NewType("FormId", UUID)
ConversationId = NewType("ConversationId", UUID)
MentoringId = NewType("MentoringId", UUID)
FollowUpActivityId = NewType("FollowUpActivityId", UUID)

# notify
AlertId = NewType("AlertId", UUID)
MailId = NewType("MailId", UUID)
MessageId = NewType("MessageId", UUID)

# Given by others: text as they write it.
SiteId = NewType("SiteId", str)
"""A site, `^[a-z]{2,8}$`."""
HprNumber = NewType("HprNumber", str)
"""Number in the national register of health personnel: digits, without leading zeros."""
GoalNumber = NewType("GoalNumber", str)
"""A goal's number as the regulation prints it, e.g. `FKM-012`."""
GoalKey = NewType("GoalKey", str)
"""A goal's number in the spelling all sites compare, e.g. `FKM12` (SYN-050)."""
ExternalKey = NewType("ExternalKey", str)
"""Key of a national activity or procedure list, the same at every site."""
SpecialtyCode = NewType("SpecialtyCode", str)
TemplateCode = NewType("TemplateCode", str)
CourseId = NewType("CourseId", str)
CourseClassId = NewType("CourseClassId", str)
CourseResultId = NewType("CourseResultId", str)

_lock = threading.Lock()
_last_millisecond = 0
_counter = 0


def new_id() -> UUID:
    """A new UUIDv7, greater than every one made before it in this process.

    The 12 bits after the milliseconds count within the millisecond (RFC 9562, 6.2, method 1); when the
    clock stands still or goes back, counting goes on from the last value.
    """
    global _last_millisecond, _counter
    random = int.from_bytes(os.urandom(10))
    with _lock:
        now = time.time_ns() // 1_000_000
        if now > _last_millisecond:
            _last_millisecond = now
            _counter = random >> 69  # 11 random bits: room to count in the rest
        else:
            _counter += 1
            if _counter > 0xFFF:
                _last_millisecond += 1
                _counter = 0
        high = _last_millisecond << 16 | 0x7000 | _counter
    return UUID(int=high << 64 | 0x8 << 60 | random & 0x3FFF_FFFF_FFFF_FFFF)
