"""The rules of log-in and sessions, without a database."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stafett_chassis.problems import NotFound, Unauthenticated
from stafett_contracts.vocabulary import Role, Track
from stafett_identity.sessions import rules
from stafett_identity.sessions.rules import Limits, Method, Option, OptionKind, Standing

START = datetime(2026, 12, 1, 9, tzinfo=UTC)
minutes = st.integers(min_value=0, max_value=60 * 24)


@settings(derandomize=True, database=None)
@given(seen=minutes, asked=minutes)
def test_a_session_lives_exactly_while_it_is_used_and_young(seen: int, asked: int) -> None:
    limits = Limits()
    ends_at = START + limits.longest
    idle_ends_at = rules.idle_ends_at(START + timedelta(minutes=seen), ends_at, limits)
    assert idle_ends_at <= ends_at
    alive = asked < min(seen + 30, 12 * 60)
    try:
        rules.refuse_ended(
            START + timedelta(minutes=asked), idle_ends_at=idle_ends_at, ends_at=ends_at, ended_at=None
        )
    except Unauthenticated:
        assert not alive
    else:
        assert alive


def test_an_ended_session_is_none_however_young() -> None:
    with pytest.raises(Unauthenticated, match="not_logged_in"):
        rules.refuse_ended(
            START, idle_ends_at=START + timedelta(1), ends_at=START + timedelta(1), ended_at=START
        )


@pytest.mark.parametrize("stated", [None, "high", "substantial", "low", "certain"])
def test_only_providers_whose_word_counts_can_state_their_assurance(stated: str | None) -> None:
    for method in Method:
        found = rules.assurance_of(method, stated)
        assert found in {"low", "substantial", "high"}
        if method not in (Method.TRUST, Method.HELSEID):
            assert found == rules.assurance_of(method)
    assert rules.assurance_of(Method.TRUST, "certain") == "low"


def option(number: int, kind: OptionKind, unit: str, leader: str | None = None) -> Option:
    return Option(UUID(int=number), kind, UUID(int=1), unit, None, None, leader_name=leader)


def test_options_keep_their_order_whatever_they_come_in() -> None:
    options = [
        option(5, OptionKind.DEPUTY, "A", "Bo"),
        option(4, OptionKind.DEPUTY, "B", "Anna"),
        option(3, OptionKind.TEMPORARY, "A"),
        option(2, OptionKind.OWN, "B"),
        option(1, OptionKind.OWN, "B"),
    ]
    for turned in (options, options[::-1], options[2:] + options[:2]):
        assert [one.option_id.int for one in rules.arranged(turned, str)] == [1, 2, 3, 4, 5]
    assert rules.only_option(options) is None
    assert rules.only_option(options[:1]) is options[0]
    with pytest.raises(NotFound):
        rules.chosen(options, UUID(int=9))


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        (Standing(Track.NONE, False, False, False), [Role.EMPLOYEE]),
        (Standing(Track.LIS1, False, False, False), [Role.EMPLOYEE, Role.TRAINEE]),
        (Standing(Track.LIS2_3, True, False, False), [Role.EMPLOYEE, Role.TRAINEE, Role.LEADER]),
        (Standing(Track.APPRENTICE, False, True, True), [Role.EMPLOYEE, Role.APPRENTICE, Role.MENTOR, Role.SUPERVISOR]),
    ],
)  # fmt: skip
def test_derived_roles_follow_from_track_and_relations(standing: Standing, expected: list[Role]) -> None:
    assert rules.derived_roles(OptionKind.OWN, standing) == expected
    assert rules.derived_roles(OptionKind.DEPUTY, standing) == [Role.DEPUTY]


def test_every_menu_entry_names_a_role_the_person_has() -> None:
    for role in Role:
        for entry in rules.menu([role], 1):
            assert entry.because is role
    assert rules.menu([], 1) == []
    assert [entry.key for entry in rules.menu([], 2)] == ["switch_position"]
