"""Marking a requirement as not relevant in one plan, and lifting the mark (PLN-617 to PLN-621)."""

from uuid import UUID

from stafett_chassis.problems import Conflict, Fault, Invalid
from stafett_chassis.work import Work
from stafett_contracts.ids import new_id
from stafett_contracts.vocabulary import ItemStatus, ReopenCause
from stafett_plans.progress import opened as opening
from stafett_plans.progress import telling
from stafett_plans.progress.opened import Opened
from stafett_plans.progress.views import RequirementView, view_of

_MARK = """
insert into relevance_mark (mark_id, person_id, plan_id, target_kind, target_id, comment, marked_by, marked_at)
values ($1, $2, $3, 'requirement', $4, $5, $6, $7)
on conflict (person_id, plan_id, target_id) where removed_at is null do nothing
"""
_LIFT = """
update relevance_mark set removed_by = $4, removed_at = $5
where person_id = $1 and plan_id = $2 and target_id = $3 and removed_at is null
"""


async def mark(work: Work, assignment_id: UUID, requirement_id: UUID, comment: str) -> RequirementView:
    """Mark as not relevant in this plan, from whatever status (PLN-617)."""
    opened = await opening.for_change(work, assignment_id, requirement_id)
    if opened.row["must_be_done"]:  # PLN-618
        raise Conflict("must_be_done", "Kravet må utføres.", "The requirement must be done.")
    if not comment.strip():
        raise Invalid([Fault("comment", "comment_required", "Skriv en kommentar.", "Write a comment.")])
    done = await work.raw.execute(
        _MARK, new_id(), opened.row["person_id"], opened.row["plan_id"], requirement_id,
        comment.strip(), work.caller.person_id, work.at,
    )  # fmt: skip
    if done.endswith(" 0"):
        return view_of(opened, opened.registration, work.today, work.caller.person_id)
    return await _changed(work, opened, "not_relevant", ItemStatus.NOT_RELEVANT.value, comment.strip())


async def lift(work: Work, assignment_id: UUID, requirement_id: UUID) -> RequirementView:
    """Take the mark away; the status the registration then has is shown (PLN-620)."""
    opened = await opening.for_change(work, assignment_id, requirement_id)
    done = await work.raw.execute(
        _LIFT, opened.row["person_id"], opened.row["plan_id"], requirement_id,
        work.caller.person_id, work.at,
    )  # fmt: skip
    if done.endswith(" 0"):
        return view_of(opened, opened.registration, work.today, work.caller.person_id)
    shown = opened.shown(opened.registration, work.today)
    return await _changed(work, opened, "relevant", shown.status.value, None)


async def _changed(work: Work, opened: Opened, act: str, status: str, comment: str | None) -> RequirementView:
    """The registration itself is untouched; what is told is in which plans it is relevant (PLN-621)."""
    row = opened.row
    old = opened.registration
    saved, _ = await telling.store_change(
        work,
        telling.Subject.of(row),
        old,
        old,
        act,
        comment=comment,
        details={"plan_id": str(row["plan_id"]), "status": status},
        worked_in=row["assignment_id"],
        reopened=ReopenCause.MARK_REMOVED,
    )
    again = await opening.for_change(work, row["assignment_id"], row["requirement_id"])
    return view_of(again, saved, work.today, work.caller.person_id)
