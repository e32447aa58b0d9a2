"""Alerts of identity's relations: leaders, mentors, deputies, secondments, invitations."""

from uuid import UUID

from sqlalchemy import select

from stafett_chassis.directory.tables import leader, person, position, unit
from stafett_chassis.reactions import Reactions
from stafett_chassis.sql import Row
from stafett_chassis.work import Work
from stafett_contracts import identity
from stafett_contracts.vocabulary import LeaderChangeCause
from stafett_notify.alerts import topics
from stafett_notify.alerts.actions import end, raise_alert, told, unknown
from stafett_notify.alerts.rules import FOR_EVER, Notice, link_of, moment
from stafett_notify.alerts.store import continuing_position

reactions = Reactions()

FORMER_USER = {"nb": "Tidligere bruker", "en": "Former user"}

NEW_EMPLOYEE = frozenset(
    {
        LeaderChangeCause.POSITION_CREATED,
        LeaderChangeCause.SECONDMENT,
        LeaderChangeCause.HR,
        LeaderChangeCause.MANUAL,
        LeaderChangeCause.LEADER_LEFT,
        LeaderChangeCause.SELF,
    }
)
"""Causes of a leader link that tell the leader of a new employee (NTF-007)."""


async def _name(work: Work, person_id: UUID) -> object:
    """The person's name, of whom the directory copy must know."""
    row = await work.maybe(
        select(person.c.given_name, person.c.family_name, person.c.erased).where(
            person.c.person_id == person_id
        )
    )
    if row is None:
        raise unknown(f"person {person_id}")
    return FORMER_USER if row["erased"] else f"{row['given_name']} {row['family_name']}".strip()


@reactions.on(identity.LeaderChanged)
async def leader_changed(work: Work, event: identity.LeaderChanged) -> None:
    """The new leader hears of a new employee; the old one keeps no alert about somebody no longer led (NTF-030)."""
    end(work, {topics.leader_unchanged(event.employee_position_id): event.revision})
    if event.old_leader_person_id and event.old_leader_person_id != event.leader_person_id:
        await _stop_following(work, event.old_leader_person_id, event.employee_person_id)
    if event.leader_person_id is None or event.cause not in NEW_EMPLOYEE:
        return
    if event.leader_person_id == event.old_leader_person_id:
        return
    place = await _place(work, event.employee_position_id)
    if place["continues"]:
        return
    heard = told(work)
    # NTF-007: the links of one import run to one leader and unit are one alert
    once = f"run:{heard.run_id}:{place['unit_id']}" if heard.run_id else f"link:{event.link_id}"
    raise_alert(
        work,
        Notice(
            type="followup.employee_allocated",
            person_id=event.leader_person_id,
            once_key=once,
            told=heard,
            subject_kind="position",
            subject_id=str(event.employee_position_id),
            params={"unit": place["unit_name"]},
            item={"person": place["name"]},
            item_key=str(event.employee_position_id),
            until={
                topics.leader_unchanged(event.employee_position_id): event.revision,
                topics.leads(event.leader_person_id, event.employee_person_id): moment(heard.at),
            },
            position_id=event.leader_position_id,
            about_id=event.employee_person_id,
            link=link_of("followup.employee_allocated", position=event.employee_position_id),
        ),
    )


async def _place(work: Work, position_id: UUID) -> Row:
    """Whose position it is and at which unit, and whether it continues another."""
    row = await work.maybe(
        select(
            position.c.unit_id,
            unit.c.name.label("unit_name"),
            (person.c.given_name + " " + person.c.family_name).label("name"),
            continuing_position.c.position_id.is_not(None).label("continues"),
        )
        .join(unit, unit.c.unit_id == position.c.unit_id)
        .join(person, person.c.person_id == position.c.person_id)
        .outerjoin(continuing_position, continuing_position.c.position_id == position.c.position_id)
        .where(position.c.position_id == position_id)
    )
    if row is None:
        raise unknown(f"position {position_id}, or its unit or holder")
    return row


async def _stop_following(work: Work, leader_id: UUID, employee_id: UUID) -> None:
    """End the old leader's alerts about the employee, unless another of the employee's positions is led still."""
    still = await work.value(
        select(leader.c.employee_position_id)
        .where(leader.c.leader_person_id == leader_id, leader.c.employee_person_id == employee_id)
        .limit(1)
    )
    if still is None:
        end(work, {topics.leads(leader_id, employee_id): moment(told(work).at)})


