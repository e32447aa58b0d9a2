"""What a decision in signing makes of a registration; the order events come in is not relied on (PLN-635)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from stafett_contracts.vocabulary import ItemStatus, Outcome
from stafett_plans.progress.rules.registration import Registration


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of ours: what it asked about, and the version of it that was last applied."""

    request_id: UUID
    kind: str
    subject_id: UUID
    subject_revision: int
    version: int
    revision: int
    """Ours: 1 when asked, one more for every withdrawal."""
    withdrawn: str | None = None
    """The cause of the withdrawal, once we have withdrawn it."""


class Hearing(StrEnum):
    """What to do with an event about a request."""

    APPLY = "apply"
    IGNORE = "ignore"
    WITHDRAW_AGAIN = "withdraw_again"


def hear(
    asked: Asked, version: int, subject_revision: int, *, current: bool, open_or_decided: bool
) -> Hearing:
    """Whether an event is applied: only of the current request, newer, about what was sent (PLN-635).

    A request that is open or decided in signing while we no longer stand behind it is withdrawn (again), so that
    nobody is left to sign what was changed (SGN-165).
    """
    if version <= asked.version:
        return Hearing.IGNORE
    if current and subject_revision == asked.subject_revision:
        return Hearing.APPLY
    return Hearing.WITHDRAW_AGAIN if open_or_decided else Hearing.IGNORE


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decided, when, and what was said."""

    signer: Mapping[str, Any]
    decided_at: datetime
    comment: str | None = None
    reason: str | None = None


def signed(old: Registration, decision: Decision) -> Registration:
    """Fulfilled on the date the person entered, not the day of signing (PLN-632)."""
    return replace(
        old,
        state=ItemStatus.FULFILLED.value,
        signed=True,
        signer=decision.signer,
        signed_at=decision.decided_at,
        decision_comment=decision.comment,
        reason=None,
        recalling=False,
        note=None,
    )


def rejected(old: Registration, decision: Decision) -> Registration:
    """Unlocked, with its content, the comment and the reason (PLN-633)."""
    return replace(
        old,
        state=ItemStatus.REJECTED.value,
        signed=False,
        signer=decision.signer,
        signed_at=decision.decided_at,
        decision_comment=decision.comment,
        reason=decision.reason,
        recalling=False,
        note=None,
    )


def reopened(old: Registration) -> Registration:
    """The decision was undone: it waits again (PLN-634)."""
    return replace(
        old,
        state=ItemStatus.WAITING.value,
        signed=False,
        signer=None,
        signed_at=None,
        decision_comment=None,
        reason=None,
        note=None,
    )


def recalled(old: Registration) -> Registration:
    """Taken back: begun, date and comment kept, the supervisor's field empty (PLN-630)."""
    return replace(
        old,
        state=ItemStatus.BEGUN.value,
        request_id=None,
        recalling=False,
        before=None,
        supervisor_id=None,
        supervisor_name=None,
        note=None,
    )


def recall_refused(old: Registration, outcome: str, decision: Decision) -> Registration:
    """The decision was first and stands, and the person is told so (PLN-631).

    The event may come before the one that tells of the decision, and must then do for both.
    """
    if old.state == ItemStatus.WAITING:
        old = signed(old, decision) if outcome == Outcome.SIGNED else rejected(old, decision)
    return replace(
        old,
        recalling=False,
        note="Kravet var allerede avgjort da det ble kalt tilbake. Avgjørelsen står.",
    )


def refused(old: Registration, text: str) -> Registration:
    """Signing could not take it: back to the state it had, with everything typed kept (PLN-637)."""
    return replace(
        old,
        state=old.before or ItemStatus.BEGUN.value,
        request_id=None,
        recalling=False,
        before=None,
        note=text,
    )


def supervisor_gone(old: Registration) -> Registration:
    """The supervisor's account is gone: begun, with a note (PLN-637)."""
    return replace(
        old,
        state=ItemStatus.BEGUN.value,
        request_id=None,
        recalling=False,
        before=None,
        note=f"{old.supervisor_name} er ikke lenger aktiv. Velg en annen instruktør/supervisør.",
    )


def lapsed(old: Registration, text: str) -> Registration:
    """It ended in signing for another cause: begun, with the cause."""
    return replace(
        old, state=ItemStatus.BEGUN.value, request_id=None, recalling=False, before=None, note=text
    )
