"""Two sites exchange what follows a trainee."""

from typing import Any

import pytest

from stafett_contracts import sync
from stafett_contracts.vocabulary import GoalStatus, LinkState


@pytest.mark.rule("SYN-140", "SYN-142")
async def test_a_goal_approved_at_one_site_is_approved_at_the_other(two: Any) -> None:
    here = await two["vest"].hire()
    await two.carry()
    await here.goal("FKM-012", GoalStatus.APPROVED)
    there = await two["kommune"].hire()
    await two.carry()
    [resolved] = await two["kommune"].told(sync.GoalResolved)
    assert resolved.person_id == there.person_id
    assert resolved.goal_key == "FKM12"
    assert resolved.status is GoalStatus.APPROVED
    assert resolved.approver.name == "Kari Nes"
    assert await two["vest"].dead() == await two["kommune"].dead() == []
    links = await two["kommune"].told(sync.PersonLinkChanged)
    assert links[-1].state is LinkState.ON
