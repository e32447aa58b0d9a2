"""Queries about sessions, what a person can act from, and the rights that gives."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, delete, insert, select, update

from stafett_chassis.auth import RoleScope
from stafett_chassis.sql import Connection, Row, into_all
from stafett_contracts.ids import UnitId
from stafett_contracts.vocabulary import Role, Track
from stafett_identity.directory.rules import sort_key
from stafett_identity.directory.tables import person
from stafett_identity.sessions import tables
from stafett_identity.sessions.model import DemoPerson, DemoPosition, NamedPerson, OwnSession, Rights, Session
from stafett_identity.sessions.rules import Option, OptionKind, Standing, arranged

_session = tables.login_session
_identification = tables.identification

# A position gives access through its last day (IDN-096); the start date does not matter (IDN-032).
_OPEN = "{0}.status = 'active' and ({0}.access_until is null or {0}.access_until >= $2)"

_OPTIONS = f"""
select p.position_id as option_id, case p.kind when 'temporary' then 'temporary' else 'own' end as kind,
       p.position_id, u.name as unit_name, h.name as hf_name, p.title, p.start_date, p.end_date,
       null::uuid as leader_position_id, null::uuid as leader_person_id, null::text as leader_name
from position p join org_unit u on u.unit_id = p.unit_id left join org_unit h on h.unit_id = p.hf_id
where p.person_id = $1 and {_OPEN.format("p")}
union all
select d.deputy_id, 'deputy', own.position_id, u.name, h.name, l.title, null, d.expires_on,
       d.leader_position_id, d.leader_person_id, trim(n.given_name || ' ' || n.family_name)
from deputy d join position l on l.position_id = d.leader_position_id and {_OPEN.format("l")}
    join person n on n.person_id = d.leader_person_id
    join org_unit u on u.unit_id = l.unit_id left join org_unit h on h.unit_id = l.hf_id
    cross join lateral (
        select o.position_id from position o where o.person_id = $1 and {_OPEN.format("o")}
        order by (o.kind = 'temporary'), o.last_selected_at desc nulls last, o.position_id limit 1
    ) own
where d.deputy_person_id = $1 and d.ended_at is null and d.valid_from <= $2
    and (d.expires_on is null or d.expires_on >= $2)
"""  # noqa: S608 - our own conditions


async def options(connection: Connection, person_id: UUID, today: date) -> list[Option]:
    """What a person can act from today, as listed (IDN-038, IDN-040)."""
    rows = await connection.raw.fetch(_OPTIONS, person_id, today)
    found = [Option(**{**row, "kind": OptionKind(row["kind"])}) for row in rows]
    return arranged(found, lambda name: sort_key(name, ""))


_RIGHTS = f"""
select p.kind, p.track,
       exists (select 1 from leader_link l join position e on e.position_id = l.employee_position_id
               where l.leader_position_id = p.position_id and e.status = 'active') as leads,
       exists (select 1 from person_link m where m.holder_person_id = p.person_id and m.kind = 'mentor'
               and m.valid_to is null) as mentors,
       exists (select 1 from person_link m where m.holder_person_id = p.person_id and m.kind = 'supervisor'
               and m.valid_to is null) as supervises,
       ll.leader_person_id, ll.leader_position_id, trim(n.given_name || ' ' || n.family_name) as leader_name,
       (select coalesce(jsonb_agg(jsonb_build_object(
            'role', g.role, 'specialties', g.specialties, 'plans', g.plan_ids,
            'units', (select coalesce(jsonb_agg(jsonb_build_array(r.unit_id, r.include_sub_units) order by r.unit_id),
                                      '[]') from role_unit r where r.grant_id = g.grant_id)
        ) order by g.role, g.grant_id), '[]')
        from role_grant g where g.position_id = p.position_id and g.state = 'active' and g.valid_from <= $2
            and (g.valid_to is null or g.valid_to >= $2)) as granted
from position p left join leader_link ll on ll.employee_position_id = p.position_id
    left join person n on n.person_id = ll.leader_person_id
where p.position_id = $1 and p.person_id = $3 and {_OPEN.format("p")}
    and ($4::uuid is null or exists (
        select 1 from deputy d join position l on l.position_id = d.leader_position_id and {_OPEN.format("l")}
        where d.deputy_id = $4 and d.deputy_person_id = $3 and d.ended_at is null
            and (d.expires_on is null or d.expires_on >= $2)))
"""  # noqa: S608 - our own conditions


async def rights(connection: Connection, session: Session, today: date) -> Rights | None:
    """What the session's option gives right now; none when it gives no access any more (IDN-044)."""
    deputy = session.option_kind == OptionKind.DEPUTY
    row = await connection.raw.fetchrow(
        _RIGHTS, session.position_id, today, session.person_id, session.option_id if deputy else None
    )
    if row is None or session.option_kind is None:
        return None
    return Rights(
        kind=OptionKind(session.option_kind),
        standing=Standing(
            track=Track(row["track"]),
            leads=row["leads"],
            mentors=row["mentors"],
            supervises=row["supervises"],
        ),
        # The leader's own roles are not the deputy's, nor do the deputy's own work meanwhile (IDN-148).
        granted=() if deputy else tuple(map(_role_scope, row["granted"])),
        # Who leads the deputy's own position has nothing to do with what the deputy does now (IDN-042).
        leader_name=None if deputy else row["leader_name"],
        leader_person_id=None if deputy else row["leader_person_id"],
        leader_position_id=None if deputy else row["leader_position_id"],
    )


