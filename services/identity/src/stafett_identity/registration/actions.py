"""Registering oneself at the municipal site, and the address that becomes current when its link is opened."""

from dataclasses import dataclass
from uuid import UUID

from stafett_chassis.problems import Conflict, Fault, Invalid, NotFound, Refused
from stafett_chassis.work import Work
from stafett_contracts import identity
from stafett_contracts.ids import PersonId, VerificationId, new_id
from stafett_contracts.vocabulary import OrgLevel, PositionKind, PositionStatus, Track
from stafett_identity.directory import actions as directory
from stafett_identity.directory import store as directory_store
from stafett_identity.directory.model import Person, Position, Unit
from stafett_identity.directory.rules import HprSource, better_hpr, is_national_id
from stafett_identity.national_ids import NationalIds
from stafett_identity.registration import rules, store
from stafett_identity.registration.model import RegisteredView
from stafett_identity.sessions import actions as sessions
from stafett_identity.sessions.actions import Identified, LoggingIn
from stafett_identity.sessions.cookies import hash_of, new_secret
from stafett_identity.sessions.eid import free_hpr, take_over
from stafett_identity.settings import IdentitySettings


@dataclass(frozen=True, slots=True)
class Form:
    """What somebody typed: contact, and where they work."""

    email: str
    phone: str | None
    hpr_number: str | None
    title: str | None
    department_id: UUID
    track: Track = Track.NONE
    specialty: str | None = None

    def faults(self) -> list[Fault]:
        """What can be seen to be wrong without asking the database."""
        faults = rules.email_faults("email", self.email) + rules.phone_faults("phone", self.phone)
        if self.track is not Track.NONE:
            faults += rules.track_faults(self.track, self.specialty)
        return faults


@dataclass(frozen=True, slots=True)
class Settled:
    """Somebody with a person and a position here."""

    person: Person
    position: Position
    email_verified: bool


async def register_trainee(
    work: Work, settings: IdentitySettings, who: Identified | UUID, form: Form, how: LoggingIn
) -> RegisteredView:
    """Register as LIS, after e-ID or, for somebody already here, from their session (IDN-054, IDN-055).

    All or nothing: a form that is refused leaves no account (IDN-056).
    """
    if settings.site_kind != "municipal":
        raise rules.municipal_only()
    settled = await settle(work, settings, who, form)
    login = None
    if isinstance(who, Identified):
        await sessions.use_up(work, who)
        login = await sessions.log_in(work, how, settled.person.person_id)
    has_leader = await store.has_leader(work, settled.position.position_id)
    has_mentor = await store.has_mentor(work, settled.person.person_id)
    return RegisteredView(
        person_id=settled.person.person_id,
        position_id=settled.position.position_id,
        email_warning=rules.warns_of_work_address(form.email, settings.work_email_domains),
        email_verified=settled.email_verified,
        missing=rules.missing(has_leader=has_leader, has_mentor=has_mentor),
        login=login,
    )


async def settle(
    work: Work,
    settings: IdentitySettings,
    who: Identified | UUID,
    form: Form,
    *,
    proven_address: str | None = None,
) -> Settled:
    """The person of an identification (new, or known by national id) with a position as the form says.

    `proven_address` is one that has been shown to be theirs (IDN-014).
    """
    faults = form.faults()
    department = await _department(work, form.department_id)
    if department is None:
        faults.append(Fault("department_id", "unknown_department", "Velg avdeling.", "Choose a department."))
    if await _is_anothers(work, who, settings, form.email):
        faults.append(_email_taken("email"))
    if faults or department is None:
        raise Invalid(faults)
    person = await _person(work, settings, who, form)
    position = await _position(work, person, department, form)
    address = form.email.strip()
    verified = person.private_email is not None and rules.email_key(person.private_email) == rules.email_key(
        address
    )
    if not verified and proven_address and rules.email_key(proven_address) == rules.email_key(address):
        person = await _make_current(work, person, address)
        verified = True
    if not verified:
        await ask_to_verify(work, settings, person, address)
    return Settled(person, position, verified)


async def _person(work: Work, settings: IdentitySettings, who: Identified | UUID, form: Form) -> Person:
    if isinstance(who, UUID):
        known = await directory_store.person(work, who, lock=True)
        assert known is not None  # whose session it is
        return await _typed(work, known, form)
    told, keys = who.who, NationalIds.of(settings)
    if not is_national_id(told.national_id, synthetic=settings.accepts_synthetic):
        raise Invalid(
            [Fault("national_id", "bad_national_id", "Ugyldig fødselsnummer.", "Not a valid number.")]
        )
    found = await directory_store.person_by_national_id(work, keys.hash(told.national_id))
    if found is not None:
        return await _typed(work, await take_over(work, settings, found, told), form)
    number = told.hpr_number or form.hpr_number
    source = HprSource.EID if told.hpr_number else HprSource.SELF
    await _free_hpr(work, number, source)
    return await directory.register_person(
        work,
        keys,
        given_name=told.given_name,
        family_name=told.family_name,
        national_id=told.national_id,
        hpr_number=number,
        hpr_source=source,
        phone=rules.phone_number(form.phone) if form.phone else None,
    )


async def _free_hpr(work: Work, number: str | None, source: HprSource) -> None:
    if not await free_hpr(work, number, source):
        raise Invalid(
            [
                Fault(
                    "hpr_number",
                    "hpr_taken",
                    "HPR-nummeret er registrert på en annen person.",
                    "The HPR number is registered on somebody else.",
                )
            ]
        )


