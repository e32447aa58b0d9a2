"""The events that send an e-mail of Table 5."""

from collections import defaultdict
from typing import Any
from uuid import UUID

from stafett_chassis.reactions import Reactions
from stafett_chassis.work import Work
from stafett_contracts import identity, plans, signing
from stafett_contracts.vocabulary import AccountCause, AssignmentReason, MailSource
from stafett_notify.alerts import store as alerts
from stafett_notify.alerts import topics
from stafett_notify.alerts.actions import end
from stafett_notify.mail import store
from stafett_notify.mail.actions import Source, write_letter
from stafett_notify.mail.rules.content import local_time

reactions = Reactions()


@reactions.on(identity.InvitationSent, identity.InvitationResent)
async def invited(work: Work, event: identity.InvitationSending) -> None:
    """The invited address gets an e-mail; one sent again drops the one before (NTF-073)."""
    work.gather(_drop_invitation, (event.invitation_id, event.revision))
    if await _is_older(work, event):
        return
    await write_letter(
        work,
        "invite.role",
        Source(event.invitation_id, event.revision, MailSource.INVITATION),
        person_id=event.person_id,
        address=event.address,
        params={
            "person": event.trainee.name,
            "role": {"nb": event.role.label_nb.lower(), "en": event.role.label_en.lower()},
            "date": event.expires_at,
        },
        url=event.link,
        not_after=event.expires_at,
    )


@reactions.on(identity.InvitationWithdrawn)
async def invitation_withdrawn(work: Work, event: identity.InvitationWithdrawn) -> None:
    """One that has not been handed over is not sent (NTF-073)."""
    end(work, {topics.invitation_unanswered(event.invitation_id): event.revision})
    work.gather(_drop_invitation, (event.invitation_id, event.revision))


async def _is_older(work: Work, event: identity.InvitationSending) -> bool:
    """Whether something newer has been heard of the invitation."""
    ended = await alerts.ended(work, topics.invitation_unanswered(event.invitation_id))
    return ended is not None and ended > event.revision


async def _drop_invitation(work: Work, newest: set[tuple[UUID, int]]) -> None:
    for invitation_id, revision in sorted(newest):
        await store.drop(work, "invite.role", invitation_id, revision, work.at)


@reactions.on(identity.EmailVerificationRequested)
async def verification_requested(work: Work, event: identity.EmailVerificationRequested) -> None:
    """The new address gets a link to confirm it with."""
    await write_letter(
        work,
        "account.verify",
        Source(event.verification_id, event.revision),
        person_id=event.person_id,
        address=event.address,
        params={"date": event.expires_at, "time": local_time(event.expires_at)},
        url=event.link,
        not_after=event.expires_at,
    )


@reactions.on(identity.AccountWarned)
async def account_warned(work: Work, event: identity.AccountWarned) -> None:
    """The person hears when the account will be deactivated."""
    await write_letter(
        work,
        "account.warned",
        Source(event.person_id, event.revision),
        person_id=event.person_id,
        params={"date": event.deactivates_on},
    )


@reactions.on(identity.AccountDeactivated)
async def account_deactivated(work: Work, event: identity.AccountDeactivated) -> None:
    """The person hears of an account deactivated for inactivity."""
    if event.cause is AccountCause.INACTIVITY:
        await write_letter(
            work,
            "account.deactivated",
            Source(event.person_id, event.revision),
            person_id=event.person_id,
            params={},
        )


@reactions.on(plans.AssignmentDeactivated)
async def plan_inactive(work: Work, event: plans.AssignmentDeactivated) -> None:
    """The holder hears of a plan deactivated for inactivity; those of one night in one e-mail (NTF-016)."""
    if event.reason is AssignmentReason.INACTIVITY:
        await write_letter(
            work,
            "plan.inactive",
            Source(event.assignment_id, event.revision),
            person_id=event.person_id,
            params={},
            items=[{"plan": event.plan_name}],
            together=True,
        )


@reactions.on(signing.GoalApprovedByDirectorate, signing.GoalApprovalWithdrawn)
async def goal_approval(work: Work, event: signing.GoalDecisionData) -> None:
    """The trainee hears of approvals given by the Directorate, and of approvals withdrawn (NTF-005)."""
    withdrawn = isinstance(event, signing.GoalApprovalWithdrawn)
    goal = " ".join(part for part in (event.goal.goal_number, event.goal.text) if part)
    await write_letter(
        work,
        "goal.approval_withdrawn" if withdrawn else "goal.authority_approved",
        Source(event.decision_id, event.revision),
        person_id=event.person.person_id,
        params={},
        items=[{"goal": goal}],
        together=True,
    )


@reactions.on(plans.PlanStewardRemoved)
async def steward_removed(work: Work, event: plans.PlanStewardRemoved) -> None:
    """The former steward, and the document owners of the plans, each of their own plans (NTF-067, NTF-068)."""
    source = Source(event.grant_id, event.revision)
    await write_letter(
        work,
        "steward.lost_self",
        source,
        person_id=event.person.person_id,
        params={},
        items=[{"plan": plan.name} for plan in event.plans],
    )
    owned: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for plan in event.plans:
        # NTF-071: who was both gets only the one e-mail
        if plan.document_owner and plan.document_owner.person_id != event.person.person_id:
            owned[plan.document_owner.person_id].append({"plan": plan.name})
    for owner, items in owned.items():
        await write_letter(
            work,
            "steward.lost_owner",
            source,
            person_id=owner,
            params={"person": event.person.name},
            items=items,
        )


@reactions.on(plans.TrainingLeadRemoved)
async def training_lead_removed(work: Work, event: plans.TrainingLeadRemoved) -> None:
    """The former training lead, and the document owners of the specialty's plan (NTF-069, NTF-070)."""
    source = Source(event.grant_id, event.revision)
    params = {
        "specialty": event.specialty_name,
        "unit": event.unit_name,
        "cost_centre": event.cost_centre,
        "person": event.person.name,
    }
    await write_letter(work, "lead.lost_self", source, person_id=event.person.person_id, params=params)
    owners = {plan.document_owner.person_id for plan in event.plans if plan.document_owner}
    for owner in sorted(owners - {event.person.person_id}):
        await write_letter(work, "lead.lost_owner", source, person_id=owner, params=params)


@reactions.on(identity.PersonErased)
async def person_erased(work: Work, event: identity.PersonErased) -> None:
    """What was, or was to be, sent to the person is deleted (NTF-145)."""
    await store.erase(work, event.person_id)
