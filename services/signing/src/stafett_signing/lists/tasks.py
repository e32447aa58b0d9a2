"""«Mine oppgaver», in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Text, and_, distinct, func, literal, literal_column, select, true, values
from sqlalchemy import column as sql_column

from stafett_chassis.directory.tables import leader, position
from stafett_chassis.http import Reading
from stafett_contracts.vocabulary import SigningList
from stafett_signing.access import store as access
from stafett_signing.lists import rules
from stafett_signing.people import store as people
from stafett_signing.schema import counter, request


@dataclass(frozen=True, slots=True)
class TaskList:
    """A list with what waits in it."""

    list: SigningList
    label_nb: str
    label_en: str
    waiting: int
    has_handled: bool
    """The caller has ever signed, approved or rejected something in it."""
    shown: bool
    """The list is of use to the caller: something is or was there, or the caller leads somebody (SGN-130)."""


@dataclass(frozen=True, slots=True)
class Tasks:
    """«Mine oppgaver»."""

    lists: Sequence[TaskList]
    total: int


async def tasks(read: Reading, uses_training_time: bool) -> Tasks:
    """What waits for the caller, by list and in all (SGN-145, SGN-146)."""
    caller = read.caller
    names = values(sql_column("list", Text), name="names").data([(name.value,) for name in SigningList])
    names = names.alias()
    in_force = people.deputy_in_force(caller, read.today) if access.as_deputy(caller) else true()
    waiting = (
        select(func.count(distinct(request.c.row_key)))
        .where(
            request.c.list == names.c.list,
            access.waits_for(caller),
            in_force,
            literal_column("request.open_items > 0"),  # literal, as in the partial index
        )
        .scalar_subquery()
    )
    counted = and_(counter.c.person_id == access.acts_for(caller), in_force)
    had, handled = (
        func.coalesce(
            select(names.c.list == func.any(lists)).where(counted).scalar_subquery(), literal(False)
        )
        for lists in (counter.c.had, counter.c.handled)
    )
    leads = (
        select(leader.c.employee_position_id)
        .join(position, position.c.position_id == leader.c.leader_position_id)
        .where(position.c.person_id == access.acts_for(caller), in_force)
        .exists()
    )
    rows = await read.all(
        select(
            names.c.list,
            waiting.label("waiting"),
            handled.label("has_handled"),
            had.label("had"),
            leads.label("leads"),
        )
    )
    found = {row["list"]: row for row in rows}
    lists = [
        TaskList(
            name,
            rules.NAMES_NB[name],
            name.label_en,
            row["waiting"],
            row["has_handled"],
            rules.is_shown(name, had=row["had"], leads=row["leads"], uses_training_time=uses_training_time),
        )
        for name, row in ((name, found[name.value]) for name in SigningList)
    ]
    return Tasks(lists, sum(one.waiting for one in lists))
