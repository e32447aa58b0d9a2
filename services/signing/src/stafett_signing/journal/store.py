"""Writing the journal, and reading it as history."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert

from stafett_chassis.work import Work
from stafett_signing.journal import rules
from stafett_signing.requests.rules.request import Request
from stafett_signing.schema import record

_APPEND = insert(record).values(
    act=bindparam("act"),
    at=bindparam("at"),
    request_id=bindparam("request_id"),
    decision_id=bindparam("decision_id"),
    subject_kind=bindparam("subject_kind"),
    subject_id=bindparam("subject_id"),
    employee_person_id=bindparam("employee_person_id"),
    statement=bindparam("statement"),
    statement_hash=bindparam("statement_hash"),
)


async def append(work: Work, request: Request, entry: rules.Entry, *, salt: str) -> None:
    """Keep one transition for ever."""
    text = rules.statement(request, entry, site=work.site, salt=salt)
    await work.run(
        _APPEND,
        act=entry.act.value,
        at=entry.at,
        request_id=request.request_id,
        decision_id=entry.decision_id,
        subject_kind=request.kind.value,
        subject_id=request.subject.id,
        employee_person_id=request.employee.person_id,
        statement=text,
        statement_hash=rules.statement_hash(text),
    )


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """Something that happened to a subject: who did what, when, in which capacity, with which words."""

    act: str
    at: datetime
    request_id: UUID
    item_ids: Sequence[str]
    by: str | None
    """None: the portal itself."""
    by_person_id: str | None
    capacity: str | None
    on_behalf_of: str | None
    decision_id: str | None
    outcome: str | None
    comment: str | None
    reason: str | None
    reason_nb: str | None
    reason_en: str | None
    cause: str | None
    explanation: str | None
    waits_for: str | None
    """Whom it was sent or handed on to."""
    waited_for: str | None
    """From whom it was handed on («Overført fra … til …»)."""


def history_line(at: datetime, request_id: UUID, statement: str) -> HistoryLine:
    """A line of history from a stored statement."""
    said: dict[str, Any] = json.loads(statement)
    by = said.get("by", {})
    words = ("decision_id", "outcome", "comment", "reason", "reason_nb", "reason_en")
    causes = ("cause", "explanation", "waits_for", "waited_for")
    return HistoryLine(
        act=said["act"],
        at=at,
        request_id=request_id,
        item_ids=said["item_ids"],
        by=by.get("name"),
        by_person_id=by.get("person_id"),
        capacity=by.get("capacity"),
        on_behalf_of=by.get("on_behalf_of"),
        **{name: said.get(name) for name in (*words, *causes)},
    )
