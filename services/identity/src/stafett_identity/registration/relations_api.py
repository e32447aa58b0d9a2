"""Invitations, choosing and removing leader, mentors and supervisors, and finding people to choose."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from stafett_chassis.http import CHANGE, OPEN, VERSIONED, Call, Reading, Visit
from stafett_chassis.problems import Fault, Invalid
from stafett_chassis.work import Work
from stafett_contracts.vocabulary import InvitationRole
from stafett_identity.directory.rules import search_words
from stafett_identity.registration import answering, inviting, relations, store
from stafett_identity.registration.actions import Form
from stafett_identity.registration.api import Address, Hpr, Name, Phone, Title, Token
from stafett_identity.registration.model import (
    AnswerView,
    FoundPerson,
    InvitationView,
    LinkView,
    RelationsView,
)
from stafett_identity.registration.web import Applying, settings_of, with_session
from stafett_identity.sessions.web import Body

routes = APIRouter(tags=["relations"])

LinkToken = Annotated[str, Path(min_length=10, max_length=100, description="from the link in the e-mail")]


class Invite(Body):
    """Whom to invite, to one role."""

    role: InvitationRole
    given_name: Name
    family_name: Name
    email: Address
    message: str | None = Field(default=None, max_length=1000)


class Accept(Body):
    """The form of an invitee who has no account; empty for somebody logged in."""

    email: Address | None = None
    phone: Phone | None = None
    title: Title | None = None
    hpr_number: Hpr | None = None
    department_id: UUID | None = None
    identification: Token | None = Field(
        default=None, description="from the e-ID log-in; not needed where its cookie is sent"
    )


class ChoosePerson(Body):
    """Whom to choose."""

    person_id: UUID


# --- finding people ---


@routes.get("/people", response_model=list[FoundPerson])
async def get_people(
    call: Call, q: Annotated[str, Query(max_length=100, description="at least two letters of a name")]
) -> Response:
    """Find people with an active position by name, in any order of words; at most 50."""

    async def find(read: Reading) -> list[FoundPerson]:
        return await store.search_people(read, search_words(q), read.today)

    return await call.read(find)


# --- invitations ---


@routes.post("/invitations", response_model=InvitationView, status_code=201, openapi_extra=CHANGE)
async def post_invitation(body: Invite, call: Call) -> Response:
    """Invite a leader, mentor or supervisor by e-mail; trainees at the municipal site."""
    return await call.create(
        inviting.invite,
        settings_of(call),
        body.role,
        body.given_name,
        body.family_name,
        body.email,
        body.message,
    )


@routes.get("/invitations", response_model=list[InvitationView])
async def get_invitations(call: Call) -> Response:
    """List one's invitations, the newest first."""

    async def show(read: Reading) -> list[InvitationView]:
        return await store.invitation_views(read, read.caller.person_id, read.at)

    return await call.read(show)


@routes.post("/invitations/{invitation_id}/resend", response_model=InvitationView, openapi_extra=VERSIONED)
async def post_resend(invitation_id: UUID, call: Call) -> Response:
    """Send an invitation again with a new link, at most once an hour and five times."""
    return await call.act(inviting.resend, settings_of(call), invitation_id, call.version())


@routes.post("/invitations/{invitation_id}/withdraw", response_model=InvitationView, openapi_extra=VERSIONED)
async def post_withdraw(invitation_id: UUID, call: Call) -> Response:
    """Withdraw an invitation."""
    return await call.act(inviting.withdraw, settings_of(call), invitation_id, call.version())


@routes.post("/invitations/{invitation_id}/confirm", response_model=InvitationView, openapi_extra=VERSIONED)
async def post_confirm(invitation_id: UUID, call: Call) -> Response:
    """Confirm that whoever answered under another family name is the one meant."""
    return await call.act(inviting.confirm, settings_of(call), invitation_id, call.version())


@routes.get("/invitations/by-token/{token}", response_model=LinkView, openapi_extra=OPEN)
async def get_link(token: LinkToken, visit: Visit) -> Response:
    """Show what an invitation's link opens: who invites whom to be what, and whether it still can be answered."""
    return await visit.act(answering.look_at, token)


