"""The lists of what waits and what was decided, and «Mine oppgaver»; one statement each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    Text,
    case,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from stafett_chassis.http import Reading
from stafett_chassis.paging import Page, cursor_of, key_of
from stafett_chassis.sql import Row
from stafett_contracts.vocabulary import RequestStatus, SigningList
from stafett_signing.access import store as access
from stafett_signing.lists import rules
from stafett_signing.lists.rules import Asked, Tab
from stafett_signing.people import store as people
from stafett_signing.requests.rules.request import sort_text
from stafett_signing.schema import decision, request

_OPEN: ColumnElement[bool] = literal_column("request.open_items > 0")
"""Literal, as in the partial index."""


def _grouped(read: Reading, asked: Asked) -> Any:
    """The rows of a tab: requests in it, those of one repeated activity and employee taken together (SGN-061)."""
    caller = read.caller
    query: Select[Any] = select(
        request.c.row_key,
        func.array_agg(aggregate_order_by(request.c.request_id, request.c.arrival)).label("request_ids"),
        func.min(request.c.asked_at).label("asked_at"),
        func.max(request.c.decided_at).label("decided_at"),
        func.coalesce(func.max(request.c.completed_on), date.min).label("completed_on"),
        _first(request.c.employee_sort).label("employee"),
        _first(request.c.subject_sort).label("subject"),
        _first(request.c.plan_sort).label("plan"),
        _first(request.c.goal_sort).label("goal"),
        _first(func.coalesce(request.c.waits_for_name, "")).label("sent_to"),
        func.sum(request.c.open_items).label("waiting"),
        func.sum(request.c.signed_items).label("signed"),
        func.sum(request.c.rejected_items).label("rejected"),
    ).where(request.c.list == asked.list.value, request.c.refused.is_(None))
    if asked.tab is Tab.WAITING:
        query = query.where(access.waits_for(caller), _OPEN)
    else:
        # As an array, so that either half is read by its own index.
        decided = select(decision.c.request_id).where(
            decision.c.authority_person_id == access.acts_for(caller)
        )
        taken = request.c.request_id == func.any(func.array(decided.scalar_subquery()))
        # SGN-067: a request with something left waiting is shown there, afterwards under what was decided.
        query = query.where(or_(access.waits_for(caller), taken), request.c.open_items == 0)
        items = request.c.signed_items if asked.tab is Tab.SIGNED else request.c.rejected_items
        query = query.having(func.sum(items) > 0)
        if access.as_deputy(caller):
            query = query.where(request.c.employee_person_id != caller.person_id)
    if access.as_deputy(caller):
        query = query.where(people.deputy_in_force(caller, read.today))
    if asked.plan is not None:
        query = query.where(request.c.subject.contains({"plans": [{"plan_id": str(asked.plan)}]}))
    for word in sort_text(asked.q).split():
        query = query.where(request.c.searched.contains(word, autoescape=True))
    return query.group_by(request.c.row_key).cte("grouped")


def _first(column: Any) -> ColumnElement[Any]:
    return cast(func.min(cast(column, Text).collate("C")), Text)


_STATUS = case(
    (literal_column("waiting") > 0, literal(RequestStatus.WAITING.value)),
    (literal_column("rejected") == 0, literal(RequestStatus.SIGNED.value)),
    (literal_column("signed") == 0, literal(RequestStatus.REJECTED.value)),
    else_=literal("signed, rejected"),
)


_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class RequestOfRow:
    """One of the requests of a row, with what a decision on it must name."""

    request_id: UUID
    revision: int
    content_hash: str
    waiting: int


@dataclass(frozen=True, slots=True)
class ListRow:
    """A row of a list."""

    row_id: UUID
    request_id: UUID
    """The oldest of the row's requests; the only one except for repetitions."""
    requests: Sequence[RequestOfRow]
    kind: str
    sender: str
    """Who sent it; for plans, which send themselves, the employee."""
    employee_person_id: UUID
    employee: str
    subject: str
    goals: Sequence[str]
    plans: Sequence[str]
    completed_on: date | None
    sent_to: str | None
    asked_at: datetime
    decided_at: datetime | None
    status: RequestStatus
    label_nb: str
    label_en: str
    colour: str
    waiting: int
    signed: int
    rejected: int
    service: str | None
    """The next four for training time only: kind of service, employer, periods, time counted."""
    employer: str | None
    periods: Sequence[Any] | None
    counted: str | None


