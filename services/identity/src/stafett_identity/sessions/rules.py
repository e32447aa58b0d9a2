"""Log-in and sessions: how sure it is, how long it lasts, what can be chosen, and what the menu shows."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from stafett_chassis.problems import Forbidden, NotFound, Unauthenticated
from stafett_contracts.vocabulary import Role, Track


class Method(StrEnum):
    """How somebody logged in."""

    BANKID = "bankid"
    BUYPASS = "buypass"
    MINID = "minid"
    HELSEID = "helseid"
    TRUST = "trust"
    PASSWORD = "password"
    DEMO = "demo"
    DEMO_EID = "demo_eid"


class EndedCause(StrEnum):
    """Why a session ended."""

    LOGGED_OUT = "logged_out"
    REVOKED = "revoked"
    REPLACED = "replaced"
    OPTION_ENDED = "option_ended"
    IDLE = "idle"
    TOO_LONG = "too_long"


class OptionKind(StrEnum):
    """What a session can act as; the order is the one they are listed in (IDN-040)."""

    OWN = "own"
    TEMPORARY = "temporary"
    DEPUTY = "deputy"


_ASSURANCE = {
    Method.BANKID: "high",
    Method.BUYPASS: "high",
    Method.MINID: "substantial",
    Method.PASSWORD: "low",
    # They stand in for an e-ID where there is none, and exist in demo mode only (IDN-036).
    Method.DEMO: "high",
    Method.DEMO_EID: "high",
}


def assurance_of(method: Method, stated: str | None = None) -> str:
    """How sure a log-in by `method` is of who it is: `low`, `substantial` or `high` (IDN-025).

    `stated` is what the provider said, for those whose word counts: the trust's own log-in and HelseID.
    """
    known = _ASSURANCE.get(method)
    if known is not None:
        return known
    return stated if stated in ("low", "substantial", "high") else "low"


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a session lasts (IDN-045)."""

    idle: timedelta = timedelta(minutes=30)
    longest: timedelta = timedelta(hours=12)
    warning: timedelta = timedelta(minutes=2)


def idle_ends_at(seen_at: datetime, ends_at: datetime, limits: Limits) -> datetime:
    """When a session in use at `seen_at` ends if nothing more is done; never after `ends_at`."""
    return min(seen_at + limits.idle, ends_at)


def refuse_ended(
    now: datetime, *, idle_ends_at: datetime, ends_at: datetime, ended_at: datetime | None
) -> None:
    """Refuse a session that has ended. Raises 401 with why (IDN-045)."""
    if ended_at is not None:
        raise no_session()
    if now >= ends_at:
        raise Unauthenticated(
            "session_too_long",
            "Du har vært pålogget lenge og må logge inn på nytt.",
            "You have been logged in for long and must log in again.",
        )
    if now >= idle_ends_at:
        raise Unauthenticated(
            "session_idle",
            "Du ble logget ut fordi portalen ikke var i bruk.",
            "You were logged out because the portal was not in use.",
        )


def no_session() -> Unauthenticated:
    """There is no session here, or one that has been ended."""
    return Unauthenticated("not_logged_in", "Du må logge inn.", "You must log in.")


def no_position() -> Forbidden:
    """An identified person has nothing to act from (IDN-027)."""
    return Forbidden(
        "no_active_position",
        "Du har ingen aktiv stilling i Kompetanseportalen",
        "You have no active position in the competence portal",
    )


def option_ended() -> Unauthenticated:
    """What the session acts from gives access no longer (IDN-044)."""
    return Unauthenticated(
        "option_ended",
        "Du har ikke lenger tilgang fra denne stillingen. Logg inn på nytt.",
        "You no longer have access from this position. Log in again.",
    )


def not_chosen() -> Forbidden:
    """The session acts from nothing yet (IDN-042)."""
    return Forbidden(
        "choose_position", "Velg hvilken stilling du handler fra.", "Choose which position you act from."
    )


@dataclass(frozen=True, slots=True)
class Option:
    """Something the session can act from (IDN-038).

    `option_id` is the position's, or the deputy appointment's. `position_id` is the person's own position.
    """

    option_id: UUID
    kind: OptionKind
    position_id: UUID
    unit_name: str
    hf_name: str | None
    title: str | None
    start_date: date | None = None
    end_date: date | None = None
    leader_position_id: UUID | None = None
    leader_person_id: UUID | None = None
    leader_name: str | None = None

    @property
    def label(self) -> str:
        """As the choice shows it."""
        if self.kind is OptionKind.TEMPORARY:
            return f"Midlertidig utlånt til avdeling {self.unit_name}"
        if self.kind is OptionKind.DEPUTY:
            return f"Stedfortreder for {self.leader_name}"
        return self.unit_name


def arranged(options: Iterable[Option], order: Callable[[str], Any]) -> list[Option]:
    """Own positions by department name, then temporary, then deputy (IDN-040); `order` sorts names."""
    kinds = list(OptionKind)
    return sorted(
        options,
        key=lambda option: (
            kinds.index(option.kind),
            order(option.leader_name or "" if option.kind is OptionKind.DEPUTY else option.unit_name),
            order(option.unit_name),
            option.option_id,
        ),
    )


