"""Logging in and out, choosing what to act from, and issuing tokens for it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement

from stafett_chassis.auth import ActingAs, Assurance, Caller, RoleScope, claims_of, sign
from stafett_chassis.problems import Fault, Invalid, NotFound, Unauthenticated
from stafett_chassis.sql import Connection, to_json
from stafett_chassis.work import Work
from stafett_contracts import identity
from stafett_contracts.ids import PersonId, PositionId, SessionId, new_id
from stafett_contracts.vocabulary import AccountCause, AccountState
from stafett_identity.directory import rules as directory_rules
from stafett_identity.directory import store as directory
from stafett_identity.national_ids import NationalIds
from stafett_identity.sealing import Seal
from stafett_identity.sessions import rules, store
from stafett_identity.sessions.cookies import hash_of
from stafett_identity.sessions.eid import take_over
from stafett_identity.sessions.keys import Keyring
from stafett_identity.sessions.model import (
    IdentificationView,
    Identity,
    LoginView,
    Rights,
    Session,
    SessionView,
    TokenView,
)
from stafett_identity.sessions.rules import EndedCause, Method
from stafett_identity.sessions.tables import login_session
from stafett_identity.sessions.views import session_view
from stafett_identity.settings import IdentitySettings

_IDENTIFICATION = "identification"
IDENTIFICATION_LIFETIME = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class LoggingIn:
    """How somebody logs in, and the secrets their browser will hold.

    `replaces` is the session that the browser had before, if any.
    """

    settings: IdentitySettings
    method: Method
    secret: str = field(repr=False)
    device: str | None = None
    replaces: UUID | None = None
    stated_assurance: str | None = None

    @property
    def assurance(self) -> Assurance:
        """How sure it is of who it is (IDN-025)."""
        return Assurance(rules.assurance_of(self.method, self.stated_assurance))


# --- logging in ---


async def log_in(work: Work, how: LoggingIn, person_id: UUID) -> LoginView:
    """Start a session of a person, acting from the only option there is or from none yet (IDN-039).

    Raises 403 `no_active_position` for somebody without one (IDN-027); then nothing is stored.
    """
    options = await store.options(work, person_id, work.today)
    if not options:
        raise rules.no_position()
    await _note_login(work, person_id, how.method)
    if how.replaces is not None:
        # A new log-in has a session of its own (fixation), and the browser forgets the old one.
        await end_session(work, how.replaces, EndedCause.REPLACED)
    only = rules.only_option(options)
    limits = how.settings.session_limits
    ends_at = work.at + limits.longest
    session = Session(
        session_id=new_id(),
        secret_hash=hash_of(how.secret),
        person_id=person_id,
        method=how.method.value,
        assurance=how.assurance.value,
        device=how.device,
        started_at=work.at,
        last_seen_at=work.at,
        idle_ends_at=rules.idle_ends_at(work.at, ends_at, limits),
        ends_at=ends_at,
        option_id=only.option_id if only else None,
        option_kind=only.kind.value if only else None,
        position_id=only.position_id if only else None,
        leader_position_id=only.leader_position_id if only else None,
        leader_person_id=only.leader_person_id if only else None,
        ended_at=None,
        ended_cause=None,
        revision=1,
    )
    await store.insert_session(work, session)
    if only:
        await store.note_choice(work, only.position_id, work.at)
    view = await session_view(work, how.settings, session, options, work.today)
    return LoginView("acting" if only else "choose", view)


async def _note_login(work: Work, person_id: UUID, method: Method) -> None:
    """Store the log-in; one with e-ID makes a warned or deactivated account active (IDN-050, IDN-052)."""
    state = await store.note_login(work, person_id, work.at, work.today, method.value)
    if state != AccountState.ACTIVE:
        revision = await store.reactivate_account(work, person_id, work.today)
        work.emit(
            identity.AccountReactivated(
                revision=revision,
                person_id=PersonId(person_id),
                state=AccountState.ACTIVE,
                on=work.today,
                cause=AccountCause.LOGIN,
            )
        )


async def log_in_as_demo(work: Work, how: LoggingIn, person_id: UUID) -> LoginView:
    """Log in as a chosen demo person (IDN-036)."""
    if await directory.person(work, person_id) is None:
        raise NotFound()
    return await log_in(work, how, person_id)


async def log_in_with_eid(work: Work, how: LoggingIn, who: Identity) -> LoginView:
    """Log in whom an e-ID has identified; on the municipal site a stranger goes to registration (IDN-027)."""
    keys = NationalIds.of(how.settings)
    if not directory_rules.is_national_id(who.national_id, synthetic=how.settings.accepts_synthetic):
        raise Invalid(
            [
                Fault(
                    "national_id",
                    "bad_national_id",
                    "Ugyldig fødselsnummer.",
                    "Not a valid national identity number.",
                )
            ]
        )
    person = await directory.person_by_national_id(work, keys.hash(who.national_id))
    if person is not None and await store.options(work, person.person_id, work.today):
        await take_over(work, how.settings, person, who)
        return await log_in(work, how, person.person_id)
    if how.settings.site_kind != "municipal":
        raise rules.no_position()
    if how.replaces is not None:
        # Whoever was logged in here is somebody else: the form that follows must not be taken for theirs.
        await end_session(work, how.replaces, EndedCause.REPLACED)
    expires_at = work.at + IDENTIFICATION_LIFETIME
    await store.insert_identification(
        work,
        secret_hash=hash_of(how.secret),
        sealed=Seal.of(how.settings, _IDENTIFICATION).close(to_json(who), _IDENTIFICATION),
        method=how.method.value,
        assurance=how.assurance.value,
        made_at=work.at,
        expires_at=expires_at,
    )
    view = IdentificationView(how.secret, who.given_name, who.family_name, who.hpr_number, expires_at)
    return LoginView("register", None, view)


@dataclass(frozen=True, slots=True)
class Identified:
    """Somebody whom an e-ID has identified and who comes to register or to accept an invitation."""

    who: Identity
    method: Method
    assurance: str
    secret_hash: bytes = field(repr=False)


async def identified(
    work: Connection, settings: IdentitySettings, secret: str, now: datetime, *, lock: bool = False
) -> Identified:
    """Whom the secret of an identification stands for. Raises 401 when it is unknown, used or too old."""
    row = await store.identification(work, hash_of(secret), lock=lock)
    if row is None or row["used_at"] is not None or row["expires_at"] <= now:
        raise _identify_again()
    try:
        told = orjson.loads(Seal.of(settings, _IDENTIFICATION).open(row["sealed"], _IDENTIFICATION))
    except ValueError:
        raise _identify_again() from None
    return Identified(Identity(**told), Method(row["method"]), row["assurance"], row["secret_hash"])


async def use_up(work: Work, who: Identified) -> None:
    """An identification leads to one session only."""
    await store.use_identification(work, who.secret_hash, work.at)


def _identify_again() -> Unauthenticated:
    return Unauthenticated(
        "not_identified",
        "Du må identifisere deg med e-ID på nytt.",
        "You must identify yourself with e-ID again.",
    )


# --- the session ---


async def choose(work: Work, settings: IdentitySettings, session_id: UUID, option_id: UUID) -> SessionView:
    """Make a session act from an option, one at a time (IDN-042). Raises 404 for what is not the person's."""
    before = await store.session(work, session_id)
    if before is None:
        raise rules.no_session()
    options = await store.options(work, before.person_id, work.today)
    idle_ends_at = rules.idle_ends_at(work.at, before.ends_at, settings.session_limits)
    option = rules.chosen(options, option_id)
    session = await store.choose(work, session_id, option, work.at, idle_ends_at)
    if session is None:
        raise rules.no_session()
    return await session_view(work, settings, session, options, work.today)


