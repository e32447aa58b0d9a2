"""Words of signing: requests, decisions, reasons."""

from stafett_contracts.vocabulary.word import Word


class RequestKind(Word):
    """What is to be signed or approved."""

    REQUIREMENT = "requirement", "Krav", "Requirement"
    ACTIVITY = "activity", "Læringsaktivitet", "Learning activity"
    REPETITIONS = "repetitions", "Repetisjoner", "Repetitions"
    GOAL = "goal", "Læringsmål/kompetansemål", "Goal"
    PLAN = "plan", "Plan", "Plan"
    TRAINING_TIME = "training_time", "Utdanningstid", "Training time"


class RequestStatus(Word):
    """Status of an item of a request, with the label of signatures; approvals in `APPROVAL_LABELS` (SGN-030)."""

    WAITING = "waiting", "Venter på signatur", "Waiting for signature"
    PREAPPROVED = "preapproved", "Forhåndsgodkjent", "Preapproved"
    SIGNED = "signed", "Signert", "Signed"
    REJECTED = "rejected", "Avvist", "Rejected"
    RECALLED = "recalled", "Kalt tilbake", "Recalled"
    LAPSED = "lapsed", "Bortfalt", "Lapsed"


APPROVAL_LABELS = {
    RequestStatus.WAITING: ("Venter på godkjenning", "Waiting for approval"),
    RequestStatus.SIGNED: ("Godkjent", "Approved"),
}
"""Labels (Norwegian, English) of the statuses that read otherwise for goals and plans."""


class AddresseeKind(Word):
    """Whether a request waits for a named person or for the leader of a position."""

    PERSON = "person"
    LEADER_OF = "leader_of"


class Outcome(Word):
    """What was decided."""

    SIGNED = "signed"
    REJECTED = "rejected"
    PREAPPROVED = "preapproved"


class Capacity(Word):
    """By what right somebody decided (SGN-046), the narrowest last."""

    SUPERVISOR = "supervisor", "Supervisør/instruktør", "Supervisor"
    LEADER = "leader", "Leder", "Leader"
    EARLIER_LEADER = "earlier_leader", "Tidligere leder", "Earlier leader"
    DEPUTY = "deputy", "Stedfortreder", "Deputy"
    DELEGATED_LEADER = "delegated_leader", "Delegert leder", "Delegated leader"
    DELEGATED_APPROVER = "delegated_approver", "Delegert godkjenner", "Delegated approver"
    LEADER_FOR_DELEGATE = "leader_for_delegate", "Leder for delegert godkjenner", "Leader for delegate"
    DIRECTORATE = "directorate", "Helsedirektoratet", "Directorate of Health"


class RejectionReason(Word):
    """Why something was rejected: SGN-055, and SGN-056 for training time."""

    NOT_DONE = "not_done", "Ikke gjennomført", "Not carried out"
    NOT_SUFFICIENT = "not_sufficient", "Ikke tilstrekkelig oppnådd", "Not sufficiently attained"
    DOCUMENTATION_MISSING = "documentation_missing", "Manglende dokumentasjon", "Documentation missing"
    WRONG_FACTS = "wrong_facts", "Feil dato eller opplysninger", "Wrong date or facts"
    WRONG_PERSON = "wrong_person", "Sendt til feil person", "Sent to the wrong person"
    NOT_OBSERVED = "not_observed", "Ikke observert av meg", "Not observed by me"
    ACTIVITIES_MISSING = (
        "activities_missing",
        "Nødvendige aktiviteter er ikke fullført",
        "Necessary activities are not completed",
    )
    WRONG_PERIOD = "wrong_period", "Feil periode eller dato", "Wrong period or date"
    WRONG_PERCENTAGE = "wrong_percentage", "Feil stillingsprosent", "Wrong position percentage"
    WRONG_ABSENCE = "wrong_absence", "Fravær mangler eller er feil", "Absence is missing or wrong"
    WRONG_EMPLOYER = (
        "wrong_employer",
        "Feil utdanningsvirksomhet eller læringsarena",
        "Wrong training enterprise or learning arena",
    )
    WRONG_SUPERVISION = (
        "wrong_supervision",
        "Opplysning om veiledning og supervisjon er feil",
        "What is said of mentoring and supervision is wrong",
    )
    OTHER = "other", "Annet", "Other"


