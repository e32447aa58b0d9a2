"""Self-registration and invitations at the municipal site: what is asked, refused, and when an invitation is what."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from stafett_chassis.problems import Conflict, Fault, Forbidden
from stafett_contracts.vocabulary import InvitationRole, InvitationState, Track
from stafett_identity.directory.rules import folded

RESENT_AT_MOST = 5
RESEND_PAUSE = timedelta(hours=1)
LINK_LIFETIME = timedelta(hours=24)
"""Of a link that verifies an address (IDN-014)."""

WAITING = (InvitationState.OPEN, InvitationState.NEEDS_CONFIRMATION)

EMAIL_ADVICE = "Bruk en personlig e-postadresse. Bruker du arbeids-e-post, mister du tilgangen til den når du bytter arbeidssted."
ROLE_ADVICE = {
    InvitationRole.LEADER: "Leder er kommuneoverlegen, eller den som godkjenner på vegne av kommuneoverlegen.",
    InvitationRole.MENTOR: (
        "Veileder for LIS1 er en lege i allmennpraksis. Veileder for LIS3 er en godkjent veileder i spesialiteten."
    ),
    InvitationRole.SUPERVISOR: "Supervisører er andre som lærer deg opp og kan signere læringsaktiviteter.",
}
"""IDN-074."""

SPECIALTIES = {"ALM": "Allmennmedisin", "SAM": "Samfunnsmedisin", "ARB": "Arbeidsmedisin"}
"""Of LIS3 in municipalities, by code (IDN-054)."""

_EMAIL = re.compile(
    r"[^\s@<>\"(),:;\[\]\\]{1,64}@(?:[a-zæøå0-9](?:[a-zæøå0-9-]{0,61}[a-zæøå0-9])?\.)+[a-zæøå]{2,63}"
)


# --- addresses and numbers ---


def email_key(address: str) -> str:
    """What addresses are compared by: case does not matter (IDN-014)."""
    return address.strip().lower()


def email_faults(field: str, address: str) -> list[Fault]:
    """What is wrong with an e-mail address, if anything."""
    if len(address) <= 254 and _EMAIL.fullmatch(email_key(address)) and ".." not in address:
        return []
    return [Fault(field, "bad_email", "Ugyldig e-postadresse.", "Not a valid e-mail address.")]


def warns_of_work_address(address: str, work_domains: Collection[str]) -> bool:
    """Whether the domain, or one above it, is an employer's (IDN-013)."""
    domain = email_key(address).rpartition("@")[2]
    return any(domain == work.lower() or domain.endswith(f".{work.lower()}") for work in work_domains)


def phone_number(typed: str) -> str | None:
    """`typed` as E.164, Norwegian unless it says otherwise; none when it is no number."""
    plain = re.sub(r"[\s().-]", "", typed)
    plain = re.sub(r"^00", "+", plain)
    if plain.isascii() and plain.isdigit() and len(plain) == 8:
        plain = f"+47{plain}"
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", plain, re.ASCII):
        return None
    if plain.startswith("+47") and len(plain) != 11:
        return None
    return plain


def phone_faults(field: str, typed: str | None) -> list[Fault]:
    """What is wrong with a telephone number, if anything; none is none."""
    if not typed or phone_number(typed):
        return []
    return [
        Fault(
            field,
            "bad_phone",
            "Ugyldig telefonnummer. Skriv åtte siffer, eller landkode og nummer.",
            "Not a valid telephone number. Write eight digits, or country code and number.",
        )
    ]


def track_faults(track: Track, specialty: str | None) -> list[Fault]:
    """LIS1 has no specialty, LIS3 one of those trained in municipalities (IDN-054)."""
    if track not in (Track.LIS1, Track.LIS2_3):
        return [Fault("track", "bad_track", "Velg LIS1 eller LIS3.", "Choose LIS1 or LIS3.")]
    if track is Track.LIS1 and specialty:
        return [Fault("specialty", "no_specialty", "LIS1 har ingen spesialitet.", "LIS1 has no specialty.")]
    if track is Track.LIS2_3 and specialty not in SPECIALTIES:
        return [Fault("specialty", "bad_specialty", "Velg spesialitet.", "Choose a specialty.")]
    return []


# --- invitations ---


@dataclass(frozen=True, slots=True)
class Invitation:
    """A row of `invitation`; state as stored, which time may have overtaken (`state_at`)."""

    invitation_id: UUID
    trainee_person_id: UUID
    trainee_position_id: UUID
    role: InvitationRole
    email: str
    email_key: str
    given_name: str
    family_name: str
    message: str | None
    token_hash: bytes
    sent_at: datetime
    send_count: int
    sent_event_id: UUID | None
    expires_at: datetime
    state: InvitationState
    accepted_person_id: UUID | None
    accepted_position_id: UUID | None
    answered_at: datetime | None
    undelivered_at: datetime | None
    created_at: datetime
    updated_at: datetime
    revision: int

    @property
    def name(self) -> str:
        """The invited name as shown."""
        return f"{self.given_name} {self.family_name}".strip()

    def state_at(self, now: datetime) -> InvitationState:
        """The state, an unanswered invitation being expired from `expires_at` (IDN-068)."""
        if self.state is InvitationState.OPEN and now >= self.expires_at:
            return InvitationState.EXPIRED
        return self.state


