"""Queries of registration, invitations, relations and Personalia."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update

from stafett_chassis.auth import ActingAs, Caller
from stafett_chassis.sql import Connection, Row
from stafett_contracts.vocabulary import InvitationRole, InvitationState
from stafett_identity.directory.rules import sort_key
from stafett_identity.registration import tables
from stafett_identity.registration.model import (
    DepartmentView,
    EnterpriseView,
    FoundPerson,
    InvitationView,
)
from stafett_identity.registration.rules import Invitation

_invitation = tables.invitation
_verification = tables.email_verification

# --- units ---

_ENTERPRISES = """
select e.unit_id, e.name,
       jsonb_agg(jsonb_build_object('unit_id', d.unit_id, 'name', d.name)) as departments
from org_unit e join org_unit d on d.hf_id = e.unit_id and d.level = 'unit'
    and (d.valid_to is null or d.valid_to >= $1)
where e.level = 'training_enterprise' and (e.valid_to is null or e.valid_to >= $1)
group by e.unit_id
"""


async def enterprises(connection: Connection, today: date) -> list[EnterpriseView]:
    """The training enterprises that have departments to choose, by name."""
    found = [
        EnterpriseView(
            row["unit_id"],
            row["name"],
            sorted(
                (DepartmentView(UUID(one["unit_id"]), one["name"]) for one in row["departments"]),
                key=lambda one: sort_key(one.name, ""),
            ),
        )
        for row in await connection.raw.fetch(_ENTERPRISES, today)
    ]
    return sorted(found, key=lambda one: sort_key(one.name, ""))


async def unit_by_name(connection: Connection, parent_id: UUID | None, name: str) -> UUID | None:
    """The unit of this name right under another (or under none)."""
    found: UUID | None = await connection.raw.fetchval(
        "select unit_id from org_unit where parent_id is not distinct from $1 and lower(name) = lower($2)",
        parent_id,
        name,
    )
    return found


async def unit_by_code(connection: Connection, code: str) -> UUID | None:
    """The unit of this code."""
    found: UUID | None = await connection.raw.fetchval("select unit_id from org_unit where code = $1", code)
    return found


# --- people ---

_OPEN = "{0}.status = 'active' and ({0}.access_until is null or {0}.access_until >= $1)"

_SEARCH = f"""
select f.person_id, f.name, f.title, f.unit_name, f.hf_name from (
    select distinct on (p.person_id) p.person_id, trim(p.given_name || ' ' || p.family_name) as name, p.sort_key,
           q.title, u.name as unit_name, h.name as hf_name
    from person p join position q on q.person_id = p.person_id and {_OPEN.format("q")}
        join org_unit u on u.unit_id = q.unit_id left join org_unit h on h.unit_id = q.hf_id
        left join account a on a.person_id = p.person_id
    where array_to_tsvector(string_to_array(p.search_text, ' ')) @@ to_tsquery('simple', $2)
        and not p.protected and a.state is distinct from 'deactivated'
    order by p.person_id, (q.kind = 'temporary'), q.start_date, q.position_id
) f order by f.sort_key, f.person_id limit 50
"""  # noqa: S608 - our own conditions


async def search_people(connection: Connection, words: Sequence[str], today: date) -> list[FoundPerson]:
    """People with an active position whose name has a word beginning with each of `words` (IDN-251)."""
    if not words:
        return []
    # Words are letters and digits only (directory.rules.search_words).
    query = " & ".join(f"{word}:*" for word in words)
    return [FoundPerson(**row) for row in await connection.raw.fetch(_SEARCH, today, query)]


_ACTIVE = f"""
select 1 from position q where q.person_id = $2 and {_OPEN.format("q")}
    and not exists (select 1 from account a where a.person_id = $2 and a.state = 'deactivated') limit 1
