"""Choosing and removing leader, mentors and supervisors without an invitation (IDN-058, IDN-073, IDN-130)."""

from uuid import UUID

from stafett_chassis.auth import ActingAs
from stafett_chassis.http import Reading
from stafett_chassis.problems import Conflict, Forbidden, NotFound, Refused
from stafett_chassis.work import Work
from stafett_contracts.vocabulary import InvitationRole, LeaderChangeCause, RelationCause, Track
from stafett_identity.directory import relations as directory_relations
from stafett_identity.directory import store as directory_store
from stafett_identity.directory.model import Position
from stafett_identity.registration import rules, store
from stafett_identity.registration.inviting import refuse_second_leader, waiting_for
from stafett_identity.registration.keeping import lead
from stafett_identity.registration.model import RelationsView
from stafett_identity.registration.profile import profile
from stafett_identity.settings import IdentitySettings


async def own_relations(read: Reading | Work, settings: IdentitySettings) -> RelationsView:
    """The caller's leader, mentors, supervisors and invitations, and what is missing (IDN-057)."""
    person_id = read.caller.person_id
    found = await profile(read, person_id, read.caller.position_id, read.today, read.at)
    if found is None:
        raise NotFound()
    municipal = settings.site_kind == "municipal"
    in_training = found.position is not None and found.position.track != Track.NONE
    return RelationsView(
        leader=found.leader,
        mentors=found.mentors,
        supervisors=found.supervisors,
        invitations=await store.invitation_views(read, person_id, read.at) if municipal else [],
        missing=rules.missing(has_leader=found.leader is not None, has_mentor=bool(found.mentors))
        if in_training
        else [],
        advice={role.value: text for role, text in rules.ROLE_ADVICE.items()} if municipal else {},
    )


# --- leader (municipal site) ---


async def choose_leader(
    work: Work, settings: IdentitySettings, position_id: UUID, person_id: UUID
) -> RelationsView:
    """Make a registered person one's leader at once, without an invitation (IDN-058)."""
    position = await _own_training(work, settings, position_id)
    if person_id == work.caller.person_id:
        raise rules.not_oneself()
    await _refuse_inactive(work, person_id)
    trainee = await directory_store.person(work, work.caller.person_id)
    assert trainee is not None  # who calls
    await refuse_second_leader(work, position, await waiting_for(work, trainee))
    await lead(work, position, person_id)
    return await own_relations(work, settings)


async def remove_leader(work: Work, settings: IdentitySettings, position_id: UUID) -> None:
    """End the relation at once, and with it the access it gave (IDN-073)."""
    position = await _own_training(work, settings, position_id)
    if not await store.has_leader(work, position_id):
        raise NotFound()
    await directory_relations.end_leader(work, position, LeaderChangeCause.SELF)


async def _own_training(work: Work, settings: IdentitySettings, position_id: UUID) -> Position:
    """The caller's own position in training, locked. Who leads others is not theirs to decide here."""
    position = await directory_store.position(work, position_id, lock=True)
    if position is None or not position.open_on(work.today):
        raise NotFound()
    if settings.site_kind != "municipal":
        raise rules.municipal_only()
    if position.person_id != work.caller.person_id or work.caller.acting_as is ActingAs.DEPUTY:
        raise Forbidden()
    if position.track == Track.NONE:
        raise not_in_training()
    return position


# --- mentors and supervisors ---


async def register(
    work: Work, settings: IdentitySettings, role: InvitationRole, trainee_id: UUID, person_id: UUID
) -> None:
    """Register a mentor or supervisor of somebody in training; one there is already stays (IDN-130, IDN-131)."""
    await _refuse_strangers(work, settings, role, trainee_id)
    if not (await store.standing(work, work.caller, trainee_id, work.today))["trains"]:
        raise not_in_training()
    if person_id == trainee_id:
        raise rules.not_oneself()
    await _refuse_inactive(work, person_id)
    add = (
        directory_relations.add_mentor
        if role is InvitationRole.MENTOR
        else directory_relations.add_supervisor
    )
    await add(work, trainee_id, person_id, cause=RelationCause.CHOSEN, by=work.caller.person_id)


async def remove(
    work: Work, settings: IdentitySettings, role: InvitationRole, trainee_id: UUID, person_id: UUID
) -> None:
    """End a relation at once (IDN-073); a mentor can remove themselves too."""
    mentor_self = role is InvitationRole.MENTOR and _self(work, person_id)
    if not mentor_self:
        await _refuse_strangers(work, settings, role, trainee_id)
    close = (
        directory_relations.close_mentor
        if role is InvitationRole.MENTOR
        else directory_relations.close_supervisor
    )
    if await close(work, trainee_id, person_id, cause=RelationCause.REMOVED) is None:
        raise NotFound()


async def _refuse_strangers(
    work: Work, settings: IdentitySettings, role: InvitationRole, trainee_id: UUID
) -> None:
    """The trainee decides, and of mentors the leader too, or who acts for the leader."""
    known = await store.standing(work, work.caller, trainee_id, work.today)
    if not known["active"]:
        raise NotFound()
    if role is InvitationRole.SUPERVISOR and settings.site_kind != "municipal":
        raise Conflict(
            "no_registered_supervisors",
            "Her velges supervisør for hver aktivitet, uten å registreres.",
            "Here a supervisor is chosen for each activity, without being registered.",
        )
    leads = known["leads"] and role is InvitationRole.MENTOR
    if not (_self(work, trainee_id) or leads):
        raise Forbidden()


def _self(work: Work, person_id: UUID) -> bool:
    return work.caller.person_id == person_id and work.caller.acting_as is not ActingAs.DEPUTY


async def _refuse_inactive(work: Work, person_id: UUID) -> None:
    if await directory_store.person(work, person_id) is None:
        raise NotFound()
    if not await store.is_active(work, person_id, work.today):
        raise Refused(
            "not_active",
            "Personen har ingen aktiv stilling og kan ikke velges.",
            "The person has no active position and cannot be chosen.",
        )


def not_in_training() -> Conflict:
    """Only people in training have mentors, supervisors and a leader of their own choice."""
    return Conflict(
        "not_in_training",
        "Bare den som er under utdanning, har veileder og supervisør.",
        "Only somebody in training has mentors and supervisors.",
    )
