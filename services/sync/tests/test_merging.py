"""Merging is a function of the set of facts: order, number and batches do not matter."""

import hashlib
import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stafett_contracts.vocabulary import Demand, FactState, GoalStatus, RepetitionState
from stafett_sync.facts.resolving import contributions_of, count_event, goal_event, goal_value
from stafett_sync.merge.rules import digest
from stafett_sync.merge.rules.catalogue import Replacement, affected_by, carried, combined, sources_of
from stafett_sync.merge.rules.counts import effective_count
from stafett_sync.merge.rules.goals import (
    Contribution,
    approval_in_force,
    effective_goal,
    next_state_at,
)
from stafett_sync.merge.rules.register import equivocates, join, merge, rank, register_of
from stafett_sync.statements.bodies import Approver, Entry
from stafett_sync.statements.canonical import digest_of
from stafett_sync.statements.rules import FactKey, Statement, moment

T0 = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SITES = ("kommune", "nord", "vest")
settings.register_profile("sync", derandomize=True, database=None, deadline=None)
settings.load_profile("sync")


def goal_body(status: GoalStatus, hours: int) -> dict[str, object]:
    at = moment(T0 + timedelta(hours=hours))
    body: dict[str, object] = {"number": "FKM-012", "text": "t", "status": status.value, "state_at": at}
    if status is GoalStatus.APPROVED:
        body |= {"decided_at": at, "completed_on": "2026-02-27", "approver": {"name": "Kari Nes"}}
    return body


def statement(
    *,
    site: str = "vest",
    type: str = "goal_status",
    subject: str = "FKM12",
    epoch: int = 1,
    seq: int = 1,
    state: FactState = FactState.PRESENT,
    body: Mapping[str, object] | None = None,
) -> Statement:
    body = body if body is not None else goal_body(GoalStatus.BEGUN, seq)
    body = body if state is FactState.PRESENT else {}
    return Statement(
        type=type,
        major=1,
        env="test",
        site=site,
        trust="HAV",
        hpr="9001234",
        subject=subject,
        epoch=epoch,
        seq=seq,
        issued_at=T0 + timedelta(minutes=seq),
        state=state,
        hash=digest_of([site, type, subject, epoch, seq, state.value, dict(body)]),
        body=body,
    )


@st.composite
def statements(draw: st.DrawFn, site: str | None = None, subject: str | None = None) -> Statement:
    kind = draw(st.sampled_from(("goal_status", "procedure_count")))
    origin = site or draw(st.sampled_from(SITES))
    seq = draw(st.integers(1, 4))
    body: Mapping[str, object]
    if kind == "goal_status":
        body = goal_body(
            draw(st.sampled_from([s for s in GoalStatus if s != "not_begun"])), draw(st.integers(0, 5))
        )
    else:
        numbers = draw(st.lists(st.integers(1, 9), max_size=3))
        body = {
            "name": "Lumbalpunksjon",
            "count": sum(numbers),
            "entries": [
                {
                    "id": f"{origin}-{place}",
                    "performed_on": f"2026-02-0{place + 1}",
                    "number": number,
                    "state": "signed",
                }
                for place, number in enumerate(numbers)
            ],
        }
    return statement(
        site=origin,
        type=kind,
        subject=subject or draw(st.sampled_from(("FKM12", "FKM13"))),
        epoch=draw(st.integers(1, 2)),
        seq=seq,
        state=draw(st.sampled_from(FactState)),
        body=body,
    )


one_fact = st.tuples(st.sampled_from(SITES), st.just("FKM12")).flatmap(
    lambda key: st.tuples(
        *[statements(site=key[0], subject=key[1]).filter(lambda s: s.type == "goal_status")] * 3
    )
)


@pytest.mark.rule("SYN-075")
@given(one_fact)
def test_merging_statements_of_a_fact_is_commutative_associative_and_idempotent(
    three: tuple[Statement, Statement, Statement],
) -> None:
    a, b, c = three
    assert merge(a, b).hash == merge(b, a).hash
    assert merge(merge(a, b), c).hash == merge(a, merge(b, c)).hash
    assert merge(a, a) == a
    assert merge(merge(a, b), b) == merge(a, b)


