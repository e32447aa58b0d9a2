"""The lists, «Mine oppgaver» and the counts that others are told."""

from datetime import date
from typing import Any

import pytest

from stafett_contracts.ids import PlanId, new_id
from stafett_contracts.signing import CountsChanged
from stafett_contracts.values import AssignedPlan
from stafett_contracts.vocabulary import RequestKind, SigningList, Track
from stafett_signing.lists.rules import SORTS

NONE = {"signatures": 0, "goals": 0, "plans": 0, "training_time": 0}


@pytest.mark.rule("SGN-131")
async def test_every_kind_has_its_list_and_moves_between_its_tabs(ward: Any) -> None:
    where = {
        RequestKind.REQUIREMENT: "signatures",
        RequestKind.ACTIVITY: "signatures",
        RequestKind.REPETITIONS: "signatures",
        RequestKind.GOAL: "goals",
        RequestKind.PLAN: "plans",
        RequestKind.TRAINING_TIME: "training_time",
    }
    client = ward.as_(ward.boss)
    for kind, name in where.items():
        asked = await ward.ask(ward.asks.of_kind(kind, ward.kari, ward.boss, ward.boss))
        for tab, act in (("waiting", None), ("signed", "signed"), ("rejected", "rejected")):
            if act == "rejected":
                if kind is RequestKind.PLAN:
                    continue
                await ward.cancel(client, asked, comment="x")
            if act:
                await ward.decide(client, asked, act)
            for other in ("waiting", "signed", "rejected"):
                if (name, other) != ("plans", "rejected"):
                    rows = [row["request_id"] for row in await ward.rows(client, name, other)]
                    assert (str(asked.request_id) in rows) is (other == tab)


@pytest.mark.rule("SGN-058", "SGN-131")
async def test_plans_have_no_rejected_tab(ward: Any) -> None:
    answer = await ward.as_(ward.boss).get("/requests", params={"list": "plans", "tab": "rejected"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "no_such_tab"


async def shown(ward: Any, position: Any) -> set[str]:
    answer = (await ward.as_(position).get("/me/tasks")).json()
    return {one["label_nb"] for one in answer["lists"] if one["shown"]}


SIGNATURES, GOALS, PLANS, TIME = (
    "Signering krav/læringsaktivitet",
    "Godkjenning av læringsmål",
    "Godkjenning av kompetanseplaner",
    "Godkjenning av utdanningstid",
)


@pytest.mark.rule("SGN-130")
@pytest.mark.parametrize(
    ("signing", "lists"),
    [
        ({"site_kind": "rhf"}, {SIGNATURES, GOALS, PLANS}),
        ({"site_kind": "rhf", "training_time": True}, {SIGNATURES, GOALS, PLANS, TIME}),
        ({"site_kind": "municipal"}, {SIGNATURES, GOALS, PLANS, TIME}),
        ({"site_kind": "municipal", "training_time": False}, {SIGNATURES, GOALS, PLANS}),
    ],
    indirect=["signing"],
)
async def test_a_leader_is_shown_every_list_and_training_time_where_it_is_in_use(
    ward: Any, lists: set[str]
) -> None:
    assert await shown(ward, ward.boss) == lists
    assert await shown(ward, ward.ola) == set()


@pytest.mark.rule("SGN-130")
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (RequestKind.REQUIREMENT, SIGNATURES),
        (RequestKind.ACTIVITY, SIGNATURES),
        (RequestKind.REPETITIONS, SIGNATURES),
        (RequestKind.GOAL, GOALS),
        (RequestKind.PLAN, PLANS),
        (RequestKind.TRAINING_TIME, TIME),
    ],
)
@pytest.mark.parametrize("end", ["decided", "recalled"])
@pytest.mark.parametrize("signing", [{"site_kind": "municipal"}], indirect=True)
async def test_a_list_is_shown_to_whoever_has_or_has_had_something_in_it(
    ward: Any, kind: RequestKind, name: str, end: str
) -> None:
    # Kari alone has Ola as her leader, until it has been decided, so that he has had the request and leads nobody.
    ward.world.set_leader(ward.kari, ward.ola)
    await ward.news()
    asked = await ward.ask(ward.asks.of_kind(kind, ward.kari, ward.ola, ward.ola))
    assert name in await shown(ward, ward.ola)
    if end == "decided":
        answer = await ward.decide(ward.as_(ward.ola), asked)
        assert answer.status_code == 200, answer.text
    ward.world.set_leader(ward.kari, ward.boss)
    await ward.news()
    if end == "recalled":
        await ward.recall(ward.as_(ward.kari), asked)
    assert await shown(ward, ward.ola) == {name}
    assert await shown(ward, ward.kari) == set()


