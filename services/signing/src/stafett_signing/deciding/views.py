"""The page of one request: what is to be decided, what has been, and what the reader may do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from stafett_chassis.http import Reading
from stafett_chassis.problems import NotFound
from stafett_contracts.vocabulary import (
    AddresseeKind,
    Capacity,
    Outcome,
    RejectionReason,
    RequestKind,
    RequestStatus,
)
from stafett_signing.access import store as access
from stafett_signing.deciding import store
from stafett_signing.deciding.rules.cancelling import Allowed, allowed
from stafett_signing.deciding.rules.deciding import reasons_for, waits_for
from stafett_signing.journal.store import HistoryLine, history_line
from stafett_signing.requests.rules.request import Item, Request
from stafett_signing.requests.rules.wording import Shown, colour, label, shown
from stafett_signing.requests.store import read


@dataclass(frozen=True, slots=True)
class DecisionView:
    """The decision in force on an item; its comment and reason stand in the history."""

    decision_id: UUID
    outcome: Outcome
    decider: str
    capacity: Capacity
    on_behalf_of: str | None
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class ItemView:
    """One thing to decide."""

    item_id: UUID
    status: RequestStatus
    label_nb: str
    label_en: str
    colour: str
    performed_on: date | None
    comment: str | None
    """The asker's."""
    decision: DecisionView | None
    cause: str | None
    """Why it was recalled or lapsed."""


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person as named when it was asked."""

    person_id: UUID
    name: str
    position_id: UUID | None
    title: str | None
    unit_name: str | None


@dataclass(frozen=True, slots=True)
class WaitsForView:
    """Whom it waits for; no name: there is no leader (SGN-126)."""

    kind: AddresseeKind
    person_id: UUID | None
    name: str | None


@dataclass(frozen=True, slots=True)
class Note:
    """A text in both languages."""

    nb: str
    en: str


COMMENT_NOTE = Note(
    "Ikke skriv pasientopplysninger eller andre sensitive opplysninger.",
    "Do not write information about patients or other sensitive information.",
)
"""What stands beside fields for comments (SGN-059)."""


@dataclass(frozen=True, slots=True)
class RequestView:
    """A request with the frozen basis. A decision names `content_hash`; `revision` is for `If-Match`."""

    request_id: UUID
    revision: int
    kind: RequestKind
    status: Shown
    subject: Mapping[str, Any]
    employee: PersonView
    asked_by: PersonView | None
    """None: the portal, for a completed plan."""
    on_behalf: bool
    """Somebody else sent it for the employee («Sendt av … på vegne av …»)."""
    asked_at: datetime
    addressee: WaitsForView
    completed_on: date | None
    comment: str | None
    deviation: str | None
    """Why prerequisites are missing, from the asker."""
    basis: Mapping[str, Any]
    content_hash: str
    items: Sequence[ItemView]
    allowed: Allowed
    reasons: Sequence[RejectionReason]
    """The reasons a rejection may give; empty when it cannot be rejected."""
    history: Sequence[HistoryLine]
    """Of the subject, newest first; earlier requests too."""
    comment_note: Note = COMMENT_NOTE
    """What to show beside every field for a comment on the request."""


async def view(reading: Reading, request_id: UUID) -> RequestView:
    """The request as the caller may see it, else 404. Looking changes nothing (SGN-134)."""
    row = await store.view(reading, request_id, reading.caller, reading.today)
    if row is None:
        raise NotFound()
    request, standing = read(row), access.standing(reading.caller, row)
    decides = waits_for(request, standing.who)
    may = allowed(request, standing)
    asked_by = request.asked_by
    return RequestView(
        request_id=request.request_id,
        revision=request.version,
        kind=request.kind,
        status=shown(request, to_decider=decides),
        subject=row["subject"],
        employee=_person(request.employee),
        asked_by=_person(asked_by) if asked_by else None,
        on_behalf=asked_by is not None and asked_by.person_id != request.employee.person_id,
        asked_at=request.asked_at,
        addressee=WaitsForView(request.addressee_kind, request.waits_for.person_id, request.waits_for.name),
        completed_on=request.completed_on,
        comment=request.comment,
        deviation=request.deviation,
        basis=row["basis"],
        content_hash=request.content_hash,
        items=[_item(request, item, decides) for item in request.items],
        allowed=may,
        reasons=reasons_for(request.kind) if may.reject else (),
        history=[
            history_line(datetime.fromisoformat(line["at"]), UUID(line["request_id"]), line["statement"])
            for line in row["history"] or ()
        ],
    )


def _person(party: Any) -> PersonView:
    return PersonView(party.person_id, party.name, party.position_id, party.title, party.unit_name)


def _item(request: Request, item: Item, decides: bool) -> ItemView:
    cause = item.ended.cause if item.ended else None
    label_nb, label_en = label(request.kind, item.status, cause)
    made = item.decision
    behalf = made.decider.on_behalf_of if made else None
    return ItemView(
        item_id=item.item_id,
        status=item.status,
        label_nb=label_nb,
        label_en=label_en,
        colour=colour(item.status, to_decider=decides),
        performed_on=item.performed_on,
        comment=item.comment,
        decision=DecisionView(
            made.decision_id,
            made.outcome,
            made.decider.name,
            made.decider.capacity,
            behalf.name if behalf else None,
            made.decided_at,
        )
        if made
        else None,
        cause=cause,
    )
