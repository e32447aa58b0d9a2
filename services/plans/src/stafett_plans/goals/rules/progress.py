"""A person's status of a goal: sending, decisions here, and what other sites and the Directorate say.

One goal has one status a person in a site (PLN-569). What this site itself has done is the `own` part; the status
shown is worked out from that together with what others say, in the order of SYN-085.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from stafett_chassis.problems import Conflict, Fault, Invalid
from stafett_contracts.vocabulary import CarriedOutIn, GoalStatus, Outcome, TrainingSetting

_NOT_BEGUN = GoalStatus.NOT_BEGUN.value
_BEGUN = GoalStatus.BEGUN.value
_WAITING = GoalStatus.WAITING.value
_PREAPPROVED = GoalStatus.PREAPPROVED.value
_APPROVED = GoalStatus.APPROVED.value
_REJECTED = GoalStatus.REJECTED.value
OPEN = frozenset({_WAITING, _PREAPPROVED})
"""States with a request that waits for a decision."""


@dataclass(frozen=True, slots=True)
class GoalProgress:
    """What a person has done with a goal at this site.

    `own` is the state by what was sent and decided here, `begun` whether any activity is begun or done (PLN-602).
    `outside` is what other sites say (SYN-085), `directorate` an approval by the Directorate given at this site.
    """

    goal_progress_id: UUID
    person_id: UUID
    goal_key: str
    revision: int = 0
    own: str = _NOT_BEGUN
    begun: bool = False
    status: str = _NOT_BEGUN
    status_at: datetime | None = None
    completed_on: date | None = None
    comment: str | None = None
    deviation: str | None = None
    approver_id: UUID | None = None
    approver_name: str | None = None
    delegation_id: UUID | None = None
    assignment_id: UUID | None = None
    request_id: UUID | None = None
    recalling: bool = False
    before: str | None = None
    decided_by: Mapping[str, Any] | None = None
    decided_at: datetime | None = None
    decision_comment: str | None = None
    reason: str | None = None
    note: str | None = None
    outside: Mapping[str, Any] | None = None
    outside_revision: int = 0
    directorate: Mapping[str, Any] | None = None

    @property
    def own_status(self) -> str:
        """The status by this site's doing alone, which is what is told other sites."""
        return _BEGUN if self.own == _NOT_BEGUN and self.begun else self.own


@dataclass(frozen=True, slots=True)
class GoalSetting:
    """The goal in the plan it is sent from."""

    in_force: bool
    """Not before its first day, not withdrawn, not replaced."""
    carried_out_in: str
    training_setting: str | None
    converted_cohort: bool = False
    withdrawn: bool = False
    """It has ended without a successor."""


@dataclass(frozen=True, slots=True)
class Approver:
    """One who may be asked (PLN-702)."""

    person_id: UUID
    name: str
    kind: str
    """`leader`, `other_leader`, `delegate` or `earlier_leader`."""
    delegation_id: UUID | None = None
    description: str | None = None
    leads: str | None = None
    """For delegates, the leader's name."""
    led_until: date | None = None
    unit_name: str | None = None
    preselected: bool = False


@dataclass(frozen=True, slots=True)
class Sending:
    """What is filled in in the approval window."""

    completed_on: date | None
    approver_id: UUID | None
    delegation_id: UUID | None = None
    comment: str | None = None
    deviation: str | None = None
    confirmed: bool = False


def is_closed(setting: GoalSetting, site_kind: str) -> tuple[str, str, str] | None:
    """Why the goal cannot be approved where the trainee is, as (code, nb, en); none when it can (PLN-706)."""
    if setting.withdrawn:  # PLN-496
        return ("goal_withdrawn", "Læringsmålet er utgått.", "The goal has been withdrawn.")
    if not setting.in_force:
        return (
            "goal_not_in_force",
            "Læringsmålet gjelder ikke nå.",
            "The goal is not in force.",
        )
    if setting.converted_cohort:  # PLN-477
        return None
    other_side = CarriedOutIn.HOSPITAL if site_kind == "municipal" else CarriedOutIn.MUNICIPALITY
    if setting.carried_out_in == other_side:
        return (
            "goal_approved_elsewhere",
            "Læringsmålet skal gjennomføres og godkjennes i kommunen."
            if other_side == CarriedOutIn.MUNICIPALITY
            else "Læringsmålet skal gjennomføres og godkjennes i sykehus.",
            "The goal is carried out and approved elsewhere.",
        )
    if setting.training_setting in (TrainingSetting.TRAINING_ONLY, TrainingSetting.NO_TRAINING):
        return (
            "goal_approved_elsewhere",
            "Læringsmålet skal godkjennes ved et annet helseforetak.",
            "The goal is to be approved at another trust.",
        )
    return None


def send(
    old: GoalProgress,
    asked: Sending,
    setting: GoalSetting,
    approvers: Sequence[Approver],
    missing: Sequence[str],
    *,
    site_kind: str,
    today: date,
    request_id: UUID,
    assignment_id: UUID,
) -> GoalProgress:
    """Send a goal to approval (PLN-701); `missing` are national courses and procedure lists not done (PLN-705)."""
    closed = is_closed(setting, site_kind)
    if closed is not None:
        raise Conflict(*closed)
    if old.own in OPEN:
        raise Conflict(
            "already_waiting",
            f"Målet venter allerede hos {old.approver_name}.",
            f"The goal waits already with {old.approver_name}.",
            waits_for=old.approver_name,
        )
    if old.status == _APPROVED:
        raise Conflict("already_approved", "Målet er godkjent.", "The goal is approved.")
    faults = _faults(asked, missing if not setting.converted_cohort else (), today)
    chosen = chosen_approver(approvers, asked)
    if chosen is None and asked.approver_id is not None:
        faults.append(
            Fault(
                "approver_id",
                "addressee_not_allowed",
                "Mottakeren kan ikke godkjenne dette målet.",
                "The addressee may not approve this goal.",
            )
        )
    if faults:
        raise Invalid(faults, missing=list(missing))
    assert chosen is not None
    return replace(
        old,
        own=_WAITING,
        before=old.own,
        completed_on=asked.completed_on,
        comment=asked.comment or None,
        deviation=(asked.deviation or None) if missing else None,
        approver_id=chosen.person_id,
        approver_name=chosen.name,
        delegation_id=chosen.delegation_id,
        assignment_id=assignment_id,
        request_id=request_id,
        recalling=False,
        decided_by=None,
        decided_at=None,
        decision_comment=None,
        reason=None,
        note=None,
    )