@pytest.mark.rule("SGN-130")
async def test_a_list_is_shown_to_one_who_leads_nobody_while_something_waits(ward: Any) -> None:
    await ward.ask(ward.asks.signature(ward.kari, ward.ola))
    assert await shown(ward, ward.ola) == {SIGNATURES}
    ward.world.set_leader(ward.kari, ward.ola)
    await ward.news()
    await ward.ask(ward.asks.goal(ward.kari, ward.ola))
    ward.world.set_leader(ward.kari, ward.boss)
    await ward.news()  # a waiting goal stays with whom it was sent to
    assert await shown(ward, ward.ola) == {SIGNATURES, GOALS}
    assert (await ward.tasks(ward.as_(ward.ola)))["goals"] == 1


@pytest.mark.rule("SGN-130")
async def test_competence_goals_of_apprentices_are_in_the_list_of_goals(ward: Any) -> None:
    lars = ward.world.person("Lars", "Lund").at(ward.boss.unit, track=Track.APPRENTICE, leader=ward.boss)
    await ward.news()
    competence, learning = (
        await ward.ask(ward.asks.goal(lars, ward.boss)),
        await ward.ask(ward.asks.goal(ward.kari, ward.boss)),
    )
    rows = await ward.rows(ward.as_(ward.boss), "goals")
    assert {row["request_id"] for row in rows} == {str(one.request_id) for one in (competence, learning)}
    assert {row["employee"] for row in rows} == {"Lars Lund", "Kari Hansen"}
    assert await ward.tasks(ward.as_(ward.boss)) == NONE | {"goals": 2}


@pytest.mark.rule("SGN-132")
async def test_a_row_of_signatures_shows_its_columns(ward: Any) -> None:
    goal = ward.asks.goal(ward.kari, ward.boss).subject.goal
    await ward.ask(
        ward.asks.signature(
            ward.kari, ward.siri, asked_by=ward.boss, completed_on=date(2026, 11, 20), goals=[goal]
        )
    )
    [row] = await ward.rows(ward.as_(ward.siri), "signatures")
    assert (row["sender"], row["employee"]) == ("Torbjørn Engeskår", "Kari Hansen")
    assert row["subject"] == "Hjerte- og lungeredning"
    assert row["completed_on"] == "2026-11-20"
    assert (row["label_nb"], row["colour"]) == ("Venter på signatur", "red")
    assert (row["plans"], row["goals"]) == (["Introduksjonsplan"], ["FKM-012 Kommunikasjon"])


@pytest.mark.rule("SGN-132")
async def test_rows_of_goals_plans_and_training_time_show_their_columns(ward: Any) -> None:
    client = ward.as_(ward.boss)
    await ward.ask(ward.asks.goal(ward.kari, ward.boss))
    await ward.ask(ward.asks.plan(ward.kari))
    await ward.ask(ward.asks.training_time(ward.kari))
    [goal] = await ward.rows(client, "goals")
    assert (goal["sender"], goal["goals"]) == ("Kari Hansen", ["FKM-012 Kommunikasjon"])
    assert (goal["plans"], goal["completed_on"]) == (["Introduksjonsplan"], "2026-11-24")
    assert goal["sent_to"] == "Torbjørn Engeskår"
    assert goal["asked_at"].startswith("2026-11-24T12:00")
    assert goal["label_nb"] == "Venter på godkjenning"
    [plan] = await ward.rows(client, "plans")
    assert (plan["employee"], plan["plans"], plan["completed_on"]) == (
        "Kari Hansen",
        ["Introduksjonsplan"],
        "2026-11-24",
    )
    [time] = await ward.rows(client, "training_time")
    assert (time["service"], time["employer"], time["counted"]) == ("lis1", "Havnes sykehus", "6 måneder")
    [period] = time["periods"]
    assert (period["first_day"], period["last_day"]) == ("2026-01-01", "2026-06-30")


