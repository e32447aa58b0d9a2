"""Core statements on bare asyncpg: what is compiled, what travels, and what is no fault of the statement."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Table,
    Text,
    Uuid,
    bindparam,
    case,
    func,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert

from stafett_chassis import sql
from stafett_chassis.sql import Connection, Database, compiled, into, into_all, is_away, plain_url, to_json

thing = Table(
    "thing",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("state", Text),
    Column("facts", JSONB),
    Column("tags", ARRAY(Text)),
    Column("owner", Uuid),
    Column("day", Date),
    Column("moment", DateTime(timezone=True)),
    Column("share", Numeric),
    Column("raw", LargeBinary),
    Column("open", Boolean),
)
DDL = """create table thing (id int primary key, name text not null, state text, facts jsonb, tags text[],
owner uuid, day date, moment timestamptz, share numeric, raw bytea, open boolean)"""


@pytest.fixture
async def database(new_database: Any) -> AsyncIterator[Database]:
    database = Database(new_database(), size=4)
    await database.open()
    await database.pool.execute(DDL)
    yield database
    await database.close()


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[Connection]:
    async with database.connection() as opened:
        yield opened


@pytest.fixture
async def three(connection: Connection) -> Connection:
    await connection.run_many(
        insert(thing).values(id=bindparam("id"), name=bindparam("name")),
        [{"id": number, "name": name} for number, name in enumerate(("a", "b", "c"))],
    )
    return connection


async def test_values_of_every_kind_come_back_as_they_went(connection: Connection) -> None:
    row = {
        "id": 1,
        "name": "Ærlig 'Øst' %s :x $1",
        "state": None,
        "facts": {"list": [1, None, {"æ": "ø"}], "text": "a"},
        "tags": ["x", "y,z", "{}"],
        "owner": uuid4(),
        "day": date(2026, 3, 29),
        "moment": datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
        "share": Decimal("12.345"),
        "raw": b"\x00\xff",
        "open": True,
    }
    assert await connection.run(insert(thing).values(**row)) == 1
    assert dict(await connection.one(select(thing))) == row


async def test_an_in_list_of_any_length_is_expanded(three: Connection) -> None:
    for wanted in ([], [1], [0, 2], [2, 1, 0, 7]):
        statement = select(thing.c.id).where(thing.c.id.in_(wanted)).order_by(thing.c.id)
        assert await three.column(statement) == sorted(set(wanted) & {0, 1, 2})
        refused = select(thing.c.id).where(thing.c.id.not_in(wanted)).order_by(thing.c.id)
        assert await three.column(refused) == sorted({0, 1, 2} - set(wanted))


async def test_a_named_list_is_given_when_the_statement_is_used(three: Connection) -> None:
    statement = (
        select(thing.c.id)
        .where(thing.c.id.in_(bindparam("ids", expanding=True)), thing.c.name != bindparam("name"))
        .order_by(thing.c.id)
    )
    assert await three.column(statement, ids=[0, 1], name="b") == [0]
    assert await three.column(statement, ids=[0, 1, 2], name="b") == [0, 2]
    assert await three.column(statement, ids=[], name="b") == []


async def test_a_list_beside_other_values_keeps_every_value_in_its_place(three: Connection) -> None:
    statement = (
        select(thing.c.id)
        .where(thing.c.name > "a", thing.c.id.in_([0, 1, 2]), thing.c.name < bindparam("below"))
        .limit(5)
    )
    assert await three.column(statement, below="c") == [1]
    pairs = select(thing.c.id).where(tuple_(thing.c.id, thing.c.name).in_([(0, "a"), (1, "z")]))
    assert await three.column(pairs) == [0]


async def test_the_same_parameter_may_stand_in_many_places(three: Connection) -> None:
    n = bindparam("n", type_=Integer)
    statement = select(thing.c.id).where(thing.c.id >= n, thing.c.id <= n + 1).order_by(thing.c.id)
    assert await three.column(statement, n=1) == [1, 2]
    assert await three.column(statement, n=0) == [0, 1]


async def test_on_conflict_updates_only_where_told(three: Connection) -> None:
    def keep(number: int, name: str) -> Any:
        statement = insert(thing).values(id=number, name=name)
        return statement.on_conflict_do_update(
            index_elements=["id"],
            set_={"name": statement.excluded.name},
            where=thing.c.name < statement.excluded.name,
        )

    assert await three.run(keep(1, "z")) == 1
    assert await three.run(keep(1, "y")) == 0
    assert await three.run(keep(9, "new")) == 1
    assert await three.column(select(thing.c.name).order_by(thing.c.id)) == ["a", "z", "c", "new"]
    nothing = insert(thing).values(id=1, name="w").on_conflict_do_nothing().returning(thing.c.id)
    assert await three.maybe(nothing) is None


async def test_json_columns_take_and_give_plain_values(connection: Connection) -> None:
    for number, value in enumerate(({"a": [1]}, [1, 2], "text", 1.5, True)):
        await connection.run(insert(thing).values(id=number, name="x", facts=value))
        assert await connection.value(select(thing.c.facts).where(thing.c.id == number)) == value
    found = select(thing.c.id).where(thing.c.facts["a"][0].as_integer() == 1)
    assert await connection.column(found) == [0]
    assert await connection.column(select(thing.c.id).where(thing.c.facts.contains({"a": [1]}))) == [0]
    await connection.run(update(thing).where(thing.c.id == 0).values(facts=None))
    assert await connection.value(select(func.count()).where(thing.c.facts.is_(None))) == 1


async def test_one_form_is_compiled_once_whatever_its_values(
    three: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "_compiled", {})
    for number in range(5):
        await three.value(select(thing.c.name).where(thing.c.id == number))
        await three.column(select(thing.c.name).where(thing.c.id.in_(list(range(number)))))
    assert len(sql._compiled) == 2
    texts = {compiled(select(thing.c.name).where(thing.c.id == number), {})[0] for number in range(5)}
    assert len(texts) == 1


async def test_forms_without_end_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql, "_compiled", {})
    monkeypatch.setattr(sql, "_CACHE_LIMIT", 10)
    for number in range(50):
        compiled(select(thing.c.name.label(f"n{number}")), {})
        assert len(sql._compiled) <= 11


async def test_many_rows_go_in_one_round_trip(three: Connection) -> None:
    change = update(thing).where(thing.c.id == bindparam("which")).values(name=bindparam("new"))
    await three.run_many(change, [{"which": number, "new": f"n{number}"} for number in range(3)])
    await three.run_many(change, [])
    assert await three.column(select(thing.c.name).order_by(thing.c.id)) == ["n0", "n1", "n2"]
    await three.copy_in("thing", ["id", "name"], [(5, "e"), (6, "f")])
    assert await three.value(select(func.count()).select_from(thing)) == 5


async def test_a_missing_row_is_told(connection: Connection) -> None:
    with pytest.raises(LookupError):
        await connection.one(select(thing))
    assert await connection.maybe(select(thing)) is None
    assert await connection.value(select(thing.c.id)) is None


async def test_a_transaction_is_undone_when_its_block_fails(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction() as connection:
            await connection.run(insert(thing).values(id=1, name="x"))
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await fail()
    assert await database.pool.fetchval("select count(*) from thing") == 0


def test_the_private_interface_of_sqlalchemy_that_we_use_is_as_we_know_it() -> None:
    """`compiled` stands on these; a new version of SQLAlchemy that changes them must be met here, not in production."""
    statement: Any = select(thing.c.id).where(thing.c.name == "a", thing.c.id.in_([1, 2])).limit(3)
    cache: dict[Any, Any] = {}
    form, extracted, own, state = statement._compile_w_cache(
        dialect=sql._dialect, compiled_cache=cache, column_keys=()
    )
    assert len(cache) == 1
    assert own is None
    assert state.name == "CACHE_MISS"
    assert [value.value for value in extracted] == ["a", [1, 2], 3]
    values = form.construct_params({}, extracted_parameters=extracted)
    assert sorted(values.values(), key=str) == [3, [1, 2], "a"]
    assert form.post_compile_params or form.literal_execute_params
    expanded = form._process_parameters_for_postcompile(values)
    assert expanded.statement.count("$") == 4
    assert len(expanded.positiontup) == 4
    again = statement._compile_w_cache(dialect=sql._dialect, compiled_cache=cache, column_keys=())
    assert again[3].name == "CACHE_HIT"
    assert again[0] is form
    plain: Any = select(thing.c.id).where(thing.c.name == bindparam("n"))
    form = plain._compile_w_cache(dialect=sql._dialect, compiled_cache=cache, column_keys=())[0]
    assert not form.post_compile_params
    assert form.string.endswith("thing.name = $1::VARCHAR") or form.string.endswith("thing.name = $1::TEXT")
    assert form.positiontup == ["n"]


def test_a_statement_that_is_text_and_values_stays_two_things() -> None:
    text, values = compiled(select(case((thing.c.name == "x'; drop table thing --", 1), else_=2)), {})
    assert "drop" not in text
    assert values[0] == "x'; drop table thing --"


def test_addresses_lose_the_driver_of_sqlalchemy() -> None:
    assert plain_url("postgresql+asyncpg://a/b") == "postgresql://a/b"
    assert plain_url("postgresql://a/b") == "postgresql://a/b"


def test_what_answers_hold_has_a_json_form() -> None:
    class Sub(UUID):
        pass

    assert to_json({"a": Sub(int=1), "b": Decimal("1.50"), "c": {"y", "x"}, "d": date(2026, 1, 1)}) == (
        b'{"a":"00000000-0000-0000-0000-000000000001","b":"1.50","c":["x","y"],"d":"2026-01-01"}'
    )
    with pytest.raises(TypeError, match="not JSON serializable: object"):
        to_json(object())


def test_rows_become_dataclasses() -> None:
    assert into(dict, {"a": 1}) == {"a": 1}
    assert into_all(dict, [{"a": 1}]) == [{"a": 1}]
    with pytest.raises(LookupError, match="no dict"):
        into(dict, None)


async def test_a_wrong_statement_is_told_from_a_lost_database(
    private_postgres: Any,
) -> None:
    database = Database(f"{private_postgres.url}/postgres")
    await database.open()

    async def error(text: str, *values: Any) -> Exception:
        with pytest.raises(Exception) as failed:
            await database.pool.fetchval(text, *values)
        return failed.value

    for text, values in (
        ("select nonsense", ()),
        ("select 1/0", ()),
        ("select $1::int", ()),
        ("select $1::int", ("x",)),
        ("select $1::int", (2**40,)),
        ("select $1::text", ("\x00",)),
    ):
        assert not is_away(await error(text, *values)), text
    waiting = asyncio.create_task(error("select pg_sleep(30)"))
    await asyncio.sleep(0.2)
    await asyncio.to_thread(private_postgres.kill)
    assert is_away(await waiting)
    assert is_away(await error("select 1"))
    await asyncio.to_thread(private_postgres.start)
    assert await database.pool.fetchval("select 1") == 1
    waiting = asyncio.create_task(error("select pg_sleep(30)"))
    await asyncio.sleep(0.2)
    await database.pool.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(30)%' and pid <> pg_backend_pid()"
    )
    assert is_away(await waiting)
    await database.close()
    assert is_away(ConnectionRefusedError())
    assert is_away(TimeoutError())
    assert not is_away(FileNotFoundError())
    assert is_away(asyncpg.DiskFullError("no space"))
    assert not is_away(ValueError())
