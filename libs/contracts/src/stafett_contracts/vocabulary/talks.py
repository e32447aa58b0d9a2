"""Words of dialog, notify, sync and training-time."""

from stafett_contracts.vocabulary.word import Word


class FormType(Word):
    """Who talks with whom in a conversation form."""

    LEADER_EMPLOYEE = "leader_employee", "Leder/medarbeider", "Leader/employee"
    OPEN = "open", "Åpen samtale", "Open conversation"
    MENTOR_EMPLOYEE = "mentor_employee", "Veileder/medarbeider", "Mentor/employee"
    SUPERVISOR_EMPLOYEE = "supervisor_employee", "Supervisør/medarbeider", "Supervisor/employee"
    PRIVATE = "private", "Privat", "Private"


class FormState(Word):
    """Where a conversation form is in its life."""

    UNPUBLISHED = "unpublished"
    PUBLISHED = "published"
    ARCHIVED = "archived"
    DELETED = "deleted"


class ConversationState(Word):
    """How far a conversation has come."""

    BEGUN = "begun", "Påbegynt", "Begun"
    COMPLETED = "completed", "Fullført", "Completed"
    DELETED = "deleted", "Slettet", "Deleted"


class ConversationLock(Word):
    """Why a conversation is locked."""

    LEADER_CHANGED = "leader_changed"
    OWNER_POSITION_ENDED = "owner_position_ended"
    MENTOR_CHANGED = "mentor_changed"
    PARTICIPANT_LEFT = "participant_left"


class Side(Word):
    """On which side of a conversation somebody takes part."""

    OWNER = "owner"
    LEADER = "leader"
    MENTOR = "mentor"
    SUPERVISOR = "supervisor"
    OTHER = "other"


class MentoringState(Word):
    """How far a mentoring conversation has come."""

    ACTIVE = "active", "Aktiv", "Active"
    COMPLETED = "completed", "Ferdigstilt", "Completed"
    LEFT_UNFINISHED = "left_unfinished", "Ikke ferdigstilt", "Left unfinished"
    DELETED = "deleted", "Slettet", "Deleted"


class FollowUpVariant(Word):
    """Kind of follow-up activity."""

    WORK_GOAL = "work_goal", "Arbeidsmål", "Work goal"
    DEVELOPMENT_GOAL = "development_goal", "Utviklingsmål", "Development goal"


class FollowUpStatus(Word):
    """How far a follow-up activity has come (DLG-278 to DLG-281)."""

    NOT_BEGUN = "not_begun", "Ikke påbegynt", "Not begun"
    BEGUN = "begun", "Påbegynt", "Begun"
    COMPLETED = "completed", "Fullført", "Completed"
    CANCELLED = "cancelled", "Kansellert", "Cancelled"


class AlertGroup(Word):
    """A group of alert settings (NTF-002), in the order shown."""

    DOC = "DOC", "Dokumenteier/ansvar", "Document owner/responsibility"
    APP = "APP", "Godkjenninger og avvisninger", "Approvals and rejections"
    ASG = "ASG", "Tildelinger og oppdateringer", "Assignments and updates"
    REM = "REM", "Påminnelser og frister", "Reminders and deadlines"
    MEN = "MEN", "Veiledning (LIS)", "Mentoring (LIS)"
    FOL = "FOL", "Varsler for medarbeideroppfølging", "Alerts for following up employees"


class AlertCard(Word):
    """A card on the home page (Table 1 of notify), in the order shown."""

    DOC = "doc", "Dokumenteier/ansvarlig", "Document owner/responsible"
    OK = "ok", "Godkjente forespørsler", "Approved requests"
    NO = "no", "Avviste forespørsler", "Rejected requests"
    UPD = "upd", "Oppdatering på planer og krav", "Updates of plans and requirements"
    SOON = "soon", "Utløper snart", "Expiring soon"
    OUT = "out", "Utløpte elementer", "Expired items"
    PLANNED = "planned", "Planlagte hendelser", "Planned events"
    TALKS = "talks", "Samtaler", "Conversations"
    FOL = "fol", "Medarbeideroppfølging", "Following up employees"
    MEN = "men", "Veilederoppgaver", "Mentor tasks"
    F_SIGN = "f_sign", "Signering av kompetansekrav", "Signing of requirements"
    F_GOAL = "f_goal", "Godkjenning av læringsmål", "Approval of goals"
    F_PLAN = "f_plan", "Godkjenning av kompetanseplaner", "Approval of plans"
    F_TIME = "f_time", "Godkjenning av utdanningstid", "Approval of training time"
    F_CONV = "f_conv", "Samtaler med medarbeidere", "Conversations with employees"
    F_ACT = "f_act", "Oppfølgingsaktiviteter", "Follow-up activities"
    STATUS = "status", "Kompetanseplaner", "Competence plans"
    F_NEW = "f_new", "Læringsmål som må oppdateres", "Goals that must be updated"


