"""Sessions as values, and what the API answers about them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from stafett_chassis.auth import RoleScope
from stafett_contracts.vocabulary import Role
from stafett_identity.sessions.rules import Option, OptionKind, Standing


@dataclass(frozen=True, slots=True)
class Session:
    """A row of `login_session`."""

    session_id: UUID
    secret_hash: bytes = field(repr=False)
    person_id: UUID
    method: str
    assurance: str
    device: str | None
    started_at: datetime
    last_seen_at: datetime
    idle_ends_at: datetime
    ends_at: datetime
    option_id: UUID | None
    option_kind: str | None
    position_id: UUID | None
    leader_position_id: UUID | None
    leader_person_id: UUID | None
    ended_at: datetime | None
    ended_cause: str | None
    revision: int


@dataclass(frozen=True, slots=True)
class Rights:
    """What the option of a session gives right now."""

    kind: OptionKind
    standing: Standing
    granted: tuple[RoleScope, ...]
    leader_name: str | None
    leader_person_id: UUID | None
    leader_position_id: UUID | None


@dataclass(frozen=True, slots=True)
class OptionView:
    """Something to act from: a position of one's own, a temporary one, or a leader one is deputy for."""

    option_id: UUID
    kind: OptionKind
    label: str
    unit_name: str
    hf_name: str | None
    title: str | None
    start_date: date | None
    end_date: date | None
    position_id: UUID
    leader_position_id: UUID | None
    leader_person_id: UUID | None
    leader_name: str | None
    current: bool

    @classmethod
    def of(cls, option: Option, current: UUID | None) -> "OptionView":
        """`option` as the choice shows it; `current` is what the session acts from."""
        return cls(
            option_id=option.option_id,
            kind=option.kind,
            label=option.label,
            unit_name=option.unit_name,
            hf_name=option.hf_name,
            title=option.title,
            start_date=option.start_date,
            end_date=option.end_date,
            position_id=option.position_id,
            leader_position_id=option.leader_position_id,
            leader_person_id=option.leader_person_id,
            leader_name=option.leader_name,
            current=option.option_id == current,
        )


@dataclass(frozen=True, slots=True)
class NamedPerson:
    """A person with the name shown."""

    person_id: UUID
    given_name: str
    family_name: str
    name: str


@dataclass(frozen=True, slots=True)
class SessionLeader:
    """Who leads the position the session acts from."""

    person_id: UUID
    position_id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class MenuEntryView:
    """An entry of the menu: its name in both languages and the reason it is there."""

    key: str
    nb: str
    en: str
    reason: str
    reason_nb: str
    reason_en: str


@dataclass(frozen=True, slots=True)
class SessionView:
    """Who is logged in, from what, what they may open, and when the session ends.

    `option` and what follows from it (`leader`, `roles`, `menu`) are empty until one is chosen.
    """

    session_id: UUID
    person: NamedPerson
    site: str
    site_name: str
    site_kind: str
    product: str
    demo: bool  # every page then shows «DEMO» (IDN-037)
    method: str
    assurance: str
    authenticated_at: datetime
    idle_ends_at: datetime
    ends_at: datetime
    warn_seconds: int
    option: OptionView | None
    options: Sequence[OptionView]
    can_switch: bool
    leader: SessionLeader | None
    roles: Sequence[Role]
    menu: Sequence[MenuEntryView]


@dataclass(frozen=True, slots=True)
class IdentificationView:
    """Who e-ID says it is; `token` (also in a cookie) goes with the registration or the accepting of an invitation."""

    token: str
    given_name: str
    family_name: str
    hpr_number: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LoginView:
    """What a log-in led to: `acting` from the only option, `choose` among several, or `register`."""

    state: str
    session: SessionView | None
    identification: IdentificationView | None = None


@dataclass(frozen=True, slots=True)
class TokenView:
    """An access token for the services of this site, and when to ask for the next."""

    access_token: str
    token_type: str
    expires_in: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ProviderView:
    """A way to log in."""

    id: str
    name: str
    assurance: str


@dataclass(frozen=True, slots=True)
class ProvidersView:
    """The log-in page: the site and its ways in."""

    site: str
    site_name: str
    site_kind: str
    product: str
    demo: bool
    providers: Sequence[ProviderView]


@dataclass(frozen=True, slots=True)
class DemoPosition:
    """A position of a demo person."""

    position_id: UUID
    title: str | None
    unit_name: str
    hf_name: str | None


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody one can log in as in demo mode."""

    person_id: UUID
    name: str
    sort_key: str
    positions: Sequence[DemoPosition]
    roles: Sequence[str]


@dataclass(frozen=True, slots=True)
class OwnSession:
    """One of a person's live sessions."""

    session_id: UUID
    method: str
    device: str | None
    started_at: datetime
    last_seen_at: datetime
    current: bool


@dataclass(frozen=True, slots=True)
class Identity:
    """What an e-ID says of somebody."""

    national_id: str = field(repr=False)
    given_name: str
    family_name: str
    hpr_number: str | None
