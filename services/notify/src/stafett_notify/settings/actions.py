"""Reading and changing one's settings."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from stafett_chassis.http import Reading
from stafett_chassis.problems import check_version
from stafett_chassis.work import Work
from stafett_notify import acting
from stafett_notify.catalogue.rules import GROUPS
from stafett_notify.contacts import store as contacts
from stafett_notify.live.actions import tell
from stafett_notify.settings import rules, store
from stafett_notify.settings.rules import Settings


class Ticks(BaseModel):
    """The ticks of one group."""

    model_config = ConfigDict(extra="forbid")

    single: bool = Field(description="«Umiddelbar varsling»: immediate e-mail")
    weekly: bool = Field(description="«Ukentlig oppsummering»")
    home: bool = Field(description="«Hjem-side»")


class SettingsBody(BaseModel):
    """The settings as a whole: every group."""

    model_config = ConfigDict(extra="forbid")

    no_email: bool = Field(description="«Jeg vil ikke ha e-postvarslinger»; the ticks are kept")
    groups: "GroupTicks"


class GroupTicks(BaseModel):
    """The ticks of every group."""

    model_config = ConfigDict(extra="forbid")

    DOC: Ticks
    APP: Ticks
    ASG: Ticks
    REM: Ticks
    MEN: Ticks
    FOL: Ticks


@dataclass(frozen=True, slots=True)
class TicksView:
    """The ticks of one group."""

    single: bool
    weekly: bool
    home: bool


@dataclass(frozen=True, slots=True)
class GroupTicksView:
    """The ticks of every group."""

    DOC: TicksView
    APP: TicksView
    ASG: TicksView
    REM: TicksView
    MEN: TicksView
    FOL: TicksView


@dataclass(frozen=True, slots=True)
class SettingsView:
    """One's settings, and the address e-mail goes to (`address_state`: ok, suspended, none)."""

    no_email: bool
    groups: GroupTicksView
    address: str | None
    address_state: str
    changed_at: datetime | None
    revision: int


async def read(reading: Reading) -> SettingsView:
    """One's settings."""
    return await _view(reading, acting.own(reading.caller))


async def change(work: Work, body: SettingsBody, version: int | None) -> SettingsView:
    """Save the settings as a whole (NTF-048)."""
    person_id = acting.own(work.caller)
    before, revision, _ = await store.load(work, person_id)
    if version is not None and version != revision:
        check_version(version, revision, await _view(work, person_id))
    wished = _settings(body)
    if wished != before:
        await _save(work, person_id, wished, revision)
    return await _view(work, person_id)


async def turn_off(work: Work, person_id: UUID, scope: str) -> None:
    """«Skru av» in an e-mail; a second time changes nothing (NTF-098)."""
    before, revision, _ = await store.load(work, person_id)
    wished = rules.without(before, scope)
    if wished != before:
        await _save(work, person_id, wished, revision)


async def _save(work: Work, person_id: UUID, wished: Settings, revision: int) -> None:
    if not await store.save(work, person_id, wished, revision, work.at):
        check_version(revision, revision + 1, await _view(work, person_id))
    # What is shown on the home page may be other than before: open browsers fetch anew.
    tell(work, person_id, "reset")


def _settings(body: SettingsBody) -> Settings:
    ticks = {group: getattr(body.groups, group.value) for group in GROUPS}
    return Settings(
        body.no_email,
        frozenset(group for group, ticked in ticks.items() if ticked.single),
        frozenset(group for group, ticked in ticks.items() if ticked.weekly),
        frozenset(group for group, ticked in ticks.items() if ticked.home),
    )


async def _view(connection: Reading | Work, person_id: UUID) -> SettingsView:
    settings, revision, changed_at = await store.load(connection, person_id)
    contact = await contacts.load(connection, person_id)
    return SettingsView(
        no_email=settings.no_email,
        groups=GroupTicksView(
            **{
                group.value: TicksView(
                    group in settings.single, group in settings.weekly, group in settings.home
                )
                for group in GROUPS
            }
        ),
        address=contact.address if contact else None,
        address_state=contact.state if contact and contact.address else "none",
        changed_at=changed_at,
        revision=revision,
    )
