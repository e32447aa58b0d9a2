"""What signing is asked: a requirement, an activity, or repetitions, with the basis for the decision (PLN-629)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from stafett_chassis.work import Work
from stafett_contracts.basis import (
    BasisCheckpoint,
    BasisPlan,
    BasisRepetition,
    RequirementBasis,
    content_hash,
)
from stafett_contracts.ids import (
    PersonId,
    PositionId,
    RequestId,
    RequestItemId,
    RequirementId,
    SubjectId,
    UnitId,
    new_id,
)
from stafett_contracts.plans import SignatureRequested
from stafett_contracts.requests import AskedItem
from stafett_contracts.values import Addressee, Party, RequestSubject
from stafett_contracts.vocabulary import (
    AddresseeKind,
    DocumentationForm,
    LearningForm,
    RequestKind,
    RequirementKind,
)
from stafett_plans.assignment.standing import HeldPlan
from stafett_plans.progress import store, telling
from stafett_plans.progress.opened import Opened
from stafett_plans.progress.rules.registration import Registration
from stafett_plans.progress.rules.repetitions import Repetition

_PARTY = """
select d.given_name || ' ' || d.family_name as name, p.title, p.unit_id, u.name as unit_name
from directory_person d
left join directory_position p on p.position_id = $2
left join directory_unit u on u.unit_id = p.unit_id
where d.person_id = $1
"""


async def ask(
    work: Work,
    opened: Opened,
    sent: Registration,
    plans: Sequence[HeldPlan],
    request_id: UUID,
    repetitions: Sequence[Repetition] = (),
) -> None:
    """Tell signing what was sent, with a request id of ours and the registration's revision."""
    row = opened.row
    kind = _kind(row["kind"], repetitions)
    basis = _basis(opened, sent, plans, repetitions)
    supervisor = repetitions[0] if repetitions else sent
    employee = Party(
        person_id=PersonId(sent.person_id),
        position_id=PositionId(row["position_id"]),
        name=row["person_name"],
        title=row["title"],
        unit_id=UnitId(row["unit_id"]),
        unit_name=row["unit_name"],
    )
    await store.ask(
        work, request_id, kind.value, sent.registration_id, sent.person_id, sent.revision, work.at
    )
    work.emit(
        SignatureRequested(
            revision=1,
            request_id=RequestId(request_id),
            kind=kind,
            subject=RequestSubject(
                kind=kind,
                id=SubjectId(sent.registration_id),
                revision=sent.revision,
                name=row["name"],
                requirement_id=RequirementId(sent.requirement_id),
                plans=tuple(plan.named() for plan in plans),
                goals=telling.goals_of(plans),
            ),
            employee=employee,
            asked_by=employee if opened.own else await caller_party(work),
            addressee=Addressee(
                kind=AddresseeKind.PERSON,
                person_id=PersonId(supervisor.supervisor_id) if supervisor.supervisor_id else None,
                name=supervisor.supervisor_name,
            ),
            completed_on=repetitions[-1].performed_on if repetitions else sent.fulfilled_on,
            comment=repetitions[0].comment if repetitions else sent.comment,
            items=_items(repetitions),
            content_hash=content_hash(basis),
            snapshot=basis,
        )
    )


async def caller_party(work: Work) -> Party:
    """The caller, as requests name who asked."""
    caller = work.caller
    row = await work.raw.fetchrow(_PARTY, caller.person_id, caller.position_id)
    return Party(
        person_id=caller.person_id,
        position_id=caller.position_id,
        name=row["name"] if row else "",
        title=row["title"] if row else None,
        unit_id=row["unit_id"] if row else None,
        unit_name=row["unit_name"] if row else None,
    )


def _kind(kind: str, repetitions: Iterable[Repetition]) -> RequestKind:
    if repetitions:
        return RequestKind.REPETITIONS
    return RequestKind.ACTIVITY if kind == RequirementKind.ACTIVITY else RequestKind.REQUIREMENT


def _items(repetitions: Sequence[Repetition]) -> tuple[AskedItem, ...]:
    if not repetitions:
        return (AskedItem(item_id=RequestItemId(new_id())),)
    return tuple(
        AskedItem(item_id=RequestItemId(one.item_id), performed_on=one.performed_on, comment=one.comment)
        for one in repetitions
        if one.item_id is not None
    )


def _basis(
    opened: Opened, sent: Registration, plans: Sequence[HeldPlan], repetitions: Sequence[Repetition]
) -> RequirementBasis:
    """SGN-021."""
    row: Mapping[str, Any] = opened.row
    away = {str(one) for one in row["checkpoints_marked"] or ()}
    return RequirementBasis(
        requirement_id=RequirementId(sent.requirement_id),
        number=row["number"],
        version=row["version"],
        name=row["name"],
        description=row["description"] or None,
        learning_form=LearningForm(row["learning_form"]),
        documentation_form=DocumentationForm(row["documentation_form"]),
        plans=tuple(basis for plan in plans for basis in _plans(plan)),
        completed_on=None if repetitions else sent.fulfilled_on,
        repetitions=tuple(
            BasisRepetition(performed_on=one.performed_on, comment=one.comment) for one in repetitions
        ),
        repetitions_done=sent.done if repetitions else None,
        repetitions_required=row["repetitions"],
        checkpoints=tuple(
            BasisCheckpoint(
                name=point["name"],
                url=point.get("url"),
                must_be_done=point["must_be_done"],
                done=point["checkpoint_id"] in sent.ticks,
                not_relevant=point["checkpoint_id"] in away,
            )
            for point in row["checklist"]
        ),
        manual_expiry=sent.manual_expiry,
        comment=repetitions[0].comment if repetitions else sent.comment,
    )


def _plans(plan: HeldPlan) -> list[BasisPlan]:
    goals = plan.goals()
    if not goals:
        return [BasisPlan(name=plan.plan_name, section_or_theme=plan.section_name)]
    return [BasisPlan(name=plan.plan_name, section_or_theme=plan.section_name, goal=goal) for goal in goals]
