"""What the client is told about a session."""

from collections.abc import Sequence
from datetime import date

from stafett_chassis.sql import Connection
from stafett_contracts.vocabulary import Role
from stafett_identity.sessions import rules, store
from stafett_identity.sessions.model import (
    MenuEntryView,
    OptionView,
    Rights,
    Session,
    SessionLeader,
    SessionView,
)
from stafett_identity.sessions.rules import MenuEntry, Option
from stafett_identity.settings import IdentitySettings


async def session_view(
    connection: Connection,
    settings: IdentitySettings,
    session: Session,
    options: Sequence[Option],
    today: date,
) -> SessionView:
    """Who is logged in and what the menu shows (IDN-048); only what belongs to the session's option (IDN-042)."""
    current = next((option for option in options if option.option_id == session.option_id), None)
    rights = await store.rights(connection, session, today) if current else None
    roles = roles_of(rights) if rights else []
    return SessionView(
        session_id=session.session_id,
        person=await store.named(connection, session.person_id),
        site=settings.site,
        site_name=settings.site_name,
        site_kind=settings.site_kind,
        product=settings.product,
        demo=settings.is_demo,
        method=session.method,
        assurance=session.assurance,
        authenticated_at=session.started_at,
        idle_ends_at=session.idle_ends_at,
        ends_at=session.ends_at,
        warn_seconds=int(settings.session_limits.warning.total_seconds()),
        option=OptionView.of(current, session.option_id) if current else None,
        options=[OptionView.of(option, session.option_id) for option in options],
        can_switch=len(options) > 1,
        leader=_leader(rights) if rights else None,
        roles=roles,
        menu=[_entry(entry) for entry in rules.menu(roles, len(options))] if rights else [],
    )


def roles_of(rights: Rights) -> list[Role]:
    """The derived and the granted roles, each once."""
    derived = rules.derived_roles(rights.kind, rights.standing)
    return list(dict.fromkeys([*derived, *(granted.role for granted in rights.granted)]))


def _leader(rights: Rights) -> SessionLeader | None:
    if rights.leader_person_id is None or rights.leader_position_id is None:
        return None
    return SessionLeader(rights.leader_person_id, rights.leader_position_id, rights.leader_name or "")


def _entry(entry: MenuEntry) -> MenuEntryView:
    if entry.because is None:
        reason, nb, en = (
            "several_options",
            "Du kan handle fra flere stillinger.",
            "You can act from several positions.",
        )
    else:
        reason = entry.because.value
        nb, en = f"Fordi du er: {entry.because.label_nb}", f"Because you are: {entry.because.label_en}"
    return MenuEntryView(entry.key, entry.nb, entry.en, reason, nb, en)
