"""Statuses, validity and colours, without a database."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stafett_contracts.vocabulary import Completion, GoalStatus, ItemStatus, PlanStatus, PlanType, Scope
from stafett_plans.assignment.rules import Progress, is_suggested, plan_status
from stafett_plans.progress.rules.status import (
    COLOURS,
    DONE,
    EXPIRING_DAYS,
    PLAN_COLOURS,
    Colour,
    View,
    colour,
    last_valid_day,
    scope_of,
    shown,
    summarise,
)

DAY = date(2026, 12, 1)
OPEN = ("not_begun", "begun", "waiting", "rejected")


@pytest.mark.rule("PLN-593")
@pytest.mark.parametrize("state", OPEN)
def test_a_requirement_without_fulfilment_shows_the_state_of_its_round(state: str) -> None:
    assert shown(state, None, None, None, None, 365, DAY).status == state


def test_nothing_registered_is_not_begun() -> None:
    assert shown(None, None, None, None, None, 30, DAY).status is ItemStatus.NOT_BEGUN


@pytest.mark.rule("PLN-667")
@pytest.mark.parametrize(
    ("fulfilled", "days", "last"),
    [
        (date(2024, 2, 29), 365, date(2025, 2, 28)),
        (date(2024, 1, 31), 30, date(2024, 3, 1)),
        (date(2024, 1, 31), None, None),
        (date(9999, 1, 1), 9999, None),
    ],
)
def test_the_last_valid_day_is_counted_in_calendar_days(
    fulfilled: date, days: int | None, last: date | None
) -> None:
    assert last_valid_day(fulfilled, days, None) == last


@pytest.mark.rule("PLN-669")
@pytest.mark.rule("PLN-047")
@pytest.mark.parametrize(
    ("left", "status"),
    [
        (31, ItemStatus.FULFILLED),
        (30, ItemStatus.EXPIRING),
        (0, ItemStatus.EXPIRING),
        (-1, ItemStatus.EXPIRED),
    ],
)
def test_yellow_from_thirty_days_before_and_red_from_the_day_after(left: int, status: ItemStatus) -> None:
    fulfilled = DAY + timedelta(days=left - 100)
    assert shown("fulfilled", fulfilled, None, None, None, 100, DAY).status is status


@pytest.mark.rule("PLN-670")
@given(days=st.integers(1, 30))
@settings(derandomize=True, database=None)
def test_a_short_validity_is_yellow_from_the_start(days: int) -> None:
    assert shown("fulfilled", DAY, None, None, None, days, DAY).status is ItemStatus.EXPIRING


@pytest.mark.rule("PLN-595")
@pytest.mark.parametrize("state", OPEN)
def test_what_has_expired_stays_so_while_a_new_round_is_under_way(state: str) -> None:
    now = shown(state, None, None, DAY - timedelta(days=400), None, 365, DAY)
    assert now.status is ItemStatus.EXPIRED
    assert now.under_way == (None if state == "not_begun" else state)
    anew = shown("fulfilled", DAY, None, DAY - timedelta(days=400), None, 365, DAY)
    assert (anew.status, anew.under_way) == (ItemStatus.FULFILLED, None)


@given(
    fulfilled=st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    days=st.none() | st.integers(1, 9999),
    later=st.integers(0, 20_000),
)
@settings(derandomize=True, database=None)
def test_a_fulfilment_only_ever_grows_older(fulfilled: date, days: int | None, later: int) -> None:
    order = [ItemStatus.FULFILLED, ItemStatus.EXPIRING, ItemStatus.EXPIRED]
    first = shown("fulfilled", fulfilled, None, None, None, days, fulfilled).status
    then = shown("fulfilled", fulfilled, None, None, None, days, fulfilled + timedelta(days=later)).status
    assert order.index(then) >= order.index(first)
    assert (then in DONE) == (days is None or later <= days)
    assert (then is ItemStatus.FULFILLED) == (days is None or days - later > EXPIRING_DAYS)


@pytest.mark.rule("PLN-596")
@pytest.mark.parametrize(
    ("status", "person", "follower", "matrix", "report"),
    [
        ("not_begun", "red", "white", "white", "grey"),
        ("begun", "yellow", "yellow", "yellow", "yellow"),
        ("waiting", "yellow", "yellow", "yellow", "yellow"),
        ("preapproved", "yellow", "yellow", "yellow", "yellow"),
        ("rejected", "red", "red", "red", "red"),
        ("fulfilled", "green", "green", "green", "green"),
        ("approved", "green", "green", "green", "green"),
        ("expiring", "yellow", "yellow", "yellow", "green"),
        ("expired", "red", "red", "red", "red"),
        ("not_relevant", "white", "white", "white", "white"),
    ],
)
def test_colours_by_view(status: str, person: str, follower: str, matrix: str, report: str) -> None:
    given = [colour(status, view) for view in (View.PERSON, View.FOLLOWER, View.MATRIX, View.REPORT)]
    assert given == [person, follower, matrix, report]
    assert set(COLOURS) == set(ItemStatus) | set(GoalStatus)


@pytest.mark.rule("PLN-596")
@pytest.mark.parametrize("status", ["waiting", "preapproved"])
def test_what_waits_for_the_viewer_is_red_to_a_follower_alone(status: str) -> None:
    assert colour(status, View.FOLLOWER, asks_viewer=True) is Colour.RED
    assert colour(status, View.PERSON, asks_viewer=True) is Colour.YELLOW
    assert colour("begun", View.FOLLOWER, asks_viewer=True) is Colour.YELLOW


@pytest.mark.rule("PLN-599")
@pytest.mark.parametrize(
    ("statuses", "seen", "red", "yellow"),
    [
        (["fulfilled", "not_relevant", "expiring"], "green", 0, 1),
        (["not_begun", "not_relevant"], "red", 0, 0),
        (["not_begun", "fulfilled"], "yellow", 0, 0),
        (["rejected", "expired", "expiring", "fulfilled"], "yellow", 2, 1),
        (["approved", "approved"], "green", 0, 0),
        ([], "red", 0, 0),
    ],
)
def test_a_section_is_coloured_by_what_is_in_it(
    statuses: list[str], seen: str, red: int, yellow: int
) -> None:
    summary = summarise(statuses)
    assert (summary.colour, summary.red, summary.yellow) == (seen, red, yellow)


@pytest.mark.rule("PLN-600")
def test_a_plan_has_five_statuses_with_their_colours() -> None:
    def status(stored: str, progress: Progress, completion: str = "automatic") -> PlanStatus:
        return plan_status(
            stored, progress, completion=completion, plan_type=PlanType.COMPETENCE, worked_in=False
        )

    assert status("not_begun", Progress(3, 0, 0)) is PlanStatus.NOT_BEGUN
    assert status("not_begun", Progress(3, 0, 1)) is PlanStatus.BEGUN
    assert status("begun", Progress(3, 3, 3)) is PlanStatus.COMPLETED
    assert status("begun", Progress(3, 3, 3), Completion.LEADER_APPROVAL) is PlanStatus.WAITING
    assert status("approved", Progress(3, 3, 3), Completion.LEADER_APPROVAL) is PlanStatus.APPROVED
    assert status("approved", Progress(3, 2, 3), Completion.LEADER_APPROVAL) is PlanStatus.BEGUN
    assert [PLAN_COLOURS[one] for one in PlanStatus] == ["red", "yellow", "yellow", "green", "green"]


@pytest.mark.rule("PLN-601")
@given(total=st.integers(0, 300), irrelevant=st.integers(0, 300), done=st.integers(0, 300))
@settings(derandomize=True, database=None)
def test_a_hundred_percent_means_all(total: int, irrelevant: int, done: int) -> None:
    irrelevant = min(irrelevant, total)
    done = min(done, total - irrelevant)
    progress = Progress(total, done, 0, irrelevant)
    assert (progress.percent == 100) == (total > 0 and done == total - irrelevant)
    assert Progress(1000, 996, 0).percent == 99


@pytest.mark.rule("PLN-565")
@pytest.mark.parametrize(
    ("kind", "level", "form", "scope"),
    [
        ("requirement", "local", "course", Scope.SITE),
        ("activity", "regional", "course", Scope.SITE),
        ("activity", "national", "procedure_list", Scope.SITE),
        ("activity", "local", "procedure_list", Scope.HF),
        ("activity", "trust_central", "supervision", Scope.HF),
        ("activity", "national", "course", Scope.HF),
        ("activity", "national", "e_learning", Scope.HF),
    ],
)
def test_what_holds_in_the_site_and_what_in_a_trust(kind: str, level: str, form: str, scope: Scope) -> None:
    assert scope_of(kind, level, form) is scope


@pytest.mark.rule("PLN-516")
@pytest.mark.rule("PLN-517")
def test_the_sets_of_the_municipal_site() -> None:
    assert is_suggested("DEL 1 – Felles kompetansemål (LIS1)", "lis1", None)
    assert is_suggested("DEL 1 - Kliniske læringsmål - kommunehelsetjeneste (KLK) (LIS1)", "lis1", None)
    for specialty, code in (
        ("Allmennmedisin", "ALM"),
        ("Arbeidsmedisin", "ARB"),
        ("Samfunnsmedisin", "SAM"),
    ):
        assert is_suggested(f"{specialty} ({code}) ({specialty})", "lis2_3", specialty)
        assert is_suggested(f"Felles kompetansemål (FKM) ({specialty})", "lis2_3", specialty)
    assert not is_suggested("Felles kompetansemål (FKM) (Arbeidsmedisin)", "lis2_3", "Allmennmedisin")
    assert not is_suggested("Allmennmedisin (ALM) (Allmennmedisin)", "lis1", None)