class CardGroup(Word):
    """The two groups of cards on the home page (NTF-018)."""

    ALERTS = "alerts", "Varsler", "Alerts"
    FOLLOW_UP = "follow_up", "Medarbeideroppfølging", "Following up employees"


class MailSource(Word):
    """What an e-mail that did not arrive was about."""

    INVITATION = "invitation"
    CONVERSATION = "conversation"
    MAILING = "mailing"
    OTHER = "other"


class UndeliveredReason(Word):
    """Why an e-mail did not arrive."""

    NO_ADDRESS = "no_address"
    BOUNCED = "bounced"
    FAILED = "failed"
    INVALID = "invalid"


class LinkState(Word):
    """How a trainee stands with other sites (SYN-020); the first that applies, in this order."""

    NOT_TRAINEE = "not_trainee"
    NO_HPR = (
        "no_hpr",
        "HPR-nummer mangler – planene synkroniseres ikke",
        "HPR number is missing – the plans are not synchronised",
    )
    DUPLICATE_HPR = (
        "duplicate_hpr",
        "Synkronisering er stanset: HPR-nummeret er registrert på flere personer",
        "Synchronisation is stopped: the HPR number is registered on several persons",
    )
    CHANGED_HPR = (
        "changed_hpr",
        "HPR-nummeret er endret og må bekreftes",
        "The HPR number has changed and must be confirmed",
    )
    MISMATCH = "mismatch", "HPR-nummeret må kontrolleres", "The HPR number must be checked"
    PAUSED = "paused", "Synkronisering er midlertidig stanset", "Synchronisation is paused"
    LOADING = "loading", "Henter tidligere utdanning …", "Fetching earlier training …"
    PARTIAL = (
        "partial",
        "Venter på svar fra {site}, sist hørt fra {time}",
        "Waiting for {site}, last heard from {time}",
    )
    ON = "on", "Synkronisert {time}", "Synchronised {time}"


class PeerAnswer(Word):
    """What a peer says of a person."""

    MATCHED = "matched"
    UNCHECKED = "unchecked"
    MISMATCH = "mismatch"
    NO_ANSWER = "no_answer"


class FactType(Word):
    """What a statement between sites is about."""

    PRESENCE = "presence"
    GOAL_STATUS = "goal_status"
    GOAL_DIRECTORATE = "goal_directorate"
    PROCEDURE_COUNT = "procedure_count"
    ACTIVITY = "activity"
    COMMENT = "comment"
    ATTACHMENT = "attachment"
    COHORT = "cohort"
    PLAN = "plan"


class FactState(Word):
    """Whether a fact holds: present, absent (may come back) or final (never comes back)."""

    PRESENT = "present"
    ABSENT = "absent"
    FINAL = "final"


class ActivityLevel(Word):
    """Level of an activity done elsewhere."""

    NATIONAL_COURSE = "national_course", "Nasjonalt kurs", "National course"
    REGIONAL = "regional", "Regional", "Regional"
    LOCAL = "local", "Lokal", "Local"


class TransferState(Word):
    """How far an attachment from another site has come."""

    ANNOUNCED = "announced"
    FETCHING = "fetching"
    SCANNING = "scanning"
    AVAILABLE = "available"
    INFECTED = "infected"
    TOO_LARGE = "too_large"
    FAILED = "failed"
    DELETED = "deleted"


class ForeignDropCause(Word):
    """Why everything received about a person was dropped."""

    RETENTION = "retention"
    WRONG_IDENTITY = "wrong_identity"
    ERASED = "erased"


class PeerState(Word):
    """How another site is doing."""

    UP = "up"
    LATE = "late"
    DOWN = "down"
    BLOCKED = "blocked"


class TrainingTrack(Word):
    """Track of a registration of training time."""

    LIS1 = "lis1", "LIS1", "LIS1"
    ALIS = "alis", "LIS-allmennmedisin (ALIS)", "General practice (ALIS)"
    SAMLIS = "samlis", "LIS-samfunnsmedisin (SAMLIS)", "Community medicine (SAMLIS)"
    ARBLIS = "arblis", "LIS-arbeidsmedisin", "Occupational medicine"


class TrainingTimeStatus(Word):
    """Status of a registration of training time (TRT-045)."""

    STARTED = "started", "Påbegynt", "Begun"
    WAITING = "waiting", "Venter på signatur", "Waiting for signature"
    REJECTED = "rejected", "Avvist", "Rejected"
    COMPLETED = "completed", "Fullført", "Completed"


class TrainingTimeCause(Word):
    """Why the status of a registration of training time changed."""

    SAVED = "saved"
    SENT = "sent"
    REFUSED = "refused"
    SIGNED = "signed"
    REJECTED = "rejected"
    REOPENED = "reopened"
    RECALLED = "recalled"
    LAPSED = "lapsed"
    CHANGED = "changed"