@reactions.on(identity.MentorRegistered)
async def mentor_registered(work: Work, event: identity.MentorRegistered) -> None:
    """The mentor hears of having been chosen."""
    heard = told(work)
    end(work, {topics.not_mentor(event.mentor_person_id, event.trainee_person_id): moment(heard.at)})
    raise_alert(
        work,
        Notice(
            type="mentor.chosen",
            person_id=event.mentor_person_id,
            once_key=str(event.link_id),
            told=heard,
            subject_kind="mentor_link",
            subject_id=str(event.link_id),
            params={"person": await _name(work, event.trainee_person_id)},
            until={topics.link_lasts(event.link_id): event.revision},
            about_id=event.trainee_person_id,
            link=link_of("mentor.chosen"),
        ),
    )


@reactions.on(identity.MentorRemoved)
async def mentor_removed(work: Work, event: identity.MentorRemoved) -> None:
    """The former mentor is told, and keeps no other alert about the trainee (NTF-030)."""
    heard = told(work)
    end(work, {topics.link_lasts(event.link_id): FOR_EVER})
    raise_alert(
        work,
        Notice(
            type="mentor.removed",
            person_id=event.mentor_person_id,
            once_key=str(event.link_id),
            told=heard,
            subject_kind="mentor_link",
            subject_id=str(event.link_id),
            params={"person": await _name(work, event.trainee_person_id)},
            until={topics.not_mentor(event.mentor_person_id, event.trainee_person_id): moment(heard.at)},
            about_id=event.trainee_person_id,
        ),
    )


@reactions.on(identity.DeputyAppointed)
async def deputy_appointed(work: Work, event: identity.DeputyAppointed) -> None:
    """The deputy hears of having been chosen."""
    raise_alert(
        work,
        Notice(
            type="followup.deputy_chosen",
            person_id=event.deputy_person_id,
            once_key=str(event.deputy_id),
            told=told(work),
            subject_kind="deputy",
            subject_id=str(event.deputy_id),
            params={"person": await _name(work, event.leader_person_id)},
            until={topics.link_lasts(event.deputy_id): event.revision},
            about_id=event.leader_person_id,
            link=link_of("followup.deputy_chosen"),
        ),
    )


@reactions.on(identity.DeputyEnded)
async def deputy_ended(work: Work, event: identity.DeputyEnded) -> None:
    """A deputyship that has ended or expired is nothing to be told of."""
    end(work, {topics.link_lasts(event.deputy_id): FOR_EVER})


@reactions.on(identity.SecondmentRegistered, identity.SecondmentChanged)
async def secondment_set(work: Work, event: identity.SecondmentData) -> None:
    """The employee hears of being lent out, and of changes."""
    raise_alert(
        work,
        Notice(
            type="assignment.secondment",
            person_id=event.person_id,
            once_key=f"{event.secondment_id}:{event.revision}",
            told=told(work),
            subject_kind="secondment",
            subject_id=str(event.secondment_id),
            params={"unit": event.unit_name, "from": event.start_date, "to": event.end_date},
            until={topics.link_lasts(event.secondment_id): event.revision},
            position_id=event.home_position_id,
        ),
    )


@reactions.on(identity.SecondmentDeleted, identity.SecondmentEnded)
async def secondment_over(work: Work, event: identity.SecondmentData) -> None:
    """A secondment that is deleted or ended is nothing to be told of."""
    end(work, {topics.link_lasts(event.secondment_id): FOR_EVER})


@reactions.on(identity.InvitationConfirmationNeeded, identity.InvitationExpired)
async def invitation_needs_trainee(work: Work, event: identity.InvitationData) -> None:
    """The trainee hears that an invitation needs something."""
    raise_alert(
        work,
        Notice(
            type="assignment.invitation",
            person_id=event.trainee.person_id,
            once_key=f"{event.invitation_id}:{event.state}",
            told=told(work),
            subject_kind="invitation",
            subject_id=str(event.invitation_id),
            params={
                "name": event.name,
                "role": {"nb": event.role.label_nb.lower(), "en": event.role.label_en.lower()},
            },
            until={topics.invitation_unanswered(event.invitation_id): event.revision},
            link=link_of("assignment.invitation"),
        ),
    )


@reactions.on(
    identity.InvitationSent,
    identity.InvitationResent,
    identity.InvitationAccepted,
    identity.InvitationWithdrawn,
)
async def invitation_goes_on(work: Work, event: identity.InvitationData) -> None:
    """The invitation no longer needs the trainee."""
    end(work, {topics.invitation_unanswered(event.invitation_id): event.revision})
