"""Storing invitations, telling of them, and making the relation that came of one."""

from dataclasses import replace
from typing import TypeVar
from uuid import UUID

from stafett_chassis.problems import NotFound
from stafett_chassis.work import Work
from stafett_contracts import identity
from stafett_contracts.ids import EventId, InvitationId, PersonId
from stafett_contracts.values import Person as NamedPerson
from stafett_contracts.vocabulary import (
    InvitationRole,
    InvitationState,
    LeaderChangeCause,
    LeaderSource,
    PositionStatus,
    RelationCause,
)
from stafett_identity.directory import relations as directory_relations
from stafett_identity.directory import store as directory_store
from stafett_identity.directory.model import Person, Position
from stafett_identity.registration import store
from stafett_identity.registration.model import InvitationView
from stafett_identity.registration.rules import Invitation
from stafett_identity.settings import IdentitySettings

E = TypeVar("E", bound=identity.InvitationData)


async def relate(work: Work, row: Invitation, person_id: UUID) -> None:
    """Make the relation that an accepted invitation was for."""
    trainee = row.trainee_person_id
    if row.role is InvitationRole.MENTOR:
        await directory_relations.add_mentor(
            work, trainee, person_id, cause=RelationCause.INVITATION, by=trainee
        )
    elif row.role is InvitationRole.SUPERVISOR:
        await directory_relations.add_supervisor(
            work, trainee, person_id, cause=RelationCause.INVITATION, by=trainee
        )
    else:
        position = await directory_store.position(work, row.trainee_position_id)
        if position is None or position.status != PositionStatus.ACTIVE:
            raise NotFound()
        await lead(work, position, person_id)


async def lead(work: Work, employee: Position, leader_person_id: UUID) -> None:
    """Make somebody the leader that a trainee has chosen."""
    leading = await store.leading_position(work, leader_person_id, employee.position_id, work.today)
    leader = await directory_store.position(work, leading) if leading else None
    if leader is None:
        raise NotFound()
    await directory_relations.set_leader(
        work,
        employee,
        leader,
        source=LeaderSource.SELF,
        cause=LeaderChangeCause.SELF,
        set_by_person_id=employee.person_id,
        set_by_position_id=employee.position_id,
    )


# --- time, and mail that did not arrive ---


async def expire_overdue(work: Work) -> int:
    """Mark what nobody answered in time, and tell the trainees (IDN-068); how many."""
    rows = await store.overdue_invitations(work, work.at)
    for row in rows:
        trainee = await directory_store.person(work, row.trainee_person_id)
        assert trainee is not None
        await expire(work, row, trainee)
    return len(rows)


async def mark_undelivered(work: Work, invitation_id: UUID, sent_event_id: UUID) -> None:
    """The mail did not arrive: the trainee sees «Ikke levert», and the days go on (IDN-070).

    `sent_event_id` is the event that asked for the mail: one sent again since may well arrive.
    """
    row = await store.invitation(work, invitation_id, lock=True)
    if row is None or row.sent_event_id != sent_event_id:
        return
    if row.state is InvitationState.OPEN and row.undelivered_at is None:
        await save(work, replace(row, undelivered_at=work.at))


async def expire(work: Work, row: Invitation, trainee: Person) -> None:
    """Nobody answered in time."""
    row = await save(work, replace(row, state=InvitationState.EXPIRED))
    tell(work, identity.InvitationExpired, row, trainee)


async def save(work: Work, row: Invitation) -> Invitation:
    """Store a changed invitation under its next revision; the invitation as stored."""
    row = replace(row, updated_at=work.at, revision=row.revision + 1)
    await store.save_invitation(work, row)
    return row


async def view_of(work: Work, row: Invitation) -> InvitationView:
    """An invitation as the trainee sees it."""
    [view] = await store.invitation_views(work, row.trainee_person_id, work.at, row.invitation_id)
    return view


def tell(work: Work, kind: type[E], row: Invitation, trainee: Person, **more: object) -> EventId:
    """Emit an event about an invitation; its id."""
    return work.emit(
        kind.model_validate(
            {
                "revision": row.revision,
                "invitation_id": InvitationId(row.invitation_id),
                "role": row.role,
                "state": row.state,
                "name": row.name,
                "trainee": NamedPerson(person_id=PersonId(trainee.person_id), name=trainee.name),
                "person_id": row.accepted_person_id,
                "expires_at": row.expires_at,
                **more,
            }
        )
    )


def tell_sending(
    work: Work,
    settings: IdentitySettings,
    kind: type[identity.InvitationSending],
    row: Invitation,
    trainee: Person,
    token: str,
) -> EventId:
    """Emit an event that has notify mail the link; the link is kept nowhere else (IDN-064). The event's id."""
    return tell(
        work,
        kind,
        row,
        trainee,
        address=row.email,
        link=f"{settings.base()}/invitation/{token}",
        message=row.message,
        send_count=row.send_count,
    )
