"""What the owners ask and withdraw."""

from stafett_chassis.reactions import Reactions
from stafett_chassis.work import Work
from stafett_contracts import plans, training_time
from stafett_contracts.requests import Asking, Withdrawal
from stafett_signing.requests import actions, asking

reactions = Reactions()


@reactions.on(plans.SignatureRequested, plans.ApprovalRequested, training_time.SignatureRequested)
async def ask(work: Work, event: Asking) -> None:
    """A subject was sent for signature or approval."""
    assert isinstance(event, asking.Asked)
    await asking.ask(work, event)


@reactions.on(plans.SignatureWithdrawn, plans.ApprovalWithdrawn, training_time.SignatureWithdrawn)
async def withdraw(work: Work, event: Withdrawal) -> None:
    """The owner takes a request back."""
    await actions.withdraw(work, event)