async def listing(read: Reading, asked: Asked) -> Page[ListRow]:
    """A page of a tab (SGN-130 to SGN-135)."""
    name, descending = rules.order(asked)
    kind = rules.SORTS[name]
    after = key_of(asked.cursor, kind, UUID)
    grouped = _grouped(read, asked)
    by: Any = _STATUS if name == "status" else grouped.c[name]
    if name == "decided_at":
        by = func.coalesce(by, _NEVER)  # a cursor needs a value
    if kind is str:
        by = cast(by, String).collate("C")
    page = select(grouped, by.label("sorted_by")).limit(asked.size + 1)
    key: Any = tuple_(by, grouped.c.row_key)
    if after is not None:
        page = page.where(key < after if descending else key > after)
    way = (by.desc(), grouped.c.row_key.desc()) if descending else (by, grouped.c.row_key)
    rows = await read.all(_shown(page.order_by(*way).cte("page"), descending, text=kind is str))
    items = [_row(row, asked.tab) for row in rows[: asked.size]]
    last = rows[asked.size - 1] if len(rows) > asked.size else None
    return Page(items, cursor_of([last["sorted_by"], last["row_key"]]) if last else None)


def _shown(page: Any, descending: bool, *, text: bool) -> Select[Any]:
    """What the rows of a page show, read for these rows only."""
    first, each = request.alias("first"), request.alias("each")
    requests = (
        select(
            func.jsonb_agg(
                aggregate_order_by(
                    func.jsonb_build_object(
                        "request_id", each.c.request_id, "revision", each.c.version,
                        "content_hash", each.c.content_hash, "waiting", each.c.open_items,
                    ),
                    each.c.arrival,
                )
            )
        )
        .where(each.c.request_id == func.any(page.c.request_ids))
        .scalar_subquery()
    )  # fmt: skip
    is_time = first.c.list == SigningList.TRAINING_TIME.value
    by = page.c.sorted_by.collate("C") if text else page.c.sorted_by
    way = (by.desc(), page.c.row_key.desc()) if descending else (by, page.c.row_key)
    return (
        select(
            page,
            requests.label("requests"),
            first.c.kind,
            first.c.subject.label("about"),
            first.c.employee.label("whose"),
            first.c.asked_by,
            first.c.employee_person_id,
            first.c.waits_for_name,
            case((is_time, first.c.basis["track"].astext)).label("service"),
            case((is_time, first.c.basis["employer"].astext)).label("employer"),
            case((is_time, first.c.basis["periods"])).label("periods"),
            case((is_time, first.c.basis["result"]["counted_text"].astext)).label("counted"),
        )
        .select_from(page.join(first, first.c.request_id == page.c.request_ids[1]))
        .order_by(*way)
    )


def _row(row: Row, tab: Tab) -> ListRow:
    subject = row["about"]
    goals = [*([subject["goal"]] if subject.get("goal") else []), *subject.get("goals", [])]
    shown = rules.shown(row["kind"], tab, row["waiting"], row["signed"], row["rejected"])
    return ListRow(
        row_id=row["row_key"],
        request_id=row["request_ids"][0],
        requests=[RequestOfRow(**one) for one in row["requests"]],
        kind=row["kind"],
        sender=(row["asked_by"] or row["whose"])["name"],
        employee_person_id=row["employee_person_id"],
        employee=row["whose"]["name"],
        subject=subject["name"],
        goals=[" ".join(filter(None, (goal["goal_number"], goal.get("text")))) for goal in goals],
        plans=[plan["name"] for plan in subject.get("plans", [])],
        completed_on=row["completed_on"] if row["completed_on"] != date.min else None,
        sent_to=row["waits_for_name"],
        asked_at=row["asked_at"],
        decided_at=row["decided_at"],
        status=shown.status,
        label_nb=shown.label_nb,
        label_en=shown.label_en,
        colour=shown.colour,
        waiting=row["waiting"],
        signed=row["signed"],
        rejected=row["rejected"],
        service=row["service"],
        employer=row["employer"],
        periods=row["periods"],
        counted=row["counted"],
    )
