"""Who may do what with a person's plans, what becomes of an assignment, and how far a plan has come."""

import re
from dataclasses import dataclass
from enum import StrEnum

from stafett_chassis.problems import Conflict, Forbidden, NotFound
from stafett_contracts.vocabulary import (
    AssignmentReason,
    AssignmentState,
    Completion,
    PlanState,
    PlanStatus,
    PlanType,
    Track,
)

GOAL_PLANS = frozenset({PlanType.LEARNING_GOAL.value, PlanType.COMPETENCE_GOAL.value})
WITHDRAWN_MARK = "Utgått"
"""What a goal that has ended without a successor is marked with (PLN-496)."""
MOST_PAIRS = 1_000
"""Pairs in one command: 10 plans for 100 employees (PLN-814)."""


class Act(StrEnum):
    """What the table «Who may do what» tells apart."""

    READ = "read"
    REGISTER = "register"
    SEND_GOAL = "send_goal"
    ASSIGN = "assign"
    REACTIVATE = "reactivate"


@dataclass(frozen=True, slots=True)
class Standing:
    """How the caller stands to somebody's assignment.

    `follows`: leader, deputy, delegated leader, professional lead B, super user or HF admin with the position in
    reach. `administers`: the trust's administrator of that kind of goal plan. `leads_training`: training lead of
    the plan's specialty (LIS1 plans included).
    """

    own: bool = False
    follows: bool = False
    administers: bool = False
    mentors: bool = False
    leads_training: bool = False

    @property
    def none(self) -> bool:
        """Whether the caller has nothing to do with it."""
        return not (self.own or self.follows or self.administers or self.mentors or self.leads_training)

    @property
    def reads_comments(self) -> bool:
        """Whether the caller sees comments too; training leads and administrators of goal plans do not (PLN-779)."""
        return self.own or self.follows or self.mentors


def may(act: Act, standing: Standing, plan_type: str) -> None:
    """Refuse what the table does not give: 404 without any access to the person, 403 without the right (PLN-817)."""
    if standing.none:
        raise NotFound()
    goal_plan = plan_type in GOAL_PLANS
    if act is Act.READ:
        # PLN-776, PLN-779, PLN-816: these see goal plans only, and of the others not even that they exist.
        if standing.own or standing.follows or goal_plan:
            return
        raise NotFound()
    allowed = {
        Act.REGISTER: standing.own or standing.follows,
        Act.SEND_GOAL: standing.own,  # PLN-698
        Act.ASSIGN: standing.follows,
        Act.REACTIVATE: standing.own or standing.follows,
    }[act]
    if not allowed:
        if not goal_plan and not (standing.own or standing.follows):
            raise NotFound()
        raise Forbidden()


class BulkAct(StrEnum):
    """What a pair of a bulk command asks for."""

    ASSIGN = "assign"
    DEACTIVATE = "deactivate"
    REACTIVATE = "reactivate"
    DELETE = "delete"
    ARCHIVE = "archive"


