"""What is kept as evidence of every transition, and its canonical form (SGN-170)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from stafett_contracts.ids import DecisionId, RequestItemId
from stafett_contracts.values import Decider
from stafett_signing.requests.rules.request import InForce, Request


class Act(StrEnum):
    """What happened to a request."""

    ASKED = "asked"
    SIGNED = "signed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    RECALLED = "recalled"
    LAPSED = "lapsed"
    REASSIGNED = "reassigned"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it, with names as they were; a decider with capacity and on whose behalf."""

    person_id: UUID
    name: str
    position_id: UUID | None = None
    title: str | None = None
    unit_id: UUID | None = None
    unit: str | None = None
    hf: str | None = None
    capacity: str | None = None
    on_behalf_of: str | None = None
    on_behalf_of_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One transition of a request."""

    act: Act
    at: datetime
    item_ids: tuple[RequestItemId, ...] = ()
    by: Actor | None = None
    """None: the system."""
    decision_id: DecisionId | None = None
    outcome: str | None = None
    comment: str | None = None
    reason: str | None = None
    reason_nb: str | None = None
    reason_en: str | None = None
    cause: str | None = None
    explanation: str | None = None
    waits_for: str | None = None
    """Whom it was sent or handed on to."""
    waited_for: str | None = None
    session: Mapping[str, Any] | None = None
    """How the decider was logged in (SGN-173)."""


def statement(request: Request, entry: Entry, *, site: str, salt: str) -> str:
    """The entry and what it is about as RFC 8785 canonical JSON; what is not given is left out.

    Only strings, whole numbers, booleans, lists and objects with ASCII names occur, for which sorted compact JSON is
    the canonical form. `salt` (hex) keeps the hash from telling its content once the statement is erased (SGN-906).
    """
    plain = {
        "salt": salt,
        "site": site,
        "act": entry.act.value,
        "at": entry.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "request_id": str(request.request_id),
        "request_version": request.version,
        "kind": request.kind.value,
        "item_ids": [str(item_id) for item_id in entry.item_ids],
        "subject": {
            "id": str(request.subject.id),
            "revision": request.subject.revision,
            "name": request.subject.name,
        },
        "employee": _party(request.employee),
        "completed_on": request.completed_on.isoformat() if request.completed_on else None,
        "content_hash": request.content_hash,
        "by": _actor(entry.by) if entry.by else None,
        "decision_id": str(entry.decision_id) if entry.decision_id else None,
        "outcome": entry.outcome,
        "comment": entry.comment,
        "reason": entry.reason,
        "reason_nb": entry.reason_nb,
        "reason_en": entry.reason_en,
        "cause": entry.cause,
        "explanation": entry.explanation,
        "waits_for": entry.waits_for,
        "waited_for": entry.waited_for,
        "session": dict(entry.session) if entry.session else None,
    }
    return json.dumps(_given(plain), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def statement_hash(text: str) -> str:
    """SHA-256 of a statement, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def actor_of(decider: Decider, *, unit_id: UUID | None = None, unit: str | None = None) -> Actor:
    """The decider as evidence names them."""
    behalf = decider.on_behalf_of
    return Actor(
        person_id=decider.person_id,
        name=decider.name,
        position_id=decider.position_id,
        title=decider.title,
        unit_id=unit_id,
        unit=unit,
        hf=decider.hf_name,
        capacity=decider.capacity.value,
        on_behalf_of=behalf.name if behalf else None,
        on_behalf_of_id=behalf.person_id if behalf else None,
    )


def decision_entry(
    act: Act,
    at: datetime,
    item_ids: tuple[RequestItemId, ...],
    decision: InForce,
    by: Actor,
    session: Mapping[str, Any],
    **fields: Any,
) -> Entry:
    """The entry of an act on a decision."""
    return Entry(
        act,
        at,
        item_ids,
        by,
        decision_id=decision.decision_id,
        outcome=decision.outcome.value,
        session=session,
        **fields,
    )


def _party(party: Any) -> dict[str, Any]:
    return {
        "person_id": str(party.person_id),
        "position_id": str(party.position_id) if party.position_id else None,
        "name": party.name,
        "title": party.title,
        "unit": party.unit_name,
    }


def _actor(actor: Actor) -> dict[str, Any]:
    return {
        "person_id": str(actor.person_id),
        "name": actor.name,
        "position_id": str(actor.position_id) if actor.position_id else None,
        "title": actor.title,
        "unit_id": str(actor.unit_id) if actor.unit_id else None,
        "unit": actor.unit,
        "hf": actor.hf,
        "capacity": actor.capacity,
        "on_behalf_of": actor.on_behalf_of,
        "on_behalf_of_id": str(actor.on_behalf_of_id) if actor.on_behalf_of_id else None,
    }


def _given(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _given(part) for name, part in value.items() if part is not None}
    return value
