"""Which goals took the place of which, and what is carried over (SYN-054 to SYN-058)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from stafett_contracts.vocabulary import Demand
from stafett_sync.merge.rules.goals import Approval

_STRICTNESS = {Demand.LOWER: 0, Demand.SAME: 1, Demand.HIGHER: 2}


@dataclass(frozen=True, slots=True)
class Replacement:
    """A goal, what it replaced, and what it demands compared with that."""

    goal: str
    replaced: frozenset[str]
    demand: Demand


Replacements = Mapping[str, Replacement]


def combined(replacements: Iterable[Replacement]) -> dict[str, Replacement]:
    """By goal; of several demands on one replacement the strictest counts (SYN-056)."""
    found: dict[str, Replacement] = {}
    for one in replacements:
        held = found.get(one.goal)
        found[one.goal] = (
            one
            if held is None
            else Replacement(
                one.goal,
                held.replaced | one.replaced,
                max(held.demand, one.demand, key=lambda demand: _STRICTNESS[demand]),
            )
        )
    return found


def carried(
    goal: str, replacements: Replacements, approval_of: Callable[[str], Approval | None]
) -> Approval | None:
    """The approval that `goal` gets from those it replaced; none without.

    `approval_of` gives the approval in force on a goal itself. Chains are followed to the end; a step with higher
    demands stops them. All of several replaced goals must be approved; the latest decision stands (SYN-056).
    """
    return _carried(goal, replacements, approval_of, frozenset())


def _carried(
    goal: str,
    replacements: Replacements,
    approval_of: Callable[[str], Approval | None],
    above: frozenset[str],
) -> Approval | None:
    step = replacements.get(goal)
    if step is None or step.demand is Demand.HIGHER or not step.replaced or goal in above:
        return None
    found = []
    for old in sorted(step.replaced):
        approval = approval_of(old) or _carried(old, replacements, approval_of, above | {goal})
        if approval is None:
            return None
        found.append(approval if approval.carried_from else approval.carried(old))
    return max(found, key=lambda approval: (approval.decided_at, approval.carried_from or ""))


def affected_by(goal: str, replacements: Replacements) -> frozenset[str]:
    """The goals whose effective value may depend on `goal`: itself and all that replaced it, in any number of steps."""
    return _closure(goal, lambda key: [one.goal for one in replacements.values() if key in one.replaced])


def sources_of(goal: str, replacements: Replacements) -> frozenset[str]:
    """The goals on whose facts the effective value of `goal` may depend."""
    return _closure(goal, lambda key: replacements[key].replaced if key in replacements else ())


def _closure(start: str, step: Callable[[str], Iterable[str]]) -> frozenset[str]:
    found, waiting = {start}, [start]
    while waiting:
        for key in step(waiting.pop()):
            if key not in found:
                found.add(key)
                waiting.append(key)
    return frozenset(found)