@pytest.mark.rule("SGN-061")
async def test_repetitions_of_one_activity_are_one_row_from_all_sendings(ward: Any) -> None:
    requirement, subject = new_id(), new_id()
    sent = [
        await ward.ask(
            ward.asks.repetitions(ward.kari, ward.siri, *days, requirement=requirement, subject=subject)
        )
        for days in ([date(2026, 11, 1), date(2026, 11, 2)], [date(2026, 11, 3)])
    ]
    ward.signing.clock.move(minutes=1)
    await ward.ask(ward.asks.repetitions(ward.ola, ward.siri, date(2026, 11, 1), requirement=requirement))
    client = ward.as_(ward.siri)
    rows = await ward.rows(client, "signatures")
    assert [(row["employee"], row["waiting"]) for row in rows] == [("Kari Hansen", 3), ("Ola Vik", 1)]
    assert [one["request_id"] for one in rows[0]["requests"]] == [str(one.request_id) for one in sent]
    assert rows[0]["requests"][1] == {
        "request_id": str(sent[1].request_id),
        "revision": 1,
        "content_hash": sent[1].content_hash,
        "waiting": 1,
    }
    assert (await ward.tasks(client))["signatures"] == 2
    told = [one for one in await ward.signing.told(CountsChanged) if one.person_id == ward.siri.person_id]
    assert told[-1].lists[0].waiting == 2
    one, two = (str(item.item_id) for item in sent[0].items)
    await ward.decide(client, sent[0], item_ids=[one])
    assert await ward.rows(client, "signatures", "signed") == []  # some of it waits
    await ward.decide(client, sent[0], item_ids=[two])
    await ward.decide(client, sent[1], "rejected")
    [rejected] = await ward.rows(client, "signatures", "rejected")
    assert (rejected["status"], rejected["label_nb"]) == ("rejected", "2 signert, 1 avvist")
    assert (await ward.tasks(client))["signatures"] == 1
    [row] = await ward.rows(client, "signatures", "signed")
    assert (row["signed"], row["rejected"], row["label_nb"]) == (2, 1, "2 signert, 1 avvist")


@pytest.mark.rule("SGN-133")
async def test_the_oldest_sending_and_the_newest_decision_come_first(ward: Any) -> None:
    asked = []
    for _ in range(3):
        asked.append(await ward.ask(ward.asks.signature(ward.kari, ward.siri)))
        ward.signing.clock.move(hours=1)
    client = ward.as_(ward.siri)
    ids = [str(one.request_id) for one in asked]
    assert [row["request_id"] for row in await ward.rows(client, "signatures")] == ids
    for place in (1, 0, 2):
        await ward.decide(client, asked[place])
        ward.signing.clock.move(hours=1)
    signed = await ward.rows(client, "signatures", "signed")
    assert [row["request_id"] for row in signed] == [ids[2], ids[0], ids[1]]


@pytest.mark.rule("SGN-133")
@pytest.mark.parametrize("tab", ["waiting", "signed"])
async def test_every_column_sorts_and_pages_follow_one_another(ward: Any, tab: str) -> None:
    client = ward.as_(ward.siri)
    names = ["Åpning av luftvei", "Avføring", "Zoner", "Ærlighet", "Østrogen"]
    for number, name in enumerate(names):
        who = (ward.kari, ward.ola)[number % 2]
        plan = AssignedPlan(plan_id=PlanId(new_id()), name=f"Plan {number % 3}", assignment_id=new_id())  # type: ignore[arg-type]
        day = date(2026, 11, 20 - number % 3)
        asked = await ward.ask(ward.asks.signature(who, ward.siri, name=name, plan=plan, completed_on=day))
        ward.signing.clock.move(minutes=1)
        if tab == "signed":
            await ward.decide(client, asked)
    for sort in SORTS:
        for way in ("", "-"):
            whole = await ward.rows(client, "signatures", tab, sort=way + sort)
            assert len(whole) == 5
            assert (
                await paged(client, {"list": "signatures", "tab": tab, "sort": way + sort, "size": 2})
                == whole
            )
            if sort == "subject":
                expected = ["Avføring", "Zoner", "Ærlighet", "Østrogen", "Åpning av luftvei"]
            elif sort in ("employee", "asked_at", "completed_on"):
                expected = sorted(row[sort] for row in whole)
            else:
                continue
            assert [row[sort] for row in whole] == (expected[::-1] if way else expected)


async def paged(client: Any, params: dict[str, Any]) -> list[Any]:
    """All rows, page by page."""
    rows: list[Any] = []
    cursor = None
    while True:
        page = (await client.get("/requests", params=params | ({"cursor": cursor} if cursor else {}))).json()
        assert len(page["items"]) <= params["size"]
        rows += page["items"]
        cursor = page["next"]
        if cursor is None:
            return rows


