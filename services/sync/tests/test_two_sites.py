"""Two sites exchange what follows a trainee."""

from datetime import date, timedelta
from typing import Any

import pytest

from stafett_contracts import plans, signing, sync
from stafett_contracts.ids import new_id
from stafett_contracts.values import Decider, NamedGoal, Person
from stafett_contracts.vocabulary import (
    AssignmentState,
    Capacity,
    Demand,
    FactState,
    GoalStatus,
    ItemStatus,
    LinkState,
    Origin,
    PeerAnswer,
    RepetitionState,
    RequirementKind,
    RequirementLevel,
    Track,
    WithdrawnBy,
)
from stafett_sync.exchange.tasks import upkeep
from stafett_sync.statements import jws

SIGNED, WAITING = RepetitionState.SIGNED, RepetitionState.WAITING
# Made from plain values here.
REPLACED: Any = plans.GoalReplaced
NAME: Any = plans.GoalName
STATUS: Any = plans.GoalStatusChanged
GOAL: Any = NamedGoal
DECIDER: Any = Decider


@pytest.fixture
async def both(two: Any) -> Any:
    """The doctor works at both sites, and both know it."""
    here, there = await two["vest"].hire(), await two["kommune"].hire()
    await two.carry()
    for site in two.sites.values():
        await site.under_test.forget_told()
    return two, here, there


async def last(site: Any, kind: Any, **fields: Any) -> Any:
    found = [
        event
        for event in await site.told(kind)
        if all(getattr(event, name) == value for name, value in fields.items())
    ]
    return found[-1] if found else None


@pytest.mark.rule("SYN-140", "SYN-142", "SYN-001")
async def test_a_goal_approved_at_one_site_is_approved_at_the_other(two: Any) -> None:
    here = await two["vest"].hire("0 900 1234")
    await here.goal("FKM-012", GoalStatus.APPROVED)
    await two.carry()
    there = await two["kommune"].hire("9001234")
    stranger = await two["kommune"].hire("9001235")
    await two.carry()
    [resolved] = await two["kommune"].told(sync.GoalResolved)
    assert resolved.person_id == there.person_id
    assert resolved.person_id != stranger.person_id, "the same name is not the same person"
    assert (resolved.goal_key, resolved.status, resolved.label) == ("FKM12", GoalStatus.APPROVED, "Godkjent")
    assert resolved.approver.name == "Kari Nes"
    assert resolved.source_site == "vest"
    assert not resolved.only_own
    assert await two["vest"].dead() == await two["kommune"].dead() == []
    assert (
        await last(two["kommune"], sync.PersonLinkChanged, person_id=there.person_id)
    ).state is LinkState.ON


@pytest.mark.rule("SYN-029", "SYN-026")
async def test_a_trainee_at_two_sites_is_exchanged_both_ways_as_things_happen(both: Any) -> None:
    two, here, there = both
    await there.goal("FKM-013", GoalStatus.WAITING)
    await here.goal("FKM-012", GoalStatus.BEGUN)
    await two.carry()
    told = await last(two["vest"], sync.GoalResolved)
    assert (told.goal_key, told.status) == ("FKM13", GoalStatus.WAITING)
    assert told.label.startswith("Venter på godkjenning ved ")
    told = await last(two["kommune"], sync.GoalResolved)
    assert (told.goal_key, told.status) == ("FKM12", GoalStatus.BEGUN)


@pytest.mark.rule("SYN-026")
async def test_facts_go_only_to_sites_where_the_trainee_is(country: Any) -> None:
    three = await country("vest", "kommune", "nord")
    here = await three["vest"].hire()
    await three["kommune"].hire()
    await here.goal("FKM-012", GoalStatus.APPROVED)
    await three.carry()
    types = {key: {kind for _, kind, _ in await three[key].facts()} for key in three.sites}
    assert types["kommune"] == {"presence", "goal_status"}
    assert types["nord"] == {"presence"}, "presence goes to all"


