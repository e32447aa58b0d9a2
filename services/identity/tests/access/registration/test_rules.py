"""The rules of registration and invitations, without a database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stafett_chassis.problems import Problem
from stafett_contracts.vocabulary import InvitationRole, InvitationState, Track
from stafett_identity.registration import rules
from stafett_identity.registration.rules import Invitation

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
INVITATION = Invitation(
    invitation_id=UUID(int=1),
    trainee_person_id=UUID(int=2),
    trainee_position_id=UUID(int=3),
    role=InvitationRole.MENTOR,
    email="A@b.no",
    email_key="a@b.no",
    given_name="Håvard",
    family_name="Kvåle",
    message=None,
    token_hash=b"",
    sent_at=NOW,
    send_count=1,
    sent_event_id=None,
    expires_at=NOW + timedelta(days=30),
    state=InvitationState.OPEN,
    accepted_person_id=None,
    accepted_position_id=None,
    answered_at=None,
    undelivered_at=None,
    created_at=NOW,
    updated_at=NOW,
    revision=1,
)


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("kari@post.example", True),
        ("kari.h+lis@sub.post.no", True),
        ("kåre@blåbær.no", True),
        ("KARI@POST.EXAMPLE", True),
        ("kari@post", False),
        ("kari@@post.no", False),
        ("kari hansen@post.no", False),
        ("kari@post..no", False),
        ("kari@-post.no", False),
        ("@post.no", False),
        ("kari@post.no\nBcc: x@y.no", False),
        ("<kari@post.no>", False),
        ("k" * 250 + "@post.no", False),
    ],
)
def test_addresses_are_checked(address: str, good: bool) -> None:
    assert (rules.email_faults("email", address) == []) is good


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("99 99 99 99", "+4799999999"),
        ("+47 99999999", "+4799999999"),
        ("0047 99999999", "+4799999999"),
        ("+46 70-123 45 67", "+46701234567"),
        ("(+45) 12.34.56.78", "+4512345678"),
        ("1234567", None),
        ("+47123", None),
        ("+0123456789", None),
        ("ring meg", None),
        ("٩٩٩٩٩٩٩٩", None),
    ],
)
def test_telephone_numbers_are_norwegian_unless_they_say_otherwise(typed: str, stored: str | None) -> None:
    assert rules.phone_number(typed) == stored


@settings(derandomize=True, database=None)
@given(st.text(max_size=40))
def test_whatever_is_typed_is_a_good_number_or_none(typed: str) -> None:
    number = rules.phone_number(typed)
    assert number is None or rules.phone_number(number) == number
    rules.email_faults("email", typed)


def test_a_track_has_the_specialty_it_must_have() -> None:
    assert rules.track_faults(Track.LIS1, None) == []
    assert rules.track_faults(Track.LIS2_3, "ARB") == []
    assert [fault.code for fault in rules.track_faults(Track.LIS1, "ALM")] == ["no_specialty"]
    assert [fault.code for fault in rules.track_faults(Track.LIS2_3, None)] == ["bad_specialty"]
    assert [fault.code for fault in rules.track_faults(Track.NONE, None)] == ["bad_track"]


@pytest.mark.parametrize(
    ("typed", "invited", "state"),
    [
        ("Kvåle", "kvåle", InvitationState.ACCEPTED),
        ("Lillebø-Hætta", "Lillebø Hætta", InvitationState.ACCEPTED),
        ("Čáhppe", "Cahppe", InvitationState.ACCEPTED),
        ("Kvale", "Kvåle", InvitationState.NEEDS_CONFIRMATION),  # å is a letter of its own
        ("Moe", "Kvåle", InvitationState.NEEDS_CONFIRMATION),
        ("Kvåle Moe", "Kvåle", InvitationState.NEEDS_CONFIRMATION),
    ],
)
def test_the_family_name_decides_whether_an_answer_must_be_confirmed(
    typed: str, invited: str, state: InvitationState
) -> None:
    assert rules.answered(replace(INVITATION, family_name=invited), typed) is state


@settings(derandomize=True, database=None)
@given(
    state=st.sampled_from(list(InvitationState)),
    accepted=st.sampled_from([None, UUID(int=9), UUID(int=8)]),
    person=st.sampled_from([None, UUID(int=2), UUID(int=9)]),
    days=st.integers(min_value=0, max_value=60),
)
def test_a_link_is_answered_only_while_open_or_by_who_has_answered(
    state: InvitationState, accepted: UUID | None, person: UUID | None, days: int
) -> None:
    answered = state in (InvitationState.ACCEPTED, InvitationState.NEEDS_CONFIRMATION)
    invitation = replace(
        INVITATION, state=state, accepted_person_id=(accepted or UUID(int=9)) if answered else None
    )
    now = NOW + timedelta(days=days)
    mine = answered and person == invitation.accepted_person_id
    fresh = state is InvitationState.OPEN and days < 30
    if person != invitation.trainee_person_id and (mine or fresh):
        rules.refuse_acceptance(invitation, person, now)
    else:
        with pytest.raises(Problem, match="409"):
            rules.refuse_acceptance(invitation, person, now)


@settings(derandomize=True, database=None)
@given(st.lists(st.integers(min_value=0, max_value=200), max_size=30))
def test_however_often_it_is_tried_an_invitation_is_sent_again_five_times_and_once_an_hour(
    pauses: list[int],
) -> None:
    invitation, now, sent = INVITATION, NOW, [NOW]
    for pause in pauses:
        now += timedelta(minutes=pause)
        try:
            rules.refuse_resend(invitation, now)
        except Problem:
            continue
        sent.append(now)
        invitation = replace(invitation, sent_at=now, send_count=invitation.send_count + 1)
    assert len(sent) <= 6
    assert all(later - earlier >= timedelta(hours=1) for earlier, later in pairwise(sent))


@pytest.mark.parametrize(
    ("address", "warned"),
    [
        ("a@lege.kommune.no", True),
        ("a@KOMMUNE.no", True),
        ("a@ikkekommune.no", False),
        ("a@post.no", False),
    ],
)
def test_an_employers_domain_is_known_with_what_lies_below_it(address: str, warned: bool) -> None:
    assert rules.warns_of_work_address(address, ["Kommune.no"]) is warned