@pytest.mark.rule("SYN-075")
@given(st.lists(statements(), max_size=12), st.randoms(use_true_random=False), st.integers(0, 12))
def test_a_register_is_the_same_in_any_order_with_any_doubles_and_in_any_batches(
    said: list[Statement], chance: random.Random, split: int
) -> None:
    whole = register_of(said)
    shuffled = said + said[: len(said) // 2]
    chance.shuffle(shuffled)
    one, other = register_of(shuffled[:split]), register_of(shuffled[split:])
    hashes = {key: held.hash for key, held in whole.items()}
    assert {key: held.hash for key, held in join(one, other).items()} == hashes
    assert {key: held.hash for key, held in join(other, one).items()} == hashes
    assert {key: held.hash for key, held in join(join(one, other), one).items()} == hashes


@pytest.mark.rule("SYN-075")
def test_each_step_of_the_order_decides_before_the_next() -> None:
    low, high = sorted(
        (statement(body=goal_body(GoalStatus.BEGUN, hour)) for hour in (1, 2)), key=lambda one: one.hash
    )
    assert merge(statement(state=FactState.FINAL), statement(epoch=9, seq=9)).state is FactState.FINAL
    assert merge(statement(epoch=2, seq=1), statement(epoch=1, seq=9)).epoch == 2
    assert merge(statement(seq=3), statement(seq=2)).seq == 3
    assert merge(low, high) == high


def test_statements_of_two_facts_are_never_merged() -> None:
    with pytest.raises(ValueError):
        merge(statement(subject="FKM12"), statement(subject="FKM13"))


@pytest.mark.rule("SYN-076")
def test_two_contents_under_one_version_are_recognised() -> None:
    one, other = (statement(body=goal_body(GoalStatus.BEGUN, hour)) for hour in (1, 2))
    assert equivocates(one, other)
    assert not equivocates(one, one)
    assert not equivocates(one, statement(seq=2))


@pytest.mark.rule("SYN-077")
def test_absent_may_come_back_and_final_never_does() -> None:
    assert merge(statement(seq=2, state=FactState.ABSENT), statement(seq=3)).state is FactState.PRESENT
    assert merge(statement(seq=2, state=FactState.FINAL), statement(seq=3)).state is FactState.FINAL
    assert rank(statement(seq=2, state=FactState.ABSENT)) < rank(statement(seq=3))


def said(
    status: GoalStatus, hours: int, site: str = "vest", *, directorate: bool = False, case: str | None = None
) -> Contribution:
    at = T0 + timedelta(hours=hours)
    approved = status is GoalStatus.APPROVED
    return Contribution(
        site=site,
        trust=site.upper(),
        status=status,
        state_at=at,
        decided_at=at if approved else None,
        completed_on=at.date() if approved else None,
        approver=Approver(name=f"Leder i {site}") if approved and not directorate else None,
        directorate=directorate,
        case_number=case,
    )


@pytest.mark.rule("SYN-085")
def test_the_first_row_with_a_candidate_decides() -> None:
    rows = [
        said(GoalStatus.APPROVED, 9, "kommune", directorate=True, case="26/1"),
        said(GoalStatus.APPROVED, 5),
        said(GoalStatus.WAITING, 6, "nord"),
        said(GoalStatus.BEGUN, 7, "kommune"),
    ]
    found = [effective_goal(rows[start:]) for start in range(len(rows) + 1)]
    assert [value.row for value in found] == [1, 2, 3, 4, 5]
    assert [value.status.value for value in found] == [
        "approved",
        "approved",
        "waiting",
        "begun",
        "not_begun",
    ]
    assert [value.site for value in found] == ["kommune", "vest", "nord", "kommune", None]


@pytest.mark.rule("SYN-085")
def test_ties_are_decided_as_the_table_says() -> None:
    # Row 1: earliest decision, lowest case number, lowest site.
    both = [
        said(GoalStatus.APPROVED, 1, "nord", directorate=True, case="26/2"),
        said(GoalStatus.APPROVED, 1, "vest", directorate=True, case="26/1"),
    ]
    assert effective_goal(both).site == "vest"
    # Row 2: earliest decision, earliest completion, lowest site.
    assert (
        effective_goal([said(GoalStatus.APPROVED, 2, "kommune"), said(GoalStatus.APPROVED, 1)]).site == "vest"
    )
    assert (
        effective_goal([said(GoalStatus.APPROVED, 1, "vest"), said(GoalStatus.APPROVED, 1, "nord")]).site
        == "nord"
    )
    # Row 3: latest, preapproved before waiting, lowest site.
    assert (
        effective_goal([said(GoalStatus.WAITING, 2), said(GoalStatus.PREAPPROVED, 1, "kommune")]).site
        == "vest"
    )
    assert (
        effective_goal([said(GoalStatus.WAITING, 2, "kommune"), said(GoalStatus.PREAPPROVED, 2)]).site
        == "vest"
    )
    # Row 4: latest, rejected before begun, lowest site.
    assert effective_goal([said(GoalStatus.BEGUN, 3), said(GoalStatus.REJECTED, 2, "kommune")]).site == "vest"
    assert effective_goal([said(GoalStatus.BEGUN, 2, "kommune"), said(GoalStatus.REJECTED, 2)]).site == "vest"
    assert (
        effective_goal([said(GoalStatus.BEGUN, 2, "vest"), said(GoalStatus.BEGUN, 2, "nord")]).site == "nord"
    )


@pytest.mark.rule("SYN-086")
def test_what_another_site_says_never_removes_an_approval() -> None:
    approval = said(GoalStatus.APPROVED, 1)
    for status in (GoalStatus.REJECTED, GoalStatus.WAITING, GoalStatus.BEGUN):
        value = effective_goal([approval, said(status, 9, "kommune")])
        assert value.status is GoalStatus.APPROVED
        assert value.site == "vest"
        assert any(one.status is status for one in value.contributions), "kept in the history"


@pytest.mark.rule("SYN-087")
def test_after_a_withdrawal_the_next_approval_stands_or_the_note_is_shown() -> None:
    withdrawn = Contribution(
        site="vest",
        trust="HAV",
        status=GoalStatus.BEGUN,
        state_at=T0 + timedelta(hours=5),
        withdrawn_at=T0 + timedelta(hours=5),
    )
    other = said(GoalStatus.APPROVED, 3, "nord")
    both = effective_goal([withdrawn, other])
    assert (both.status, both.site, both.withdrawn_at) == (GoalStatus.APPROVED, "nord", None)
    alone = effective_goal([withdrawn])
    assert (alone.status, alone.withdrawn_at, alone.withdrawn_trust) == (
        GoalStatus.BEGUN,
        T0 + timedelta(hours=5),
        "HAV",
    )


@pytest.mark.rule("SYN-088")
def test_approved_withdrawn_and_approved_elsewhere_has_the_new_date_until_it_is_approved_again() -> None:
    first = statement(seq=1, body=goal_body(GoalStatus.APPROVED, 1))
    withdrawn = statement(seq=2, body=goal_body(GoalStatus.BEGUN, 2) | {"withdrawn_at": moment(T0)})
    elsewhere = statement(site="kommune", body=goal_body(GoalStatus.APPROVED, 3))
    again = statement(seq=3, body=goal_body(GoalStatus.APPROVED, 4))

    def value(*all_said: Statement) -> tuple[str | None, datetime | None]:
        held = register_of(all_said).values()
        found = effective_goal(contributions_of(list(held), {})["FKM12"])
        return found.site, found.approval.decided_at if found.approval else None

    assert value(elsewhere, withdrawn, first) == ("kommune", T0 + timedelta(hours=3))
    assert value(again, first, elsewhere, withdrawn) == ("kommune", T0 + timedelta(hours=3))
    assert value(again, first, withdrawn) == ("vest", T0 + timedelta(hours=4))


@pytest.mark.rule("SYN-090")
def test_a_new_state_never_looks_older_than_what_its_maker_saw() -> None:
    assert next_state_at(T0, []) == T0
    assert next_state_at(T0, [T0 - timedelta(hours=1)]) == T0
    assert next_state_at(T0, [T0 + timedelta(hours=1)]) == T0 + timedelta(hours=1, milliseconds=1)
    assert next_state_at(T0, [T0]) == T0 + timedelta(milliseconds=1)


@pytest.mark.rule("SYN-092")
def test_the_value_names_every_contribution() -> None:
    everything = [
        said(GoalStatus.APPROVED, 1),
        said(GoalStatus.REJECTED, 2, "kommune"),
        said(GoalStatus.BEGUN, 3, "nord"),
    ]
    value = effective_goal(everything)
    assert {(one.site, one.trust, one.status, one.state_at) for one in value.contributions} == {
        (one.site, one.trust, one.status, one.state_at) for one in everything
    }


@given(
    st.dictionaries(st.sampled_from(SITES), st.tuples(st.sampled_from(GoalStatus), st.integers(1, 3))),
    st.randoms(use_true_random=False),
)
def test_the_value_does_not_depend_on_the_order_of_contributions(
    by_site: dict[str, tuple[GoalStatus, int]], chance: random.Random
) -> None:
    everything = [said(status, hours, site) for site, (status, hours) in by_site.items()]
    shuffled = list(everything)
    chance.shuffle(shuffled)
    assert effective_goal(shuffled) == effective_goal(everything)


def entry(name: str, day: int, number: int, state: RepetitionState = RepetitionState.SIGNED) -> Entry:
    return Entry(id=name, performed_on=date(2026, 2, day), number=number, state=state)


@pytest.mark.rule("SYN-095")
def test_only_entries_done_or_signed_count_and_the_others_are_listed() -> None:
    states = {state: (entry(state.value, 1, 10, state),) for state in RepetitionState if state != "removed"}
    for state, entries in states.items():
        value = effective_count({("vest", "HAV"): entries})
        assert value.total == (10 if state in (RepetitionState.DONE, RepetitionState.SIGNED) else 0)
        assert len(value.entries) == 1
    value = effective_count({("vest", "HAV"): (entry("a", 1, 2),), ("kommune", "K"): (entry("b", 2, 3),)})
    assert value.total == 5


@pytest.mark.rule("SYN-096")
def test_an_entry_two_sites_state_counts_once_at_the_lowest_site_and_is_reported() -> None:
    value = effective_count(
        {("vest", "HAV"): (entry("a", 1, 2), entry("b", 2, 1)), ("kommune", "K"): (entry("a", 1, 7),)}
    )
    assert value.total == 8
    assert value.duplicates == ("a",)
    assert [(one.site, one.entry.id) for one in value.entries] == [("kommune", "a"), ("vest", "b")]


@pytest.mark.rule("SYN-096")
def test_the_fulfilled_date_is_that_of_the_entry_at_which_the_sum_reaches_the_number() -> None:
    lists = {
        ("vest", "HAV"): (entry("a", 3, 2), entry("b", 1, 1)),
        ("kommune", "K"): (entry("c", 2, 2, RepetitionState.WAITING), entry("d", 4, 5)),
    }
    assert effective_count(lists, 3).fulfilled_on == date(2026, 2, 3)
    assert effective_count(lists, 4).fulfilled_on == date(2026, 2, 4)
    assert effective_count(lists, 9).fulfilled_on is None
    assert effective_count(lists).fulfilled_on is None


@pytest.mark.rule("SYN-054", "SYN-055")
@pytest.mark.parametrize("demand", list(Demand))
def test_an_approval_is_carried_to_a_replacement_unless_its_demands_are_higher(demand: Demand) -> None:
    replacements = combined([Replacement("FKM20", frozenset({"FKM12"}), demand)])
    contributions = {"FKM12": [said(GoalStatus.APPROVED, 1)]}
    value = goal_value("FKM20", contributions, replacements)
    old = goal_value("FKM12", contributions, replacements)
    assert old.status is GoalStatus.APPROVED, "the old goal stays readable with its approval"
    if demand is Demand.HIGHER:
        assert value.status is GoalStatus.NOT_BEGUN
    else:
        assert value.status is GoalStatus.APPROVED
        assert value.approval is not None
        assert (value.approval.decided_at, value.approval.carried_from) == (T0 + timedelta(hours=1), "FKM12")
        assert value.approval.approver == Approver(name="Leder i vest")


@pytest.mark.rule("SYN-056")
def test_of_several_replaced_goals_all_must_be_approved_and_the_latest_decision_stands() -> None:
    replacements = combined([Replacement("FKM20", frozenset({"FKM12", "FKM13"}), Demand.SAME)])
    one = {"FKM12": [said(GoalStatus.APPROVED, 1)]}
    both = one | {"FKM13": [said(GoalStatus.APPROVED, 4, "nord")]}
    assert goal_value("FKM20", one, replacements).status is GoalStatus.NOT_BEGUN
    value = goal_value("FKM20", both, replacements)
    assert (value.status, value.site) == (GoalStatus.APPROVED, "nord")


@pytest.mark.rule("SYN-056")
def test_one_replaced_by_several_is_carried_to_each_and_the_strictest_demand_counts() -> None:
    old = frozenset({"FKM12"})
    replacements = combined(
        [
            Replacement("FKM20", old, Demand.LOWER),
            Replacement("FKM21", old, Demand.SAME),
            Replacement("FKM21", old, Demand.HIGHER),
        ]
    )
    contributions = {"FKM12": [said(GoalStatus.APPROVED, 1)]}
    assert goal_value("FKM20", contributions, replacements).status is GoalStatus.APPROVED
    assert goal_value("FKM21", contributions, replacements).status is GoalStatus.NOT_BEGUN


@pytest.mark.rule("SYN-056")
def test_chains_are_followed_to_the_end_and_stopped_by_higher_demands() -> None:
    def chain(last: Demand) -> dict[str, Replacement]:
        return combined(
            [
                Replacement("FKM20", frozenset({"FKM12"}), Demand.SAME),
                Replacement("FKM30", frozenset({"FKM20"}), last),
                Replacement("FKM12", frozenset({"FKM30"}), Demand.SAME),  # nonsense, and yet no endless walk
            ]
        )

    contributions = {"FKM12": [said(GoalStatus.APPROVED, 1)]}
    assert goal_value("FKM30", contributions, chain(Demand.LOWER)).status is GoalStatus.APPROVED
    assert goal_value("FKM30", contributions, chain(Demand.HIGHER)).status is GoalStatus.NOT_BEGUN
    assert affected_by("FKM12", chain(Demand.SAME)) >= {"FKM12", "FKM20", "FKM30"}
    assert sources_of("FKM30", chain(Demand.SAME)) >= {"FKM12", "FKM20", "FKM30"}


@pytest.mark.rule("SYN-057")
def test_approvals_are_never_carried_back_and_fall_away_with_their_source() -> None:
    replacements = combined([Replacement("FKM20", frozenset({"FKM12"}), Demand.LOWER)])
    new_only = {"FKM20": [said(GoalStatus.APPROVED, 1)]}
    assert goal_value("FKM12", new_only, replacements).status is GoalStatus.NOT_BEGUN
    source = {"FKM12": [said(GoalStatus.APPROVED, 1)]}
    assert goal_value("FKM20", source, replacements).status is GoalStatus.APPROVED
    source["FKM12"] = [said(GoalStatus.BEGUN, 2)]
    assert goal_value("FKM20", source, replacements).status is GoalStatus.NOT_BEGUN
    assert goal_value("FKM20", {"FKM12": [said(GoalStatus.WAITING, 1)]}, replacements).row == 5, (
        "approvals only"
    )


def test_carrying_asks_only_for_approvals_in_force() -> None:
    replacements = combined([Replacement("FKM20", frozenset({"FKM12"}), Demand.SAME)])
    found = carried("FKM20", replacements, lambda key: approval_in_force([said(GoalStatus.APPROVED, 1)]))
    assert found is not None
    assert found.carried_from == "FKM12"


class PureSite:
    """A site reduced to its register: what the rules alone make of messages."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.register: dict[FactKey, Statement] = {}
        self.seq: dict[tuple[str, str], int] = {}

    def say(self, chance: random.Random) -> Statement:
        subject = chance.choice(("FKM12", "FKM13"))
        kind = chance.choice(("goal_status", "procedure_count"))
        place = (kind, subject)
        self.seq[place] = self.seq.get(place, 0) + 1
        body: Mapping[str, object] = goal_body(
            chance.choice([status for status in GoalStatus if status != "not_begun"]), chance.randrange(20)
        )
        if kind == "procedure_count":
            number = chance.randrange(1, 9)
            one = {"id": f"{self.name}-1", "performed_on": "2026-02-01", "number": number, "state": "done"}
            body = {"name": "Lumbalpunksjon", "count": number, "entries": [one]}
        made = statement(
            site=self.name,
            type=kind,
            subject=subject,
            seq=self.seq[place],
            state=chance.choice((FactState.PRESENT, FactState.PRESENT, FactState.ABSENT)),
            body=body,
        )
        self.take(made)
        return made

    def take(self, one: Statement) -> None:
        self.register = join(self.register, {one.key: one})

    def values(self) -> list[object]:
        present = [one for one in self.register.values() if one.state is FactState.PRESENT]
        contributions = contributions_of(present, {})
        goals = [
            (
                key,
                goal_value(
                    key, contributions, {"FKM13": Replacement("FKM13", frozenset({"FKM12"}), Demand.SAME)}
                ),
            )
            for key in ("FKM12", "FKM13")
        ]
        counts = [
            count_event(
                T_PERSON, key, [o for o in present if o.type == "procedure_count" and o.subject == key], "-"
            )(1)
            for key in ("FKM12", "FKM13")
        ]
        return [goals, counts]

    def digest_of(self, origin: str) -> str:
        mine = [one for one in self.register.values() if one.site == origin]
        return digest.digest(digest.lines_of(mine, date(2026, 3, 1)))


T_PERSON = UUID(int=1)


@pytest.mark.rule("SYN-058", "SYN-078")
@given(st.integers(0, 2**32), st.integers(5, 40))
@settings(max_examples=150)
def test_three_sites_end_equal_after_loss_doubling_delay_reordering_and_a_partition(
    seed: int, events: int
) -> None:
    chance = random.Random(seed)
    sites = {name: PureSite(name) for name in SITES}
    under_way: list[tuple[str, Statement]] = []
    cut_off = chance.choice(SITES)
    for step in range(events):
        partition = events // 3 < step < 2 * events // 3
        speaker = sites[chance.choice(SITES)]
        made = speaker.say(chance)
        for other in sites:
            if other == speaker.name or (partition and cut_off in (other, speaker.name)):
                continue
            fate = chance.random()
            if fate > 0.25:
                under_way += [(other, made)] * (2 if fate > 0.7 else 1)
        chance.shuffle(under_way)
        while under_way and chance.random() < 0.6:
            to, one = under_way.pop()
            sites[to].take(one)
    # The evening: digests are compared, and whatever differs is said again (SYN-150, SYN-152).
    for origin in SITES:
        for other in SITES:
            if sites[other].digest_of(origin) != sites[origin].digest_of(origin):
                for one in [held for held in sites[origin].register.values() if held.site == origin]:
                    sites[other].take(one)
    for to, one in under_way:  # what was delayed until after it changes nothing
        sites[to].take(one)
    first = sites[SITES[0]]
    for site in sites.values():
        assert site.register == first.register
        assert site.values() == first.values()
        assert [site.digest_of(origin) for origin in SITES] == [first.digest_of(origin) for origin in SITES]


@pytest.mark.rule("SYN-150")
def test_a_digest_is_the_hash_of_sorted_lines_without_presence() -> None:
    facts = [
        statement(subject="FKM12", seq=2),
        statement(subject="FKM13"),
        statement(type="presence", subject="-", body={"state": "active"}),
    ]
    lines = digest.lines_of(facts, date(2026, 3, 1))
    assert lines == [f"goal_status\tFKM12\t1.2\t{facts[0].hash}", f"goal_status\tFKM13\t1.1\t{facts[1].hash}"]

    assert digest.digest(reversed(lines)) == hashlib.sha256("\n".join(lines).encode()).hexdigest()


@pytest.mark.rule("SYN-155")
@pytest.mark.parametrize(("today", "counts"), [(date(2028, 3, 31), True), (date(2028, 4, 1), False)])
def test_what_is_gone_leaves_digests_on_the_first_day_of_the_25th_month(today: date, counts: bool) -> None:
    issued = datetime(2026, 3, 15, 12, 0, tzinfo=UTC)
    for state in (FactState.ABSENT, FactState.FINAL):
        assert digest.counts("goal_status", state, issued, today) is counts
    assert digest.counts("goal_status", FactState.PRESENT, issued, date(2099, 1, 1))


@pytest.mark.rule("SYN-151")
def test_trainees_are_combined_in_256_buckets_and_one_root() -> None:
    trainees = {str(9_000_000 + number): f"{number:064x}" for number in range(600)}
    buckets = digest.buckets(trainees)
    assert len(buckets) == 256
    changed = dict(trainees) | {"9000007": "f" * 64}
    differing = [place for place in range(256) if digest.buckets(changed)[place] != buckets[place]]
    assert differing == [digest.bucket_of("9000007")]
    assert digest.root(buckets) != digest.root(digest.buckets(changed))
    assert digest.root(buckets) == digest.root(digest.buckets(dict(reversed(trainees.items()))))


def test_events_are_made_of_values_alone() -> None:
    registry: object = type("R", (), {"trust_name": lambda self, site, trust: f"{trust} i {site}"})()
    value = effective_goal([said(GoalStatus.WAITING, 1, "nord")])
    event = goal_event(T_PERSON, "FKM12", "FKM-012", value, "vest", registry)(3)  # type: ignore[arg-type]
    assert event.revision == 3
    assert event.label == "Venter på godkjenning ved NORD i nord"  # type: ignore[attr-defined]