class Outcome(StrEnum):
    """What became of a pair (PLN-508)."""

    DONE = "done"
    ALREADY = "already"
    REACTIVATED = "reactivated"
    NEEDS_CONFIRMATION = "needs_confirmation"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a pair with its reason."""

    outcome: Outcome
    code: str | None = None
    nb: str | None = None
    en: str | None = None


@dataclass(frozen=True, slots=True)
class PairState:
    """What is known of a (position, plan) pair."""

    reachable: bool
    plan_known: bool
    plan_type: str | None
    plan_state: str | None
    published: bool
    """To the unit of the position (PLN-501)."""
    track: str | None
    state: str | None
    """Of the assignment; none: there is none."""
    reason: str | None = None
    begun: bool = False
    position_active: bool = True


_DONE = Verdict(Outcome.DONE)


def _refused(code: str, nb: str, en: str) -> Verdict:
    return Verdict(Outcome.REFUSED, code, nb, en)


def judge(act: BulkAct, pair: PairState, *, confirmed: bool) -> Verdict:
    """What to do with a pair; `done` and `reactivated` are still to be carried out."""
    if not pair.reachable or not pair.plan_known:
        # An employee or plan out of reach is answered as an unknown one (PLN-817).
        return _refused("not_found", "Fant ikke medarbeideren eller planen.", "No such employee or plan.")
    if act is BulkAct.ASSIGN:
        return _judge_assigning(pair, confirmed=confirmed)
    if pair.state is None:
        return _refused("not_assigned", "Planen er ikke tildelt.", "The plan is not assigned.")
    if pair.reason == AssignmentReason.PLAN_ARCHIVED or pair.plan_state == PlanState.ARCHIVED:
        return plan_archived()
    if act is BulkAct.REACTIVATE:
        return judge_reactivation(pair)
    if act is BulkAct.DEACTIVATE:
        if pair.state == AssignmentState.ACTIVE:
            return _DONE
        return _already(pair.state)
    if act is BulkAct.ARCHIVE:
        return _already(pair.state) if pair.state == AssignmentState.ARCHIVED else _DONE
    if pair.begun:  # PLN-522
        return _refused(
            "assignment_begun",
            "Planen er påbegynt og kan bare deaktiveres.",
            "The plan is begun and can only be deactivated.",
        )
    return _DONE


def judge_reactivation(pair: PairState) -> Verdict:
    """PLN-536, PLN-539, PLN-540."""
    if pair.plan_state == PlanState.ARCHIVED or pair.reason == AssignmentReason.PLAN_ARCHIVED:
        return plan_archived()
    if pair.state == AssignmentState.ACTIVE:
        return _already(pair.state)
    if not pair.position_active:
        return _refused(
            "position_ended",
            "Stillingen er avsluttet. Planen må reaktiveres på en aktiv stilling.",
            "The position has ended. The plan must be reactivated on an active one.",
        )
    return Verdict(Outcome.REACTIVATED)


def plan_archived() -> Verdict:
    """PLN-530."""
    return _refused(
        "plan_archived",
        "Planen er arkivert for godt.",
        "The plan is archived for good and cannot be used again.",
    )


def _judge_assigning(pair: PairState, *, confirmed: bool) -> Verdict:
    if pair.state == AssignmentState.ACTIVE:
        return _already(pair.state)  # PLN-509
    if pair.state == AssignmentState.ARCHIVED:
        return _refused(
            "assignment_archived",
            "Planen er arkivert for medarbeideren.",
            "The plan is archived for the employee.",
        )
    if pair.plan_state == PlanState.ARCHIVED:
        return plan_archived()
    if not pair.position_active:
        return _refused("position_ended", "Stillingen er avsluttet.", "The position has ended.")
    if pair.state == AssignmentState.DEACTIVATED:
        return Verdict(Outcome.REACTIVATED)
    if pair.plan_state != PlanState.PUBLISHED or not pair.published:
        return _refused(
            "not_published_here",
            "Planen er ikke publisert til avdelingen.",
            "The plan is not published to the department.",
        )
    warning = None if confirmed else _mismatch(pair.plan_type, pair.track)
    return warning or _DONE


def _mismatch(plan_type: str | None, track: str | None) -> Verdict | None:
    """PLN-503: HR's job codes are too unreliable to refuse on."""
    if plan_type == PlanType.LEARNING_GOAL and track not in (Track.LIS1, Track.LIS2_3):
        return Verdict(
            Outcome.NEEDS_CONFIRMATION,
            "not_known_as_trainee",
            "Medarbeideren er ikke registrert som LIS. Bekreft tildelingen.",
            "The employee is not known as a trainee. Confirm the assignment.",
        )
    if plan_type == PlanType.COMPETENCE_GOAL and track != Track.APPRENTICE:
        return Verdict(
            Outcome.NEEDS_CONFIRMATION,
            "not_known_as_apprentice",
            "Medarbeideren er ikke registrert som lærling. Bekreft tildelingen.",
            "The employee is not known as an apprentice. Confirm the assignment.",
        )
    return None


