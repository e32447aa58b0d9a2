"""The trainee's side of invitations: inviting, sending again, withdrawing, confirming (IDN-059 to IDN-071)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from stafett_chassis.problems import Conflict, Forbidden, Invalid, NotFound, check_version
from stafett_chassis.work import Work
from stafett_contracts import identity
from stafett_contracts.ids import new_id
from stafett_contracts.vocabulary import InvitationRole, InvitationState, Track
from stafett_identity.directory import store as directory_store
from stafett_identity.directory.model import Person, Position
from stafett_identity.registration import rules, store
from stafett_identity.registration.keeping import expire, relate, save, tell, tell_sending, view_of
from stafett_identity.registration.model import InvitationView
from stafett_identity.registration.rules import Invitation
from stafett_identity.sessions.cookies import hash_of, new_secret
from stafett_identity.settings import IdentitySettings


async def invite(
    work: Work,
    settings: IdentitySettings,
    role: InvitationRole,
    given_name: str,
    family_name: str,
    email: str,
    message: str | None,
) -> InvitationView:
    """Invite somebody who is not registered yet to one role (IDN-059)."""
    if faults := rules.email_faults("email", email):
        raise Invalid(faults)
    trainee, position = await trainee_of(work, settings)
    key = rules.email_key(email)
    rules.refuse_own_address(email, (trainee.private_email, trainee.work_email))
    waiting = await waiting_for(work, trainee)
    _refuse_known(waiting, key, role)
    holder = await store.holder_of_email(work, key, work.today)
    if holder is not None:
        if holder["person_id"] == trainee.person_id:
            raise rules.not_oneself()
        if await store.is_active(work, holder["person_id"], work.today):
            raise Conflict(
                "already_registered",
                "Personen er allerede registrert. Velg personen i stedet.",
                "The person is already registered. Choose the person instead.",
                person={**holder},
            )
    if role is InvitationRole.LEADER:
        await refuse_second_leader(work, position, waiting)
    token = new_secret()
    row = Invitation(
        invitation_id=new_id(),
        trainee_person_id=trainee.person_id,
        trainee_position_id=position.position_id,
        role=role,
        email=email.strip(),
        email_key=key,
        given_name=given_name.strip(),
        family_name=family_name.strip(),
        message=message,
        token_hash=hash_of(token),
        sent_at=work.at,
        send_count=1,
        sent_event_id=None,
        expires_at=work.at + timedelta(days=settings.invitation_days),
        state=InvitationState.OPEN,
        accepted_person_id=None,
        accepted_position_id=None,
        answered_at=None,
        undelivered_at=None,
        created_at=work.at,
        updated_at=work.at,
        revision=1,
    )
    sent = tell_sending(work, settings, identity.InvitationSent, row, trainee, token)
    await store.insert_invitation(work, replace(row, sent_event_id=sent))
    return await view_of(work, row)


async def resend(
    work: Work, settings: IdentitySettings, invitation_id: UUID, version: int | None
) -> InvitationView:
    """Send an invitation again: a new link, the old one void, its days anew (IDN-069)."""
    trainee, position = await trainee_of(work, settings)
    row = await _own(work, trainee, invitation_id, version)
    rules.refuse_resend(row, work.at)
    if row.state_at(work.at) is InvitationState.EXPIRED:
        waiting = await waiting_for(work, trainee)
        _refuse_known(waiting, row.email_key, row.role)
        if row.role is InvitationRole.LEADER:
            await refuse_second_leader(work, position, waiting)
    token = new_secret()
    row = replace(
        await _again(work, row.invitation_id),
        state=InvitationState.OPEN,
        token_hash=hash_of(token),
        sent_at=work.at,
        send_count=row.send_count + 1,
        expires_at=work.at + timedelta(days=settings.invitation_days),
        undelivered_at=None,
    )
    row = await save(work, row)
    sent = tell_sending(work, settings, identity.InvitationResent, row, trainee, token)
    await store.save_invitation(work, replace(row, sent_event_id=sent))
    return await view_of(work, row)


async def withdraw(
    work: Work, settings: IdentitySettings, invitation_id: UUID, version: int | None
) -> InvitationView:
    """Withdraw an invitation that nobody has answered, or whose answer one does not confirm (IDN-071)."""
    trainee, _ = await trainee_of(work, settings)
    row = await _own(work, trainee, invitation_id, version)
    rules.refuse_withdrawal(row, work.at)
    row = await save(work, replace(row, state=InvitationState.WITHDRAWN))
    tell(work, identity.InvitationWithdrawn, row, trainee)
    return await view_of(work, row)


async def confirm(
    work: Work, settings: IdentitySettings, invitation_id: UUID, version: int | None
) -> InvitationView:
    """Confirm that whoever answered under another family name is the one meant (IDN-067)."""
    trainee, _ = await trainee_of(work, settings)
    row = await _own(work, trainee, invitation_id, version)
    rules.refuse_confirmation(row, work.at)
    assert row.accepted_person_id is not None  # somebody has answered
    person_id = row.accepted_person_id
    row = await save(work, replace(row, state=InvitationState.ACCEPTED))
    await relate(work, row, person_id)
    tell(work, identity.InvitationAccepted, row, trainee)
    return await view_of(work, row)


async def trainee_of(work: Work, settings: IdentitySettings) -> tuple[Person, Position]:
    """The caller as a trainee acting from their own position, locked. Raises 403 for anybody else."""
    if settings.site_kind != "municipal":
        raise rules.municipal_only()
    caller = work.caller
    position = (
        await directory_store.position(work, caller.position_id, lock=True) if caller.position_id else None
    )
    person = await directory_store.person(work, caller.person_id)
    if (
        person is None
        or position is None
        or caller.leader_position_id is not None
        or position.person_id != caller.person_id
        or position.track == Track.NONE
        or not position.open_on(work.today)
    ):
        raise Forbidden(
            "trainees_only",
            "Bare en LIS kan invitere og velge leder, veileder og supervisør.",
            "Only a trainee can invite and choose leader, mentor and supervisor.",
        )
    return person, position


async def refuse_second_leader(work: Work, position: Position, waiting: Sequence[Invitation]) -> None:
    """Refuse a leader beside one that is registered or on the way (IDN-063)."""
    rules.refuse_second_leader(
        has_leader=await store.has_leader(work, position.position_id),
        leader_on_the_way=any(
            one.role is InvitationRole.LEADER and one.trainee_position_id == position.position_id
            for one in waiting
        ),
    )


async def waiting_for(work: Work, trainee: Person) -> list[Invitation]:
    """A trainee's waiting invitations; those that time has overtaken are marked expired first."""
    still = []
    for row in await store.waiting_invitations(work, trainee.person_id):
        if row.state_at(work.at) is InvitationState.EXPIRED:
            await expire(work, row, trainee)
        else:
            still.append(row)
    return still


def _refuse_known(waiting: Sequence[Invitation], key: str, role: InvitationRole) -> None:
    for row in waiting:
        if row.email_key == key and row.role is role:
            raise Conflict(
                "already_invited",
                "Du har allerede invitert denne adressen til rollen. Send invitasjonen på nytt i stedet.",
                "You have already invited this address to the role. Send the invitation again instead.",
                invitation_id=row.invitation_id,
            )


async def _own(work: Work, trainee: Person, invitation_id: UUID, version: int | None) -> Invitation:
    row = await store.invitation(work, invitation_id, lock=True)
    if row is None or row.trainee_person_id != trainee.person_id:
        raise NotFound()
    check_version(version, row.revision, await view_of(work, row))
    return row


async def _again(work: Work, invitation_id: UUID) -> Invitation:
    row = await store.invitation(work, invitation_id, lock=True)
    assert row is not None  # locked before
    return row
