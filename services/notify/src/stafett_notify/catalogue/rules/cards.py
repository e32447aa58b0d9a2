"""Table 1: the cards of the home page; and the groups of the settings (NTF-002)."""

from dataclasses import dataclass
from enum import StrEnum


class Group(StrEnum):
    """A group of alert types (varselgruppe), in the order of the settings."""

    DOC = "DOC"
    APP = "APP"
    ASG = "ASG"
    REM = "REM"
    MEN = "MEN"
    FOL = "FOL"


GROUPS: dict[Group, tuple[str, str]] = {
    Group.DOC: ("Dokumenteier/ansvar", "Document ownership"),
    Group.APP: ("Godkjenninger og avvisninger", "Approvals and rejections"),
    Group.ASG: ("Tildelinger og oppdateringer", "Assignments and updates"),
    Group.REM: ("Påminnelser og frister", "Reminders and deadlines"),
    Group.MEN: ("Veiledning (LIS)", "Mentoring (trainees)"),
    Group.FOL: ("Varsler for medarbeideroppfølging", "Alerts for following up employees"),
}
"""Label of each group in bokmål and English, in the order of NTF-002."""


class CardGroup(StrEnum):
    """A group of cards (kortgruppe): to you as an employee, or as one who follows up others (NTF-018)."""

    ALERTS = "alerts"
    FOLLOW_UP = "follow_up"


CARD_GROUPS: dict[CardGroup, tuple[str, str]] = {
    CardGroup.ALERTS: ("Varsler", "Alerts"),
    CardGroup.FOLLOW_UP: ("Medarbeideroppfølging", "Following up employees"),
}
"""Label of each card group in bokmål and English."""


class Card(StrEnum):
    """A card of the home page."""

    DOC = "doc"
    OK = "ok"
    NO = "no"
    UPD = "upd"
    SOON = "soon"
    OUT = "out"
    PLANNED = "planned"
    TALKS = "talks"
    FOL = "fol"
    MEN = "men"
    F_SIGN = "f_sign"
    F_GOAL = "f_goal"
    F_PLAN = "f_plan"
    F_TIME = "f_time"
    F_CONV = "f_conv"
    F_ACT = "f_act"
    STATUS = "status"
    F_NEW = "f_new"


@dataclass(frozen=True, slots=True)
class CardFace:
    """How a card looks, and whether its alerts have an X."""

    card: Card
    nb: str
    en: str
    group: CardGroup
    colour: str
    dismissible: bool
    ours: bool = False


_A, _F = CardGroup.ALERTS, CardGroup.FOLLOW_UP
_COUNT = "white, red/green count"

# fmt: off
CARDS: dict[Card, CardFace] = {face.card: face for face in (
    CardFace(Card.DOC, "Dokumenteier/ansvarlig", "Document owner/responsible", _A, "white", True),
    CardFace(Card.OK, "Godkjente forespørsler", "Approved requests", _A, "green", True),
    CardFace(Card.NO, "Avviste forespørsler", "Rejected requests", _A, "red", True),
    CardFace(Card.UPD, "Oppdatering på planer og krav", "Updates of plans and requirements", _A, "white", True),
    CardFace(Card.SOON, "Utløper snart", "Expiring soon", _A, "yellow", False),
    CardFace(Card.OUT, "Utløpte elementer", "Expired items", _A, "red", False),
    CardFace(Card.PLANNED, "Planlagte hendelser", "Planned events", _A, "yellow", False),
    CardFace(Card.TALKS, "Samtaler", "Conversations", _A, "white", True),
    CardFace(Card.FOL, "Medarbeideroppfølging", "Following up employees", _F, "white", True),
    CardFace(Card.MEN, "Veilederoppgaver", "Tasks as mentor", _F, "white", True),
    CardFace(Card.F_SIGN, "Signering av kompetansekrav", "Signing of requirements", _F, _COUNT, False),
    CardFace(Card.F_GOAL, "Godkjenning av læringsmål", "Approval of learning goals", _F, _COUNT, False),
    CardFace(Card.F_PLAN, "Godkjenning av kompetanseplaner", "Approval of competence plans", _F, _COUNT, False),
    CardFace(Card.F_TIME, "Godkjenning av utdanningstid", "Approval of training time", _F, _COUNT, False),
    CardFace(Card.F_CONV, "Samtaler med medarbeidere", "Conversations with employees", _F, _COUNT, False),
    CardFace(Card.F_ACT, "Oppfølgingsaktiviteter", "Follow-up activities", _F, _COUNT, False),
    CardFace(Card.STATUS, "Kompetanseplaner", "Competence plans", _F, "requirement status colours", False),
    CardFace(Card.F_NEW, "Læringsmål som må oppdateres", "Learning goals to be updated", _F, "white, red count", False, ours=True),
)}
"""Table 1, in its order."""
# fmt: on
