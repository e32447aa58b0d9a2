"""Which of several sites' words is shown when nothing but the tie rules tells them apart."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest

from stafett_contracts.vocabulary import GoalStatus, RepetitionState
from stafett_sync.merge.rules.counts import effective_count
from stafett_sync.merge.rules.goals import Contribution, approval_in_force, effective_goal
from stafett_sync.statements.bodies import Entry

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def said(site: str, status: GoalStatus, **fields: object) -> Contribution:
    given = {"site": site, "trust": site.upper(), "status": status, "state_at": AT, **fields}
    return Contribution(**given)  # type: ignore[arg-type]


@pytest.mark.rule("SYN-085")
@pytest.mark.parametrize(
    "status", [GoalStatus.PREAPPROVED, GoalStatus.WAITING, GoalStatus.REJECTED, GoalStatus.BEGUN]
)
def test_of_equal_states_of_one_moment_the_lowest_site_is_shown(status: GoalStatus) -> None:
    for order in permutations(("nord", "kommune", "vest")):
        assert effective_goal([said(site, status) for site in order]).site == "kommune"


@pytest.mark.rule("SYN-085")
def test_of_approvals_of_one_moment_the_one_completed_first_is_shown_then_the_lowest_site() -> None:
    early, late = date(2026, 2, 1), date(2026, 2, 2)

    def shown(*approvals: tuple[str, date]) -> set[str]:
        found = set()
        for order in permutations(approvals):
            approval = approval_in_force(
                [said(site, GoalStatus.APPROVED, decided_at=AT, completed_on=day) for site, day in order]
            )
            assert approval is not None
            found.add(approval.site)
        return found

    assert shown(("kommune", late), ("vest", early)) == {"vest"}
    assert shown(("kommune", early), ("vest", early)) == {"kommune"}


@pytest.mark.rule("SYN-087")
def test_of_several_withdrawals_the_note_is_about_the_latest_whichever_site_it_is_from() -> None:
    withdrawn = [
        said("kommune", GoalStatus.BEGUN, withdrawn_at=AT + timedelta(days=2)),
        said("vest", GoalStatus.BEGUN, withdrawn_at=AT + timedelta(days=1)),
    ]
    for order in permutations(withdrawn):
        value = effective_goal(order)
        assert (value.withdrawn_at, value.withdrawn_trust) == (AT + timedelta(days=2), "KOMMUNE")


@pytest.mark.rule("SYN-096")
def test_entries_of_one_day_are_ordered_by_site_and_then_by_id() -> None:
    def entry(name: str) -> Entry:
        return Entry(id=name, performed_on=date(2026, 2, 1), number=1, state=RepetitionState.SIGNED)

    lists = {("vest", "HAV"): (entry("b"), entry("a")), ("kommune", "K"): (entry("d"), entry("c"))}
    for order in permutations(lists.items()):
        assert [one.entry.id for one in effective_count(dict(order)).entries] == ["c", "d", "a", "b"]
