"""Table 5: the e-mails that cannot be turned off, with what they say in bokmål and English.

Of the table's rows those stand here that events exist for; `{…}` are filled in from the event. A paragraph of the form
`* {name}` is a list: one point for each of the things the e-mail is about.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Sites(StrEnum):
    """The kind of site that sends it."""

    REGION = "R"
    MUNICIPAL = "M"
    BOTH = "R M"

    def includes(self, site_kind: str) -> bool:
        """Whether a site of this kind (`rhf` or `municipal`) sends it."""
        return self is Sites.BOTH or (self is Sites.MUNICIPAL) == (site_kind == "municipal")


@dataclass(frozen=True, slots=True)
class Text:
    """Subject, paragraphs, and the words on the link."""

    subject: str
    paragraphs: tuple[str, ...]
    link: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A row of Table 5. `for_leavers`: sent though the person's access is gone (NTF-107)."""

    key: str
    sites: Sites
    nb: Text
    en: Text
    for_leavers: bool = False

    def text(self, language: str) -> Text:
        """The text in `nb` or `en`."""
        return self.en if language == "en" else self.nb


_OPEN_NB, _OPEN_EN = "Åpne {product}", "Open {product}"

# fmt: off
_LETTERS = (
    Letter(
        "invite.role", Sites.MUNICIPAL,
        Text("{person} har invitert deg som {role}",
             ("{person} har invitert deg som {role} i {product}.",
              "Invitasjonen gjelder til {date}. Du svarer på den ved å logge inn fra lenken under."),
             "Svar på invitasjonen"),
        Text("{person} has invited you as {role}",
             ("{person} has invited you as {role} in {product}.",
              "The invitation is open until {date}. You answer it by logging in from the link below."),
             "Answer the invitation"),
        for_leavers=True,
    ),
    Letter(
        "account.verify", Sites.BOTH,
        Text("Bekreft e-postadressen din",
             ("Noen, trolig du selv, har oppgitt denne adressen i {product}.",
              "Bekreft den fra lenken under innen {date} kl. {time}. Var det ikke deg, trenger du ikke å gjøre noe."),
             "Bekreft adressen"),
        Text("Confirm your e-mail address",
             ("Somebody, probably you, has given this address in {product}.",
              "Confirm it from the link below by {date} at {time}. If it was not you, there is nothing to do."),
             "Confirm the address"),
        for_leavers=True,
    ),
    Letter(
        "account.warned", Sites.MUNICIPAL,
        Text("Din bruker i {product} vil bli deaktivert grunnet inaktivitet",
             ("Du har ikke logget inn i {product} på lenge. Brukeren din blir deaktivert {date}.",
              "Logger du inn før det, blir brukeren værende aktiv."), _OPEN_NB),
        Text("Your account in {product} will be deactivated for inactivity",
             ("You have not logged in to {product} for a long time. Your account will be deactivated on {date}.",
              "If you log in before that, it stays active."), _OPEN_EN),
        for_leavers=True,
    ),
    Letter(
        "account.deactivated", Sites.MUNICIPAL,
        Text("Din bruker i {product} er blitt deaktivert grunnet inaktivitet",
             ("Du har ikke logget inn i {product} på lenge, og brukeren din er deaktivert.",
              "Det du har registrert, er tatt vare på. Logg inn for å åpne brukeren igjen."), _OPEN_NB),
        Text("Your account in {product} has been deactivated for inactivity",
             ("You have not logged in to {product} for a long time, and your account has been deactivated.",
              "What you have registered is kept. Log in to open the account again."), _OPEN_EN),
        for_leavers=True,
    ),
    Letter(
        "plan.inactive", Sites.MUNICIPAL,
        Text("En av dine planer i {product} har blitt deaktivert grunnet inaktivitet i planen",
             ("Det er lenge siden noe ble registrert i planen(e):", "* {plan}",
              "Planen er derfor deaktivert. Du kan be lederen din om å reaktivere den."), _OPEN_NB),
        Text("One of your plans in {product} has been deactivated for inactivity",
             ("Nothing has been registered for a long time in the plan(s):", "* {plan}",
              "It has therefore been deactivated. You can ask your leader to reactivate it."), _OPEN_EN),
    ),
    Letter(
        "goal.authority_approved", Sites.MUNICIPAL,
        Text("Helsedirektoratet har godkjent læringsmål",
             ("Helsedirektoratet har godkjent:", "* {goal}"), _OPEN_NB),
        Text("The Directorate of Health has approved learning goals",
             ("The Directorate of Health has approved:", "* {goal}"), _OPEN_EN),
    ),
    Letter(
        "goal.approval_withdrawn", Sites.MUNICIPAL,
        Text("Godkjenning av læringsmål er trukket tilbake",
             ("Godkjenningen er trukket tilbake for:", "* {goal}"), _OPEN_NB),
        Text("Approval of a learning goal has been withdrawn",
             ("The approval has been withdrawn of:", "* {goal}"), _OPEN_EN),
    ),
    Letter(
        "steward.lost_self", Sites.REGION,
        Text("Du er ikke lenger registrert som Kompetanseplanansvarlig i Kompetanseportalen",
             ("Du mottar denne e-posten fordi du i Kompetanseportalen var registrert som Kompetanseplanansvarlig for planen(e):",
              "* {plan}",
              "I og med at du nå har byttet stilling/org enhet, er du ikke lenger registrert som Kompetanseplanansvarlig for planen(e). Dersom du skal fortsette i denne rollen, må beskjed om dette sendes systemansvarlig for Kompetanseportalen."),
             _OPEN_NB),
        Text("You are no longer registered as plan steward",
             ("You get this e-mail because you were registered as plan steward of the plan(s):", "* {plan}",
              "As you have changed position or unit, you are no longer registered as plan steward of the plan(s). If you are to go on in this role, the system manager must be told."),
             _OPEN_EN),
        for_leavers=True,
    ),
    Letter(
        "steward.lost_owner", Sites.REGION,
        Text("Kompetanseplanansvarlig har sluttet/byttet stilling",
             ("Du mottar denne e-posten fordi du i Kompetanseportalen er registrert som dokumenteier for planen(e):",
              "* {plan}",
              "{person} var registrert som Kompetanseplanansvarlig for samme plan(er). {person} har sluttet/byttet stilling og er derfor ikke lenger registrert som Kompetanseplanansvarlig for planen(e). Skal ny Kompetanseplanansvarlig for planen(e) legges til, må navn på vedkommende sendes systemansvarlig for Kompetanseportalen."),
             _OPEN_NB),
        Text("Plan steward has left or changed position",
             ("You get this e-mail because you are registered as document owner of the plan(s):", "* {plan}",
              "{person} was registered as plan steward of the same plan(s). {person} has left or changed position and is therefore no longer registered as plan steward. If another is to be registered, the name must be sent to the system manager."),
             _OPEN_EN),
    ),
    Letter(
        "lead.lost_self", Sites.REGION,
        Text("Du er ikke lenger registrert som utdanningsansvarlig overlege",
             ("Du mottar denne e-posten fordi du i Kompetanseportalen var registrert som utdanningsansvarlig overlege for spesialiteten:",
              "* {specialty} ({unit})",
              "I og med at du nå har byttet stilling/org enhet, er du ikke lenger registrert som utdanningsansvarlig overlege for denne spesialiteten. Dersom du skal fortsette i denne rollen må beskjed om dette sendes systemansvarlig for Kompetanseportalen."),
             _OPEN_NB),
        Text("You are no longer registered as training lead",
             ("You get this e-mail because you were registered as training lead for the specialty:", "* {specialty} ({unit})",
              "As you have changed position or unit, you are no longer registered as training lead for this specialty. If you are to go on in this role, the system manager must be told."),
             _OPEN_EN),
        for_leavers=True,
    ),
    Letter(
        "lead.lost_owner", Sites.REGION,
        Text("utdanningsansvarlig overlege for spesialitet {specialty} ({cost_centre} - {unit}) har sluttet/byttet stilling",
             ("Du mottar denne e-posten fordi du i Kompetanseportalen er registrert som dokumenteier for spesialistplanen:",
              "* {specialty} ({cost_centre} - {unit})",
              "{person} var registrert som utdanningsansvarlig overlege for samme spesialitet. {person} har sluttet/byttet stilling og er derfor ikke lenger registrert som utdanningsansvarlig overlege for denne spesialiteten. Skal ny utdanningsansvarlig overlege for spesialiteten legges til, må navn på vedkommende sendes systemansvarlig for Kompetanseportalen."),
             _OPEN_NB),
        Text("Training lead for {specialty} ({cost_centre} - {unit}) has left or changed position",
             ("You get this e-mail because you are registered as document owner of the specialty's plan:",
              "* {specialty} ({cost_centre} - {unit})",
              "{person} was registered as training lead for the same specialty. {person} has left or changed position and is therefore no longer registered as training lead. If another is to be registered, the name must be sent to the system manager."),
             _OPEN_EN),
    ),
)
# fmt: on

LETTERS: Mapping[str, Letter] = {letter.key: letter for letter in _LETTERS}
"""The e-mails of Table 5 by their key."""