def _role_scope(granted: Mapping[str, Any]) -> RoleScope:
    return RoleScope(
        Role(granted["role"]),
        tuple((UnitId(UUID(unit)), below) for unit, below in granted["units"]),
        tuple(granted["specialties"]),
        tuple(UUID(plan) for plan in granted["plans"]),
    )


async def named(connection: Connection, person_id: UUID) -> NamedPerson:
    """A person with the name shown. `LookupError` when there is none."""
    row = await connection.one(
        select(person.c.given_name, person.c.family_name).where(person.c.person_id == person_id)
    )
    given, family = row["given_name"], row["family_name"]
    return NamedPerson(person_id, given, family, f"{given} {family}".strip())


# --- sessions ---

_BY_ID = select(_session).where(_session.c.session_id == bindparam("session_id"))


async def session(connection: Connection, session_id: UUID) -> Session | None:
    """A session, whatever its state."""
    row = await connection.maybe(_BY_ID, session_id=session_id)
    return Session(**row) if row else None


async def insert_session(work: Connection, row: Session) -> None:
    """Store a new session."""
    await work.run(
        insert(_session).values({column.name: getattr(row, column.name) for column in _session.columns})
    )


_SEEN = (
    update(_session)
    .where(_session.c.session_id == bindparam("id"), _session.c.ended_at.is_(None))
    .values(last_seen_at=bindparam("now"), idle_ends_at=bindparam("idle_ends_at"))
    .returning(_session)
)


async def touch(work: Connection, session_id: UUID, now: datetime, idle_ends_at: datetime) -> Session | None:
    """Note activity in a session; the session, or none when it has ended."""
    row = await work.maybe(_SEEN, id=session_id, now=now, idle_ends_at=idle_ends_at)
    return Session(**row) if row else None


async def choose(
    work: Connection, session_id: UUID, option: Option, now: datetime, idle_ends_at: datetime
) -> Session | None:
    """Make the session act from `option`, and note the time of choice on the person's position (IDN-047)."""
    row = await work.maybe(
        update(_session)
        .where(_session.c.session_id == session_id, _session.c.ended_at.is_(None))
        .values(
            option_id=option.option_id,
            option_kind=option.kind.value,
            position_id=option.position_id,
            leader_position_id=option.leader_position_id,
            leader_person_id=option.leader_person_id,
            last_seen_at=now,
            idle_ends_at=idle_ends_at,
            revision=_session.c.revision + 1,
        )
        .returning(_session)
    )
    if row is None:
        return None
    await note_choice(work, option.position_id, now)
    return Session(**row)


async def note_choice(work: Connection, position_id: UUID, now: datetime) -> None:
    """The time a position was last chosen; nobody else is told."""
    await work.raw.execute(
        "update position set last_selected_at = $2 where position_id = $1", position_id, now
    )


async def end(work: Connection, cause: str, now: datetime, *, where: ColumnElement[bool]) -> Sequence[Row]:
    """End the live sessions that `where` selects; id, person and new revision of each."""
    return await work.all(
        update(_session)
        .where(where, _session.c.ended_at.is_(None))
        .values(ended_at=now, ended_cause=cause, revision=_session.c.revision + 1)
        .returning(_session.c.session_id, _session.c.person_id, _session.c.revision)
    )


async def live_sessions(
    connection: Connection, person_id: UUID, now: datetime, current: UUID
) -> list[OwnSession]:
    """A person's live sessions, the one last used first."""
    rows = await connection.all(
        select(
            _session.c.session_id,
            _session.c.method,
            _session.c.device,
            _session.c.started_at,
            _session.c.last_seen_at,
            (_session.c.session_id == current).label("current"),
        )
        .where(
            _session.c.person_id == person_id,
            _session.c.ended_at.is_(None),
            _session.c.idle_ends_at > now,
        )
        .order_by(_session.c.last_seen_at.desc(), _session.c.session_id)
    )
    return into_all(OwnSession, rows)


_MARK_ENDED = """
update login_session set ended_at = idle_ends_at, revision = revision + 1,
    ended_cause = case when idle_ends_at >= ends_at then 'too_long' else 'idle' end
where ended_at is null and idle_ends_at <= $1
"""


async def tidy(work: Connection, now: datetime) -> None:
    """Mark the sessions that have run out, and forget identifications nobody came back with."""
    await work.raw.execute(_MARK_ENDED, now)
    await work.run(delete(_identification).where(_identification.c.expires_at <= now))


# --- accounts ---