@routes.post(
    "/invitations/by-token/{token}/accept", response_model=AnswerView, openapi_extra={**OPEN, **CHANGE}
)
async def post_accept(token: LinkToken, body: Accept, applying: Applying, visit: Visit) -> Response:
    """Accept an invitation: logged in, or after e-ID with the form, which registers and logs in."""
    applicant = await applying.applicant(body.identification)
    form = _form(body) if applicant.session is None else None
    how = applying.logging_in(applicant)

    async def accept(work: Work) -> AnswerView:
        who = await applying.locked(work, applicant)
        return await answering.accept(work, applying.settings, token, who, form, how)

    return await with_session(applying, visit, how, 200, accept)


def _form(body: Accept) -> Form:
    """What an invitee without account must fill in (IDN-065)."""
    needed = {
        "email": body.email,
        "phone": body.phone,
        "title": body.title,
        "department_id": body.department_id,
    }
    if missing := [name for name, value in needed.items() if value is None]:
        raise Invalid(
            Fault(name, "missing", "Feltet må fylles ut.", "The field is required.") for name in missing
        )
    assert body.email is not None
    assert body.department_id is not None
    return Form(
        email=body.email,
        phone=body.phone,
        hpr_number=body.hpr_number,
        title=body.title,
        department_id=body.department_id,
    )


# --- choosing and removing ---


@routes.get("/me/relations", response_model=RelationsView)
async def get_relations(call: Call) -> Response:
    """Show one's leader, mentors, supervisors and invitations, and what is missing."""

    async def show(read: Reading) -> RelationsView:
        return await relations.own_relations(read, settings_of(call))

    return await call.read(show)


@routes.put("/positions/{position_id}/leader", response_model=RelationsView, openapi_extra=CHANGE)
async def put_leader(position_id: UUID, body: ChoosePerson, call: Call) -> Response:
    """Choose a registered person as one's leader; trainees at the municipal site."""
    return await call.act(relations.choose_leader, settings_of(call), position_id, body.person_id)


@routes.delete("/positions/{position_id}/leader", status_code=204, openapi_extra=CHANGE)
async def delete_leader(position_id: UUID, call: Call) -> Response:
    """Remove one's leader; the access ends at once. Trainees at the municipal site."""
    return await call.act(relations.remove_leader, settings_of(call), position_id)


@routes.post("/people/{person_id}/mentors", status_code=204, openapi_extra=CHANGE)
async def post_mentor(person_id: UUID, body: ChoosePerson, call: Call) -> Response:
    """Register a mentor of somebody in training: they themselves, or their leader."""
    return await call.act(
        relations.register, settings_of(call), InvitationRole.MENTOR, person_id, body.person_id
    )


@routes.delete("/people/{person_id}/mentors/{mentor_id}", status_code=204, openapi_extra=CHANGE)
async def delete_mentor(person_id: UUID, mentor_id: UUID, call: Call) -> Response:
    """Remove a mentor: the trainee, the leader, or the mentor."""
    return await call.act(relations.remove, settings_of(call), InvitationRole.MENTOR, person_id, mentor_id)


@routes.post("/people/{person_id}/supervisors", status_code=204, openapi_extra=CHANGE)
async def post_supervisor(person_id: UUID, body: ChoosePerson, call: Call) -> Response:
    """Register a supervisor of oneself; trainees at the municipal site."""
    return await call.act(
        relations.register, settings_of(call), InvitationRole.SUPERVISOR, person_id, body.person_id
    )


@routes.delete("/people/{person_id}/supervisors/{supervisor_id}", status_code=204, openapi_extra=CHANGE)
async def delete_supervisor(person_id: UUID, supervisor_id: UUID, call: Call) -> Response:
    """Remove one of one's supervisors; municipal site."""
    return await call.act(
        relations.remove, settings_of(call), InvitationRole.SUPERVISOR, person_id, supervisor_id
    )
