"""A requirement of a person's plan as its readers see it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from stafett_contracts.vocabulary import ItemStatus, RepetitionState
from stafett_plans.progress.opened import Opened
from stafett_plans.progress.rules import status as statuses
from stafett_plans.progress.rules.registration import Registration
from stafett_plans.progress.rules.repetitions import Repetition


@dataclass(frozen=True, slots=True)
class PrerequisiteView:
    """A prerequisite that is not done; without status the person has it in no plan, «Ikke tildelt»."""

    requirement_id: UUID
    name: str
    status: str | None


@dataclass(frozen=True, slots=True)
class CheckpointView:
    """A checkpoint, and who ticked it when."""

    checkpoint_id: str
    name: str
    url: str | None
    must_be_done: bool
    ticked: dict[str, Any] | None
    not_relevant: bool


@dataclass(frozen=True, slots=True)
class RepetitionView:
    """A repetition; `origin` tells where one that was done elsewhere comes from."""

    repetition_id: UUID | str
    performed_on: date | str
    state: str
    label: str
    comment: str | None = None
    supervisor: str | None = None
    signer: str | None = None
    signed_at: datetime | None = None
    decision_comment: str | None = None
    reason: str | None = None
    recalling: bool = False
    number: int = 1
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class RequirementView:
    """A requirement with the person's registration.

    `fulfilled_on`, `manual_expiry`, `comment` and the supervisor are what is filled in in the present round;
    `counts_from` and `valid_until` are of the fulfilment that counts, which may be the round before.
    """

    assignment_id: UUID
    requirement_id: UUID
    registration_id: UUID | None
    number: str
    name: str
    kind: str
    level: str
    description: str
    learning_form: str
    documentation_form: str
    links: Any
    course_ids: Any
    requires_signing: bool
    asks_expiry: bool
    comment_field: bool
    must_be_done: bool
    item_state: str
    status: str
    label: str
    colour: str
    under_way: str | None
    locked: bool
    signed: bool
    fulfilled_on: date | None
    manual_expiry: date | None
    comment: str | None
    supervisor_id: UUID | None
    supervisor_name: str | None
    recalling: bool
    counts_from: date | None
    valid_until: date | None
    signer: str | None
    signed_at: datetime | None
    decision_comment: str | None
    reason: str | None
    note: str | None
    not_relevant: str | None
    registered_by: str | None
    prerequisites: Sequence[PrerequisiteView]
    checkpoints: Sequence[CheckpointView]
    required: int | None
    done: int | None
    waiting: int
    rejected: int
    repetitions: Sequence[RepetitionView]
    round_number: int
    revision: int


def view_of(
    opened: Opened,
    registration: Registration,
    today: date,
    viewer: UUID,
    repetitions: Sequence[Repetition] = (),
    elsewhere: Sequence[dict[str, Any]] = (),
) -> RequirementView:
    """What `viewer` is shown of `registration`."""
    row = opened.row
    shown = opened.shown(registration, today)
    status = ItemStatus.NOT_RELEVANT if row["not_relevant"] is not None else shown.status
    view = statuses.View.PERSON if opened.own else statuses.View.FOLLOWER
    counted_elsewhere = sum(
        entry["number"]
        for entry in elsewhere
        if entry["state"] in (RepetitionState.DONE, RepetitionState.SIGNED)
    )
    return RequirementView(
        assignment_id=row["assignment_id"],
        requirement_id=row["requirement_id"],
        registration_id=registration.registration_id if registration.revision else None,
        number=row["number"],
        name=row["name"],
        kind=row["kind"],
        level=row["level"],
        description=row["description"],
        learning_form=row["learning_form"],
        documentation_form=row["documentation_form"],
        links=row["links"],
        course_ids=row["course_ids"],
        requires_signing=row["requires_signing"],
        asks_expiry=row["manual_expiry"],
        comment_field=row["comment_field"],
        must_be_done=row["must_be_done"],
        item_state=row["item_state"],
        status=status.value,
        label="Signert" if status is ItemStatus.FULFILLED and registration.signed else status.label_nb,
        colour=statuses.colour(status, view, asks_viewer=registration.supervisor_id == viewer),
        under_way=shown.under_way,
        locked=registration.state in (ItemStatus.FULFILLED, ItemStatus.WAITING),
        signed=registration.signed,
        fulfilled_on=registration.fulfilled_on,
        manual_expiry=registration.manual_expiry,
        comment=registration.comment,
        supervisor_id=registration.supervisor_id,
        supervisor_name=registration.supervisor_name,
        recalling=registration.recalling,
        counts_from=shown.fulfilled_on,
        valid_until=shown.valid_until,
        signer=registration.signer["name"] if registration.signer else None,
        signed_at=registration.signed_at,
        decision_comment=registration.decision_comment,
        reason=registration.reason,
        note=registration.note,
        not_relevant=row["not_relevant"],
        registered_by=registration.source,
        prerequisites=[
            PrerequisiteView(one.id, one.name, one.status) for one in opened.demands.prerequisites
        ],
        checkpoints=_checkpoints(opened, registration),
        required=row["repetitions"],
        done=registration.done + counted_elsewhere if row["repetitions"] else None,
        waiting=registration.waiting,
        rejected=registration.rejected,
        repetitions=[_repetition(one) for one in repetitions] + [_foreign(one) for one in elsewhere],
        round_number=registration.round_number,
        revision=registration.revision,
    )


def without_comments(view: RequirementView) -> RequirementView:
    """For those who see the progress alone («Who may do what»)."""
    return replace(
        view,
        comment=None,
        decision_comment=None,
        repetitions=[replace(one, comment=None, decision_comment=None) for one in view.repetitions],
    )


def _checkpoints(opened: Opened, registration: Registration) -> list[CheckpointView]:
    away = {str(one) for one in opened.row["checkpoints_marked"] or ()}
    return [
        CheckpointView(
            point["checkpoint_id"],
            point["name"],
            point.get("url"),
            point["must_be_done"],
            registration.ticks.get(point["checkpoint_id"]),
            point["checkpoint_id"] in away,
        )
        for point in opened.row["checklist"]
    ]


def _repetition(one: Repetition) -> RepetitionView:
    return RepetitionView(
        one.repetition_id,
        one.performed_on,
        one.state,
        RepetitionState(one.state).label_nb,
        one.comment,
        one.supervisor_name,
        one.signer["name"] if one.signer else None,
        one.signed_at,
        one.decision_comment,
        one.reason,
        one.recalling,
    )


def _foreign(entry: dict[str, Any]) -> RepetitionView:
    return RepetitionView(
        entry["id"],
        entry["performed_on"],
        entry["state"],
        RepetitionState(entry["state"]).label_nb,
        entry.get("comment"),
        signer=entry.get("signer"),
        number=entry["number"],
        origin=entry.get("trust") or entry["site"],
    )