class RefusalCode(Word):
    """Why signing could not accept a request (SGN-013)."""

    SUPERVISOR_MISSING = "supervisor_missing", "Velg instruktør/supervisør", "Choose a supervisor"
    ADDRESSEE_UNKNOWN = "addressee_unknown", "Mottakeren er ukjent", "The addressee is unknown"
    ADDRESSEE_INACTIVE = (
        "addressee_inactive",
        "Mottakeren er ikke lenger aktiv",
        "The addressee is not active",
    )
    ADDRESSEE_NOT_ALLOWED = (
        "addressee_not_allowed",
        "Mottakeren kan ikke godkjenne dette målet",
        "The addressee may not approve this goal",
    )
    OWN_REQUEST = "own_request", "Du kan ikke signere for deg selv", "Nobody signs for himself"
    NO_LEADER = "no_leader", "Du har ingen leder registrert", "You have no leader registered"
    DATE_MISSING = "date_missing", "Dato mangler", "The date is missing"
    DATE_IN_FUTURE = "date_in_future", "Datoen kan ikke være frem i tid", "The date may not be in the future"
    ALREADY_WAITING = "already_waiting", "En forespørsel venter allerede", "A request waits already"


class WithdrawalCause(Word):
    """Why the owner takes a request back: recalled, or a cause of SGN-116."""

    RECALLED = "recalled", "Kalt tilbake", "Recalled"
    CHANGED = "changed", "Endret av medarbeider", "Changed by the employee"
    REMOVED = "removed", "Fjernet av medarbeider", "Removed by the employee"
    RESET = "reset", "Kravet er nullstilt", "The requirement was reset"
    ARCHIVED = "archived", "Arkivert", "Archived"
    DELETED_FROM_PLAN = "deleted_from_plan", "Tatt ut av planen", "Taken out of the plan"
    DEACTIVATED = "deactivated", "Planen er deaktivert", "The plan is deactivated"
    REPLACED = "replaced", "Læringsmålet er erstattet", "The goal has been replaced"
    INCOMPLETE = "incomplete", "Planen er ikke lenger fullført", "The plan is no longer complete"
    SYSTEM = "system", "Bortfalt", "Lapsed"


class LapseCause(Word):
    """Why a request lapsed: a cause of SGN-116, or one signing found itself."""

    CHANGED = "changed", "Endret av medarbeider", "Changed by the employee"
    REMOVED = "removed", "Fjernet av medarbeider", "Removed by the employee"
    RESET = "reset", "Kravet er nullstilt", "The requirement was reset"
    ARCHIVED = "archived", "Arkivert", "Archived"
    DELETED_FROM_PLAN = "deleted_from_plan", "Tatt ut av planen", "Taken out of the plan"
    DEACTIVATED = "deactivated", "Planen er deaktivert", "The plan is deactivated"
    REPLACED = "replaced", "Læringsmålet er erstattet", "The goal has been replaced"
    INCOMPLETE = "incomplete", "Planen er ikke lenger fullført", "The plan is no longer complete"
    SYSTEM = "system", "Bortfalt", "Lapsed"
    DIRECTORATE = "directorate", "Godkjent av Helsedirektoratet", "Approved by the Directorate of Health"
    SUPERSEDED = "superseded", "Erstattet av ny forespørsel", "Superseded by a new request"
    ADDRESSEE_INACTIVE = (
        "addressee_inactive",
        "Mottakeren er ikke lenger aktiv",
        "The addressee is not active",
    )


class ReassignmentCause(Word):
    """Why a request now waits for another."""

    LEADER_CHANGED = "leader_changed"
    ASSIGNMENT_MOVED = "assignment_moved"
    DELEGATION_ENDED = "delegation_ended"
    ADDRESSEE_INACTIVE = "addressee_inactive"


class DelegationMode(Word):
    """Whether a delegate's decision is final."""

    FINAL = "final", "Endelig", "Final"
    PREAPPROVAL = "preapproval", "Forhåndsgodkjenning", "Preapproval"


class WithdrawnBy(Word):
    """Who withdrew a goal approval."""

    DIRECTORATE = "directorate"
    LEADER = "leader"


class SigningList(Word):
    """A list of what waits for a decision; each has a follow-up card."""

    SIGNATURES = "signatures", "Signering av kompetansekrav", "Signing of requirements"
    GOALS = "goals", "Godkjenning av læringsmål", "Approval of goals"
    PLANS = "plans", "Godkjenning av kompetanseplaner", "Approval of plans"
    TRAINING_TIME = "training_time", "Godkjenning av utdanningstid", "Approval of training time"
