"""Tabs, orders and what a row says of its status (SGN-130 to SGN-133, SGN-067)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from stafett_chassis.problems import Fault, Invalid
from stafett_contracts.vocabulary import RequestKind, RequestStatus, SigningList
from stafett_signing.requests.rules.wording import Shown, colour, label


class Tab(StrEnum):
    """A tab of a list; plans have no rejected one."""

    WAITING = "waiting"
    SIGNED = "signed"
    REJECTED = "rejected"


NAMES_NB: Mapping[SigningList, str] = {
    name: "Signering krav/læringsaktivitet" if name is SigningList.SIGNATURES else name.label_nb
    for name in SigningList
}
"""What the lists are called (SGN-130); the card of signatures bears another name."""


def is_shown(name: SigningList, *, had: bool, leads: bool, uses_training_time: bool) -> bool:
    """Whether a list is of use to somebody: something is or was there for them, or they lead (SGN-130).

    That of training time comes with being a leader only where training time is in use.
    """
    return had or (leads and (name is not SigningList.TRAINING_TIME or uses_training_time))


SORTS: Mapping[str, Callable[[str], Any]] = {
    "asked_at": datetime.fromisoformat,
    "decided_at": datetime.fromisoformat,
    "completed_on": date.fromisoformat,
    "employee": str,
    "subject": str,
    "plan": str,
    "goal": str,
    "sent_to": str,
    "status": str,
}
"""What rows can be sorted by, and how a cursor's mark of it is read."""
SORT_PATTERN = f"^-?({'|'.join(SORTS)})$"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which rows are asked for."""

    list: SigningList
    tab: Tab = Tab.WAITING
    q: str = ""
    plan: UUID | None = None
    sort: str | None = None
    """A name of `SORTS`, with `-` before it for descending; none: the tab's own order."""
    cursor: str | None = None
    size: int = 25


def order(asked: Asked) -> tuple[str, bool]:
    """What to sort by, and whether descending: the oldest sending or the newest decision first (SGN-133)."""
    if asked.tab is Tab.REJECTED and asked.list is SigningList.PLANS:
        fault = Fault("tab", "no_such_tab", "Planer avvises ikke.", "Plans are not rejected.")
        raise Invalid([fault])
    if asked.sort is not None:
        return asked.sort.removeprefix("-"), asked.sort.startswith("-")
    if asked.tab is Tab.WAITING:
        return "asked_at", False
    return "decided_at", True


def shown(kind: str, tab: Tab, waiting: int, signed: int, rejected: int) -> Shown:
    """The status of a row: repetitions wait while any of them does, then show their counts (SGN-067)."""
    status = RequestStatus.WAITING if waiting else RequestStatus(tab.value)
    nb, en = label(RequestKind(kind), status)
    if kind == RequestKind.REPETITIONS.value and not waiting:
        nb, en = f"{signed} signert, {rejected} avvist", f"{signed} signed, {rejected} rejected"
    return Shown(status, nb, en, colour(status, to_decider=True))
