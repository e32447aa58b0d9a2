"""Requests in the database: storing, loading, saving what changed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Uuid,
    and_,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from stafett_chassis.sql import Connection, Row
from stafett_contracts.requests import Withdrawal
from stafett_contracts.values import Decider, Party, Person, RequestSubject
from stafett_contracts.vocabulary import (
    AddresseeKind,
    Outcome,
    RefusalCode,
    RequestKind,
    RequestStatus,
    WithdrawalCause,
)
from stafett_signing.requests import rules
from stafett_signing.requests.rules import Ended, InForce, Item, Request, WaitsFor
from stafett_signing.schema import decision, early_withdrawal, item, request

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
        list=rules.list_of(new.kind).value,
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
        row_key=rules.row_key(new),
        employee_sort=employee_sort,
        subject_sort=rules.sort_text(new.subject.name),
        plan_sort=rules.sort_text(" ".join(plan_names)),
        goal_sort=rules.sort_text(" ".join(numbers)),
        searched=rules.sort_text(" ".join([new.employee.name, new.subject.name, *numbers])),
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
        "open_items": len(kept.item_ids(*rules.OPEN)),
        "signed_items": len(kept.item_ids(RequestStatus.SIGNED)),
        "rejected_items": len(kept.item_ids(RequestStatus.REJECTED)),
        "decided_at": max(decided, default=None),
    }


_OPEN_OF_SUBJECT = (
    select(request.c.request_id)
    .where(
        request.c.subject_id == bindparam("subject_id"),
        request.c.open_items > 0,
        request.c.kind != RequestKind.REPETITIONS.value,
    )
    .order_by(request.c.request_id)
)
_OPEN_OF_ITEMS = (
    select(item.c.request_id)
    .where(
        item.c.item_id == func.any(bindparam("item_ids", type_=ARRAY(Uuid))),
        # Literal, as in the partial index.
        literal_column("status in ('waiting', 'preapproved')"),
    )
    .distinct()
    .order_by(item.c.request_id)
)


async def open_ones(connection: Connection, new: Request) -> list[UUID]:
    """Ids of the open requests that `new` would stand beside: on its subject, or on the same repetitions."""
    if new.kind is RequestKind.REPETITIONS:
        return await connection.column(_OPEN_OF_ITEMS, item_ids=[one.item_id for one in new.items])
    return await connection.column(_OPEN_OF_SUBJECT, subject_id=new.subject.id)


async def is_known(connection: Connection, request_id: UUID) -> bool:
    """Whether a request with this id has come before."""
    found = select(request.c.request_id).where(request.c.request_id == request_id)
    return await connection.value(found) is not None


async def remember_withdrawal(connection: Connection, event: Withdrawal) -> None:
    """Keep a withdrawal for when its request comes (SGN-164)."""
    await connection.run(
        insert(early_withdrawal).values(
            request_id=event.request_id,
            item_ids=list(event.item_ids),
            cause=event.cause.value,
            explanation=event.explanation,
            by=event.by.model_dump(mode="json") if event.by else None,
        )
    )


async def take_withdrawals(connection: Connection, request_id: UUID) -> list[Row]:
    """The withdrawals that came before their request, oldest first; they are forgotten."""
    rows = await connection.all(
        delete(early_withdrawal)
        .where(early_withdrawal.c.request_id == request_id)
        .returning(early_withdrawal)
    )
    return sorted(rows, key=lambda row: int(row["withdrawal_id"]))


def withdrawal_of(row: Row) -> tuple[Sequence[UUID], WithdrawalCause, Person | None]:
    """Items, cause and who, of a remembered withdrawal."""
    by = Person.model_validate(row["by"]) if row["by"] else None
    return row["item_ids"], WithdrawalCause(row["cause"]), by


async def open_waiting_for(connection: Connection, person_ids: Iterable[UUID]) -> list[UUID]:
    """Ids of the open requests that wait for one of the persons as a person, not as a leader."""
    return await connection.column(
        select(request.c.request_id)
        .where(
            request.c.waits_for_person_id == func.any(cast(list(person_ids), ARRAY(Uuid))),
            request.c.open_items > 0,
            request.c.addressee_kind == AddresseeKind.PERSON.value,
        )
        .order_by(request.c.request_id)
    )


async def for_leader_of(connection: Connection, position_ids: Iterable[UUID]) -> list[UUID]:
    """Ids of the requests addressed to the leader of one of the positions, open or decided."""
    return await connection.column(
        select(request.c.request_id)
        .where(
            request.c.addressee_position_id == func.any(cast(list(position_ids), ARRAY(Uuid))),
            request.c.refused.is_(None),
        )
        .order_by(request.c.request_id)
    )


async def of_moved_assignment(connection: Connection, assignment_id: UUID, revision: int) -> list[UUID]:
    """Ids of the plan approvals of an assignment that have not heard of this or a later move; now they have."""
    rows = await connection.all(
        update(request)
        .where(
            request.c.subject_id == assignment_id,
            request.c.kind == RequestKind.PLAN.value,
            request.c.assignment_revision < revision,
        )
        .values(assignment_revision=revision)
        .returning(request.c.request_id)
    )
    return sorted(row["request_id"] for row in rows)
