"""Who sees what, what is shown where, and in which order (SYN-040, SYN-047, SYN-105, SYN-210 to SYN-216). Pure."""

from dataclasses import dataclass
from datetime import date, timedelta

from stafett_chassis.problems import Forbidden, NotFound
from stafett_contracts.vocabulary import ActivityLevel, ItemStatus, Track

EXPIRING = timedelta(days=30)
_LEVELS = (ActivityLevel.NATIONAL_COURSE, ActivityLevel.REGIONAL, ActivityLevel.LOCAL)


@dataclass(frozen=True, slots=True)
class Rights:
    """By what right somebody looks at a trainee."""

    own: bool
    follows: bool
    """Leader, delegated leader or deputy."""
    mentor: bool
    trains: tuple[str, ...]
    """Specialties in which the caller is training lead of the trainee."""
    administers: bool


def may_see_panel(rights: Rights) -> None:
    """Refuse whoever may not know how the trainee is synchronised."""
    if not (rights.own or rights.follows or rights.mentor or rights.trains or rights.administers):
        raise NotFound()


def may_see_views(rights: Rights) -> None:
    """Refuse whoever may not read earlier training; administrators see that there is synchronisation, not what of."""
    may_see_panel(rights)
    if not (rights.own or rights.follows or rights.mentor or rights.trains):
        raise Forbidden("earlier_training_not_yours")


def sees_comments(rights: Rights) -> bool:
    """Whether comments and attachments are shown: not to a training lead (SYN-216)."""
    return rights.own or rights.follows or rights.mentor


def sees_plan(rights: Rights, track: str | None, specialty: str | None) -> bool:
    """Whether one plan is shown: to a training lead those for LIS1 and of own specialty (SYN-216)."""
    return (
        sees_comments(rights)
        or track == Track.LIS1.value
        or (specialty is not None and specialty in rights.trains)
    )


def status_on(status: ItemStatus, valid_until: date | None, today: date) -> ItemStatus:
    """The status on the reader's day; the last two depend on it (SYN-047)."""
    if status is not ItemStatus.FULFILLED or valid_until is None:
        return status
    if today > valid_until:
        return ItemStatus.EXPIRED
    return ItemStatus.EXPIRING if today >= valid_until - EXPIRING else ItemStatus.FULFILLED


def in_tab(level: ActivityLevel, *, same_region: bool) -> bool:
    """Whether an activity of elsewhere belongs in «Tidligere arbeidssted» (SYN-040); else it is in the activity itself."""
    return not same_region or level is not ActivityLevel.REGIONAL


def level_place(level: ActivityLevel) -> int:
    """National courses, regional, local (SYN-105)."""
    return _LEVELS.index(level)


def workplace_place(running: bool, ended_on: date | None, name: str) -> tuple[int, int, str]:
    """Running first, then the latest end, then the trust's name (SYN-105)."""
    return (0 if running else 1, -(ended_on or date.min).toordinal(), name)


def not_assigned_text(plan: str) -> str:
    """What the panel says of a plan the trainee has elsewhere only (SYN-021)."""
    return f"{plan} er ikke tildelt her. Statusene vises under Tidligere utdanning til planen tildeles."
