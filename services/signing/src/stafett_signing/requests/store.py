"""Requests in the database: storing, loading, saving what changed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    and_,
    bindparam,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from stafett_chassis.sql import Connection, Row
from stafett_contracts.values import Decider, Party, RequestSubject
from stafett_contracts.vocabulary import (
    AddresseeKind,
    Outcome,
    RefusalCode,
    RequestKind,
    RequestStatus,
)
from stafett_signing.requests.rules.request import (
    OPEN,
    Ended,
    InForce,
    Item,
    Request,
    WaitsFor,
    list_of,
    row_key,
    sort_text,
)
from stafett_signing.schema import decision, item, request

_INSERT = insert(request).values(
    {column: bindparam(column.name) for column in request.c if column.name != "arrival"}
)
_INSERT_ITEM = insert(item).values({column: bindparam(column.name) for column in item.c})
_UPDATE = (
    update(request)
    .where(request.c.request_id == bindparam("of"))
    .values({name: bindparam(name) for name in (
        "version", "addressee_position_id", "waits_for_person_id", "waits_for_position_id", "waits_for_name", "waited_for",
        "open_items", "signed_items", "rejected_items", "decided_at",
    )})
)  # fmt: skip
_UPDATE_ITEM = (
    update(item)
    .where(item.c.request_id == bindparam("of"), item.c.item_id == bindparam("its"))
    .values({name: bindparam(name) for name in ("status", "decision_id", "ended")})
)

_in_force = and_(decision.c.decision_id == item.c.decision_id)
ITEMS = (
    select(
        func.jsonb_agg(
            aggregate_order_by(
                func.jsonb_build_object(
                    "item_id", item.c.item_id, "status", item.c.status, "performed_on", item.c.performed_on,
                    "comment", item.c.comment, "ended", item.c.ended, "decision_id", decision.c.decision_id,
                    "outcome", decision.c.outcome, "decider", decision.c.decider,
                    "authority", decision.c.authority_person_id,
                    "decided_at", decision.c.decided_at,
                ),
                item.c.place,
            )
        )
    )
    .select_from(item.outerjoin(decision, _in_force))
    .where(item.c.request_id == request.c.request_id)
    .correlate(request)
    .scalar_subquery()
    .label("items")
)  # fmt: skip
"""The items of a request with the decision in force on each, as JSON."""

COLUMNS: Sequence[Any] = [column for column in request.c if column.name != "basis"]

_LOCK = select(request.c.request_id).where(request.c.request_id == bindparam("id")).with_for_update()
_LOAD = select(*COLUMNS, ITEMS).where(request.c.request_id == bindparam("id"))


async def load(connection: Connection, request_id: UUID) -> Request | None:
    """The request, locked until the transaction ends; none when it is unknown.

    Two statements: the second sees what those committed who held the lock before.
    """
    if await connection.value(_LOCK, id=request_id) is None:
        return None
    return read(await connection.one(_LOAD, id=request_id))


def read(row: Row) -> Request:
    """A request from its columns and `ITEMS`."""
    return Request(
        request_id=row["request_id"],
        kind=RequestKind(row["kind"]),
        subject=RequestSubject.model_validate(row["subject"]),
        employee=Party.model_validate(row["employee"]),
        asked_by=Party.model_validate(row["asked_by"]) if row["asked_by"] else None,
        asked_at=row["asked_at"],
        addressee_kind=AddresseeKind(row["addressee_kind"]),
        addressee_position_id=row["addressee_position_id"],
        waits_for=WaitsFor(row["waits_for_person_id"], row["waits_for_position_id"], row["waits_for_name"]),
        via_delegation_id=row["via_delegation_id"],
        completed_on=row["completed_on"],
        comment=row["comment"],
        deviation=row["deviation"],
        content_hash=row["content_hash"],
        items=tuple(_item(one) for one in row["items"]),
        version=row["version"],
        refused=RefusalCode(row["refused"]) if row["refused"] else None,
        waited_for=tuple(row["waited_for"]),
    )


def _item(one: Mapping[str, Any]) -> Item:
    in_force = None
    if one["decision_id"]:
        in_force = InForce(
            decision_id=_uuid(one["decision_id"]),
            outcome=Outcome(one["outcome"]),
            decider=Decider.model_validate(one["decider"]),
            authority=_uuid(one["authority"]),
            decided_at=datetime.fromisoformat(one["decided_at"]),
        )
    ended = None
    if one["ended"]:
        said = one["ended"]
        ended = Ended(
            said["cause"], datetime.fromisoformat(said["at"]), said["by"], RequestStatus(said["was"])
        )
    return Item(
        item_id=_uuid(one["item_id"]),
        status=RequestStatus(one["status"]),
        performed_on=_date(one["performed_on"]),
        comment=one["comment"],
        decision=in_force,
        ended=ended,
    )


def _uuid(text: str) -> Any:
    return UUID(text)


def _date(text: str | None) -> Any:
    return datetime.fromisoformat(text).date() if text else None


async def add(connection: Connection, new: Request, *, basis: Mapping[str, Any], employee_sort: str) -> None:
    """Store a new request."""
    plans, goals = new.subject.plans, (new.subject.goal, *new.subject.goals)
    plan_names = [plan.name for plan in plans]
    numbers = [goal.goal_number for goal in goals if goal]
    await connection.run(
        _INSERT,
        request_id=new.request_id,
        kind=new.kind.value,
        list=list_of(new.kind).value,
        refused=new.refused.value if new.refused else None,
        subject_id=new.subject.id,
        subject_revision=new.subject.revision,
        subject=new.subject.model_dump(mode="json", exclude_none=True),
        employee_person_id=new.employee.person_id,
        employee_position_id=new.employee.position_id,
        employee=new.employee.model_dump(mode="json", exclude_none=True),
        asked_by_person_id=new.asked_by.person_id if new.asked_by else None,
        asked_by=new.asked_by.model_dump(mode="json", exclude_none=True) if new.asked_by else None,
        asked_at=new.asked_at,
        addressee_kind=new.addressee_kind.value,
        assignment_revision=0,
        via_delegation_id=new.via_delegation_id,
        completed_on=new.completed_on,
        comment=new.comment,
        deviation=new.deviation,
        basis=basis,
        content_hash=new.content_hash,
        row_key=row_key(new),
        employee_sort=employee_sort,
        subject_sort=sort_text(new.subject.name),
        plan_sort=sort_text(" ".join(plan_names)),
        goal_sort=sort_text(" ".join(numbers)),
        searched=sort_text(" ".join([new.employee.name, new.subject.name, *numbers])),
        **_moving(new),
    )
    await connection.run_many(
        _INSERT_ITEM,
        [
            {
                "request_id": new.request_id,
                "item_id": one.item_id,
                "place": place,
                "status": one.status.value,
                "performed_on": one.performed_on,
                "comment": one.comment,
                "decision_id": None,
                "ended": asdict(one.ended) if one.ended else None,
            }
            for place, one in enumerate(new.items)
        ],
    )


async def save(connection: Connection, before: Request, after: Request) -> None:
    """Store what changed."""
    await connection.run_many(
        _UPDATE_ITEM,
        [
            {
                "of": after.request_id,
                "its": new.item_id,
                "status": new.status.value,
                "decision_id": new.decision.decision_id if new.decision else None,
                "ended": asdict(new.ended) if new.ended else None,
            }
            for old, new in zip(before.items, after.items, strict=True)
            if old != new
        ],
    )
    await connection.run(_UPDATE, of=after.request_id, **_moving(after))


def _moving(kept: Request) -> dict[str, Any]:
    decided = [one.decision.decided_at for one in kept.items if one.decision]
    return {
        "version": kept.version,
        "addressee_position_id": kept.addressee_position_id,
        "waits_for_person_id": kept.waits_for.person_id,
        "waits_for_position_id": kept.waits_for.position_id,
        "waits_for_name": kept.waits_for.name,
        "waited_for": list(kept.waited_for),
        "open_items": len(kept.item_ids(*OPEN)),
        "signed_items": len(kept.item_ids(RequestStatus.SIGNED)),
        "rejected_items": len(kept.item_ids(RequestStatus.REJECTED)),
        "decided_at": max(decided, default=None),
    }