def only_option(options: Sequence[Option]) -> Option | None:
    """The option that needs no choice (IDN-039)."""
    return options[0] if len(options) == 1 else None


def chosen(options: Sequence[Option], option_id: UUID) -> Option:
    """The option with this id. Raises 404 for what the person cannot act from."""
    for option in options:
        if option.option_id == option_id:
            return option
    raise NotFound()


@dataclass(frozen=True, slots=True)
class Standing:
    """What follows from a position and its holder's relations (IDN-152 to IDN-158)."""

    track: Track
    leads: bool
    mentors: bool
    supervises: bool


def derived_roles(kind: OptionKind, standing: Standing) -> list[Role]:
    """The roles nobody grants. A deputy has the leader's employees and nothing else (IDN-148)."""
    if kind is OptionKind.DEPUTY:
        return [Role.DEPUTY]
    derived = [Role.EMPLOYEE]
    if standing.track in (Track.LIS1, Track.LIS2_3):
        derived.append(Role.TRAINEE)
    if standing.track is Track.APPRENTICE:
        derived.append(Role.APPRENTICE)
    for holds, role in (
        (standing.leads, Role.LEADER),
        (standing.mentors, Role.MENTOR),
        (standing.supervises, Role.SUPERVISOR),
    ):
        if holds:
            derived.append(role)
    return derived


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """An entry of the menu and the role that puts it there (IDN-048)."""

    key: str
    nb: str
    en: str
    because: Role | None  # none: more than one option


_ANYBODY = (Role.EMPLOYEE,)
_OVERVIEW = (
    Role.LEADER,
    Role.DEPUTY,
    Role.DELEGATED_LEADER,
    Role.PROFESSIONAL_LEAD_B,
    Role.SUPER_USER,
    Role.HF_ADMIN,
)
_MENU: tuple[tuple[str, str, str, Collection[Role]], ...] = (
    ("home", "Hjem", "Home", (*_ANYBODY, Role.DEPUTY)),
    ("my_plans", "Mine planer", "My plans", _ANYBODY),
    ("my_goals", "Mine læringsmål", "My learning goals", (Role.TRAINEE, Role.APPRENTICE)),
    ("my_conversations", "Mine samtaler", "My conversations", _ANYBODY),
    ("personalia", "Personalia", "Personal details", _ANYBODY),
    ("my_employees", "Mine medarbeidere", "My employees", _OVERVIEW),
    ("my_mentees", "Veiledning", "Mentoring", (Role.MENTOR,)),
    ("my_candidates", "Mine utdanningskandidater", "My training candidates", (Role.TRAINING_LEAD,)),
    (
        "approvals",
        "Til godkjenning",
        "For approval",
        (Role.LEADER, Role.DEPUTY, Role.DELEGATED_LEADER, Role.DIRECTORATE),
    ),
    ("access_management", "Tilgangsstyring", "Access management", (Role.HF_ADMIN,)),
    (
        "global_administration",
        "Global administrasjon",
        "Global administration",
        (Role.HF_ADMIN, Role.RHF_ADMIN, Role.SYSTEM_MANAGER),
    ),
    (
        "local_administration",
        "Lokal administrasjon",
        "Local administration",
        (
            Role.PLAN_STEWARD,
            Role.PROFESSIONAL_LEAD_A,
            Role.PROFESSIONAL_LEAD_B,
            Role.LIS_HF_ADMIN,
            Role.APPRENTICE_HF_ADMIN,
            Role.LEARNING_ARENA_ADMIN,
            Role.DIALOG_FORM_ADMIN,
            Role.ARCHIVIST,
        ),
    ),
    ("imports", "HR-import", "HR import", (Role.SYSTEM_MANAGER, Role.HF_ADMIN)),
    ("privacy", "Personvern", "Privacy", (Role.PRIVACY_OFFICER,)),
)


def menu(roles: Collection[Role], options: int) -> list[MenuEntry]:
    """What the menu shows somebody with these roles and this many options, and why (IDN-041, IDN-048)."""
    shown = []
    for key, nb, en, giving in _MENU:
        because = next((role for role in giving if role in roles), None)
        if because is not None:
            shown.append(MenuEntry(key, nb, en, because))
    if options > 1:
        shown.append(MenuEntry("switch_position", "Bytt stilling", "Switch position", None))
    return shown


@dataclass(frozen=True, slots=True)
class Provider:
    """A way to log in, as the log-in page lists it (IDN-023)."""

    id: str
    name: str
    method: Method


def demo_providers(site_kind: str) -> list[Provider]:
    """The log-ins of demo mode (IDN-036)."""
    eid = "HelseID/Ny bruker (demo)" if site_kind == "municipal" else "e-ID (demo)"
    return [Provider("demo", "Velg demoperson", Method.DEMO), Provider("demo-eid", eid, Method.DEMO_EID)]
