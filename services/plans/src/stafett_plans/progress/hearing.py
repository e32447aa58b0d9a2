"""What every reaction to signing's events begins with: our request, its subject locked, and whether to apply it."""

from typing import Any
from uuid import UUID

from stafett_chassis.reactions import Later
from stafett_chassis.work import Work
from stafett_contracts.signing import (
    RequestDecided,
    RequestRecallRefused,
    RequestReopened,
    RequestSigned,
)
from stafett_contracts.signing.requests import RequestData
from stafett_contracts.values import Decider
from stafett_contracts.vocabulary import RequestKind, WithdrawalCause
from stafett_plans.assignment.store import LOCK_PERSON
from stafett_plans.progress import store
from stafett_plans.progress.rules.decisions import Asked, Hearing, hear


async def listen(work: Work, event: RequestData, *kinds: RequestKind) -> Asked | None:
    """Our request, with the person locked; none when it is not of these kinds. Not known yet: later (PLN-635)."""
    if event.kind not in kinds:
        return None
    await work.raw.execute(LOCK_PERSON, event.employee.person_id)
    found = await store.asked(work, event.request_id)
    if found is None:
        raise Later(f"request {event.request_id} is not known here yet")
    return found[0]


def verdict(asked: Asked, event: RequestData, *, current: bool) -> Hearing:
    """Whether `event` is to be applied; `current`: its request is the one the subject waits for or was decided by."""
    return hear(
        asked,
        event.revision,
        event.subject.revision,
        current=current,
        open_or_decided=isinstance(event, RequestDecided | RequestReopened | RequestRecallRefused),
    )


def cause_again(asked: Asked) -> WithdrawalCause:
    """The cause a withdrawal is repeated with."""
    return WithdrawalCause(asked.withdrawn) if asked.withdrawn else WithdrawalCause.CHANGED


def decider_of(event: RequestSigned | Any) -> dict[str, Any]:
    """Who decided, as it is kept."""
    decider: Decider = event.decider
    return decider.model_dump(mode="json", exclude_none=True)


def items_of(event: Any) -> set[UUID]:
    """The items an event is about."""
    return set(event.item_ids)