async def _typed(work: Work, person: Person, form: Form) -> Person:
    number, source = better_hpr(person.hpr_number, person.hpr_source, form.hpr_number, HprSource.SELF)
    if number != person.hpr_number:
        await _free_hpr(work, number, HprSource.SELF)
    phone = rules.phone_number(form.phone) if form.phone else person.phone
    return await directory.change_person(work, person, hpr_number=number, hpr_source=source, phone=phone)


async def _department(work: Work, unit_id: UUID) -> Unit | None:
    unit = await directory_store.unit(work, unit_id)
    if unit is None or unit.level != OrgLevel.UNIT or unit.hf_id is None:
        return None
    return unit if unit.valid_to is None or unit.valid_to >= work.today else None


async def _position(work: Work, person: Person, department: Unit, form: Form) -> Position:
    """The person's position at the department: one there is, or a new one."""
    assert department.hf_id is not None
    for known in await directory_store.positions_of(work, person.person_id):
        if known.unit_id != department.unit_id or known.kind == PositionKind.TEMPORARY:
            continue
        if known.status != PositionStatus.ACTIVE:
            raise Conflict(
                "position_deactivated",
                "Du har en deaktivert stilling ved denne avdelingen. Kontakt brukerstøtte.",
                "You have a deactivated position at this department. Contact support.",
            )
        if form.track is Track.NONE:
            return known
        if known.track != Track.NONE:
            raise Conflict(
                "already_registered",
                "Du er allerede registrert som LIS ved denne avdelingen.",
                "You are already registered as a trainee at this department.",
                position_id=known.position_id,
            )
        # One position an identifier (IDN-093): the one there is becomes the trainee's.
        return await directory.change_position(
            work, known, track=form.track.value, specialty=form.specialty, title=form.title or known.title
        )
    return await directory.create_position(
        work,
        person_id=person.person_id,
        unit_id=department.unit_id,
        hf_id=department.hf_id,
        kind=PositionKind.SELF_REGISTERED,
        title=form.title or _title(form),
        track=form.track,
        specialty=form.specialty,
    )


def _title(form: Form) -> str | None:
    if form.track is Track.LIS1:
        return "LIS1-lege"
    return "Lege i spesialisering" if form.track is Track.LIS2_3 else None


# --- e-mail ---


async def change_email(work: Work, settings: IdentitySettings, address: str) -> None:
    """Ask for another private address; the present one stays until the link is opened (IDN-014)."""
    faults = rules.email_faults("address", address)
    if not faults and await _is_anothers(work, work.caller.person_id, settings, address):
        faults = [_email_taken("address")]
    if faults:
        raise Invalid(faults)
    person = await directory_store.person(work, work.caller.person_id)
    if person is None:
        raise NotFound()
    if person.private_email and person.private_email_verified_at and person.private_email == address.strip():
        return
    await ask_to_verify(work, settings, person, address.strip())


async def ask_to_verify(work: Work, settings: IdentitySettings, person: Person, address: str) -> None:
    """Have notify send a link to an address that somebody typed; earlier links of the person open nothing more."""
    token, verification_id = new_secret(), new_id()
    expires_at = work.at + rules.LINK_LIFETIME
    await store.insert_verification(
        work,
        verification_id=verification_id,
        person_id=person.person_id,
        address=address,
        token_hash=hash_of(token),
        created_at=work.at,
        expires_at=expires_at,
    )
    work.emit(
        identity.EmailVerificationRequested(
            revision=1,
            verification_id=VerificationId(verification_id),
            person_id=PersonId(person.person_id),
            address=address,
            link=f"{settings.base()}/verify-email/{token}",
            expires_at=expires_at,
        )
    )


async def verify_email(work: Work, token: str) -> None:
    """Make the address under this link the person's; opening the link again changes nothing."""
    row = await store.verification(work, hash_of(token))
    if row is None:
        raise NotFound()
    if row["verified_at"] is not None:
        return
    if row["expires_at"] <= work.at:
        raise Conflict(
            "verification_expired",
            "Lenken er utløpt. Be om en ny under Personalia.",
            "The link has expired. Ask for a new one under Personal details.",
        )
    key = rules.email_key(row["address"])
    await store.hold_email(work, key)
    holder = await store.holder_of_email(work, key, work.today)
    if holder is not None and holder["person_id"] != row["person_id"]:
        raise Refused(
            "email_taken",
            "Adressen er i bruk av en annen konto.",
            "The address is in use by another account.",
        )
    person = await directory_store.person(work, row["person_id"], lock=True)
    if person is None:
        raise NotFound()
    await _make_current(work, person, row["address"])
    await store.mark_verified(work, row["verification_id"], work.at)


async def _make_current(work: Work, person: Person, address: str) -> Person:
    # Where mail is sent is the work address while there is one to use (IDN-015): only the private one changes here.
    uses_private = person.contact_email is None or person.contact_email == person.private_email
    return await directory.change_person(
        work,
        person,
        private_email=address,
        private_email_verified_at=work.at,
        contact_email=address if uses_private else person.contact_email,
    )


async def person_of(work: Work, settings: IdentitySettings, who: Identified) -> Person | None:
    """The person an identification stands for, when they are known here."""
    hashed = NationalIds.of(settings).hash(who.who.national_id)
    return await directory_store.person_by_national_id(work, hashed)


async def _is_anothers(work: Work, who: Identified | UUID, settings: IdentitySettings, address: str) -> bool:
    await store.hold_email(work, rules.email_key(address))
    holder = await store.holder_of_email(work, rules.email_key(address), work.today)
    if holder is None:
        return False
    if isinstance(who, UUID):
        return bool(holder["person_id"] != who)
    known = await person_of(work, settings, who)
    return known is None or known.person_id != holder["person_id"]


def _email_taken(field: str) -> Fault:
    return Fault(
        field,
        "email_taken",
        "Adressen er i bruk av en annen konto.",
        "The address is in use by another account.",
    )
