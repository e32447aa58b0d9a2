"""Decisions in the database, and the view of a request that a decision is made from."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from stafett_chassis.auth import Caller
from stafett_chassis.sql import Connection, Row
from stafett_contracts.vocabulary import RejectionReason
from stafett_signing.access import store as access
from stafett_signing.requests.rules.request import InForce
from stafett_signing.requests.store import COLUMNS, ITEMS
from stafett_signing.schema import decision, record, request

_INSERT = insert(decision).values({column: bindparam(column.name) for column in decision.c})


async def add(
    connection: Connection,
    made: InForce,
    request_id: UUID,
    item_ids: tuple[UUID, ...],
    *,
    comment: str | None,
    reason: RejectionReason | None,
    content_hash: str,
    session: Mapping[str, Any],
) -> None:
    """Store a decision; it is never changed."""
    await connection.run(
        _INSERT,
        decision_id=made.decision_id,
        request_id=request_id,
        item_ids=list(item_ids),
        outcome=made.outcome.value,
        comment=comment,
        reason=reason.value if reason else None,
        reason_nb=reason.label_nb if reason else None,
        reason_en=reason.label_en if reason else None,
        decider_person_id=made.decider.person_id,
        authority_person_id=made.authority,
        capacity=made.decider.capacity.value,
        decider=made.decider.model_dump(mode="json", exclude_none=True),
        decided_at=made.decided_at,
        content_hash=content_hash,
        session=session,
    )


_of_subject = record.alias("of_subject")
_HISTORY = (
    select(
        func.jsonb_agg(
            aggregate_order_by(
                func.jsonb_build_object(
                    "at", _of_subject.c.at, "request_id", _of_subject.c.request_id,
                    "statement", _of_subject.c.statement,
                ),
                _of_subject.c.record_id.desc(),
            )
        )
    )
    .where(_of_subject.c.subject_id == request.c.subject_id)
    .correlate(request)
    .scalar_subquery()
    .label("history")
)  # fmt: skip


async def view(connection: Connection, request_id: UUID, caller: Caller, today: date) -> Row | None:
    """Everything the page of one request shows, and the caller's standing; none when the caller may not see it."""
    return await connection.maybe(
        select(*COLUMNS, request.c.basis, ITEMS, _HISTORY, *access.tie_columns(caller, today)).where(
            request.c.request_id == request_id, access.sees(caller, today)
        )
    )