@pytest.mark.rule("SYN-086", "SYN-087")
async def test_a_withdrawn_approval_gives_way_to_the_next_and_then_to_what_is_left(both: Any) -> None:
    two, here, there = both
    await here.goal("FKM-012", GoalStatus.APPROVED)
    two["kommune"].clock.move(minutes=1)
    await there.goal("FKM-012", GoalStatus.APPROVED)
    await two.carry()
    assert (await last(two["kommune"], sync.GoalResolved)).source_site == "vest", "the earliest decision"
    await here.goal("FKM-012", GoalStatus.BEGUN)
    await two.carry()
    for site in two.sites.values():
        told = await last(site, sync.GoalResolved)
        assert (told.status, told.source_site, told.withdrawn_at) == (GoalStatus.APPROVED, "kommune", None)
    two["kommune"].clock.move(minutes=2)
    await there.goal("FKM-012", GoalStatus.WAITING)
    await two.carry()
    for site in two.sites.values():
        told = await last(site, sync.GoalResolved)
        assert (told.status, told.source_site) == (GoalStatus.WAITING, "kommune")
        assert told.withdrawn_at == two["kommune"].clock.now(), "the note of the last withdrawal"


@pytest.mark.rule("SYN-091")
async def test_a_goal_not_begun_is_absent_and_comes_back(both: Any) -> None:
    two, here, _ = both
    for status, state in (
        (GoalStatus.BEGUN, "present"),
        (GoalStatus.NOT_BEGUN, "absent"),
        (GoalStatus.WAITING, "present"),
    ):
        await here.goal("FKM-012", status)
        await two.carry()
        assert (await two["kommune"].facts())["vest", "goal_status", "FKM12"][1] == state
    assert (await last(two["kommune"], sync.GoalResolved)).status is GoalStatus.WAITING


@pytest.mark.rule("SYN-097", "SYN-098")
async def test_counts_of_two_sites_add_up_and_nobody_restates_what_was_received(both: Any) -> None:
    two, here, there = both
    await here.count(
        "LP", ("2026-01-05", 3, SIGNED), ("2026-01-06", 2, WAITING), goals=("FKM-012", "FKM-013")
    )
    await there.count("LP", ("2026-01-07", 4, SIGNED))
    await two.carry()
    seen_there = await last(two["kommune"], sync.ProcedureCountResolved)
    assert (seen_there.external_key, seen_there.total) == ("LP", 3)
    assert [(one.site, one.number, one.state) for one in seen_there.entries] == [
        ("vest", 3, SIGNED),
        ("vest", 2, WAITING),
    ]
    seen_here = await last(two["vest"], sync.ProcedureCountResolved)
    assert seen_here.total == 4
    facts = await two["vest"].facts()
    assert sorted(key for key in facts if key[1] == "procedure_count") == [
        ("kommune", "procedure_count", "LP"),
        ("vest", "procedure_count", "LP"),
    ], "one fact a site, whatever the goals"
    bodies = await two["vest"].pool.fetch(
        "select body from fact where site = 'vest' and type = 'procedure_count'"
    )
    assert bodies[0]["body"]["count"] == 3
    await here.count("LP", ("2026-01-06", 2, WAITING))
    await two.carry()
    assert (await last(two["kommune"], sync.ProcedureCountResolved)).total == 0, (
        "a cancelled signature lowers the sum"
    )


@pytest.mark.rule("SYN-047")
async def test_activities_carry_the_origins_status_and_those_not_begun_are_not_sent(both: Any) -> None:
    two, here, _ = both
    sent = {
        ItemStatus.BEGUN: ItemStatus.BEGUN,
        ItemStatus.WAITING: ItemStatus.WAITING,
        ItemStatus.REJECTED: ItemStatus.REJECTED,
        ItemStatus.FULFILLED: ItemStatus.FULFILLED,
        ItemStatus.EXPIRING: ItemStatus.FULFILLED,
        ItemStatus.EXPIRED: ItemStatus.FULFILLED,
    }
    told: Any = None
    for status, at_the_other in sent.items():
        await here.item("Hjertestans", status=status, valid_until=date(2026, 4, 1))
        await two.carry()
        told = await last(two["kommune"], sync.ForeignActivityChanged)
        assert (told.name, told.status, told.valid_until) == ("Hjertestans", at_the_other, date(2026, 4, 1))
    await here.item("Hjertestans", status=ItemStatus.NOT_BEGUN)
    await here.item("Aldri begynt", status=ItemStatus.NOT_BEGUN)
    await two.carry()
    [removed] = await two["kommune"].told(sync.ForeignActivityRemoved)
    assert removed.activity_id == told.activity_id
    assert len([key for key in await two["kommune"].facts() if key[1] == "activity"]) == 1


