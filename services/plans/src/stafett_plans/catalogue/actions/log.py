"""PLN-008: every change to a definition is written down with who, for whom, when, and before and after."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import bindparam, insert

from stafett_chassis.work import Work
from stafett_plans.catalogue.store import definition_log

_ADD = insert(definition_log).values(
    {
        name: bindparam(name)
        for name in "object_kind object_id act at by_person by_position on_behalf_of run_id changes".split()
    }
)


async def note(work: Work, kind: str, id: Any, act: str, changes: Mapping[str, Any] | None = None) -> None:
    """Write down that `act` was done to an object; `changes` are {field: (before, after)}."""
    await note_all(work, kind, act, [(id, changes or {})])


async def note_all(work: Work, kind: str, act: str, objects: Iterable[tuple[Any, Mapping[str, Any]]]) -> None:
    """As `note`, for many objects of one kind."""
    who = work.cause.actor
    await work.run_many(
        _ADD,
        [
            {
                "object_kind": kind,
                "object_id": str(object_id),
                "act": act,
                "at": work.at,
                "by_person": who.person_id if who else None,
                "by_position": who.position_id if who else None,
                "on_behalf_of": who.on_behalf_of if who else None,
                "run_id": work.cause.run_id,
                "changes": dict(changes),
            }
            for object_id, changes in objects
        ],
    )


def changes_of(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What `after` changes in `before`."""
    return {name: (before[name], value) for name, value in after.items() if before[name] != value}