@pytest.mark.rule("SGN-133")
async def test_free_text_searches_employee_and_subject_and_pages_hold_25_to_100(ward: Any) -> None:
    for number in range(27):
        await ward.ask(ward.asks.signature(ward.kari, ward.siri, name=f"Krav {number:02}"))
    await ward.ask(ward.asks.signature(ward.ola, ward.siri, name="100 % øvelse_a"))
    client = ward.as_(ward.siri)
    assert len(await ward.rows(client, "signatures")) == 25
    assert len(await ward.rows(client, "signatures", size=100)) == 28
    assert (await client.get("/requests", params={"list": "signatures", "size": 101})).status_code == 422
    found = {
        q: [row["subject"] for row in await ward.rows(client, "signatures", q=q)]
        for q in ("hansen 07", "07 KARI", "vik", "ØVELSE_", "100 %", "0_7", "vik hansen")
    }
    assert found == {
        "hansen 07": ["Krav 07"],
        "07 KARI": ["Krav 07"],
        "vik": ["100 % øvelse_a"],
        "ØVELSE_": ["100 % øvelse_a"],
        "100 %": ["100 % øvelse_a"],
        "0_7": [],
        "vik hansen": [],
    }


async def test_a_list_can_be_narrowed_to_a_plan(ward: Any) -> None:
    plan = AssignedPlan(plan_id=PlanId(new_id()), name="Annen plan", assignment_id=new_id())  # type: ignore[arg-type]
    await ward.ask(ward.asks.signature(ward.kari, ward.siri))
    await ward.ask(ward.asks.signature(ward.kari, ward.siri, name="Annet", plan=plan))
    rows = await ward.rows(ward.as_(ward.siri), "signatures", plan=str(plan.plan_id))
    assert [row["subject"] for row in rows] == ["Annet"]


@pytest.mark.rule("SGN-134")
async def test_opening_shows_basis_history_and_actions_and_changes_nothing(ward: Any) -> None:
    asked = await ward.ask(ward.asks.signature(ward.kari, ward.siri))
    before = dict(await ward.stored(asked))
    told = len(await ward.signing.told())
    seen = await ward.see(ward.as_(ward.siri), asked)
    assert seen["allowed"] == {
        "sign": True,
        "reject": True,
        "cancel": False,
        "recall": False,
        "comment_required": False,
    }
    assert "other" in seen["reasons"]
    assert [line["act"] for line in seen["history"]] == ["asked"]
    assert dict(await ward.stored(asked)) == before
    assert len(await ward.signing.told()) == told
    answer = await ward.as_(ward.siri).get(f"/requests/{asked.request_id}")
    assert answer.headers["etag"] == '"1"'
    await ward.decide(ward.as_(ward.siri), asked)
    allowed = (await ward.see(ward.as_(ward.siri), asked))["allowed"]
    assert (allowed["sign"], allowed["cancel"]) == (False, True)
    assert (await ward.see(ward.as_(ward.kari), asked))["allowed"]["recall"] is False


@pytest.mark.rule("SGN-135")
async def test_ones_requests_are_shown_from_every_own_position(ward: Any) -> None:
    second = ward.world.position(ward.boss.person, ward.boss.unit)
    await ward.news()
    await ward.ask(ward.asks.plan(ward.kari))
    await ward.ask(ward.asks.signature(ward.kari, ward.boss))
    for position in (ward.boss, second):
        assert await ward.tasks(ward.as_(position)) == NONE | {"signatures": 1, "plans": 1}
        assert len(await ward.rows(ward.as_(position), "plans")) == 1


@pytest.mark.rule("SGN-135", "SGN-043")
async def test_a_deputy_session_shows_the_leaders_requests_and_not_the_deputys_own(ward: Any) -> None:
    await ward.ask(ward.asks.signature(ward.kari, ward.per))
    await ward.ask(ward.asks.signature(ward.kari, ward.boss))
    await ward.ask(ward.asks.plan(ward.kari))
    deputy = ward.as_(ward.per, deputy_for=ward.boss)
    assert await ward.tasks(deputy) == NONE | {"signatures": 1, "plans": 1}
    assert await ward.tasks(ward.as_(ward.per)) == NONE | {"signatures": 1}
    stranger = ward.as_(ward.ola, deputy_for=ward.boss)
    assert await ward.tasks(stranger) == NONE
    assert await ward.rows(stranger, "plans") == []


