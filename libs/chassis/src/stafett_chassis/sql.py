"""SQLAlchemy Core as the language of statements, asyncpg as what carries them out.

Statements are composed with Core (`select`, `insert`, tables of `MetaData`) and given to a bare asyncpg
connection: SQLAlchemy's own engine would cost more than twice the time of the statement itself
(docs/decisions/0004-core-on-bare-asyncpg.md). Compiled text is cached by the shape of the statement, so a
statement built once as a module constant with `bindparam` costs 4 µs a use and one built on the spot 60 µs.

Values travel as asyncpg's own codecs define (UUID, date, datetime, Decimal, list, bytes, Range); JSONB columns
take and give plain Python values. SQLAlchemy types with processing of their own (`Enum`, `TypeDecorator`) are
therefore of no use here: an enumeration is stored as text.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

import asyncpg
import orjson
from asyncpg.pool import PoolConnectionProxy
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect
from sqlalchemy.sql.expression import Executable

_dialect = asyncpg_dialect.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
_compiled: dict[Any, Any] = {}
_CACHE_LIMIT = 5_000

# What the database answers when it, and not the statement, is the trouble: connections (08), resources such as a
# full disk (53), shut-down and start (57P), system errors (58), a server that only reads after a fail-over (25006).
_AWAY_CLASSES = ("08", "53", "57P", "58", "25006")
_AWAY_WORDS = ("closed", "closing", "released", "terminat", "in progress")

Row = Mapping[str, Any]
if TYPE_CHECKING:  # asyncpg's classes are generic in their stubs only
    Raw = asyncpg.Connection[Any] | PoolConnectionProxy[Any]
    _Base = asyncpg.Connection[Any]
else:
    Raw = Any
    _Base = asyncpg.Connection
T = TypeVar("T")


def compiled(statement: Executable, params: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """The SQL text with `$1` … and its arguments in order.

    `params` are the values of named `bindparam`s. Lists in `in_()` are expanded.
    """
    if len(_compiled) > _CACHE_LIMIT:
        _compiled.clear()
    form, extracted, own, _ = cast(Any, statement)._compile_w_cache(
        dialect=_dialect, compiled_cache=_compiled, column_keys=()
    )
    values = form.construct_params({**(own or {}), **params}, extracted_parameters=extracted)
    if form.post_compile_params or form.literal_execute_params:
        form = form._process_parameters_for_postcompile(values)
        values, text = {**values, **form.parameters}, form.statement
    else:
        text = form.string
    return text, [values[name] for name in form.positiontup or ()]


class Connection:
    """Statements on one asyncpg connection; rows are mappings by column label."""

    def __init__(self, raw: Raw) -> None:
        self.raw = raw

    async def all(self, statement: Executable, /, **params: Any) -> Sequence[Row]:
        """Every row."""
        text, values = compiled(statement, params)
        return cast(Sequence[Row], await self.raw.fetch(text, *values))

    async def maybe(self, statement: Executable, /, **params: Any) -> Row | None:
        """The first row, or none."""
        text, values = compiled(statement, params)
        return cast(Row | None, await self.raw.fetchrow(text, *values))

    async def one(self, statement: Executable, /, **params: Any) -> Row:
        """The first row; `LookupError` when there is none."""
        row = await self.maybe(statement, **params)
        if row is None:
            raise LookupError("the statement gave no row")
        return row

    async def value(self, statement: Executable, /, **params: Any) -> Any:
        """The first column of the first row, or none."""
        text, values = compiled(statement, params)
        return await self.raw.fetchval(text, *values)

    async def column(self, statement: Executable, /, **params: Any) -> list[Any]:
        """The first column of every row."""
        return [row[0] for row in cast(Any, await self.all(statement, **params))]

    async def run(self, statement: Executable, /, **params: Any) -> int:
        """Carry out a change; the number of rows it touched."""
        text, values = compiled(statement, params)
        status = await self.raw.execute(text, *values)
        last = status.rsplit(" ", 1)[-1]
        return int(last) if last.isdigit() else 0

    async def run_many(self, statement: Executable, rows: Iterable[Mapping[str, Any]]) -> None:
        """Carry out one change for each of `rows` (values of its `bindparam`s), in one round trip."""
        text, values = "", []
        for row in rows:
            text, arguments = compiled(statement, row)
            values.append(arguments)
        if values:
            await self.raw.executemany(text, values)

    async def copy_in(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Load many rows with COPY."""
        await self.raw.copy_records_to_table(table, records=rows, columns=list(columns))


