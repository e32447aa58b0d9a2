"""What signing does about changes in the directory, after its copy has been brought up to date."""

from stafett_chassis.reactions import Reactions
from stafett_chassis.work import Work
from stafett_contracts import identity, plans
from stafett_signing.people import actions

reactions = Reactions()


@reactions.on(identity.LeaderChanged)
async def follow_leader(work: Work, event: identity.LeaderChanged) -> None:
    """What waits for the leader function goes to whoever leads now."""
    await actions.leader_may_have_changed(work, [event.employee_position_id])


@reactions.on(identity.PositionDeactivated, identity.PositionReactivated)
async def follow_position(work: Work, event: identity.PositionData) -> None:
    """An ended position keeps its last leader; a person whose last position ended may be gone."""
    await actions.leader_may_have_changed(work, [event.position_id])
    await actions.somebody_may_have_left(work, event.person_id)


@reactions.on(identity.AccountDeactivated)
async def follow_account(work: Work, event: identity.AccountDeactivated) -> None:
    """Nothing waits for somebody who is gone."""
    await actions.somebody_may_have_left(work, event.person_id)


@reactions.on(plans.AssignmentMoved)
async def follow_assignment(work: Work, event: plans.AssignmentMoved) -> None:
    """A plan approval follows its assignment to another position."""
    await actions.assignment_moved(work, event.assignment_id, event.to_position_id, event.revision)