def refuse_own_address(address: str, own: Collection[str | None]) -> None:
    """Nobody invites oneself (IDN-062)."""
    if email_key(address) in {email_key(known) for known in own if known}:
        raise not_oneself()


def not_oneself() -> Conflict:
    """Nobody is leader, mentor or supervisor of oneself (IDN-062)."""
    return Conflict(
        "not_oneself",
        "Du kan ikke være leder, veileder eller supervisør for deg selv.",
        "You cannot be your own leader, mentor or supervisor.",
    )


def refuse_second_leader(*, has_leader: bool, leader_on_the_way: bool) -> None:
    """At most one leader, registered or on the way (IDN-063)."""
    if has_leader:
        raise Conflict(
            "leader_registered",
            "Du har allerede en leder. Fjern lederen før du registrerer en ny.",
            "You already have a leader. Remove the leader before you register another.",
        )
    if leader_on_the_way:
        raise Conflict(
            "leader_invited",
            "Du har allerede invitert en leder. Trekk invitasjonen før du registrerer en annen.",
            "You have already invited a leader. Withdraw the invitation before you register another.",
        )


def refuse_resend(invitation: Invitation, now: datetime) -> None:
    """Only while nobody has answered, at most once an hour and five times (IDN-069)."""
    if invitation.state_at(now) not in (InvitationState.OPEN, InvitationState.EXPIRED):
        raise already_decided(invitation, now)
    if invitation.send_count > RESENT_AT_MOST:
        raise Conflict(
            "resend_limit",
            f"Invitasjonen er sendt på nytt {RESENT_AT_MOST} ganger. Trekk den og lag en ny.",
            f"The invitation has been sent again {RESENT_AT_MOST} times. Withdraw it and make a new one.",
        )
    if now < invitation.sent_at + RESEND_PAUSE:
        raise Conflict(
            "resend_too_soon",
            "Invitasjonen kan sendes på nytt én gang i timen.",
            "An invitation can be sent again once an hour.",
            retry_at=invitation.sent_at + RESEND_PAUSE,
        )


def refuse_withdrawal(invitation: Invitation, now: datetime) -> None:
    """What nobody has answered finally can be withdrawn (IDN-071); an expired one need not be."""
    if invitation.state_at(now) not in WAITING:
        raise already_decided(invitation, now)


def refuse_confirmation(invitation: Invitation, now: datetime) -> None:
    """Only an answer under another family name waits for the trainee (IDN-067)."""
    if invitation.state_at(now) is not InvitationState.NEEDS_CONFIRMATION:
        raise already_decided(invitation, now)


def refuse_acceptance(invitation: Invitation, person_id: UUID | None, now: datetime) -> None:
    """Refuse what the link does not open any more; the person who has answered already may again (IDN-072)."""
    state = invitation.state_at(now)
    if person_id is not None and person_id == invitation.trainee_person_id:
        raise not_oneself()
    if state is InvitationState.EXPIRED:
        raise Conflict("invitation_expired", "Invitasjonen er utløpt", "The invitation has expired")
    if state is InvitationState.WITHDRAWN:
        raise Conflict(
            "invitation_withdrawn",
            "Invitasjonen er trukket tilbake",
            "The invitation has been withdrawn",
        )
    if state is not InvitationState.OPEN and person_id != invitation.accepted_person_id:
        raise Conflict(
            "invitation_used", "Invitasjonen er allerede brukt.", "The invitation has already been used."
        )


def answered(invitation: Invitation, family_name: str) -> InvitationState:
    """What an answer makes of the invitation: another family name must be confirmed (IDN-067)."""
    same = folded(family_name) == folded(invitation.family_name)
    return InvitationState.ACCEPTED if same else InvitationState.NEEDS_CONFIRMATION


def already_decided(invitation: Invitation, now: datetime) -> Conflict:
    """The state forbids it, and is told."""
    return Conflict(
        "invitation_not_waiting",
        "Invitasjonen venter ikke lenger på svar.",
        "The invitation no longer waits for an answer.",
        state=invitation.state_at(now).value,
    )


def municipal_only() -> Forbidden:
    """At a hospital site HR says who works where and for whom."""
    return Forbidden(
        "managed_by_hr",
        "Dette hentes fra HR-systemet og kan ikke endres her.",
        "This comes from the HR system and cannot be changed here.",
    )


def missing(*, has_leader: bool, has_mentor: bool) -> list[InvitationRole]:
    """What Hjem reminds the trainee of (IDN-057)."""
    return [
        role
        for role, present in ((InvitationRole.LEADER, has_leader), (InvitationRole.MENTOR, has_mentor))
        if not present
    ]