_LOGGED_IN = """
insert into account (person_id, state, state_since, state_cause, registered_at, last_login_at, last_login_method)
values ($1, 'active', $3, 'login', $2, $2, $4)
on conflict (person_id) do update set last_login_at = $2, last_login_method = $4
returning state, revision
"""
_ACTIVE_AGAIN = """
update account set state = 'active', state_since = $2, state_cause = 'login', warned_at = null,
    deactivated_at = null, revision = revision + 1 where person_id = $1 returning revision
"""


async def note_login(work: Connection, person_id: UUID, now: datetime, today: date, method: str) -> str:
    """Store time and method on the account, which is made at the first log-in (IDN-047); its state before."""
    row = await work.raw.fetchrow(_LOGGED_IN, person_id, now, today, method)
    return str(row["state"]) if row else ""


async def reactivate_account(work: Connection, person_id: UUID, today: date) -> int:
    """Make a warned or deactivated account active; its new revision."""
    return int(await work.raw.fetchval(_ACTIVE_AGAIN, person_id, today))


# --- identifications ---


async def holder_of_hpr(connection: Connection, number: str) -> Row | None:
    """Who has an HPR number, and by whose word."""
    return await connection.raw.fetchrow(
        "select person_id, hpr_source from person where hpr_number = $1", number
    )


async def insert_identification(work: Connection, **values: Any) -> None:
    """Store who an e-ID said somebody is."""
    await work.run(insert(_identification).values(**values))


async def identification(work: Connection, secret_hash: bytes, *, lock: bool = False) -> Row | None:
    """An identification; with `lock` nobody else uses it until this unit of work ends."""
    query = select(_identification).where(_identification.c.secret_hash == secret_hash)
    return await work.maybe(query.with_for_update() if lock else query)


async def use_identification(work: Connection, secret_hash: bytes, now: datetime) -> None:
    """It has led to a session and is of no more use."""
    await work.run(
        update(_identification).where(_identification.c.secret_hash == secret_hash).values(used_at=now)
    )


# --- keys ---


async def keys(connection: Connection) -> Sequence[Row]:
    """Every signing key, the newest first."""
    key = tables.signing_key
    return await connection.all(select(key).order_by(key.c.signs_from.desc(), key.c.made_at.desc()))


async def insert_key(connection: Connection, **values: Any) -> None:
    """Store a signing key."""
    await connection.run(insert(tables.signing_key).values(**values))


async def delete_key(connection: Connection, key_id: str) -> None:
    """Forget a signing key."""
    await connection.run(delete(tables.signing_key).where(tables.signing_key.c.key_id == key_id))


async def holds_real_people(connection: Connection) -> bool:
    """Whether any national id here is a real one (IDN-037)."""
    query = select(person.c.person_id).where(person.c.national_id.is_not(None), person.c.synthetic.is_(False))
    return await connection.maybe(query.limit(1)) is not None


# --- demo ---

_DEMO = f"""
select p.person_id, trim(p.given_name || ' ' || p.family_name) as name, p.sort_key,
       jsonb_agg(jsonb_build_object('position_id', q.position_id, 'title', q.title, 'unit_name', u.name,
                                    'hf_name', h.name) order by u.name, q.position_id) as positions,
       (select coalesce(array_agg(distinct r.role order by r.role), '{{}}') from (
            select g.role from role_grant g join position o on o.position_id = g.position_id
            where g.person_id = p.person_id and {_OPEN.format("o")} and g.state = 'active' and g.valid_from <= $2
                and (g.valid_to is null or g.valid_to >= $2)
            union all select 'leader' from leader_link l join position e on e.position_id = l.employee_position_id
            where l.leader_person_id = p.person_id and e.status = 'active'
            union all select m.kind from person_link m where m.holder_person_id = p.person_id and m.valid_to is null
            union all select case o.track when 'apprentice' then 'apprentice' else 'trainee' end from position o
            where o.person_id = p.person_id and o.track <> 'none' and {_OPEN.format("o")}
            union all select 'deputy' from deputy d where d.deputy_person_id = p.person_id and d.ended_at is null
                and (d.expires_on is null or d.expires_on >= $2)
       ) r) as roles
from person p join position q on q.person_id = p.person_id and {_OPEN.format("q")}
    join org_unit u on u.unit_id = q.unit_id left join org_unit h on h.unit_id = q.hf_id
where not exists (select 1 from unnest($1::text[]) w where (' ' || p.search_text) not like '% ' || w || '%')
    and ($3::text is null or (p.sort_key, p.person_id) > ($3, $4::uuid))
group by p.person_id order by p.sort_key, p.person_id limit $5
"""  # noqa: S608 - our own conditions


async def demo_people(
    connection: Connection, words: Sequence[str], today: date, after: tuple[str, UUID] | None, limit: int
) -> list[DemoPerson]:
    """People with a position that gives access and whose name holds every one of `words`, by name."""
    sort, person_id = after or (None, None)
    rows = await connection.raw.fetch(_DEMO, list(words), today, sort, person_id, limit)
    return [
        DemoPerson(
            row["person_id"],
            row["name"],
            row["sort_key"],
            [DemoPosition(**position) for position in row["positions"]],
            row["roles"],
        )
        for row in rows
    ]