@pytest.mark.rule("SYN-045", "SYN-046", "SYN-105")
async def test_only_a_national_key_joins_activities_and_the_rest_are_sets_of_each_origin(both: Any) -> None:
    two, here, there = both
    await here.item("Hjertestans", level=RequirementLevel.LOCAL)
    await there.item("Hjertestans", level=RequirementLevel.LOCAL, status=ItemStatus.BEGUN)
    await here.item("Nasjonalt kurs", level=RequirementLevel.NATIONAL, external_key="K1")
    await two.carry()
    told = await two["kommune"].told(sync.ForeignActivityChanged)
    assert {(one.site, one.name, one.level.value, one.status) for one in told} == {
        ("vest", "Hjertestans", "local", ItemStatus.FULFILLED),
        ("vest", "Nasjonalt kurs", "national_course", ItemStatus.FULFILLED),
    }
    back = await two["vest"].told(sync.ForeignActivityChanged)
    assert [(one.site, one.status) for one in back] == [("kommune", ItemStatus.BEGUN)]
    assert await two["kommune"].told(sync.ProcedureCountResolved) == []


@pytest.mark.rule("SYN-005")
async def test_only_trainees_and_what_belongs_to_goal_plans_leave_the_site(two: Any) -> None:
    nurse = await two["vest"].hire(track=Track.NONE, checks=())
    await nurse.item("Smittevern", kind=RequirementKind.REQUIREMENT)
    await nurse.plan("KOMP", plan_type="competence")
    await two.carry()
    assert await two["kommune"].facts() == {}
    assert await two["vest"].facts() == {}
    await nurse.plan("FKM-LIS1")
    await two.carry()
    assert {key[1] for key in await two["kommune"].facts()} == {"presence"}, (
        "a learning-goal plan makes a trainee"
    )
    trainee = await two["kommune"].hire(checks=())
    await trainee.item("Smittevern", kind=RequirementKind.REQUIREMENT)
    await two.carry()
    assert {key[1] for key in await two["vest"].facts() if key[0] == "kommune"} == {"presence"}


@pytest.mark.rule("SYN-003", "SYN-006")
async def test_without_a_number_nothing_is_sent_and_with_it_everything_is(two: Any) -> None:
    await two["kommune"].hire()
    here = await two["vest"].hire(None)
    await here.goal("FKM-012", GoalStatus.APPROVED)
    await here.item("Hjertestans")
    await two.carry()
    assert {key[0] for key in await two["kommune"].facts()} == {"kommune"}
    link = await last(two["vest"], sync.PersonLinkChanged)
    assert (link.state, link.text_nb) == (LinkState.NO_HPR, "HPR-nummer mangler – planene synkroniseres ikke")
    assert await two["vest"].told(sync.GoalResolved) == []
    await two["vest"].deliver(two["vest"].registered(here.person_id, "9001234", 9))
    await two.carry()
    assert {(site, kind) for site, kind, _ in await two["kommune"].facts() if site == "vest"} == {
        ("vest", "presence"),
        ("vest", "goal_status"),
        ("vest", "activity"),
    }
    assert (await last(two["kommune"], sync.GoalResolved)).status is GoalStatus.APPROVED
    assert (await last(two["vest"], sync.PersonLinkChanged)).state is LinkState.ON


