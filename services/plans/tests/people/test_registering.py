"""Marking requirements as fulfilled: drafts, dates, undoing, versions and keys."""

from datetime import timedelta
from typing import Any

import pytest

from stafett_contracts.plans import ItemStatusChanged
from stafett_contracts.vocabulary import ItemStatus


@pytest.mark.rule("PLN-604")
@pytest.mark.rule("PLN-605")
async def test_a_requirement_is_fulfilled_on_a_day_that_is_not_in_the_future(ward: Any) -> None:
    hygiene = await ward.define.requirement("Hygiene")
    plan = await ward.assign(await ward.define.plan("HAV-Plan", ward.unit, hygiene))
    none = await ward.post(plan, hygiene, ":fulfil", {})
    assert none.status_code == 422
    assert none.json()["errors"][0]["code"] == "date_missing"
    future = await ward.post(plan, hygiene, ":fulfil", {"fulfilled_on": ward.today + timedelta(days=1)})
    assert future.status_code == 422
    assert future.json()["errors"][0]["code"] == "date_in_future"
    assert future.json()["errors"][0]["message"] == "Datoen kan ikke være frem i tid."
    assert (await ward.item(plan, hygiene))["status"] == "not_begun"
    long_ago = await ward.post(plan, hygiene, ":fulfil", {"fulfilled_on": "2020-02-29"})
    assert long_ago.status_code == 200, long_ago.text
    assert (long_ago.json()["status"], long_ago.json()["colour"]) == ("fulfilled", "green")
    assert (await ward.page(plan))["sections"][0]["items"][0]["fulfilled_on"] == "2020-02-29"
    [told] = await ward.plans.told(ItemStatusChanged)
    assert told.status is ItemStatus.FULFILLED
    assert [plan.name for plan in told.plans] == ["HAV-Plan"]
