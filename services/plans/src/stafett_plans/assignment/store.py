"""Assignments, the history of what is done with them, who opened them, and who may."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from stafett_chassis.auth import Caller
from stafett_chassis.directory import access
from stafett_chassis.directory.tables import relation
from stafett_chassis.problems import NotFound
from stafett_chassis.sql import Connection
from stafett_chassis.tables import Moment
from stafett_contracts.event import Actor
from stafett_contracts.vocabulary import PlanType, Role, Track
from stafett_plans.assignment.rules import Act, Standing, may
from stafett_plans.catalogue import store as catalogue
from stafett_plans.definitions import store as definitions
from stafett_plans.tables import metadata

# A plan given to a position. What is done in it belongs to the person, not to the assignment.
assignment = Table(
    "assignment",
    metadata,
    Column("assignment_id", Uuid, primary_key=True),
    Column("plan_id", Uuid, ForeignKey(definitions.plan.c.plan_id), nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("position_id", Uuid, nullable=False),
    Column("hf_id", Uuid, nullable=False),
    Column("state", Text, nullable=False),  # active, deactivated, archived, deleted
    Column("reason", Text),
    Column("assigned_by", Uuid),
    Column("assigned_at", Moment, nullable=False),
    Column("first_work_at", Moment),  # PLN-523; none: not begun, may be deleted
    Column("last_activity_at", Moment, nullable=False),
    Column("plan_status", Text, nullable=False),  # when last stored; PLN-603 is worked out when read
    Column("completed_on", Date),
    Column("request_id", Uuid),  # of the plan's own approval
    Column("approved_by", JSONB),
    Column("ended_by", Uuid),
    Column("ended_at", Moment),
    Column("snapshot", JSONB),  # PLN-532: the plan page as it was when deactivated
    Column("continued_as", Uuid),
    Column("revision", Integer, nullable=False),
    Index(
        "assignment_once",
        "position_id",
        "plan_id",
        unique=True,
        postgresql_where=text("state <> 'deleted'"),
    ),
    Index("assignment_person", "person_id", "state"),
    Index("assignment_plan", "plan_id", "state"),
)

# What happened to assignments, registrations and goals; rows are only added (PLN-579, PLN-580, PLN-717).
history_entry = Table(
    "history_entry",
    metadata,
    Column("entry_id", BigInteger, Identity(always=True), primary_key=True),
    Column("target_kind", Text, nullable=False),  # assignment, registration, goal
    Column("target_id", Uuid, nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor_id", Uuid),  # none: a run, or another service
    Column("actor_position", Uuid),
    Column("on_behalf_of", Uuid),
    Column("act", Text, nullable=False),
    Column("status", Text, nullable=False),  # after it
    Column("comment", Text),
    Column("details", JSONB),
    Index("history_entry_target", "target_id", "entry_id"),
)

# PLN-818: who opened another person's plan, goal or requirement.
access_log = Table(
    "access_log",
    metadata,
    Column("log_id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("actor_id", Uuid, nullable=False),
    Column("actor_position", Uuid),
    Column("on_behalf_of", Uuid),
    Column("person_id", Uuid, nullable=False),
    Column("target_kind", Text, nullable=False),
    Column("target_id", Text, nullable=False),
    Index("access_log_person", "person_id", "log_id"),
)

# What each person has been marked as not needing, in one plan (PLN-562, PLN-563).
relevance_mark = Table(
    "relevance_mark",
    metadata,
    Column("mark_id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("plan_id", Uuid, ForeignKey(definitions.plan.c.plan_id), nullable=False),
    Column("target_kind", Text, nullable=False),  # requirement, section, checkpoint
    Column("target_id", Uuid, nullable=False),
    Column("comment", Text, nullable=False),
    Column("marked_by", Uuid, nullable=False),
    Column("marked_at", Moment, nullable=False),
    Column("removed_by", Uuid),
    Column("removed_at", Moment),
    Index(
        "relevance_mark_once",
        "person_id",
        "plan_id",
        "target_id",
        unique=True,
        postgresql_where=text("removed_at is null"),
    ),
)

_PERSON = bindparam("asking_person", type_=Uuid)
_POSITION = bindparam("asking_position", type_=Uuid)
_IS_DEPUTY = bindparam("asking_is_deputy", type_=Boolean)
_COMPETENCE = PlanType.COMPETENCE.value


def _relation(kind: str, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the caller, not in a deputy session, is the person's mentor or training lead (PLN-777, PLN-778)."""
    return (
        select(relation.c.link_id)
        .where(relation.c.kind == kind, relation.c.ended.is_(False), ~_IS_DEPUTY, *conditions)
        .exists()
    )


def _administers(plan_type: PlanType, role: Role) -> ColumnElement[bool]:
    return and_(
        definitions.plan.c.type == plan_type.value,
        assignment.c.position_id.in_(access.reach(roles=(role,))),
    )


_STANDING = (
    select(
        assignment.c.assignment_id,
        assignment.c.person_id,
        definitions.plan.c.type.label("plan_type"),
        and_(assignment.c.person_id == _PERSON, ~_IS_DEPUTY).label("own"),
        assignment.c.position_id.in_(access.reach(leader=True, roles=access.FOLLOW_UP)).label("follows"),
        or_(
            _administers(PlanType.LEARNING_GOAL, Role.LIS_HF_ADMIN),
            _administers(PlanType.COMPETENCE_GOAL, Role.APPRENTICE_HF_ADMIN),
        ).label("administers"),
        and_(
            definitions.plan.c.type != _COMPETENCE,
            _relation(
                "mentor",
                relation.c.trainee_person_id == assignment.c.person_id,
                relation.c.holder_person_id == _PERSON,
            ),
        ).label("mentors"),
        and_(
            definitions.plan.c.type != _COMPETENCE,
            _relation(
                "training_lead",
                relation.c.trainee_position_id == assignment.c.position_id,
                relation.c.holder_position_id == _POSITION,
                or_(
                    relation.c.specialty == catalogue.template.c.specialty,
                    catalogue.template.c.track == Track.LIS1.value,
                ),
            ),
        ).label("leads_training"),
    )
    .select_from(
        assignment.join(definitions.plan, definitions.plan.c.plan_id == assignment.c.plan_id).outerjoin(
            catalogue.template, catalogue.template.c.template_id == definitions.plan.c.template_id
        )
    )
    .where(
        assignment.c.assignment_id == any_(bindparam("assignments", type_=ARRAY(Uuid))),
        assignment.c.state != "deleted",
    )
)


