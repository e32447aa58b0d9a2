"""The status of a requirement for a person, worked out for a day, and how each view colours it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType

from stafett_contracts.vocabulary import (
    GoalStatus,
    ItemStatus,
    LearningForm,
    PlanStatus,
    RequirementKind,
    RequirementLevel,
    Scope,
)

EXPIRING_DAYS = 30
"""Days before the last valid day from which a requirement is yellow (PLN-669)."""

DONE = frozenset({ItemStatus.FULFILLED, ItemStatus.EXPIRING})
"""What counts as done in sections, plans and prerequisites (PLN-599, PLN-657)."""


def scope_of(kind: str, level: str, learning_form: str | None) -> Scope:
    """Whether a registration holds in the whole site or inside one trust (PLN-565)."""
    if kind != RequirementKind.ACTIVITY:
        return Scope.SITE
    if level in (RequirementLevel.LOCAL, RequirementLevel.TRUST_CENTRAL):
        return Scope.HF
    if level == RequirementLevel.NATIONAL and learning_form in (LearningForm.COURSE, LearningForm.E_LEARNING):
        return Scope.HF
    return Scope.SITE


def last_valid_day(fulfilled_on: date, validity_days: int | None, manual_expiry: date | None) -> date | None:
    """The last day a fulfilment counts; none: for ever (PLN-667, PLN-673).

    A day beyond what a calendar date can hold counts as never.
    """
    if manual_expiry is not None:
        return manual_expiry
    if validity_days is None:
        return None
    try:
        return fulfilled_on + timedelta(days=validity_days)
    except OverflowError:
        return None


@dataclass(frozen=True, slots=True)
class Shown:
    """What a person, or who follows up, is shown of a requirement on a day."""

    status: ItemStatus
    under_way: ItemStatus | None = None
    fulfilled_on: date | None = None
    valid_until: date | None = None


_NOT_BEGUN = Shown(ItemStatus.NOT_BEGUN)


def shown(
    state: str | None,
    fulfilled_on: date | None,
    manual_expiry: date | None,
    kept_fulfilled_on: date | None,
    kept_manual_expiry: date | None,
    validity_days: int | None,
    today: date,
) -> Shown:
    """The status on `today` of a registration whose present round is in `state` (none: no registration).

    A fulfilled round counts until it has expired; while a newer round is under way the earlier fulfilment
    (`kept_…`) is what is shown, with the new round as a second line (PLN-595, PLN-612).
    """
    if state is None:
        return _NOT_BEGUN
    if state == ItemStatus.FULFILLED:
        assert fulfilled_on is not None
        since, manual, under_way = fulfilled_on, manual_expiry, None
    elif kept_fulfilled_on is not None:
        since, manual = kept_fulfilled_on, kept_manual_expiry
        under_way = None if state == ItemStatus.NOT_BEGUN else ItemStatus(state)
    else:
        return Shown(ItemStatus(state))
    until = last_valid_day(since, validity_days, manual)
    return Shown(validity(until, today), under_way, since, until)


def validity(until: date | None, today: date) -> ItemStatus:
    """Fulfilled, expiring or expired, by the last valid day (PLN-669, PLN-670)."""
    if until is None or (until - today).days > EXPIRING_DAYS:
        return ItemStatus.FULFILLED
    return ItemStatus.EXPIRING if until >= today else ItemStatus.EXPIRED


class Colour(StrEnum):
    """Colours of PLN-596."""

    WHITE = "white"
    GREY = "grey"
    RED = "red"
    YELLOW = "yellow"
    GREEN = "green"


class View(StrEnum):
    """Who looks, and where (the columns of PLN-596)."""

    PERSON = "person"
    FOLLOWER = "follower"
    MATRIX = "matrix"
    REPORT = "report"


def _row(person: Colour, follower: Colour, matrix: Colour, report: Colour) -> Mapping[View, Colour]:
    return MappingProxyType(
        {View.PERSON: person, View.FOLLOWER: follower, View.MATRIX: matrix, View.REPORT: report}
    )


_W, _G, _R, _Y, _N = Colour.WHITE, Colour.GREY, Colour.RED, Colour.YELLOW, Colour.GREEN
COLOURS: Mapping[str, Mapping[View, Colour]] = MappingProxyType(
    {
        ItemStatus.NOT_BEGUN: _row(_R, _W, _W, _G),
        ItemStatus.BEGUN: _row(_Y, _Y, _Y, _Y),
        ItemStatus.WAITING: _row(_Y, _Y, _Y, _Y),
        GoalStatus.PREAPPROVED: _row(_Y, _Y, _Y, _Y),
        ItemStatus.REJECTED: _row(_R, _R, _R, _R),
        ItemStatus.FULFILLED: _row(_N, _N, _N, _N),
        GoalStatus.APPROVED: _row(_N, _N, _N, _N),
        ItemStatus.EXPIRING: _row(_Y, _Y, _Y, _N),
        ItemStatus.EXPIRED: _row(_R, _R, _R, _R),
        ItemStatus.NOT_RELEVANT: _row(_W, _W, _W, _W),
    }
)
"""Colour by status (of a requirement or a goal) and view."""

PERSON_COLOURS: Mapping[str, Colour] = MappingProxyType(
    {status: row[View.PERSON] for status, row in COLOURS.items()}
)
FOLLOWER_COLOURS: Mapping[str, Colour] = MappingProxyType(
    {status: row[View.FOLLOWER] for status, row in COLOURS.items()}
)


def colour(status: str, view: View, *, asks_viewer: bool = False) -> Colour:
    """The colour of `status` in `view`; what waits for a follower who is the one asked is red (PLN-596)."""
    if asks_viewer and view is View.FOLLOWER and status in (ItemStatus.WAITING, GoalStatus.PREAPPROVED):
        return Colour.RED
    return COLOURS[status][view]


PLAN_COLOURS: Mapping[PlanStatus, Colour] = MappingProxyType(
    {
        PlanStatus.NOT_BEGUN: Colour.RED,
        PlanStatus.BEGUN: Colour.YELLOW,
        PlanStatus.WAITING: Colour.YELLOW,
        PlanStatus.COMPLETED: Colour.GREEN,
        PlanStatus.APPROVED: Colour.GREEN,
    }
)
"""PLN-600."""


@dataclass(frozen=True, slots=True)
class GroupSummary:
    """A section's or theme's colour and the counts shown beside it (PLN-599)."""

    colour: Colour
    red: int
    yellow: int


def summarise(statuses: Iterable[str]) -> GroupSummary:
    """The colour of a section of requirements, or a theme of goals, in these statuses (PLN-599)."""
    total = done = begun = red = yellow = 0
    for status in statuses:
        total += 1
        if status in _COUNTS_AS_DONE:
            done += 1
        if status not in _UNTOUCHED:
            begun += 1
        if status in (ItemStatus.REJECTED, ItemStatus.EXPIRED):
            red += 1
        elif status == ItemStatus.EXPIRING:
            yellow += 1
    if total and done == total:
        return GroupSummary(Colour.GREEN, red, yellow)
    return GroupSummary(Colour.YELLOW if begun else Colour.RED, red, yellow)


_COUNTS_AS_DONE = frozenset[str]({*DONE, ItemStatus.NOT_RELEVANT, GoalStatus.APPROVED})
_UNTOUCHED = frozenset[str]({ItemStatus.NOT_BEGUN, ItemStatus.NOT_RELEVANT})