def _already(state: str) -> Verdict:
    return Verdict(Outcome.ALREADY, f"already_{state}")


def may_change(assignment_state: str, item_state: str | None, requirement_state: str) -> None:
    """Refuse changes in frozen plans and to requirements no longer active in the plan (PLN-616)."""
    if assignment_state == AssignmentState.DELETED:
        raise Conflict("assignment_deleted", "Planen er fjernet.", "The plan has been removed.")
    if assignment_state != AssignmentState.ACTIVE:
        raise Conflict(
            f"assignment_{assignment_state}",
            "Planen er ikke aktiv og kan ikke endres.",
            "The plan is not active and cannot be changed.",
        )
    if requirement_state == "archived":
        raise Conflict("archived", "Kravet er arkivert.", "The requirement is archived.")
    if item_state != "active":
        raise Conflict(
            "item_not_active",
            "Kravet er ikke lenger aktivt i planen.",
            "The requirement is no longer active in the plan.",
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of a plan is done: requirements, or goals in force, that count (PLN-601)."""

    total: int
    done: int
    begun: int
    irrelevant: int = 0

    @property
    def counting(self) -> int:
        """What there is to do."""
        return self.total - self.irrelevant

    @property
    def percent(self) -> int:
        """Rounded down, so that 100 means all (PLN-601); 100 as well when nothing is relevant."""
        if self.total == 0:
            return 0
        return 100 if self.counting == 0 else self.done * 100 // self.counting

    @property
    def complete(self) -> bool:
        """PLN-729; a plan with nothing active is never complete (PLN-738)."""
        return self.total > 0 and self.done >= self.counting


FINISHED = frozenset({PlanStatus.COMPLETED.value, PlanStatus.APPROVED.value})


def plan_status(
    stored: str, progress: Progress, *, completion: str, plan_type: str, worked_in: bool
) -> PlanStatus:
    """The status a plan has with this progress (PLN-600, PLN-729, PLN-730, PLN-734).

    `stored` is the status last saved; an approval stands for as long as the plan is complete.
    """
    if progress.complete:
        if stored in FINISHED:  # PLN-247: a change of completion does not touch it
            return PlanStatus(stored)
        automatic = plan_type in GOAL_PLANS or completion == Completion.AUTOMATIC
        return PlanStatus.COMPLETED if automatic else PlanStatus.WAITING
    if progress.done or progress.begun or worked_in:
        return PlanStatus.BEGUN
    return PlanStatus.NOT_BEGUN


def suggested_set(track: str | None, specialty: str | None) -> tuple[str, ...]:
    """Names of the plans a trainee at the municipal site is to have (PLN-516, PLN-517)."""
    if track == Track.LIS1:
        return (
            "DEL 1- Felles kompetansemål (LIS1)",
            "DEL 1 – Kliniske læringsmål – kommunehelsetjeneste (KLK) (LIS1)",
        )
    if track == Track.LIS2_3 and specialty is not None:
        name, code = _SPECIALTIES.get(specialty.lower(), (None, None))
        if name is not None:
            return (f"{name} ({code}) ({name})", f"Felles kompetansemål (FKM) ({name})")
    return ()


def is_suggested(plan_name: str, track: str | None, specialty: str | None) -> bool:
    """Whether a plan is in the set of PLN-516 and PLN-517; kinds of dash and spaces around them do not matter."""
    return _plain(plan_name) in {_plain(name) for name in suggested_set(track, specialty)}


def _plain(name: str) -> str:
    return re.sub(r"\s*[-–—]\s*", "-", " ".join(name.split())).casefold()


_SPECIALTIES = {
    "allmennmedisin": ("Allmennmedisin", "ALM"),
    "alm": ("Allmennmedisin", "ALM"),
    "arbeidsmedisin": ("Arbeidsmedisin", "ARB"),
    "arb": ("Arbeidsmedisin", "ARB"),
    "samfunnsmedisin": ("Samfunnsmedisin", "SAM"),
    "sam": ("Samfunnsmedisin", "SAM"),
}