@pytest.mark.rule("SGN-135", "SGN-043")
async def test_a_deputy_for_one_position_does_not_reach_what_waits_for_the_leader_in_another(
    ward: Any,
) -> None:
    second = ward.world.position(ward.boss.person, ward.boss.unit)
    ward.world.set_leader(ward.ola, second)
    await ward.news()
    asked = await ward.ask(ward.asks.plan(ward.ola))
    deputy = ward.as_(ward.per, deputy_for=ward.boss)
    assert await ward.rows(deputy, "plans") == []
    answer = await ward.decide(deputy, asked)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert len(await ward.rows(ward.as_(ward.boss), "plans")) == 1


@pytest.mark.rule("SGN-145")
async def test_my_tasks_show_everything_that_waits_by_list_and_in_all(ward: Any) -> None:
    for kind in RequestKind:
        await ward.ask(ward.asks.of_kind(kind, ward.kari, ward.boss, ward.boss))
    answer = (await ward.as_(ward.boss).get("/me/tasks")).json()
    assert {one["list"]: one["waiting"] for one in answer["lists"]} == {
        "signatures": 3,
        "goals": 1,
        "plans": 1,
        "training_time": 1,
    }
    assert answer["total"] == 6


def counts_told(told: list[CountsChanged], person: Any) -> list[dict[str, int]]:
    mine = [event for event in told if event.person_id == person.person_id]
    assert [event.revision for event in mine] == list(range(1, len(mine) + 1))
    return [{one.list: one.waiting for one in event.lists} for event in mine]


@pytest.mark.rule("SGN-148")
async def test_counts_are_told_with_every_change_and_equal_the_list(ward: Any) -> None:
    asked = [await ward.ask(ward.asks.signature(ward.kari, ward.siri)) for _ in range(2)]
    client = ward.as_(ward.siri)
    await ward.decide(client, asked[0])
    await ward.cancel(client, asked[0])
    await ward.recall(ward.as_(ward.kari), asked[0])
    await ward.ask(ward.asks.withdrawn(asked[1], "changed"))
    told = counts_told(await ward.signing.told(CountsChanged), ward.siri)
    assert [one[SigningList.SIGNATURES] for one in told] == [1, 2, 1, 2, 1, 0]
    assert (await ward.tasks(client))["signatures"] == 0


@pytest.mark.rule("SGN-148")
async def test_events_that_come_together_change_a_count_once(ward: Any) -> None:
    await ward.signing.deliver(*(ward.asks.signature(ward.kari, ward.siri) for _ in range(20)))
    told = counts_told(await ward.signing.told(CountsChanged), ward.siri)
    assert [one[SigningList.SIGNATURES] for one in told] == [20]


async def test_counts_say_who_has_handled_something(ward: Any) -> None:
    asked = await ward.ask(ward.asks.signature(ward.kari, ward.siri))

    async def handled() -> bool:
        answer = (await ward.as_(ward.siri).get("/me/tasks")).json()
        told = [one for one in await ward.signing.told(CountsChanged) if one.person_id == ward.siri.person_id]
        [by_event] = [one.has_handled for one in told[-1].lists if one.list == "signatures"]
        [by_api] = [one["has_handled"] for one in answer["lists"] if one["list"] == "signatures"]
        assert by_event is by_api
        return bool(by_api)

    assert await handled() is False
    await ward.decide(ward.as_(ward.siri), asked, "rejected")
    assert await handled() is True
    await ward.cancel(ward.as_(ward.siri), asked)
    assert await handled() is True


@pytest.mark.rule("SGN-148")
async def test_every_night_all_counts_are_told_anew_and_put_right(ward: Any) -> None:
    await ward.ask(ward.asks.signature(ward.kari, ward.siri))
    await ward.ask(ward.asks.plan(ward.kari))
    await ward.signing.forget_told()
    pool = ward.signing.runtime.database.pool
    await pool.execute("update counter set signatures = 7")
    ward.signing.clock.move(days=1)
    await ward.signing.run_job("counts")
    told = {one.person_id: one for one in await ward.signing.told(CountsChanged)}
    assert set(told) == {ward.siri.person_id, ward.boss.person_id}
    assert {one.revision for one in told.values()} == {2}
    assert told[ward.siri.person_id].lists[0].waiting == 1
    assert told[ward.boss.person_id].lists[0].waiting == 0
    assert await pool.fetchval("select max(signatures) from counter") == 1