class _Unreset(_Base):
    """A pooled connection that skips the reset query: we leave no session state behind."""

    def get_reset_query(self) -> str:
        return ""


class Database:
    """A pool of connections to one service's own database."""

    def __init__(self, url: str, *, size: int = 10, name: str = "stafett") -> None:
        self.url = url
        self._size = size
        self._name = name
        self._pool: asyncpg.Pool | None = None

    async def open(self) -> None:
        """Connect; the first connection is made when first needed."""
        self._pool = await asyncpg.create_pool(
            plain_url(self.url),
            min_size=0,
            max_size=self._size,
            connection_class=_Unreset,
            init=_teach,
            statement_cache_size=500,
            max_inactive_connection_lifetime=300,
            # Compiling a statement of many joins takes PostgreSQL half a second; carrying it out, a millisecond.
            server_settings={"application_name": self._name, "timezone": "UTC", "jit": "off"},
            timeout=10,
            command_timeout=60,
        )

    async def close(self) -> None:
        """Close the pool, waiting for running statements for at most ten seconds."""
        if self._pool is not None:
            try:
                async with asyncio.timeout(10):
                    await self._pool.close()
            except TimeoutError:
                self._pool.terminate()
            self._pool = None

    @property
    def pool(self) -> asyncpg.Pool:
        """The asyncpg pool; `RuntimeError` before `open`."""
        if self._pool is None:
            raise RuntimeError("the database is not open")
        return self._pool

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection without a transaction: for reading, one statement at a time."""
        async with self.pool.acquire() as raw:
            yield Connection(raw)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection inside a transaction, committed unless the block raises."""
        async with self.pool.acquire() as raw, raw.transaction():
            yield Connection(raw)


def is_away(error: BaseException) -> bool:
    """Whether `error` tells that the database cannot be used now, rather than that a statement is wrong."""
    if isinstance(error, asyncpg.PostgresError):
        return str(error.sqlstate or "").startswith(_AWAY_CLASSES)
    if isinstance(error, asyncpg.InterfaceError):
        # asyncpg has one class for a lost connection and for a wrong number of arguments.
        return any(word in str(error) for word in _AWAY_WORDS)
    return isinstance(error, OSError) and not isinstance(
        error, FileNotFoundError | PermissionError | IsADirectoryError | NotADirectoryError | FileExistsError
    )


def plain_url(url: str) -> str:
    """`url` as asyncpg understands it (without SQLAlchemy's driver name)."""
    return url.replace("postgresql+asyncpg://", "postgresql://", 1)


def to_json(value: Any) -> bytes:
    """JSON of dataclasses, dates, UUIDs and plain values."""
    return orjson.dumps(value, default=_plain)


def _plain(value: Any) -> Any:
    # asyncpg's UUID is a subclass, which orjson does not take for one.
    if isinstance(value, UUID | bytes):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if hasattr(value, "as_tuple"):  # Decimal
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def into(kind: type[T], row: Row | None) -> T:
    """`row` as a `kind` (a dataclass whose fields are the columns); `LookupError` when there is none."""
    if row is None:
        raise LookupError(f"no {kind.__name__}")
    return kind(**row)


def into_all(kind: type[T], rows: Sequence[Row]) -> list[T]:
    """Every row as a `kind`."""
    return [kind(**row) for row in rows]


async def _teach(raw: Raw) -> None:
    """JSON columns take and give Python values on this connection."""
    for name in ("json", "jsonb"):
        await raw.set_type_codec(
            name, schema="pg_catalog", encoder=lambda value: to_json(value).decode(), decoder=orjson.loads
        )