@dataclass(frozen=True, slots=True)
class Found:
    """An assignment, and how the caller stands to it."""

    assignment_id: UUID
    person_id: UUID
    plan_type: str
    standing: Standing


async def standings(
    connection: Connection, caller: Caller, today: date, assignments: Iterable[UUID]
) -> list[Found]:
    """How the caller stands to each of `assignments` that exists, in one statement."""
    rows = await connection.all(_STANDING, assignments=list(assignments), **access.asking(caller, today))
    return [
        Found(
            row["assignment_id"],
            row["person_id"],
            row["plan_type"],
            Standing(
                own=row["own"],
                follows=row["follows"],
                administers=row["administers"],
                mentors=row["mentors"],
                leads_training=row["leads_training"],
            ),
        )
        for row in rows
    ]


async def authorise(
    connection: Connection, caller: Caller, today: date, assignment_id: UUID, act: Act
) -> Found:
    """The assignment, if the caller may do `act` with it; 404 or 403 otherwise (PLN-817)."""
    found = await standings(connection, caller, today, [assignment_id])
    if not found:
        raise NotFound()
    may(act, found[0].standing, found[0].plan_type)
    return found[0]


_reach = access.reach(leader=True, roles=access.FOLLOW_UP).subquery()
_FOLLOWED = select(_reach.c.position_id).where(
    _reach.c.position_id == any_(bindparam("positions", type_=ARRAY(Uuid)))
)


async def followed(
    connection: Connection, caller: Caller, today: date, positions: Iterable[UUID]
) -> set[UUID]:
    """Those of `positions` whose holders the caller follows up."""
    return set(await connection.column(_FOLLOWED, positions=list(positions), **access.asking(caller, today)))


_NOTE_ACCESS = """
insert into access_log (at, actor_id, actor_position, on_behalf_of, person_id, target_kind, target_id)
values ($1, $2, $3, $4, $5, $6, $7)
"""


async def note_access(
    connection: Connection, caller: Caller, at: datetime, person_id: UUID, kind: str, target: str
) -> None:
    """Write in the access log that the caller opened something of another person (PLN-818)."""
    await connection.raw.execute(
        _NOTE_ACCESS,
        at,
        caller.person_id,
        caller.position_id,
        caller.leader_person_id,
        person_id,
        kind,
        target,
    )


_NOTE = """
insert into history_entry
    (target_kind, target_id, at, actor_id, actor_position, on_behalf_of, act, status, comment, details)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""

LOCK_PERSON = "select pg_advisory_xact_lock(hashtextextended($1::uuid::text, 7))"
"""Changes of one person's progress happen one after another, whichever plan or event they come by."""

LOCK_HOLDERS = """
select pg_advisory_xact_lock(key) from (
    select distinct hashtextextended(person_id::text, 7) as key
    from directory_position where position_id = any($1::uuid[]) order by 1) holders
"""

LOCK_OWNER = """
select person_id, pg_advisory_xact_lock(hashtextextended(person_id::text, 7))
from assignment where assignment_id = $1 and state <> 'deleted'
"""


async def note(
    connection: Connection,
    target_kind: str,
    target_id: UUID,
    at: datetime,
    actor: Actor | None,
    act: str,
    status: str,
    *,
    comment: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Add to the history of an assignment, a registration or a goal; `actor` as events name it, or none."""
    await connection.raw.execute(
        _NOTE,
        target_kind,
        target_id,
        at,
        getattr(actor, "person_id", None),
        getattr(actor, "position_id", None),
        getattr(actor, "on_behalf_of", None),
        act,
        status,
        comment,
        details,
    )


_NOTE_MANY = """
insert into history_entry
    (target_kind, target_id, at, actor_id, actor_position, on_behalf_of, act, status, details)
select 'assignment', id, $2, $3, $4, $5, $6, $7, $8 from unnest($1::uuid[]) id
"""


async def note_many(
    connection: Connection,
    assignments: Iterable[UUID],
    at: datetime,
    actor: Actor | None,
    act: str,
    status: str,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Add the same entry to the history of many assignments."""
    await connection.raw.execute(
        _NOTE_MANY,
        list(assignments),
        at,
        getattr(actor, "person_id", None),
        getattr(actor, "position_id", None),
        getattr(actor, "on_behalf_of", None),
        act,
        status,
        details,
    )


_HISTORY = """
select h.entry_id, h.at, h.act, h.status, h.comment, h.details, h.actor_id,
    p.given_name || ' ' || p.family_name as actor_name,
    h.on_behalf_of, b.given_name || ' ' || b.family_name as on_behalf_of_name
from history_entry h
left join directory_person p on p.person_id = h.actor_id
left join directory_person b on b.person_id = h.on_behalf_of
where h.target_id = $1 order by h.at desc, h.entry_id desc limit 500
"""


async def history(connection: Connection, target_id: UUID) -> list[dict[str, Any]]:
    """What happened to something, newest first."""
    return [dict(row) for row in await connection.raw.fetch(_HISTORY, target_id)]
