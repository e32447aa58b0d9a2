"""Storing a changed registration and telling of it: one way, whoever or whatever changed it.

Besides the registration itself this brings what follows from it up to date in the same transaction: the request it
was sent with, the goals it lies under and the plans that hold it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast
from uuid import UUID

from stafett_chassis.sql import Connection
from stafett_chassis.work import Work
from stafett_contracts.ids import (
    ExternalKey,
    PersonId,
    RegistrationId,
    RepetitionId,
    RequestId,
    RequestItemId,
    RequirementId,
    RoundId,
    UnitId,
)
from stafett_contracts.plans import ItemStatusChanged, SignatureWithdrawn
from stafett_contracts.plans.progress import OwnRepetition
from stafett_contracts.values import NamedGoal, Person
from stafett_contracts.vocabulary import (
    DocumentationForm,
    ItemStatus,
    LearningForm,
    ReopenCause,
    RepetitionState,
    RequirementKind,
    RequirementLevel,
    RoundSource,
    Scope,
    WithdrawalCause,
)
from stafett_plans.assignment import standing
from stafett_plans.goals import begun
from stafett_plans.progress import store
from stafett_plans.progress.opened import status_of
from stafett_plans.progress.rules.registration import SITE_WIDE, Registration, closed_round
from stafett_plans.progress.rules.repetitions import Repetition


@dataclass(frozen=True, slots=True)
class Subject:
    """What a registration is of and about whom: names and settings that events carry."""

    person_name: str
    number: str
    name: str
    kind: str
    level: str
    learning_form: str
    documentation_form: str
    external_key: str | None
    repetitions: int | None
    validity_days: int | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Subject":
        """From a loaded requirement."""
        return cls(
            *(row[name] for name in ("person_name", "number", "name", "kind", "level", "learning_form")),
            *(row[name] for name in ("documentation_form", "external_key", "repetitions", "days")),
        )


_SUBJECT = """
select d.given_name || ' ' || d.family_name as person_name, q.number, v.name, q.kind, q.level, v.learning_form,
    v.documentation_form, q.external_key, v.repetitions,
    (
        select min(coalesce(j.validity_days, v.validity_days)) from assignment b
        join plan_item j on j.plan_id = b.plan_id and j.requirement_id = q.requirement_id and j.state = 'active'
        where b.person_id = d.person_id and b.state = 'active' and not exists (
            select from relevance_mark m where m.person_id = b.person_id and m.plan_id = b.plan_id
                and m.removed_at is null and m.target_id in (j.requirement_id, j.section_id))
    ) as days
from directory_person d, requirement q
join requirement_version v on v.requirement_id = q.requirement_id and v.version = q.published_version
where d.person_id = $1 and q.requirement_id = $2
"""


async def subject_of(connection: Connection, registration: Registration) -> Subject:
    """What a registration is of, where no plan was opened: on a decision, or news from another site."""
    row = await connection.raw.fetchrow(_SUBJECT, registration.person_id, registration.requirement_id)
    if row is None:
        raise LookupError(f"no requirement {registration.requirement_id} or no such person")
    return Subject.of(row)


async def store_change(
    work: Work,
    subject: Subject,
    old: Registration,
    new: Registration,
    act: str,
    *,
    comment: str | None = None,
    details: Mapping[str, Any] | None = None,
    worked_in: UUID | None = None,
    reopened: ReopenCause = ReopenCause.UNDONE,
    repetitions: Sequence[Repetition] | None = None,
    withdrawal: WithdrawalCause = WithdrawalCause.CHANGED,
    ended_by_signing: bool = False,
) -> tuple[Registration, list[standing.HeldPlan]]:
    """Save `new` over `old`, with history, and tell of it; the registration as saved and the plans holding it.

    A request that `new` no longer stands behind is withdrawn with `withdrawal`, unless it is signing that has
    ended it.
    """
    saved = replace(new, revision=old.revision + 1, last_assignment_id=worked_in or new.last_assignment_id)
    now = status_of(saved, subject.validity_days, work.today)
    shown = (now.under_way or now.status).value
    await store.save(
        work, saved, work.at, work.cause.actor, act, shown,
        comment=comment, details=details, worked_in=worked_in,
    )  # fmt: skip
    kept = closed_round(old, saved)
    if kept is not None:
        await work.raw.execute(
            "insert into closed_round (registration_id, reason, content, closed_at) values ($1, 'renewed', $2, $3)",
            saved.registration_id, kept, work.at,
        )  # fmt: skip
    if not ended_by_signing and _left_behind(old, saved):
        assert old.request_id is not None
        await withdraw(work, old.request_id, withdrawal)
    plans = await standing.held(work, [saved.person_id], work.today, requirement_id=saved.requirement_id)
    goal_keys = {key for plan in plans for key in plan.goal_keys or ()}
    if goal_keys and await begun.activities_changed(work, saved.person_id, goal_keys):
        plans = await standing.held(work, [saved.person_id], work.today, requirement_id=saved.requirement_id)
    # PLN-638: what is told names first the plan it was last registered in.
    plans.sort(key=lambda plan: plan.assignment_id != saved.last_assignment_id)
    await standing.update(work, plans, reopened)
    await tell(work, subject, old, saved, plans, repetitions)
    return saved, plans


def _left_behind(old: Registration, new: Registration) -> bool:
    """Whether a request waits for, or was given, a signature on what is no longer there (PLN-636).

    A rejected one needs no withdrawal, and the signature of an earlier round stays with that round.
    """
    return (
        old.request_id is not None
        and old.request_id != new.request_id
        and old.round_id == new.round_id
        and old.state in (ItemStatus.WAITING, ItemStatus.FULFILLED)
    )


async def tell(
    work: Work,
    subject: Subject,
    old: Registration,
    new: Registration,
    plans: Sequence[standing.HeldPlan],
    repetitions: Sequence[Repetition] | None = None,
) -> None:
    """Emit the registration's full state, as sync and notify live on it."""
    if subject.repetitions and repetitions is None:
        repetitions = await store.repetitions(work, new)
    work.emit(status_changed(subject, old, new, plans, repetitions or (), work.today))


