"""A small service with one of everything, on which the chassis is tried: notes that leaders write about employees.

It tells of them with an event of identity; the bus does not care which.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import Column, Integer, MetaData, Table, Text, Uuid, insert, select, tuple_, update

from stafett_chassis.directory import access, copy
from stafett_chassis.directory.tables import person, position
from stafett_chassis.http import CHANGE, OPEN, VERSIONED, Call, Reading, Visit
from stafett_chassis.paging import Page, key_of, page_of
from stafett_chassis.problems import Conflict, NotFound, check_version
from stafett_chassis.reactions import Later, Reactions
from stafett_chassis.runtime import Service
from stafett_chassis.schedules import Run, Schedule
from stafett_chassis.settings import Settings
from stafett_chassis.work import Work
from stafett_contracts.identity import ImportRefused
from stafett_contracts.ids import RunId, new_id
from stafett_contracts.signing import CountsChanged
from stafett_contracts.vocabulary import ImportState

metadata = MetaData()
note = Table(
    "note",
    metadata,
    Column("note_id", Uuid, primary_key=True),
    Column("position_id", Uuid, nullable=False),
    Column("text", Text, nullable=False),
    Column("revision", Integer, nullable=False),
)
seen = Table(
    "seen", metadata, Column("person_id", Uuid, primary_key=True), Column("revision", Integer, nullable=False)
)
DDL = """
create table note (note_id uuid primary key, position_id uuid not null, text text not null, revision int not null);
create table seen (person_id uuid primary key, revision int not null, times int not null default 1);
"""


@dataclass(frozen=True, slots=True)
class NoteView:
    """A note as its readers see it."""

    note_id: UUID
    position_id: UUID
    name: str
    text: str
    revision: int


class WriteNote(BaseModel):
    """What a note says."""

    text: str = Field(min_length=1, max_length=100)


async def write(work: Work, position_id: UUID, body: WriteNote) -> NoteView:
    """Write a note about an employee."""
    if not await access.may_follow(work, work.caller, work.today, position_id):
        raise NotFound()
    if body.text == "forbidden":
        raise Conflict("bad_word", "Nei.", "No.", word=body.text)
    note_id = new_id()
    await work.run(insert(note).values(note_id=note_id, position_id=position_id, text=body.text, revision=1))
    work.emit(told(note_id, 1, body.text))
    return (await notes(work, note_id))[0]


async def change(work: Work, note_id: UUID, body: WriteNote, version: int | None) -> NoteView:
    """Change a note."""
    row = await work.maybe(select(note).where(note.c.note_id == note_id).with_for_update())
    if row is None or not await access.may_follow(work, work.caller, work.today, row["position_id"]):
        raise NotFound()
    check_version(version, row["revision"], dict(row))
    if row["text"] != body.text:
        await work.run(
            update(note).where(note.c.note_id == note_id).values(text=body.text, revision=note.c.revision + 1)
        )
        work.emit(told(note_id, row["revision"] + 1, body.text))
    return (await notes(work, note_id))[0]


def told(note_id: UUID, revision: int, text: str) -> ImportRefused:
    """Any event would do: the bus does not care."""
    return ImportRefused(revision=revision, run_id=RunId(note_id), state=ImportState.REFUSED, reason=text)


async def notes(connection: Work | Reading, note_id: UUID) -> list[NoteView]:
    """The note, with the name of whom it is about."""
    found = await connection.all(
        select(note, (person.c.given_name + " " + person.c.family_name).label("name"))
        .join(position, position.c.position_id == note.c.position_id)
        .join(person, person.c.person_id == position.c.person_id)
        .where(note.c.note_id == note_id)
    )
    return [NoteView(**row) for row in found]


async def listing(read: Reading, cursor: str | None, size: int) -> Page[NoteView]:
    """Notes about those the caller follows up, by text."""
    key = key_of(cursor, str, UUID)
    query = (
        select(note, (person.c.given_name + " " + person.c.family_name).label("name"))
        .join(position, position.c.position_id == note.c.position_id)
        .join(person, person.c.person_id == position.c.person_id)
        .where(
            note.c.position_id.in_(
                access.positions(read.caller, read.today, leader=True, roles=access.FOLLOW_UP)
            )
        )
        .order_by(note.c.text, note.c.note_id)
        .limit(size + 1)
    )
    if key:
        query = query.where(tuple_(note.c.text, note.c.note_id) > key)
    rows: Sequence[NoteView] = [NoteView(**row) for row in await read.all(query)]
    return page_of(rows, size, lambda view: (view.text, view.note_id))


routes = APIRouter(tags=["notes"])


@routes.post("/positions/{position_id}/notes", response_model=NoteView, status_code=201, openapi_extra=CHANGE)
async def post_note(position_id: UUID, body: WriteNote, call: Call) -> Response:
    """Write a note."""
    return await call.create(write, position_id, body)


@routes.put("/notes/{note_id}", response_model=NoteView, openapi_extra=VERSIONED)
async def put_note(note_id: UUID, body: WriteNote, call: Call) -> Response:
    """Change a note."""
    return await call.act(change, note_id, body, call.version())


@routes.get("/notes", response_model=Page[NoteView])
async def get_notes(
    call: Call, cursor: str | None = None, size: Annotated[int, Query(ge=1, le=100)] = 25
) -> Response:
    """List notes."""
    return await call.read(listing, cursor, size)


@routes.get("/hello", openapi_extra=OPEN)
async def hello(visit: Visit) -> dict[str, str]:
    """Greet anybody."""
    return {"language": visit.language}


@routes.get("/broken", openapi_extra=OPEN)
async def broken() -> None:
    """Fail."""
    raise ValueError("secret")


reactions = Reactions()
reactions.include([copy.reactions])


@reactions.on(CountsChanged)
async def count(work: Work, event: CountsChanged) -> None:
    """Count how often a person was seen; revision 13 is never digestible, 404 waits for the person."""
    if event.revision == 13:
        raise ValueError("unlucky")
    if event.revision == 404 and not await work.value(
        select(person.c.person_id).where(person.c.person_id == event.person_id)
    ):
        raise Later("person unknown")
    await work.raw.execute(
        "insert into seen (person_id, revision) values ($1, $2)"
        " on conflict (person_id) do update set revision = greatest(seen.revision, $2), times = seen.times + 1",
        event.person_id,
        event.revision,
    )


async def nightly(run: Run) -> None:
    """Leave a note."""
    async with run.begin() as work:
        work.emit(told(new_id(), 1, f"nightly {run.day}"))


service = Service(
    name="sample",
    meaning="Notes about employees.",
    package="sample",
    settings=Settings,
    routers=[routes],
    reactions=reactions,
    schedules=[Schedule("nightly", "15 3 * * *", nightly)],
)
