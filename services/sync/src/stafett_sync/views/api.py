"""The status panel and the two views of earlier training. All are read-only (SYN-215)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from fastapi import APIRouter, Response

from stafett_chassis.http import Call, Reading
from stafett_chassis.problems import NotFound
from stafett_contracts.vocabulary import ActivityLevel, GoalStatus, ItemStatus, LinkState, PeerAnswer
from stafett_sync.copies import store as copies
from stafett_sync.merge.rules.catalogue import sources_of
from stafett_sync.outgoing import store as streams
from stafett_sync.own import Own
from stafett_sync.persons import actions as persons
from stafett_sync.persons import rules as person_rules
from stafett_sync.persons import store as person_store
from stafett_sync.statements.bodies import ActivityStatement, GoalStatement, PlanStatement
from stafett_sync.statements.keys import is_goal_key
from stafett_sync.statements.registry import Registry
from stafett_sync.views import rules, store

routes = APIRouter(tags=["earlier training"])


@dataclass(frozen=True, slots=True)
class PeerStatus:
    """Another site, and how it stands to the trainee."""

    site: str
    name: str
    answer: PeerAnswer
    loading: bool
    last_heard: datetime | None


@dataclass(frozen=True, slots=True)
class StatusView:
    """How a trainee stands with the other sites."""

    person_id: UUID
    state: LinkState
    text: str
    text_en: str
    advice: str | None
    """What the trainee can do about it."""
    since: datetime | None
    synchronised_at: datetime | None
    peers: list[PeerStatus]
    plans_not_assigned: list[str]
    """A sentence for each plan the trainee has elsewhere and not here."""


@dataclass(frozen=True, slots=True)
class EarlierPlanView:
    """A plan at another workplace that is not assigned here."""

    key: str
    name: str
    track: str | None
    specialty: str | None
    site: str
    workplace: str
    active: bool
    assigned_on: date | None
    ended_on: date | None


@dataclass(frozen=True, slots=True)
class EarlierGoal:
    """A goal in an earlier plan, with its status there."""

    goal_key: str
    number: str
    text: str
    status: GoalStatus
    status_label: str
    completed_on: date | None
    decided_at: datetime | None
    approver: str | None
    imported: bool
    activities: list["EarlierActivity"]


@dataclass(frozen=True, slots=True)
class EarlierTheme:
    """A theme of an earlier plan."""

    name: str
    goals: list[EarlierGoal]


@dataclass(frozen=True, slots=True)
class EarlierPlanOpened:
    """An earlier plan, read-only."""

    plan: EarlierPlanView
    themes: list[EarlierTheme]


@dataclass(frozen=True, slots=True)
class EarlierActivity:
    """An activity done elsewhere."""

    activity: str
    name: str
    level: ActivityLevel
    learning_form: str | None
    status: ItemStatus
    status_label: str
    fulfilled_on: date | None
    valid_until: date | None
    signer: str | None
    done: int | None
    required: int | None
    comment: str | None


@dataclass(frozen=True, slots=True)
class Workplace:
    """A workplace with what was done there for the goal."""

    site: str
    trust: str
    name: str
    present: bool
    """The trainee still works there."""
    activities: list[EarlierActivity]


@routes.get("/persons/{person_id}/status", response_model=StatusView)
async def get_status(person_id: UUID, call: Call) -> Response:
    """How a trainee is synchronised: state, other sites, plans not assigned here."""
    own = call.runtime.owned(Own)
    return await call.read(_status, person_id, own, call.runtime.settings.site_kind == "municipal")


@routes.get("/persons/{person_id}/earlier-plans", response_model=list[EarlierPlanView])
async def get_earlier_plans(person_id: UUID, call: Call) -> Response:
    """List «Tidligere utdanning»: plans at other workplaces that are not assigned here."""
    return await call.read(_earlier_plans, person_id, call.runtime.owned(Own))


@routes.get("/persons/{person_id}/earlier-plans/{key}", response_model=EarlierPlanOpened)
async def get_earlier_plan(person_id: UUID, key: str, call: Call) -> Response:
    """Open a plan of «Tidligere utdanning»: themes, goals with status, activities."""
    return await call.read(_earlier_plan, person_id, key, call.runtime.owned(Own))


@routes.get("/persons/{person_id}/goals/{key}/earlier-workplaces", response_model=list[Workplace])
async def get_earlier_workplaces(person_id: UUID, key: str, call: Call) -> Response:
    """The tab «Tidligere arbeidssted» of a goal; empty when there is nothing to show."""
    return await call.read(_workplaces, person_id, key, call.runtime.owned(Own))


async def _status(read: Reading, person_id: UUID, own: Own, municipal: bool) -> StatusView:
    rules.may_see_panel(await store.rights_of(read, person_id))
    trainee = await person_store.trainee_of(read, person_id)
    if trainee is None:
        return StatusView(person_id, LinkState.NOT_TRAINEE, "", "", None, None, None, [], [])
    peers = persons.peers_of(list(trainee.peers), await streams.last_heard(read))
    text = persons.texts(trainee.state, peers, trainee.synchronised_at or trainee.since)
    return StatusView(
        person_id=person_id,
        state=trainee.state,
        text=text["nb"],
        text_en=text["en"],
        advice=person_rules.advice(trainee.state, municipal=municipal),
        since=trainee.since,
        synchronised_at=trainee.synchronised_at,
        peers=[
            PeerStatus(peer.site, peer.name, peer.answer, peer.loading, peer.last_heard) for peer in peers
        ],
        plans_not_assigned=[
            rules.not_assigned_text(name) for name in await store.not_assigned(read, person_id, own.site)
        ],
    )


async def _earlier_plans(read: Reading, person_id: UUID, own: Own) -> list[EarlierPlanView]:
    rights = await store.rights_of(read, person_id)
    rules.may_see_views(rights)
    return [view for view, _ in await _plans(read, person_id, own, rights)]


async def _plans(
    read: Reading, person_id: UUID, own: Own, rights: rules.Rights
) -> list[tuple[EarlierPlanView, PlanStatement]]:
    found = []
    for row in await store.plans_elsewhere(read, person_id, own.site):
        body = PlanStatement.model_validate(row["body"])
        if not rules.sees_plan(rights, body.track, body.specialty):
            continue
        view = EarlierPlanView(
            key=f"{row['site']}~{row['trust']}~{row['template']}",
            name=body.name,
            track=body.track,
            specialty=body.specialty,
            site=row["site"],
            workplace=own.identity.registry.trust_name(row["site"], row["trust"]),
            active=body.state == "active",
            assigned_on=body.assigned_on,
            ended_on=body.ended_on,
        )
        found.append((view, body))
    return found


async def _earlier_plan(read: Reading, person_id: UUID, key: str, own: Own) -> EarlierPlanOpened:
    rights = await store.rights_of(read, person_id)
    rules.may_see_views(rights)
    opened = next(
        ((view, body) for view, body in await _plans(read, person_id, own, rights) if view.key == key), None
    )
    if opened is None:
        raise NotFound()
    view, body = opened
    said = {
        row["subject"]: GoalStatement.model_validate(row["body"])
        for row in await store.goals_at(read, person_id, view.site, own.site)
    }
    keys = [goal.key for theme in body.themes for goal in theme.goals]
    trust = key.split("~")[1]
    activities = [
        (row, ActivityStatement.model_validate(row["body"]))
        for row in await store.activities_elsewhere(read, person_id, own.site, keys)
        if row["site"] == view.site and row["trust"] == trust
    ]
    return EarlierPlanOpened(
        plan=view,
        themes=[
            EarlierTheme(
                theme.name,
                [
                    _goal(
                        goal.key,
                        goal.number,
                        goal.text,
                        said.get(goal.key),
                        [
                            _activity(row["subject"], activity, read.today, rights)
                            for row, activity in activities
                            if goal.key in activity.goal_keys
                        ],
                    )
                    for goal in theme.goals
                ],
            )
            for theme in body.themes
        ],
    )


async def _workplaces(read: Reading, person_id: UUID, key: str, own: Own) -> list[Workplace]:
    rights = await store.rights_of(read, person_id)
    rules.may_see_views(rights)
    if not is_goal_key(key):
        raise NotFound()
    goals = sorted(
        sources_of(key, await copies.replacements(read))
    )  # the goal, and those it replaced (SYN-210)
    found: dict[tuple[str, str], tuple[dict[str, Any], list[tuple[str, ActivityStatement]]]] = {}
    for row in await store.activities_elsewhere(read, person_id, own.site, goals):
        body = ActivityStatement.model_validate(row["body"])
        if rules.in_tab(body.level, same_region=row["site"] == own.site):
            place = found.setdefault((row["site"], row["trust"]), (dict(row), []))
            place[1].append((row["subject"], body))
    registry = own.identity.registry
    ordered = sorted(
        found.items(), key=lambda one: rules.workplace_place(*_period(one[1][0]), _name(registry, *one[0]))
    )
    return [
        Workplace(
            site=site,
            trust=trust,
            name=_name(registry, site, trust),
            present=_period(row)[0],
            activities=[
                _activity(subject, body, read.today, rights)
                for subject, body in sorted(
                    activities, key=lambda one: (rules.level_place(one[1].level), one[1].name, one[0])
                )
            ],
        )
        for (site, trust), (row, activities) in ordered
    ]


def _period(row: dict[str, Any]) -> tuple[bool, date | None]:
    return cast(bool, row["running"]), cast(date | None, row["ended_on"])


def _name(registry: Registry, site: str, trust: str) -> str:
    return registry.trust_name(site, trust)


def _goal(
    key: str, number: str, text: str, said: GoalStatement | None, activities: list[EarlierActivity]
) -> EarlierGoal:
    status = said.status if said else GoalStatus.NOT_BEGUN
    return EarlierGoal(
        goal_key=key,
        number=number,
        text=text,
        status=status,
        status_label=status.label_nb,
        completed_on=said.completed_on if said else None,
        decided_at=said.decided_at if said else None,
        approver=said.approver.name if said and said.approver else None,
        imported=bool(said and said.imported),
        activities=activities,
    )


def _activity(subject: str, body: ActivityStatement, today: date, rights: rules.Rights) -> EarlierActivity:
    status = rules.status_on(body.status, body.valid_until, today)
    return EarlierActivity(
        activity=subject,
        name=body.name,
        level=body.level,
        learning_form=body.learning_form,
        status=status,
        status_label="Signert" if status is ItemStatus.FULFILLED and body.signed else status.label_nb,
        fulfilled_on=body.fulfilled_on,
        valid_until=body.valid_until,
        signer=body.signer,
        done=body.done,
        required=body.required,
        comment=body.comment if rules.sees_comments(rights) else None,
    )