def chosen_approver(approvers: Iterable[Approver], asked: Sending) -> Approver | None:
    """The one asked for among those offered (PLN-704)."""
    for one in approvers:
        if one.person_id == asked.approver_id and one.delegation_id == asked.delegation_id:
            return one
    return None


def _faults(asked: Sending, missing: Sequence[str], today: date) -> list[Fault]:
    faults = []
    if asked.completed_on is None:
        faults.append(Fault("completed_on", "date_missing", "Dato mangler.", "The date is missing."))
    elif asked.completed_on > today:
        faults.append(
            Fault(
                "completed_on",
                "date_in_future",
                "Datoen kan ikke være frem i tid.",
                "The date may not be in the future.",
            )
        )
    if asked.approver_id is None:
        faults.append(Fault("approver_id", "approver_missing", "Velg godkjenner.", "Choose an approver."))
    if missing:
        if not asked.confirmed:
            faults.append(
                Fault(
                    "confirmed",
                    "prerequisites_missing",
                    "Nasjonale kurs eller prosedyrelister mangler. Bekreft at målet likevel skal sendes.",
                    "National courses or procedure lists are missing. Confirm that it shall be sent all the same.",
                )
            )
        if not (asked.deviation or "").strip():
            faults.append(
                Fault(
                    "deviation",
                    "deviation_missing",
                    "Skriv hvorfor målet sendes uten dem.",
                    "Say why the goal is sent without them.",
                )
            )
    return faults


def recall(old: GoalProgress) -> GoalProgress:
    """Ask for a waiting goal back; final when signing has confirmed it (PLN-709)."""
    if old.own not in OPEN or old.request_id is None:
        raise Conflict(
            "not_waiting", "Målet venter ikke på godkjenning.", "The goal does not wait for approval."
        )
    return old if old.recalling else replace(old, recalling=True)


def approved(
    old: GoalProgress, decider: Mapping[str, Any], at: datetime, comment: str | None
) -> GoalProgress:
    """PLN-711."""
    return _decided(old, _APPROVED, decider, at, comment, None)


def rejected(
    old: GoalProgress, decider: Mapping[str, Any], at: datetime, comment: str | None, reason: str | None
) -> GoalProgress:
    """Unlocked, with reason and comment, until it is sent again (PLN-711)."""
    return _decided(old, _REJECTED, decider, at, comment, reason)


def _decided(
    old: GoalProgress,
    own: str,
    decider: Mapping[str, Any],
    at: datetime,
    comment: str | None,
    reason: str | None,
) -> GoalProgress:
    return replace(
        old,
        own=own,
        decided_by=decider,
        decided_at=at,
        decision_comment=comment,
        reason=reason,
        recalling=False,
        note=None,
    )


def preapproved(old: GoalProgress, addressee_id: UUID | None, addressee_name: str | None) -> GoalProgress:
    """A delegate preapproved it; it waits for the leader (PLN-602, SGN-080)."""
    return replace(
        old, own=_PREAPPROVED, approver_id=addressee_id or old.approver_id, approver_name=addressee_name
    )


def reassigned(old: GoalProgress, addressee_id: UUID | None, addressee_name: str | None) -> GoalProgress:
    """Signing moved it to another approver; it still waits (PLN-714)."""
    return replace(
        old, approver_id=addressee_id or old.approver_id, approver_name=addressee_name or old.approver_name
    )


def reopened(old: GoalProgress) -> GoalProgress:
    """The decision was undone: it waits again (PLN-712)."""
    return replace(
        old,
        own=_WAITING,
        decided_by=None,
        decided_at=None,
        decision_comment=None,
        reason=None,
        note=None,
    )


def taken_back(old: GoalProgress, note: str | None = None) -> GoalProgress:
    """Recalled or lapsed: begun, to be sent again (PLN-709, PLN-712)."""
    return replace(
        old, own=_BEGUN, request_id=None, recalling=False, before=None, delegation_id=None, note=note
    )


def refused(old: GoalProgress, text: str) -> GoalProgress:
    """Signing could not take the request: back to the state it had (SGN-013)."""
    return replace(old, own=old.before or _BEGUN, request_id=None, recalling=False, before=None, note=text)


def recall_refused(old: GoalProgress, outcome: str, decider: Mapping[str, Any], at: datetime) -> GoalProgress:
    """The decision was first, and stands, whichever of the two events comes first (PLN-709)."""
    if old.own in OPEN and outcome == Outcome.SIGNED:
        old = approved(old, decider, at, None)
    elif old.own in OPEN and outcome == Outcome.REJECTED:
        old = rejected(old, decider, at, None, None)
    return replace(
        old,
        recalling=False,
        note="Målet var allerede avgjort da det ble kalt tilbake. Avgjørelsen står.",
    )
