"""Looking up requests by what they are about or whom they wait for, and withdrawals that came early."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, cast, delete, func, insert, literal_column, select, update

from stafett_chassis.sql import Connection, Row
from stafett_contracts.requests import Withdrawal
from stafett_contracts.values import Person
from stafett_contracts.vocabulary import AddresseeKind, RequestKind, WithdrawalCause
from stafett_signing.requests.rules.request import Request
from stafett_signing.schema import early_withdrawal, item, request

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