"""  # noqa: S608 - our own conditions


async def is_active(connection: Connection, person_id: UUID, today: date) -> bool:
    """Whether the person has a position that gives access and no deactivated account."""
    return bool(await connection.raw.fetchval(_ACTIVE, today, person_id))


_BY_EMAIL = f"""
select p.person_id, trim(p.given_name || ' ' || p.family_name) as name, q.title, u.name as unit_name, h.name as hf_name
from person p left join lateral (
        select * from position q where q.person_id = p.person_id and {_OPEN.format("q")}
        order by q.start_date, q.position_id limit 1
    ) q on true
    left join org_unit u on u.unit_id = q.unit_id left join org_unit h on h.unit_id = q.hf_id
where lower(p.private_email) = $2 and p.private_email_verified_at is not null limit 1
"""  # noqa: S608 - our own conditions


async def holder_of_email(connection: Connection, email_key: str, today: date) -> Row | None:
    """Whose verified address it is, with the first of their active positions."""
    return await connection.raw.fetchrow(_BY_EMAIL, today, email_key)


async def hold_email(work: Connection, email_key: str) -> None:
    """Let nobody else make this address theirs until this unit of work ends."""
    await work.raw.execute("select pg_advisory_xact_lock(hashtextextended($1, 14))", email_key)


_LEADER_POSITION = f"""
select q.position_id from position q join position t on t.position_id = $3
where q.person_id = $2 and {_OPEN.format("q")} and q.kind <> 'temporary'
order by (q.unit_id <> t.unit_id), (q.hf_id <> t.hf_id), q.start_date, q.position_id limit 1
"""  # noqa: S608 - our own conditions


async def leading_position(
    connection: Connection, leader_person_id: UUID, employee_position_id: UUID, today: date
) -> UUID | None:
    """From which position somebody leads an employee: at the same unit, else nearest, else started first (IDN-117)."""
    found: UUID | None = await connection.raw.fetchval(
        _LEADER_POSITION, today, leader_person_id, employee_position_id
    )
    return found


_STANDING = f"""
with recursive chain as (
    select q.position_id from position q where q.person_id = $2 and {_OPEN.format("q")}
    union
    select l.leader_position_id from leader_link l join chain c on c.position_id = l.employee_position_id
    where l.leader_position_id is not null
)
select
    exists (select 1 from person where person_id = $2) as known,
    exists (select 1 from position q where q.person_id = $2 and {_OPEN.format("q")}) as active,
    exists (select 1 from position q where q.person_id = $2 and {_OPEN.format("q")} and q.track <> 'none') as trains,
    exists (select 1 from leader_link l join chain c on c.position_id = l.employee_position_id
            where l.leader_position_id = $3)
        and ($4::uuid is null or exists (
            select 1 from deputy d where d.leader_position_id = $3 and d.deputy_person_id = $4
                and d.ended_at is null and (d.expires_on is null or d.expires_on >= $1))) as leads