async def issue_token(
    work: Work, settings: IdentitySettings, keyring: Keyring, live: Session
) -> TokenView | None:
    """A token for what the session acts from, its rights read anew (IDN-043, IDN-044).

    None when that gives access no longer: the session has then been ended.
    """
    idle_ends_at = rules.idle_ends_at(work.at, live.ends_at, settings.session_limits)
    session = await store.touch(work, live.session_id, work.at, idle_ends_at)
    if session is None:
        raise rules.no_session()
    if session.position_id is None:
        raise rules.not_chosen()
    rights = await store.rights(work, session, work.today)
    if rights is None:
        await end_session(work, session.session_id, EndedCause.OPTION_ENDED)
        return None
    now = int(work.at.timestamp())
    lifetime = min(settings.token_seconds, int(session.ends_at.timestamp()) - now)
    claims = claims_of(_caller(session, settings, rights), issuer=settings.base(), now=now, lifetime=lifetime)
    return TokenView(
        access_token=sign(claims, keyring.signing(work.at)),
        token_type="Bearer",
        expires_in=lifetime,
        expires_at=work.at + timedelta(seconds=lifetime),
    )


def _caller(session: Session, settings: IdentitySettings, rights: Rights) -> Caller:
    derived = [RoleScope(role) for role in rules.derived_roles(rights.kind, rights.standing)]
    return Caller(
        person_id=PersonId(session.person_id),
        position_id=PositionId(session.position_id) if session.position_id else None,
        acting_as=ActingAs(rights.kind.value),
        session_id=session.session_id,
        site=settings.site,
        assurance=Assurance(session.assurance),
        roles=(*derived, *rights.granted),
        leader_position_id=PositionId(session.leader_position_id) if session.leader_position_id else None,
        leader_person_id=PersonId(session.leader_person_id) if session.leader_person_id else None,
        authenticated_at=int(session.started_at.timestamp()),
        method=session.method,
    )


async def end_session(work: Work, session_id: UUID, cause: EndedCause) -> None:
    """End a session before its time and say so; one that has ended stays as it is."""
    await _end(work, cause, login_session.c.session_id == session_id)


async def end_own_session(work: Work, person_id: UUID, session_id: UUID) -> None:
    """End one of a person's own sessions. Raises 404 for another's, and for one that has ended."""
    mine = (login_session.c.session_id == session_id) & (login_session.c.person_id == person_id)
    if not await _end(work, EndedCause.REVOKED, mine):
        raise NotFound()


async def _end(work: Work, cause: EndedCause, where: ColumnElement[bool]) -> int:
    ended = await store.end(work, cause.value, work.at, where=where)
    for row in ended:
        work.emit(
            identity.SessionRevoked(
                revision=row["revision"],
                session_id=SessionId(row["session_id"]),
                person_id=PersonId(row["person_id"]),
            )
        )
    return len(ended)
