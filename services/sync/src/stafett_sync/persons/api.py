"""HPR numbers that people must look at: «HPR-saker» of hf_admin (SYN-011, SYN-012)."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy import select

from stafett_chassis.directory import access
from stafett_chassis.directory.tables import position
from stafett_chassis.http import VERSIONED, Call, Reading
from stafett_chassis.problems import Conflict, NotFound, check_version
from stafett_chassis.sql import Connection
from stafett_chassis.work import Work
from stafett_contracts.vocabulary import PeerAnswer, Role
from stafett_sync.outgoing import actions as outgoing
from stafett_sync.outgoing import rules as messages
from stafett_sync.persons import actions, store, talks

routes = APIRouter(tags=["HPR cases"])
_ADMINS = (Role.HF_ADMIN, Role.RHF_ADMIN)
_CASES = """
select t.person_id || '.' || (p->>'site') as case_id, t.person_id, d.given_name || ' ' || d.family_name as name,
    t.hpr, p->>'site' as site, p->>'name' as site_name, p->>'answer' as kind,
    case when p->>'answer' = 'unchecked' then l.told_name end as told_name,
    case when p->>'answer' = 'unchecked' then l.told_trust end as told_trust,
    coalesce(l.confirmed_here, false) as confirmed, l.confirmed_at, coalesce(l.revision, 0) as revision
from trainee t join directory_person d using (person_id) cross join jsonb_array_elements(t.peers) p
left join peer_link l on l.person_id = t.person_id and l.hpr = t.hpr and l.peer = p->>'site'
where t.open and p->>'answer' in ('unchecked', 'mismatch') and t.person_id = any($1::uuid[])
order by d.sort_key, t.person_id, p->>'site'
"""


@dataclass(frozen=True, slots=True)
class IdentityCase:
    """A trainee whose HPR number is also somebody's at another site, and the checks do not tell that it is the same."""

    case_id: str
    person_id: UUID
    name: str
    hpr: str
    site: str
    site_name: str
    kind: PeerAnswer
    text: str
    told_name: str | None
    """The name at the other site; told only where the checks say nothing."""
    told_trust: str | None
    confirmed: bool
    confirmed_at: datetime | None
    revision: int


@routes.get("/identity-cases", response_model=list[IdentityCase])
async def get_cases(call: Call) -> Response:
    """List the HPR numbers that must be looked at in the caller's trusts."""
    return await call.read(_cases)


@routes.post("/identity-cases/{case_id}/confirm", response_model=IdentityCase, openapi_extra=VERSIONED)
async def confirm(case_id: str, call: Call) -> Response:
    """Confirm «Dette er samme lege»: facts pass from now on."""
    return await call.act(_decide, case_id, True, call.version())


@routes.post("/identity-cases/{case_id}/refuse", response_model=IdentityCase, openapi_extra=VERSIONED)
async def refuse(case_id: str, call: Call) -> Response:
    """Say that it is not the same, or take a confirmation back: no facts pass."""
    return await call.act(_decide, case_id, False, call.version())


async def _cases(read: Reading) -> list[IdentityCase]:
    reach = access.positions(read.caller, read.today, roles=_ADMINS)
    persons = await read.column(
        select(position.c.person_id).where(position.c.position_id.in_(reach)).distinct()
    )
    return await _read(read, persons)


async def _read(connection: Connection, persons: list[UUID]) -> list[IdentityCase]:
    rows = await connection.raw.fetch(_CASES, persons)
    return [
        IdentityCase(
            **{**dict(row), "kind": (kind := PeerAnswer(row["kind"]))}, text=_text(kind, row["site_name"])
        )
        for row in rows
    ]


def _text(kind: PeerAnswer, site: str) -> str:
    if kind is PeerAnswer.MISMATCH:
        return f"HPR-nummeret tilhører en annen person ved {site}"
    return f"HPR-nummeret finnes også ved {site}. Er dette samme lege?"


async def _decide(work: Work, case_id: str, same: bool, version: int | None) -> IdentityCase:
    person, _, peer = case_id.partition(".")
    try:
        person_id = UUID(person)
    except ValueError:
        raise NotFound() from None
    if not await _administers(work, person_id):
        raise NotFound()
    await store.lock_person(work, person_id)
    case = await _one(work, person_id, peer)
    check_version(version, case.revision, case)
    if case.kind is PeerAnswer.MISMATCH:
        raise Conflict(
            "checks_mismatch",
            "Fødselsnumrene er forskjellige. HPR-nummeret må rettes.",
            "The national ids differ. The HPR number must be corrected.",
        )
    links = await talks.links_of(work, person_id, case.hpr)
    link = links.get(peer, talks.PeerLink(person_id, case.hpr, peer))
    if link.confirmed_here != same:
        await talks.put_link(
            work,
            replace(
                link,
                confirmed_here=same,
                confirmed_by=work.caller.person_id,
                confirmed_at=work.at,
                revision=link.revision + 1,
            ),
        )
        outgoing.send_message(work, peer, messages.CHECK, {"hpr": case.hpr, "confirmed": same})
        await actions.refresh_link(work, {person_id})
    return await _one(work, person_id, peer)


async def _administers(work: Work, person_id: UUID) -> bool:
    reach = access.positions(work.caller, work.today, roles=_ADMINS)
    return bool(
        await work.value(
            select(position.c.position_id)
            .where(position.c.person_id == person_id, position.c.position_id.in_(reach))
            .limit(1)
        )
    )


async def _one(work: Work, person_id: UUID, peer: str) -> IdentityCase:
    found = [case for case in await _read(work, [person_id]) if case.site == peer]
    if not found:
        raise NotFound()
    return found[0]
