"""Words of a person's progress: assignments, statuses, deadlines, cohorts."""

from stafett_contracts.vocabulary.word import Word


class AssignmentState(Word):
    """Whether an assigned plan is worked in."""

    ACTIVE = "active", "Aktiv", "Active"
    DEACTIVATED = "deactivated", "Deaktivert", "Deactivated"
    ARCHIVED = "archived", "Arkivert", "Archived"
    DELETED = "deleted", "Slettet", "Deleted"


class AssignmentReason(Word):
    """Why an assignment was deactivated or archived."""

    MANUAL = "manual"
    INACTIVITY = "inactivity"
    POSITION_ENDED = "position_ended"
    LEADER_ARCHIVED = "leader_archived"
    PLAN_ARCHIVED = "plan_archived"


class PlanStatus(Word):
    """How far a person has come in a plan (PLN-600)."""

    NOT_BEGUN = "not_begun", "Ikke påbegynt", "Not begun"
    BEGUN = "begun", "Påbegynt", "Begun"
    WAITING = "waiting", "Venter på godkjenning", "Waiting for approval"
    COMPLETED = "completed", "Fullført", "Completed"
    APPROVED = "approved", "Godkjent", "Approved"


class ReopenCause(Word):
    """Why a completed plan is begun again (PLN-734)."""

    UNDONE = "undone"
    EXPIRED = "expired"
    RESET = "reset"
    RECERTIFICATION = "recertification"
    NEW_REQUIREMENT = "new_requirement"
    MARK_REMOVED = "mark_removed"
    APPROVAL_REMOVED = "approval_removed"


class ItemStatus(Word):
    """How far a person has come with a requirement or activity (PLN-593).

    A signed one is `FULFILLED` too, shown «Signert»; the event says beside the status that it was signed.
    """

    NOT_BEGUN = "not_begun", "Ikke påbegynt", "Not begun"
    BEGUN = "begun", "Påbegynt", "Begun"
    WAITING = "waiting", "Venter på signatur", "Waiting for signature"
    REJECTED = "rejected", "Avvist", "Rejected"
    FULFILLED = "fulfilled", "Fullført", "Completed"
    EXPIRING = "expiring", "Utløper snart", "Expiring soon"
    EXPIRED = "expired", "Utløpt", "Expired"
    NOT_RELEVANT = "not_relevant", "Ikke relevant", "Not relevant"


class GoalStatus(Word):
    """How far a person has come with a goal (PLN-602)."""

    NOT_BEGUN = "not_begun", "Ikke påbegynt", "Not begun"
    BEGUN = "begun", "Påbegynt", "Begun"
    WAITING = "waiting", "Venter på godkjenning", "Waiting for approval"
    PREAPPROVED = "preapproved", "Forhåndsgodkjent", "Preapproved"
    APPROVED = "approved", "Godkjent", "Approved"
    REJECTED = "rejected", "Avvist", "Rejected"


class RepetitionState(Word):
    """State of one repetition; `DONE` (no signature needed) and `SIGNED` count."""

    DONE = "done", "Utført", "Done"
    WAITING = "waiting", "Venter på signatur", "Waiting for signature"
    SIGNED = "signed", "Signert", "Signed"
    REJECTED = "rejected", "Avvist", "Rejected"
    REMOVED = "removed", "Fjernet", "Removed"


class Scope(Word):
    """Whether a registration holds in the whole site or inside one trust (PLN-565)."""

    SITE = "site"
    HF = "hf"


class RoundSource(Word):
    """Who or what fulfilled a round."""

    SELF = "self"
    ON_BEHALF = "on_behalf"
    COURSE = "course"
    SYNC = "sync"
    CONVERSATION = "conversation"


class ResetCause(Word):
    """Why registrations of a requirement were reset."""

    RESET = "reset", "Nullstilling", "Reset"
    RECERTIFICATION = "recertification", "Resertifisering", "Recertification"


class GoalSource(Word):
    """Who decided on a goal."""

    OWN = "own"
    DIRECTORATE = "directorate"
    OTHER_SITE = "other_site"


class TargetKind(Word):
    """What a comment or attachment is about."""

    GOAL = "goal"
    ACTIVITY = "activity"


class CommentRole(Word):
    """In which role somebody wrote a comment or added a file."""

    SELF = "self"
    LEADER = "leader"
    MENTOR = "mentor"
    ON_BEHALF = "on_behalf"


class Term(Word):
    """Half of the year a cohort starts in."""

    SPRING = "spring", "Vår", "Spring"
    AUTUMN = "autumn", "Høst", "Autumn"


class CohortKind(Word):
    """Whether a trainee began under the present scheme."""

    ORDINARY = "ordinary", "Ordinært kull", "Ordinary cohort"
    CONVERTED = "converted", "Konvertert kull", "Converted cohort"


class SetBy(Word):
    """Whether a person or a rule set a value."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"