@pytest.mark.rule("SYN-010", "SYN-011")
async def test_a_number_that_is_another_persons_lets_nothing_pass_either_way(country: Any) -> None:
    three = await country("vest", "kommune", "nord")
    for site in three.sites.values():
        await site.catalogue("FKM-012")
    here = await three["vest"].hire(checks=["01010112345"])
    other = await three["kommune"].hire(checks=["02020212345"])
    await three["nord"].hire(checks=["01010112345", "41010112345"])
    await here.goal("FKM-012", GoalStatus.APPROVED)
    await other.goal("FKM-012", GoalStatus.WAITING)
    await three.carry()
    assert ("vest", "goal_status", "FKM12") not in await three["kommune"].facts()
    assert ("kommune", "goal_status", "FKM12") not in await three["vest"].facts()
    for name in ("vest", "kommune"):
        link = await last(three[name], sync.PersonLinkChanged)
        assert (link.state, link.text_nb) == (LinkState.MISMATCH, "HPR-nummeret må kontrolleres")
        admin = three[name].world.person("Gro", "Tø").at(three[name].ward)
        three[name].world.grant(admin, "hf_admin", three[name].hf)
        await three[name].news()
        other_site, elsewhere = {"vest": ("kommune", "Kommunene"), "kommune": ("vest", "Helse Vestkyst")}[
            name
        ]
        cases = (await three[name].under_test.client(admin).get("/identity-cases")).json()
        [case] = [case for case in cases if case["site"] == other_site]
        assert case["text"] == f"HPR-nummeret tilhører en annen person ved {elsewhere}"
        assert case["told_name"] is None
    assert (await last(three["nord"], sync.GoalResolved)).source_site == "vest", "other pairs are unaffected"


@pytest.mark.rule("SYN-010")
async def test_an_earlier_national_id_in_common_matches(two: Any) -> None:
    here = await two["vest"].hire(checks=["D-number", "national id"])
    await here.goal("FKM-012", GoalStatus.APPROVED)
    await two["kommune"].hire(checks=["D-number"])
    await two.carry()
    assert (await last(two["kommune"], sync.GoalResolved)).status is GoalStatus.APPROVED
    link = await last(two["vest"], sync.PersonLinkChanged)
    assert [peer.answer for peer in link.peers] == [PeerAnswer.MATCHED]


