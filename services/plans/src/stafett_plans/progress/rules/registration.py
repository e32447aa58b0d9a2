"""A person's registration of one requirement, and what may be done with it.

Every decision takes the registration as it is and gives the one it becomes; times and new ids are passed in. The
revision is counted by whoever saves. A decision that would leave everything as it is gives the same object back,
so that nothing is stored or told (PLN-614).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from stafett_contracts.vocabulary import ItemStatus

SITE_WIDE = UUID(int=0)
"""Stands for the trust in a registration that holds in the whole site (PLN-565)."""

_FULFILLED = ItemStatus.FULFILLED.value
_WAITING = ItemStatus.WAITING.value
_BEGUN = ItemStatus.BEGUN.value
_NOT_BEGUN = ItemStatus.NOT_BEGUN.value
_REJECTED = ItemStatus.REJECTED.value


@dataclass(frozen=True, slots=True)
class Registration:
    """One person's progress on one requirement: the present round, and the earlier one that still counts.

    `kept` is the fulfilled round before this one; it is what is shown until this one is fulfilled (PLN-595).
    `before` is the state a sent registration had (PLN-637). `done`, `waiting` and `rejected` count the round's
    repetitions; `demanded` is how many there had to be when it was fulfilled (PLN-649).
    """

    registration_id: UUID
    person_id: UUID
    requirement_id: UUID
    hf_id: UUID
    round_id: UUID
    round_number: int = 1
    revision: int = 0
    state: str = _NOT_BEGUN
    fulfilled_on: date | None = None
    manual_expiry: date | None = None
    comment: str | None = None
    supervisor_id: UUID | None = None
    supervisor_name: str | None = None
    request_id: UUID | None = None
    recalling: bool = False
    before: str | None = None
    source: str | None = None
    signed: bool = False
    signer: Mapping[str, Any] | None = None
    signed_at: datetime | None = None
    decision_comment: str | None = None
    reason: str | None = None
    note: str | None = None
    ticks: Mapping[str, Any] = field(default_factory=dict)
    done: int = 0
    waiting: int = 0
    rejected: int = 0
    demanded: int | None = None
    kept: Mapping[str, Any] | None = None
    kept_fulfilled_on: date | None = None
    kept_manual_expiry: date | None = None
    last_assignment_id: UUID | None = None

    @property
    def has_content(self) -> bool:
        """Whether something is stored that makes the round begun without being complete (PLN-594)."""
        return bool(
            self.fulfilled_on
            or self.manual_expiry
            or self.comment
            or self.supervisor_id
            or self.ticks
            or self.done
            or self.waiting
            or self.rejected
        )


@dataclass(frozen=True, slots=True)
class Missing:
    """A prerequisite or checkpoint that is not done."""

    id: UUID
    name: str
    status: str | None = None
    """None: the person has it in no plan, «Ikke tildelt» (PLN-657)."""


@dataclass(frozen=True, slots=True)
class Demands:
    """What the published requirement asks, and what is missing before it can be fulfilled or sent."""

    requires_signing: bool = False
    repetitions: int | None = None
    manual_expiry: bool = False
    course_coupled: bool = False
    validity_days: int | None = None
    prerequisites: Sequence[Missing] = ()
    checkpoints: Sequence[Missing] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """What is filled in on a requirement. `unlock`: the form was unlocked for change (PLN-607)."""

    fulfilled_on: date | None = None
    manual_expiry: date | None = None
    comment: str | None = None
    supervisor_id: UUID | None = None
    supervisor_name: str | None = None
    unlock: bool = False


def closed_round(old: Registration, new: Registration) -> Mapping[str, Any] | None:
    """The earlier fulfilment that stops counting because the round after it made way for yet another."""
    return old.kept if old.kept is not None and new.round_id != old.round_id else None