"""  # noqa: S608 - our own conditions


async def standing(connection: Connection, caller: Caller, person_id: UUID, today: date) -> Row:
    """What is known of a person, and whether the caller leads them, also through leaders below or as deputy."""
    deputy = caller.person_id if caller.acting_as is ActingAs.DEPUTY else None
    row: Row | None = await connection.raw.fetchrow(_STANDING, today, person_id, caller.leads_from, deputy)
    assert row is not None
    return row


async def has_leader(connection: Connection, position_id: UUID) -> bool:
    """Whether a position has a leader."""
    return bool(
        await connection.raw.fetchval(
            "select 1 from leader_link where employee_position_id = $1 and link_id is not null", position_id
        )
    )


async def has_mentor(connection: Connection, person_id: UUID) -> bool:
    """Whether a person has a mentor."""
    return bool(
        await connection.raw.fetchval(
            "select 1 from person_link where trainee_person_id = $1 and kind = 'mentor' and valid_to is null limit 1",
            person_id,
        )
    )


# --- invitations ---


async def invitation(connection: Connection, invitation_id: UUID, *, lock: bool = False) -> Invitation | None:
    """An invitation; with `lock` nobody else answers it until this unit of work ends."""
    return await _one(connection, _invitation.c.invitation_id == invitation_id, lock=lock)


async def invitation_by_token(
    connection: Connection, token_hash: bytes, *, lock: bool = False
) -> Invitation | None:
    """The invitation whose present link holds the token of this hash."""
    return await _one(connection, _invitation.c.token_hash == token_hash, lock=lock)


async def _one(connection: Connection, where: Any, *, lock: bool) -> Invitation | None:
    query = select(_invitation).where(where)
    row = await connection.maybe(query.with_for_update() if lock else query)
    return _read(row) if row else None


def _read(row: Row) -> Invitation:
    return Invitation(**{**row, "role": InvitationRole(row["role"]), "state": InvitationState(row["state"])})


async def insert_invitation(work: Connection, row: Invitation) -> None:
    """Store a new invitation."""
    await work.run(insert(_invitation).values(asdict(row)))


async def save_invitation(work: Connection, row: Invitation) -> None:
    """Store a changed invitation."""
    await work.run(
        update(_invitation).where(_invitation.c.invitation_id == row.invitation_id).values(asdict(row))
    )


async def waiting_invitations(work: Connection, trainee_person_id: UUID) -> list[Invitation]:
    """A trainee's invitations that are stored as waiting, time notwithstanding; locked."""
    rows = await work.all(
        select(_invitation)
        .where(
            _invitation.c.trainee_person_id == trainee_person_id,
            _invitation.c.state.in_(["open", "needs_confirmation"]),
        )
        .order_by(_invitation.c.invitation_id)
        .with_for_update()
    )
    return [_read(row) for row in rows]


async def overdue_invitations(work: Connection, now: datetime) -> list[Invitation]:
    """Open invitations whose time has run out; locked."""
    rows = await work.all(
        select(_invitation)
        .where(_invitation.c.state == "open", _invitation.c.expires_at <= now)
        .order_by(_invitation.c.invitation_id)
        .with_for_update(skip_locked=True)
    )
    return [_read(row) for row in rows]


_INVITATIONS = """
select i.*, trim(p.given_name || ' ' || p.family_name) as person_name
from invitation i left join person p on p.person_id = i.accepted_person_id
where i.trainee_person_id = $1 and ($2::uuid is null or i.invitation_id = $2)
order by i.created_at desc, i.invitation_id desc
"""


async def invitation_views(
    connection: Connection, trainee_person_id: UUID, now: datetime, only: UUID | None = None
) -> list[InvitationView]:
    """A trainee's invitations, the newest first (or `only` one)."""
    found = []
    for row in await connection.raw.fetch(_INVITATIONS, trainee_person_id, only):
        values = dict(row)
        person_name = values.pop("person_name")
        one = _read(values)
        found.append(
            InvitationView(
                invitation_id=one.invitation_id,
                role=one.role,
                state=one.state_at(now),
                name=one.name,
                email=one.email,
                message=one.message,
                sent_at=one.sent_at,
                send_count=one.send_count,
                expires_at=one.expires_at,
                undelivered=one.undelivered_at is not None,
                person_id=one.accepted_person_id,
                person_name=person_name,
                revision=one.revision,
            )
        )
    return found


# --- addresses to be verified ---


async def insert_verification(work: Connection, **values: Any) -> None:
    """Store that an address waits for its owner; earlier links of the person are void."""
    await work.run(
        update(_verification)
        .where(
            _verification.c.person_id == values["person_id"],
            _verification.c.verified_at.is_(None),
            _verification.c.expires_at > values["created_at"],
        )
        .values(expires_at=values["created_at"])
    )
    await work.run(insert(_verification).values(**values))


async def verification(work: Connection, token_hash: bytes) -> Row | None:
    """The address that waits under this token; locked."""
    return await work.maybe(
        select(_verification).where(_verification.c.token_hash == token_hash).with_for_update()
    )


async def mark_verified(work: Connection, verification_id: UUID, now: datetime) -> None:
    """The link has been opened."""
    await work.run(
        update(_verification)
        .where(_verification.c.verification_id == verification_id)
        .values(verified_at=now)
    )
