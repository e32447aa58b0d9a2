"""The invitee's side of invitations: what the link opens, and accepting (IDN-064 to IDN-072)."""

from dataclasses import replace
from uuid import UUID

from stafett_chassis.problems import NotFound
from stafett_chassis.work import Work
from stafett_contracts import identity
from stafett_contracts.vocabulary import InvitationState
from stafett_identity.directory import store as directory_store
from stafett_identity.directory.model import Person
from stafett_identity.registration import actions, rules, store
from stafett_identity.registration.actions import Form
from stafett_identity.registration.keeping import relate, save, tell
from stafett_identity.registration.model import AnswerView, LinkView
from stafett_identity.registration.rules import Invitation
from stafett_identity.sessions import actions as sessions
from stafett_identity.sessions.actions import Identified, LoggingIn
from stafett_identity.sessions.cookies import hash_of
from stafett_identity.settings import IdentitySettings


async def look_at(work: Work, token: str) -> LinkView:
    """What the link opens; also of one that can be answered no longer, with the trainee's name (IDN-068)."""
    row = await store.invitation_by_token(work, hash_of(token))
    if row is None:
        raise NotFound()
    trainee = await directory_store.person(work, row.trainee_person_id)
    assert trainee is not None
    return LinkView(
        state=row.state_at(work.at),
        role=row.role,
        trainee_name=trainee.name,
        name=row.name,
        expires_at=row.expires_at,
        advice=rules.ROLE_ADVICE[row.role],
    )


async def accept(
    work: Work,
    settings: IdentitySettings,
    token: str,
    who: Identified | UUID,
    form: Form | None,
    how: LoggingIn,
) -> AnswerView:
    """Answer an invitation: with the form after e-ID, or from the session of an account there is (IDN-065, IDN-066)."""
    row = await _held(work, token)
    trainee = await directory_store.person(work, row.trainee_person_id)
    assert trainee is not None
    known = who if isinstance(who, UUID) else await _known(work, settings, who)
    rules.refuse_acceptance(row, known, work.at)
    login = None
    if isinstance(who, Identified):
        assert form is not None  # whoever comes from e-ID has filled it in
        # The link was sent to this address, and whoever opened it reads what is sent there (IDN-014).
        settled = await actions.settle(work, settings, who, form, proven_address=row.email)
        await sessions.use_up(work, who)
        login = await sessions.log_in(work, how, settled.person.person_id)
        person = settled.person
    else:
        person = await _active(work, who)
    if row.state is InvitationState.OPEN:
        row = await _answer(work, row, trainee, person)
    return AnswerView(row.invitation_id, row.state, row.role, trainee.name, person.person_id, login)


async def _held(work: Work, token: str) -> Invitation:
    """The invitation, locked after the trainee's position: in the order that the trainee's own acts take them."""
    seen = await store.invitation_by_token(work, hash_of(token))
    if seen is None:
        raise NotFound()
    await directory_store.position(work, seen.trainee_position_id, lock=True)
    row = await store.invitation_by_token(work, hash_of(token), lock=True)
    if row is None:
        raise NotFound()
    return row


async def _known(work: Work, settings: IdentitySettings, who: Identified) -> UUID | None:
    person = await actions.person_of(work, settings, who)
    return person.person_id if person else None


async def _active(work: Work, person_id: UUID) -> Person:
    person = await directory_store.person(work, person_id)
    if person is None or not await store.is_active(work, person_id, work.today):
        raise NotFound()
    return person


async def _answer(work: Work, row: Invitation, trainee: Person, person: Person) -> Invitation:
    state = rules.answered(row, person.family_name)
    row = await save(
        work, replace(row, state=state, accepted_person_id=person.person_id, answered_at=work.at)
    )
    if state is InvitationState.ACCEPTED:
        await relate(work, row, person.person_id)
        tell(work, identity.InvitationAccepted, row, trainee)
    else:
        tell(work, identity.InvitationConfirmationNeeded, row, trainee)
    return row