@pytest.mark.rule("SYN-012")
async def test_without_checks_facts_wait_for_somebody_to_confirm_the_person(two: Any) -> None:
    here = await two["vest"].hire()
    await here.goal("FKM-012", GoalStatus.APPROVED)
    there = await two["kommune"].hire(checks=())
    await two.carry()
    kommune = two["kommune"]
    assert {key[1] for key in await kommune.facts()} == {"presence"}
    admin = kommune.world.person("Gro", "Tø").at(kommune.ward)
    kommune.world.grant(admin, "hf_admin", kommune.hf)
    await kommune.news()
    client = kommune.under_test.client(admin)
    [case] = (await client.get("/identity-cases")).json()
    assert (case["kind"], case["told_name"], case["hpr"]) == ("unchecked", "Kari Hansen", "9001234")
    assert case["told_trust"] == "Helse Vestkyst"
    answer = await client.post(
        f"/identity-cases/{case['case_id']}/confirm", headers={"if-match": f'"{case["revision"]}"'}
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["confirmed"] is True
    await two.carry()
    told = await last(kommune, sync.GoalResolved)
    assert (told.person_id, told.status) == (there.person_id, GoalStatus.APPROVED)
    row = await kommune.pool.fetchrow("select confirmed_by, confirmed_at from peer_link")
    assert (row["confirmed_by"], row["confirmed_at"]) == (admin.person_id, kommune.clock.now())
    await here.goal("FKM-013", GoalStatus.APPROVED)
    await two.carry()
    assert (await last(kommune, sync.GoalResolved)).goal_key == "FKM13"
    answer = await client.post(
        f"/identity-cases/{case['case_id']}/refuse", headers={"if-match": answer.headers["etag"]}
    )
    assert answer.status_code == 200, answer.text
    await two.carry()
    await here.goal("FKM-014", GoalStatus.APPROVED)
    await two.carry()
    assert (await last(kommune, sync.GoalResolved, goal_key="FKM12")).status is GoalStatus.NOT_BEGUN
    assert ("vest", "goal_status", "FKM14") not in await kommune.facts()


@pytest.mark.rule("SYN-012")
async def test_only_hf_admin_of_the_trust_confirms_and_a_mismatch_cannot_be(two: Any) -> None:
    await two["vest"].hire(checks=["one"])
    there = await two["kommune"].hire(checks=["other"])
    await two.carry()
    kommune = two["kommune"]
    admin = kommune.world.person("Gro", "Tø").at(kommune.ward)
    kommune.world.grant(admin, "hf_admin", kommune.hf)
    elsewhere = kommune.world.unit("Annet foretak")
    outsider = kommune.world.person("Per", "Ås").at(elsewhere)
    kommune.world.grant(outsider, "hf_admin", elsewhere)
    await kommune.news()
    path = f"/identity-cases/{there.person_id}.vest/confirm"
    for who, status in ((admin, 409), (outsider, 404), (kommune.leader, 404), (there.position, 404)):
        answer = await kommune.under_test.client(who).post(path, headers={"if-match": "*"})
        assert answer.status_code == status, answer.text
    assert (await kommune.under_test.client(outsider).get("/identity-cases")).json() == []
    client = kommune.under_test.client(admin)
    assert (await client.post(path)).status_code == 428
    assert (await client.post(path, headers={"if-match": '"7"'})).status_code == 412
    assert (await client.post("/identity-cases/x.vest/confirm", headers={"if-match": "*"})).status_code == 404


async def test_checks_that_come_later_open_the_exchange_by_themselves(two: Any) -> None:
    here = await two["vest"].hire(checks=())
    await here.goal("FKM-012", GoalStatus.APPROVED)
    there = await two["kommune"].hire()
    await there.goal("FKM-013", GoalStatus.WAITING)
    await two.carry()
    assert await two["kommune"].told(sync.GoalResolved) == []
    await here.checks("national id")
    await two.carry()
    assert (await last(two["kommune"], sync.GoalResolved)).goal_key == "FKM12"
    assert (await last(two["vest"], sync.GoalResolved)).goal_key == "FKM13"


async def test_one_number_on_two_persons_stops_both_until_it_is_corrected(two: Any) -> None:
    here = await two["vest"].hire()
    await two["kommune"].hire()
    await two.carry()
    twin = await two["vest"].hire(checks=())
    await here.goal("FKM-012", GoalStatus.APPROVED)
    await two.carry()
    for person in (here, twin):
        link = await last(two["vest"], sync.PersonLinkChanged, person_id=person.person_id)
        assert link.state is LinkState.DUPLICATE_HPR
    assert ("vest", "goal_status", "FKM12") not in await two["kommune"].facts()
    await two["vest"].deliver(two["vest"].registered(twin.person_id, "9007777", 9))
    await two.carry()
    assert (await last(two["kommune"], sync.GoalResolved)).status is GoalStatus.APPROVED
    link = await last(two["vest"], sync.PersonLinkChanged, person_id=here.person_id)
    assert link.state is LinkState.ON


@pytest.mark.rule("SYN-025")
async def test_presence_ends_on_the_31st_day_after_the_last_position(two: Any) -> None:
    here = await two["vest"].hire(end_date=date(2026, 9, 30))
    await two.carry()

    async def presence() -> str:
        rows = await two["kommune"].pool.fetch(
            "select body from fact where site = 'vest' and type = 'presence'"
        )
        return str(rows[0]["body"]["state"])

    for day, state in (
        (date(2026, 9, 30), "active"),
        (date(2026, 10, 30), "active"),
        (date(2026, 10, 31), "ended"),
    ):
        moment = two["vest"].clock.now()
        two["vest"].clock.move(days=(day - moment.date()).days)
        await two["vest"].under_test.run_job("presence", day)
        await two.carry()
        assert await presence() == state, day
    assert here.position.person_id


async def test_a_goal_the_catalogue_lacks_waits_until_it_is_imported(both: Any) -> None:
    two, here, _ = both
    await here.goal("FKM-099", GoalStatus.APPROVED)
    await two.carry()
    assert (await two["kommune"].facts())["vest", "goal_status", "FKM99"] == (
        1,
        "present",
        "held",
        "goal_unknown",
    )
    assert await two["kommune"].told(sync.GoalResolved) == []
    await two["kommune"].catalogue("FKM-099")
    assert (await last(two["kommune"], sync.GoalResolved)).goal_key == "FKM99"
    assert (await two["kommune"].facts())["vest", "goal_status", "FKM99"][2] == "in_force"


@pytest.mark.rule("SYN-052")
async def test_an_approval_of_an_older_wording_counts_and_says_so(both: Any) -> None:
    two, here, _ = both
    await two["kommune"].catalogue("FKM-012", version="2")
    await here.goal("FKM-012", GoalStatus.APPROVED, catalogue_version="1")
    await here.goal("FKM-013", GoalStatus.APPROVED, catalogue_version="1")
    await two.carry()
    told = await last(two["kommune"], sync.GoalResolved, goal_key="FKM12")
    assert (told.status, told.label) == (GoalStatus.APPROVED, "Godkjent etter tidligere ordlyd")
    assert (await last(two["kommune"], sync.GoalResolved, goal_key="FKM13")).label == "Godkjent"


@pytest.mark.rule("SYN-044")
async def test_a_goal_is_the_same_in_whatever_plan_it_stands(both: Any) -> None:
    two, here, _ = both
    await here.goal("FKM-012", GoalStatus.APPROVED, template_codes=("AMM",))
    await two.carry()
    told = await last(two["kommune"], sync.GoalResolved)
    assert (told.goal_key, told.status) == ("FKM12", GoalStatus.APPROVED)


@pytest.mark.rule("SYN-054", "SYN-058")
async def test_a_replacement_carries_an_approval_whether_it_came_before_or_after(both: Any) -> None:
    two, here, _ = both
    replaced = REPLACED(
        revision=1,
        goal_number="FKM-014",
        goal_key="FKM14",
        replaced=(NAME(goal_number="FKM-012", goal_key="FKM12"),),
        demand=Demand.SAME,
        takes_effect_at=two["kommune"].clock.now(),
    )
    await here.goal("FKM-012", GoalStatus.APPROVED)
    await two.carry()
    await two["kommune"].deliver(replaced)
    told = await last(two["kommune"], sync.GoalResolved, goal_key="FKM14")
    assert (told.status, told.contributions[-1].carried_from) == (GoalStatus.APPROVED, "FKM12")
    assert ("kommune", "goal_status", "FKM14") not in await two["kommune"].facts(), (
        "never written back as a fact"
    )
    await here.goal("FKM-012", GoalStatus.WAITING)
    await two.carry()
    assert (await last(two["kommune"], sync.GoalResolved, goal_key="FKM14")).status is GoalStatus.NOT_BEGUN
    await here.goal("FKM-012", GoalStatus.APPROVED)
    await two.carry()
    assert (await last(two["kommune"], sync.GoalResolved, goal_key="FKM14")).status is GoalStatus.APPROVED


@pytest.mark.rule("SYN-068")
async def test_a_repeated_or_late_event_makes_no_statement(both: Any) -> None:
    two, here, _ = both
    first = await here.goal("FKM-012", GoalStatus.BEGUN)
    await here.goal("FKM-012", GoalStatus.WAITING)
    assert (await two["vest"].facts())["vest", "goal_status", "FKM12"][0] == 2
    await two.carry()
    await two["vest"].deliver(first)
    await here.goal("FKM-012", GoalStatus.WAITING, at=two["vest"].clock.now())
    assert (await two["vest"].facts())["vest", "goal_status", "FKM12"][0] == 2
    assert await two["vest"].waiting_post() == []


@pytest.mark.rule("SYN-069")
async def test_what_came_from_outside_is_never_said_again(both: Any) -> None:
    two, here, there = both
    await here.goal("FKM-012", GoalStatus.APPROVED)
    await two.carry()
    await there.goal("FKM-012", GoalStatus.APPROVED, source="other_site", source_site="vest")
    progress = there.progress["FKM-012"]
    event = STATUS(
        revision=there.next(progress),
        goal_progress_id=progress,
        person_id=there.person_id,
        person_name="Kari Hansen",
        goal_number="FKM-012",
        goal_key="FKM12",
        goal_text="t",
        status=GoalStatus.BEGUN,
        status_at=two["kommune"].clock.now(),
    )
    await two["kommune"].deliver(event, origin=Origin.SYNC)
    await two.carry()
    assert ("kommune", "goal_status", "FKM12") not in await two["vest"].facts()


@pytest.mark.rule("SYN-090")
async def test_a_state_begun_after_seeing_anothers_is_later_than_it_also_with_a_slow_clock(both: Any) -> None:
    two, here, there = both
    two["vest"].clock.move(hours=5)
    await here.goal("FKM-012", GoalStatus.BEGUN)
    await two.carry()
    await there.goal("FKM-012", GoalStatus.REJECTED)  # five hours earlier by the municipal clock
    await two.carry()
    assert (await last(two["vest"], sync.GoalResolved)).source_site == "kommune"
    told = await last(two["kommune"], sync.GoalResolved)
    assert (told.status, told.source_site) == (GoalStatus.REJECTED, "kommune")
    rejected = next(one for one in told.contributions if one.site == "kommune")
    begun = next(one for one in told.contributions if one.site == "vest")
    assert rejected.status_at - begun.status_at == timedelta(milliseconds=1)
    assert rejected.reason_label == "Ikke tilstrekkelig"


async def test_an_approval_waits_for_signings_part_and_signing_for_plans(both: Any) -> None:
    two, here, _ = both
    event = await here.goal("FKM-012", GoalStatus.APPROVED, evidence=False)
    assert ("vest", "goal_status", "FKM12") not in await two["vest"].facts()
    two["vest"].clock.move(minutes=11)
    await upkeep(two["vest"].under_test.runtime.units)
    assert (
        await two["vest"].pool.fetchval("select count(*) from goal_waiting where alarmed_at is not null") == 1
    )
    assert ("vest", "goal_status", "FKM12") not in await two["vest"].facts(), "an alarm, not a statement"
    await here.decide(event, statement="eyJ.proof.x")
    body = await two["vest"].pool.fetchval("select body from fact where type = 'goal_status'")
    assert body["evidence"] == "eyJ.proof.x"
    assert "comment" not in str(body)
    assert await two["vest"].pool.fetchval("select count(*) from goal_waiting") == 0


async def test_who_approved_is_told_as_signing_has_it_where_plans_does_not_know(both: Any) -> None:
    two, here, _ = both
    event = await here.goal("FKM-012", GoalStatus.APPROVED, evidence=False)
    bare = event.model_copy(
        update={
            "decided_by": None,
            "decided_at": None,
            "completed_on": None,
            "revision": 2,
            "request_id": None,
        }
    )
    await two["vest"].deliver(bare)
    await here.decide(event)
    body = await two["vest"].pool.fetchval("select body from fact where type = 'goal_status'")
    assert body["approver"]["name"] == "Kari Nes"
    assert body["decided_at"] == "2026-03-02T12:00:00.000Z"


async def test_a_newer_status_replaces_one_that_still_waits_for_signing(both: Any) -> None:
    two, here, _ = both
    event = await here.goal("FKM-012", GoalStatus.APPROVED, evidence=False)
    await here.goal("FKM-012", GoalStatus.BEGUN)
    await here.decide(event)
    assert (
        await two["vest"].pool.fetchval("select body->>'status' from fact where type = 'goal_status'")
        == "begun"
    )


@pytest.mark.rule("SYN-070")
async def test_an_imported_approval_travels_without_proof_when_it_is_older_than_the_site(both: Any) -> None:
    two, here, _ = both
    await here.goal("FKM-012", GoalStatus.APPROVED, imported=True)
    await two.carry()
    assert await two["kommune"].dead() == [("evidence_missing", "body.imported")], (
        "no go-live time is registered"
    )


@pytest.mark.rule("SYN-138")
async def test_what_sync_tells_is_marked_so_that_nobody_is_alerted(both: Any) -> None:
    two, here, _ = both
    await here.goal("FKM-012", GoalStatus.APPROVED)
    await two.carry()
    envelopes = await two["kommune"].under_test.envelopes()
    assert envelopes
    assert {envelope.origin for envelope in envelopes} == {Origin.SYNC}


@pytest.mark.rule("SYN-080", "SYN-343")
async def test_values_are_told_when_they_change_with_revisions_of_their_own(both: Any) -> None:
    two, here, _ = both
    for status in (GoalStatus.BEGUN, GoalStatus.WAITING, GoalStatus.APPROVED):
        await here.goal("FKM-012", status)
    await here.goal("FKM-013", GoalStatus.BEGUN)
    await two.carry()
    told = [(one.goal_key, one.revision) for one in await two["kommune"].told(sync.GoalResolved)]
    assert told == [("FKM12", 1), ("FKM12", 2), ("FKM12", 3), ("FKM13", 1)]


@pytest.mark.rule("SYN-021", "SYN-214")
async def test_an_earlier_plan_is_shown_until_it_is_assigned_here_and_again_afterwards(both: Any) -> None:
    two, here, there = both
    await here.plan("FKM-LIS1")
    await two.carry()
    assert (await last(two["kommune"], sync.EarlierPlanChanged)).shown
    client = two["kommune"].under_test.client(there.position)
    status = (await client.get(f"/persons/{there.person_id}/status")).json()
    assert status["plans_not_assigned"] == [
        "Plan FKM-LIS1 er ikke tildelt her. Statusene vises under Tidligere utdanning til planen tildeles."
    ]
    await there.plan("FKM-LIS1")
    assert not (await last(two["kommune"], sync.EarlierPlanChanged)).shown
    await there.plan("FKM-LIS1", AssignmentState.DEACTIVATED)
    assert (await last(two["kommune"], sync.EarlierPlanChanged)).shown
    await here.plan("FKM-LIS1", AssignmentState.DELETED)
    await two.carry()
    assert len(await two["kommune"].told(sync.EarlierPlanRemoved)) == 1


async def test_an_own_approval_alone_is_no_news_to_the_site(both: Any) -> None:
    two, here, _ = both
    await here.goal("FKM-012", GoalStatus.APPROVED)
    assert await two["vest"].told(sync.GoalResolved) == []


@pytest.mark.rule("SYN-230", "SYN-231")
async def test_the_directorates_approval_is_a_fact_of_its_own(both: Any) -> None:
    two, here, there = both
    await here.goal("FKM-012", GoalStatus.APPROVED)

    def decision(kind: Any, **more: Any) -> Any:
        return kind(
            revision=1,
            decision_id=new_id(),
            person=Person(person_id=there.person_id, name="Kari Hansen"),
            goal=GOAL(goal_number="FKM-012", goal_key="FKM12"),
            case_number="26/1",
            decided_by=DECIDER(person_id=new_id(), name="Saksbehandler", capacity=Capacity.DIRECTORATE),
            decided_at=two["kommune"].clock.now(),
            **more,
        )

    await two["kommune"].deliver(decision(signing.GoalApprovedByDirectorate))
    await two.carry()
    told = await last(two["vest"], sync.GoalResolved)
    assert (told.label, told.directorate, told.status) == (
        "Godkjent av Helsedirektoratet",
        True,
        GoalStatus.APPROVED,
    )
    two["kommune"].clock.move(minutes=1)
    await two["kommune"].deliver(decision(signing.GoalApprovalWithdrawn, by=WithdrawnBy.DIRECTORATE))
    await two.carry()
    for site in two.sites.values():
        told = await last(site, sync.GoalResolved)
        assert (told.label, told.source_site) == ("Godkjent", "vest"), "the leader's approval still stands"


async def test_what_two_sites_hold_is_what_was_signed_byte_for_byte(both: Any) -> None:
    two, here, _ = both
    await here.goal("FKM-012", GoalStatus.APPROVED)
    await two.carry()
    texts = {
        name: await site.pool.fetchval("select jws from fact where type = 'goal_status'")
        for name, site in two.sites.items()
    }
    assert texts["vest"] == texts["kommune"]
    assert (
        jws.open_signed(texts["kommune"], two["kommune"].own.identity.registry.find).payload["state"]
        == FactState.PRESENT
    )
