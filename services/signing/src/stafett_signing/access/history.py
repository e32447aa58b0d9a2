"""The history of a subject, for whoever may see any request on it."""

from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from stafett_chassis.http import Reading
from stafett_chassis.problems import NotFound
from stafett_contracts.vocabulary import RequestKind
from stafett_signing.access import store
from stafett_signing.journal.store import HistoryLine, history_line
from stafett_signing.schema import record, request

__all__ = ["HistoryLine", "of_subject"]


async def of_subject(read: Reading, kind: RequestKind, subject_id: UUID) -> list[HistoryLine]:
    """The lines, newest first (SGN-150). 404 when the caller may see nothing of it."""
    may = (
        select(request.c.request_id)
        .where(
            request.c.subject_id == subject_id,
            request.c.kind == kind.value,
            or_(store.sees(read.caller, read.today), store.mentored_by(read.caller)),
        )
        .exists()
    )
    lines: Any = (
        select(record.c.at, record.c.request_id, record.c.statement)
        .where(record.c.subject_id == subject_id, record.c.subject_kind == kind.value, may)
        .order_by(record.c.record_id.desc())
    )
    rows = await read.all(lines)
    if not rows:
        raise NotFound()
    return [history_line(row["at"], row["request_id"], row["statement"]) for row in rows]
