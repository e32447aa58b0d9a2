"""Words of the plan definitions: requirements, plans, goals."""

from stafett_contracts.vocabulary.word import Word


class RequirementKind(Word):
    """What an item of the catalogue is called."""

    REQUIREMENT = "requirement", "Krav", "Requirement"
    ACTIVITY = "activity", "Læringsaktivitet", "Learning activity"


class RequirementLevel(Word):
    """Who decides over an item of the catalogue."""

    LOCAL = "local", "Lokalt", "Local"
    TRUST_CENTRAL = "trust_central", "Lokalt sentralt", "Trust central"
    REGIONAL = "regional", "Regionalt", "Regional"
    NATIONAL = "national", "Nasjonalt", "National"


class RequirementState(Word):
    """Where an item of the catalogue is in its life."""

    UNPUBLISHED = "unpublished", "Ikke publisert", "Unpublished"
    PUBLISHED = "published", "Publisert", "Published"
    ARCHIVED = "archived", "Arkivert", "Archived"


class LearningForm(Word):
    """How something is learned (læringsform)."""

    CLINICAL_SERVICE = "clinical_service", "Klinisk tjeneste", "Clinical service"
    COURSE = "course", "Kurs", "Course"
    E_LEARNING = "e_learning", "E-læring/digital læring", "E-learning/digital learning"
    GROUP_SUPERVISION = "group_supervision", "Gruppeveiledning", "Group supervision"
    INTERNAL_TEACHING = "internal_teaching", "Internundervisning", "Internal teaching"
    MEETING = "meeting", "Møte", "Meeting"
    SUPERVISION = "supervision", "Veiledning", "Supervision"
    PLACEMENT = "placement", "Praksis", "Placement"
    THEORY_TEACHING = "theory_teaching", "Teoriundervisning", "Theory teaching"
    PRACTICAL_TRAINING = "practical_training", "Praktisk opplæring", "Practical training"
    PROCEDURE_LIST = "procedure_list", "Prosedyreliste", "Procedure list"
    PROJECT = "project", "Prosjekt", "Project"
    REFLECTION_NOTE = "reflection_note", "Refleksjonsnotat", "Reflection note"
    SELF_STUDY = "self_study", "Selvstudium", "Self-study"
    SIMULATION = "simulation", "Simulering", "Simulation"
    SKILLS_TRAINING = "skills_training", "Ferdighetstrening", "Skills training"
    OTHER = "other", "Annet", "Other"


class DocumentationForm(Word):
    """How it is shown that something was learned (dokumentasjonsform)."""

    ATTACHMENT = "attachment", "Vedlegg", "Attachment"
    SELF_REGISTRATION = "self_registration", "Egenregistrering", "Self-registration"
    COURSE_CERTIFICATE = "course_certificate", "Kursbevis", "Course certificate"
    COURSE_PORTAL = "course_portal", "Bekreftelse fra kursportal", "Confirmation from the course portal"
    SIGNATURE = "signature", "Signatur", "Signature"
    SIGNATURE_BOARD = "signature_board", "Signatur (evalueringskollegium)", "Signature (evaluation board)"
    SIGNATURE_SUPERVISOR = "signature_supervisor", "Signatur (supervisør)", "Signature (supervisor)"
    SIGNATURE_MENTOR = "signature_mentor", "Signatur (veileder)", "Signature (mentor)"


class PlanType(Word):
    """What a plan is made of."""

    COMPETENCE = "competence", "Kompetanseplan", "Competence plan"
    LEARNING_GOAL = "learning_goal", "Læringsmålplan", "Learning-goal plan"
    COMPETENCE_GOAL = "competence_goal", "Kompetansemålplan", "Apprentice plan"


class PlanVariant(Word):
    """Where a plan is kept."""

    LOCAL = "local", "Lokal", "Local"
    CENTRAL = "central", "Sentral", "Central"


class Completion(Word):
    """How a competence plan is completed (fullføring)."""

    AUTOMATIC = "automatic", "Automatisk", "Automatic"
    LEADER_APPROVAL = "leader_approval", "Godkjenning av leder", "Leader approval"


class PlanState(Word):
    """Where a plan is in its life."""

    UNPUBLISHED = "unpublished", "Ikke publisert", "Unpublished"
    PUBLISHED = "published", "Publisert", "Published"
    ARCHIVED = "archived", "Arkivert", "Archived"


class PlanItemState(Word):
    """State of a requirement in a plan."""

    INACTIVE = "inactive", "Ikke aktiv", "Not active"
    ACTIVE = "active", "Aktiv", "Active"
    DEACTIVATED = "deactivated", "Deaktivert", "Deactivated"
    ARCHIVED = "archived", "Arkivert", "Archived"
    DELETED = "deleted", "Slettet", "Deleted"


class RoleEndCause(Word):
    """Why a plan steward or training lead is one no longer."""

    POSITION_ENDED = "position_ended"
    POSITION_CHANGED = "position_changed"


class GoalType(Word):
    """What kind of goal."""

    LEARNING = "learning", "Læringsmål", "Learning goal"
    COMPETENCE = "competence", "Kompetansemål", "Competence goal"


class CarriedOutIn(Word):
    """Where a goal is carried out."""

    HOSPITAL = "hospital", "Sykehus", "Hospital"
    MUNICIPALITY = "municipality", "Kommune", "Municipality"
    ANY = "any", "Begge", "Either"


class Demand(Word):
    """What the new goal demands compared with the one it replaces."""

    HIGHER = "higher", "Høyere krav", "Higher demands"
    LOWER = "lower", "Lavere krav", "Lower demands"
    SAME = "same", "Samme krav", "Same demands"


class TrainingSetting(Word):
    """What a trust offers for a goal."""

    TRAINING_AND_APPROVAL = "training_and_approval", "Opplæring og godkjenning", "Training and approval"
    TRAINING_ONLY = "training_only", "Kun opplæring", "Training only"
    NO_TRAINING = "no_training", "Ingen opplæring", "No training"


class ArenaSide(Word):
    """Whether a learning arena is in the own trust or outside it."""

    OWN_TRUST = "own_trust", "Eget helseforetak", "Own trust"
    OUTSIDE = "outside", "Annet helseforetak", "Outside"


class CourseType(Word):
    """Kind of course in the course portal."""

    E_LEARNING = "e_learning", "E-læring", "E-learning"
    CLASSROOM = "classroom", "Klasseromskurs", "Classroom"
