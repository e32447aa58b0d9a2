"""With 50,000 requests in the site and 2,000 waiting for one leader, screens read what they show and little more."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from stafett_chassis.http import Reading
from stafett_chassis.sql import Row, compiled
from stafett_contracts.vocabulary import DocumentationForm, SigningList
from stafett_signing.access import history
from stafett_signing.choosing import store as choosing
from stafett_signing.deciding import views
from stafett_signing.lists import store
from stafett_signing.lists.rules import Asked, Tab
from stafett_signing.lists.tasks import tasks

REQUESTS, WAITING, PEOPLE = 50_000, 2_000, 20_000

# Copies of one request: the first 2,000 wait for the leader, 3,000 were decided, the rest waits for others.
_COPY_REQUESTS = """
insert into request (
    request_id, kind, list, version, subject_id, subject_revision, subject, employee_person_id,
    employee_position_id, employee, asked_by_person_id, asked_by, asked_at, addressee_kind, assignment_revision,
    waits_for_person_id, waits_for_name, waited_for, completed_on, basis, content_hash, open_items, signed_items,
    rejected_items, decided_at, row_key, employee_sort, subject_sort, plan_sort, goal_sort, searched)
select i.id, kind, list, version, gen_random_uuid(), 1, subject,
    case when n < 200 then employee_person_id else gen_random_uuid() end, employee_position_id, employee,
    asked_by_person_id, asked_by, asked_at - n * interval '1 minute', addressee_kind, 0,
    case when n < 5000 then waits_for_person_id else gen_random_uuid() end, waits_for_name, '{}', completed_on,
    basis, content_hash, case when n between 2000 and 4999 then 0 else 1 end,
    case when n between 2000 and 4999 then 1 else 0 end, 0,
    case when n between 2000 and 4999 then asked_at end, i.id,
    employee_sort || n % 97, subject_sort || n % 89, plan_sort, goal_sort, searched || ' ' || n
from request, (select n, gen_random_uuid() as id from generate_series(0, $1 - 2) n) i
"""
_COPY_ITEMS = """
insert into request_item (request_id, item_id, place, status)
select request_id, gen_random_uuid(), 0, case when open_items > 0 then 'waiting' else 'signed' end
from request where not exists (select from request_item i where i.request_id = request.request_id)
"""
_COPY_RECORDS = """
insert into journal_record (
    act, at, request_id, subject_kind, subject_id, employee_person_id, statement, statement_hash)
select j.act, j.at, r.request_id, j.subject_kind, r.subject_id, r.employee_person_id, j.statement, j.statement_hash
from request r, journal_record j where r.request_id <> j.request_id
"""
_PEOPLE = """
insert into directory_person (
    person_id, given_name, family_name, sort_key, protected, erased, revision)
select gen_random_uuid(), 'Navn' || n, 'Navnesen' || n % 700, 'navnesen' || n, false, false, 1
from generate_series(1, $1) n
"""
_POSITIONS = """
insert into directory_position (position_id, person_id, hf_id, unit_id, kind, title, track, status, revision)
select gen_random_uuid(), d.person_id, p.hf_id, p.unit_id, p.kind, p.title, p.track, p.status, 1
from directory_person d, (select * from directory_position limit 1) p where d.given_name like 'Navn%'
"""


class Explained(Reading):
    """Reads as usual, and keeps how the database went about it."""

    plans: list[Any]

    async def all(self, statement: Any, /, **params: Any) -> Sequence[Row]:
        await self._explain(statement, params)
        return await super().all(statement, **params)

    async def maybe(self, statement: Any, /, **params: Any) -> Row | None:
        await self._explain(statement, params)
        return await super().maybe(statement, **params)

    async def _explain(self, statement: Any, params: Any) -> None:
        text, values = compiled(statement, params)
        [plan] = await self.raw.fetchval(f"explain (analyze, format json) {text}", *values)
        self.plans.append(plan)


def nodes(plan: Any) -> Iterator[Any]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


@pytest.mark.rule("SGN-133")
async def test_every_screen_is_one_statement_that_reads_by_index(ward: Any) -> None:
    asked = await ward.ask(ward.asks.signature(ward.kari, ward.boss))
    runtime = ward.signing.runtime
    pool = runtime.database.pool
    await pool.execute(_COPY_REQUESTS, REQUESTS)
    await pool.execute(_COPY_ITEMS)
    await pool.execute(_COPY_RECORDS)
    await pool.execute(_PEOPLE, PEOPLE)
    await pool.execute(_POSITIONS)
    await pool.execute("analyze")
    own = ward.signing.caller(ward.boss)
    deputy = ward.signing.caller(ward.per, deputy_for=ward.boss)
    employee = ward.signing.caller(ward.kari)
    page = {"waiting": Asked(SigningList.SIGNATURES), "decided": Asked(SigningList.SIGNATURES, Tab.SIGNED)}
    screens: dict[str, tuple[Any, Any, tuple[Any, ...]]] = {
        "waiting": (own, store.listing, (page["waiting"],)),
        "sorted": (own, store.listing, (Asked(SigningList.SIGNATURES, sort="-subject", q="1 hansen"),)),
        "deputy": (deputy, store.listing, (page["waiting"],)),
        "decided": (own, store.listing, (page["decided"],)),
        "tasks": (own, tasks, (True,)),
        "deputy's tasks": (deputy, tasks, (True,)),
        "request": (own, views.view, (asked.request_id,)),
        "deputy's request": (deputy, views.view, (asked.request_id,)),
        "history": (own, history.of_subject, (asked.kind, asked.subject.id)),
        "suggestions": (employee, choosing.supervisors, ("", DocumentationForm.SIGNATURE, None)),
        "search": (employee, choosing.supervisors, ("navn77", DocumentationForm.SIGNATURE, None)),
    }
    ours = {"request", "request_item", "decision", "journal_record"}
    async with pool.acquire() as raw:
        for name, (caller, query, args) in screens.items():
            read = Explained(raw, caller, runtime.clock.now())
            read.plans = []
            await query(read, *args)
            [plan] = read.plans  # one statement
            for node in nodes(plan["Plan"]):
                relation = node.get("Relation Name")
                whole = node["Node Type"] == "Seq Scan" and relation in ours and node["Actual Rows"] > 100
                assert not whole, (name, node)
                if relation in ours:
                    touched = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node[
                        "Actual Loops"
                    ]
                    assert touched <= WAITING + 3_500, (name, node)
