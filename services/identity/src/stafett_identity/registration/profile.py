"""What Personalia and the page of one's relations show: each a single question to the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from stafett_chassis.sql import Connection
from stafett_identity.registration.model import (
    DeputyView,
    LeaderView,
    PersonaliaPosition,
    RelatedPerson,
    TrainingLeadView,
)

# A related person with the title and unit of the first of their active positions, if any is left.
_RELATED = """
jsonb_build_object('person_id', n.person_id, 'name', trim(n.given_name || ' ' || n.family_name), 'title', w.title,
    'unit_name', w.unit_name, 'valid_from', {0}.valid_from, 'active', w.position_id is not null
        and not exists (select 1 from account a where a.person_id = n.person_id and a.state = 'deactivated'))"""
_AT_WORK = """
left join lateral (
    select q.position_id, q.title, u.name as unit_name from position q join org_unit u on u.unit_id = q.unit_id
    where q.person_id = n.person_id and q.status = 'active' and (q.access_until is null or q.access_until >= $1)
    order by q.start_date, q.position_id limit 1
) w on true"""


def _links(kind: str) -> str:
    return f"""
    (select coalesce(jsonb_agg({_RELATED.format("m")} order by n.sort_key, n.person_id), '[]')
     from person_link m join person n on n.person_id = m.holder_person_id {_AT_WORK}
     where m.trainee_person_id = p.person_id and m.kind = '{kind}' and m.valid_to is null)"""  # noqa: S608


_PROFILE = f"""
select p.person_id, p.given_name, p.family_name, p.work_email, p.private_email, p.private_email_verified_at,
    p.phone, p.language, p.hpr_number, p.hpr_source, p.revision + p.contact_revision as person_revision,
    (select v.address from email_verification v where v.person_id = p.person_id and v.verified_at is null
        and v.expires_at > $4 order by v.created_at desc limit 1) as pending_email,
    exists (select 1 from position t where t.person_id = p.person_id and t.status = 'active'
        and t.track in ('lis1', 'lis2_3')) as trainee,
    q.position_id, q.kind, q.title, q.track, q.specialty, q.unit_id, u.name as unit_name, q.hf_id, h.name as hf_name,
    q.start_date, q.end_date, q.revision as position_revision,
    (select {_RELATED.format("l")} || jsonb_build_object('position_id', l.leader_position_id, 'source', l.source)
     from leader_link l join person n on n.person_id = l.leader_person_id {_AT_WORK}
     where l.employee_position_id = q.position_id and l.link_id is not null) as leader,
    {_links("mentor")} as mentors,
    {_links("supervisor")} as supervisors,
    (select coalesce(jsonb_agg(jsonb_build_object('person_id', n.person_id, 'specialty', t.specialty,
        'name', trim(n.given_name || ' ' || n.family_name)) order by t.specialty, n.sort_key), '[]')
     from training_lead_link t join person n on n.person_id = t.lead_person_id
     where t.trainee_position_id = q.position_id and t.state = 'active') as training_leads,
    (select coalesce(jsonb_agg(jsonb_build_object('person_id', n.person_id, 'expires_on', d.expires_on,
        'name', trim(n.given_name || ' ' || n.family_name)) order by n.sort_key, n.person_id), '[]')
     from deputy d join person n on n.person_id = d.deputy_person_id
     where d.leader_position_id = q.position_id and d.ended_at is null
        and (d.expires_on is null or d.expires_on >= $1)) as deputies
from person p left join position q on q.person_id = p.person_id and q.position_id = $3
    left join org_unit u on u.unit_id = q.unit_id left join org_unit h on h.unit_id = q.hf_id
where p.person_id = $2
"""  # noqa: S608 - our own conditions


@dataclass(frozen=True, slots=True)
class Profile:
    """A person as seen from one of their positions."""

    person_id: UUID
    given_name: str
    family_name: str
    work_email: str | None
    email: str | None
    pending_email: str | None
    phone: str | None
    language: str
    hpr_number: str | None
    hpr_source: str | None
    trainee: bool
    position: PersonaliaPosition | None
    leader: LeaderView | None
    mentors: Sequence[RelatedPerson]
    supervisors: Sequence[RelatedPerson]
    training_leads: Sequence[TrainingLeadView]
    deputies: Sequence[DeputyView] = field(default_factory=tuple)
    revision: int = 0


async def profile(
    connection: Connection, person_id: UUID, position_id: UUID | None, today: date, now: datetime
) -> Profile | None:
    """A person and what hangs on the position; its `revision` rises with every change of either."""
    row = await connection.raw.fetchrow(_PROFILE, today, person_id, position_id, now)
    if row is None:
        return None
    return Profile(
        person_id=row["person_id"],
        given_name=row["given_name"],
        family_name=row["family_name"],
        work_email=row["work_email"],
        email=row["private_email"],
        pending_email=row["pending_email"],
        phone=row["phone"],
        language=row["language"],
        hpr_number=row["hpr_number"],
        hpr_source=row["hpr_source"],
        trainee=row["trainee"],
        position=_position(row) if row["position_id"] else None,
        leader=_leader(row["leader"]) if row["leader"] else None,
        mentors=[_related(one) for one in row["mentors"]],
        supervisors=[_related(one) for one in row["supervisors"]],
        training_leads=[
            TrainingLeadView(UUID(one["person_id"]), one["name"], one["specialty"])
            for one in row["training_leads"]
        ],
        deputies=[
            DeputyView(UUID(one["person_id"]), one["name"], _day(one["expires_on"]))
            for one in row["deputies"]
        ],
        revision=row["person_revision"] + (row["position_revision"] or 0),
    )


def _position(row: Any) -> PersonaliaPosition:
    names = (
        "position_id kind title track specialty unit_id unit_name hf_id hf_name start_date end_date"
    ).split()
    return PersonaliaPosition(**{name: row[name] for name in names})


def _related(one: Mapping[str, Any]) -> RelatedPerson:
    return RelatedPerson(**_fields(one))


def _leader(one: Mapping[str, Any]) -> LeaderView:
    return LeaderView(**_fields(one), position_id=UUID(one["position_id"]), source=one["source"])


def _fields(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "person_id": UUID(one["person_id"]),
        "name": one["name"],
        "title": one["title"],
        "unit_name": one["unit_name"],
        "valid_from": date.fromisoformat(one["valid_from"]),
        "active": one["active"],
    }


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