def status_changed(
    subject: Subject,
    old: Registration,
    new: Registration,
    plans: Sequence[standing.HeldPlan],
    repetitions: Sequence[Repetition],
    today: date,
) -> ItemStatusChanged:
    """The event that a person's status of a requirement changed."""
    before = status_of(old, subject.validity_days, today) if old.revision else None
    now = status_of(new, subject.validity_days, today)
    current = new.state == ItemStatus.FULFILLED
    kept = new.kept if not current and new.kept_fulfilled_on else None
    signer = (new.signer if new.signed else None) if kept is None else kept.get("signer")
    return ItemStatusChanged(
        revision=new.revision,
        registration_id=RegistrationId(new.registration_id),
        person_id=PersonId(new.person_id),
        person_name=subject.person_name,
        requirement_id=RequirementId(new.requirement_id),
        requirement_number=subject.number,
        requirement_name=subject.name,
        kind=RequirementKind(subject.kind),
        level=RequirementLevel(subject.level),
        external_key=cast(ExternalKey, subject.external_key),
        learning_form=LearningForm(subject.learning_form),
        documentation_form=DocumentationForm(subject.documentation_form),
        scope=Scope.SITE if new.hf_id == SITE_WIDE else Scope.HF,
        hf_id=UnitId(new.hf_id if new.hf_id != SITE_WIDE else plans[0].hf_id) if plans else None,
        round_id=RoundId(new.round_id),
        round_number=new.round_number,
        status_before=before.status if before else None,
        status=now.status,
        signed=new.signed if kept is None else bool(kept.get("signed")),
        under_way=now.under_way,
        source=RoundSource(new.source) if new.source else None,
        fulfilled_on=now.fulfilled_on,
        valid_until=now.valid_until,
        done=new.done if subject.repetitions else None,
        required=subject.repetitions,
        signer=Person(person_id=signer["person_id"], name=signer["name"]) if signer else None,
        comment=new.comment,
        repetitions=tuple(_own(one) for one in repetitions),
        plans=tuple(plan.with_item() for plan in plans),
        goals=goals_of(plans),
    )


def goals_of(plans: Iterable[standing.HeldPlan]) -> tuple[NamedGoal, ...]:
    """Every goal the requirement lies under, once each."""
    return tuple({goal.goal_key: goal for plan in plans for goal in plan.goals()}.values())


def _own(one: Repetition) -> OwnRepetition:
    signer = one.signer if one.state == RepetitionState.SIGNED else None
    return OwnRepetition(
        repetition_id=RepetitionId(one.repetition_id),
        performed_on=one.performed_on,
        state=RepetitionState(one.state),
        signer=Person(person_id=signer["person_id"], name=signer["name"]) if signer else None,
        comment=one.comment,
    )


async def withdraw(work: Work, request_id: UUID, cause: WithdrawalCause, items: Sequence[UUID] = ()) -> None:
    """Take a request, or some of its items, back from signing (PLN-636)."""
    revision = await store.withdrawn(work, request_id, cause.value)
    actor = work.cause.actor
    work.emit(
        SignatureWithdrawn(
            revision=revision,
            request_id=RequestId(request_id),
            item_ids=tuple(RequestItemId(item) for item in items),
            cause=cause,
            by=Person(person_id=actor.person_id, name=actor.name or "")
            if actor is not None and actor.person_id is not None
            else None,
        )
    )
