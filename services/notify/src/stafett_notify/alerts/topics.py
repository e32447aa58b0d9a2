"""The topics that end alerts, by what is true while they last, and what their versions count.

Where an alert and what ends it come of one aggregate, versions are its revisions; where they come of two, moments.
"""

from uuid import UUID

# Revisions of the request.


def request_waits(request_id: UUID) -> str:
    """Somebody is asked to decide."""
    return f"request:{request_id}:waits"


# Ended once and for all.


def decision_stands(decision_id: UUID) -> str:
    """A decision has not been undone or withdrawn."""
    return f"decision:{decision_id}:stands"


# Moments.


def subject_undecided(subject_id: UUID) -> str:
    """There is no newer decision on the subject of a request."""
    return f"subject:{subject_id}:undecided"


def subject_not_resent(subject_id: UUID) -> str:
    """The subject of a request has not been sent again."""
    return f"subject:{subject_id}:not-resent"


def subject_open(subject_id: UUID) -> str:
    """The registration, goal or plan is not fulfilled, approved or not relevant."""
    return f"subject:{subject_id}:open"


def item_open(position_id: UUID, requirement_id: UUID) -> str:
    """The requirement is not fulfilled, nor not relevant, on the position."""
    return f"item:{position_id}:{requirement_id}:open"


def item_not_reset(person_id: UUID, requirement_id: UUID) -> str:
    """The person's registrations of the requirement have not been reset."""
    return f"item:{person_id}:{requirement_id}:not-reset"


def registration_kept(registration_id: UUID) -> str:
    """The registration is neither begun anew nor not relevant."""
    return f"registration:{registration_id}:kept"


def assignment_lasts(assignment_id: UUID) -> str:
    """The plan is worked in, for alerts of other aggregates than the assignment."""
    return f"assignment:{assignment_id}:lasts"


def plan_stands(assignment_id: UUID) -> str:
    """The completed plan has not been reopened."""
    return f"assignment:{assignment_id}:stands"


def leads(leader_id: UUID, employee_id: UUID) -> str:
    """The one is a leader of the other."""
    return f"leads:{leader_id}:{employee_id}"


def not_mentor(mentor_id: UUID, trainee_id: UUID) -> str:
    """The former mentor has not been registered again."""
    return f"mentor:{mentor_id}:{trainee_id}:former"


def training_time_kept(registration_id: UUID) -> str:
    """The registration of training time has not been edited or removed."""
    return f"training-time:{registration_id}:kept"


# Days.


def validity(registration_id: UUID) -> str:
    """The registration is not fulfilled with a later last valid day."""
    return f"registration:{registration_id}:valid-until"


def before_deadline(deadline_id: UUID) -> str:
    """The deadline has not passed."""
    return f"deadline:{deadline_id}:ahead"


# Revisions of the aggregate named.


def assignment_active(assignment_id: UUID) -> str:
    """The plan is worked in."""
    return f"assignment:{assignment_id}:active"


def assignment_inactive(assignment_id: UUID) -> str:
    """The plan is not worked in."""
    return f"assignment:{assignment_id}:inactive"


def deadline_unchanged(deadline_id: UUID) -> str:
    """The deadline has not been changed or removed."""
    return f"deadline:{deadline_id}:unchanged"


def in_plan(plan_id: UUID, requirement_id: UUID, *, active: bool) -> str:
    """The requirement is, or is not, active in the plan."""
    return f"plan:{plan_id}:{requirement_id}:{'in' if active else 'out'}"


def plan_role(plan_id: UUID, role: str) -> str:
    """Nobody else has taken the role `owner` or `responsible` of the plan."""
    return f"plan:{plan_id}:{role}"


def leader_unchanged(employee_position_id: UUID) -> str:
    """The position has the same leader."""
    return f"position:{employee_position_id}:leader"


def link_lasts(link_id: UUID) -> str:
    """A mentor relation, deputyship, delegation or secondment has not ended."""
    return f"link:{link_id}:lasts"


def invitation_unanswered(invitation_id: UUID) -> str:
    """The invitation has not been confirmed, sent again or withdrawn."""
    return f"invitation:{invitation_id}:unanswered"
