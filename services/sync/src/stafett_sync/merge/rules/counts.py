"""The effective count on a national procedure list: the union of all origins' entries, summed (SYN-095, SYN-096)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from stafett_sync.statements.bodies import COUNTING, Entry


@dataclass(frozen=True, slots=True)
class Counted:
    """An entry with its origin."""

    site: str
    trust: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class EffectiveCount:
    """What was done in all, by whom, and when the required number was reached."""

    total: int
    entries: tuple[Counted, ...]
    fulfilled_on: date | None
    duplicates: tuple[str, ...]
    """Ids of entries that two origins state; each counts once (SYN-096)."""


def effective_count(
    lists: Mapping[tuple[str, str], tuple[Entry, ...]], required: int | None = None
) -> EffectiveCount:
    """The effective count of `lists` (entries by site and trust) against the receiver's own `required` number."""
    chosen: dict[str, Counted] = {}
    doubled = set()
    for (site, trust), entries in sorted(lists.items()):
        for entry in entries:
            if entry.id in chosen:
                if chosen[entry.id].site != site:
                    doubled.add(entry.id)
                continue  # the lowest site id comes first
            chosen[entry.id] = Counted(site, trust, entry)
    ordered = tuple(sorted(chosen.values(), key=lambda one: (one.entry.performed_on, one.site, one.entry.id)))
    total, fulfilled_on = 0, None
    for one in ordered:
        if one.entry.state in COUNTING:
            total += one.entry.number
            if fulfilled_on is None and required is not None and total >= required:
                fulfilled_on = one.entry.performed_on
    return EffectiveCount(total, ordered, fulfilled_on, tuple(sorted(doubled)))
