"""Items of a plan: what forbids activating them, and what awaits approval."""

from enum import StrEnum

from stafett_chassis.problems import Conflict
from stafett_contracts.vocabulary import PlanItemState


class Pending(StrEnum):
    """The four meanings of the tab «Godkjenne LA/krav» (PLN-325)."""

    ACTIVATE_AND_PUBLISH = "activate_and_publish"
    PUBLISH = "publish"
    ACTIVATE = "activate"
    BLOCKED = "blocked"


def pending(state: PlanItemState, *, has_draft: bool, may_edit: bool) -> Pending | None:
    """What an item awaits; none for deactivated ones and for active ones with another's draft (PLN-326)."""
    if state is PlanItemState.INACTIVE:
        if not has_draft:
            return Pending.ACTIVATE
        return Pending.ACTIVATE_AND_PUBLISH if may_edit else Pending.BLOCKED
    if state is PlanItemState.ACTIVE and has_draft and may_edit:
        return Pending.PUBLISH
    return None


def may_activate(state: PlanItemState, *, has_draft: bool) -> bool:
    """Whether activating changes anything; refuses what cannot be activated."""
    if state is PlanItemState.ACTIVE:
        return False
    if state is PlanItemState.DEACTIVATED:
        raise Conflict(
            "item_deactivated",
            "Elementet er deaktivert og må reaktiveres.",
            "The item is deactivated and must be reactivated.",
        )
    if state is PlanItemState.ARCHIVED:
        raise archived()
    if has_draft:  # PLN-090
        raise Conflict(
            "draft_pending",
            "Publiser eller slett kladden før du aktiverer.",
            "Publish or delete the draft before activating.",
        )
    return True


def archived() -> Conflict:
    """PLN-014."""
    return Conflict(
        "archived", "Dette er arkivert og kan ikke endres.", "This is archived and cannot change."
    )
