"""Between sites anything may be lost, doubled, delayed or reordered, and bad messages come; nothing is lost by it."""

import json
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jws as joserfc_jws

from stafett_contracts import sync
from stafett_contracts.vocabulary import FactState, GoalStatus, LinkState, RepetitionState, RequirementLevel
from stafett_sync.exchange import store, tasks
from stafett_sync.exchange.accepting import judge_anew
from stafett_sync.exchange.answering import PAGE_BYTES, PAGE_FACTS, pages_of
from stafett_sync.facts.publishing import say_everything
from stafett_sync.outgoing import rules as messages
from stafett_sync.persons.loading import PAUSES
from stafett_sync.statements import canonical, jws
from stafett_sync.statements.making import SiteToRegister, make_registry
from stafett_sync.statements.registry import RegisteredTrust
from stafett_sync.statements.rules import payload_of, read_statement

SIGNED = RepetitionState.SIGNED


@pytest.fixture
async def both(two: Any) -> Any:
    """The doctor works at both sites, and both know it."""
    here, there = await two["vest"].hire(), await two["kommune"].hire()
    await two.carry()
    return two, here, there


def message(site: Any, payload: dict[str, Any], *, key: Any = None, **envelope: Any) -> bytes:
    """A message as `site` would send it, or as `envelope` distorts it."""
    signed = jws.sign(payload, key or site.own.identity.key)
    kind, _, major = payload["doc"].partition("/")
    outside = messages.Envelope("1", payload["origin"]["site"], kind, int(major), site.name, None, signed)
    return messages.wrap(replace(outside, **envelope), site.clock.now())


async def said(site: Any, subject: str = "FKM12") -> dict[str, Any]:
    """The payload of what `site` has said on a goal."""
    text = await site.pool.fetchval(
        "select jws from fact where site = $1 and type = 'goal_status' and subject = $2", site.name, subject
    )
    return dict(jws.open_signed(text, site.own.identity.registry.find).payload)


async def equal(two: Any) -> None:
    """Both sites hold the same and have told their services the same."""
    registers = [await site.register() for site in two.sites.values()]
    assert registers[0] == registers[1]


@pytest.mark.rule("SYN-137", "SYN-342")
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_loss_doubling_delay_and_disorder_end_with_both_sites_equal(two: Any, seed: int) -> None:
    chance = random.Random(seed)
    here, there = await two["vest"].hire(), await two["kommune"].hire()
    for _ in range(4):
        for doctor in (here, there):
            for number in ("FKM-012", "FKM-013"):
                await doctor.goal(number, chance.choice([s for s in GoalStatus if s != "not_begun"]))
            await doctor.count("LP", ("2026-01-05", chance.randint(1, 9), SIGNED))
            await doctor.item("Hjertestans", level=RequirementLevel.REGIONAL)
        await two.carry_badly(chance, rounds=2)
    await two.carry_badly(chance)
    # Heartbeats show what is missing at the end of a stream; then it is asked for.
    for site in two.sites.values():
        await tasks.heartbeat(site.under_test.runtime.units)
    await two.carry()
    for _ in range(4):
        await two.pass_time(minutes=31)
    await equal(two)
    values = []
    for doctor in (here, there):
        goals = {
            told.goal_key: (told.status, told.source_site, told.decided_at)
            for told in await doctor.site.told(sync.GoalResolved)
        }
        values.append(goals)
    assert values[0] == values[1]
    assert set(values[0]) == {"FKM12", "FKM13"}
    for site in two.sites.values():
        assert await site.dead() == []
        assert await site.pool.fetchval("select count(*) from stream_gap") == 0


@pytest.mark.rule("SYN-134")
async def test_a_lost_message_is_missed_within_30_seconds_and_said_again_as_it_is_now(both: Any) -> None:
    two, here, _ = both
    await here.goal("FKM-012", GoalStatus.BEGUN)
    lost = await two["vest"].waiting_post()
    assert len(lost) == 1
    await here.goal("FKM-013", GoalStatus.BEGUN)
    await two.carry()
    assert await two["kommune"].pool.fetchval("select count(*) from stream_gap") == 1
    await two.pass_time(seconds=29)
    assert ("vest", "goal_status", "FKM12") not in await two["kommune"].facts(), "it may only be late"
    await two.pass_time(seconds=2)
    assert (await two["kommune"].facts())["vest", "goal_status", "FKM12"][0] == 1
    assert await two["kommune"].pool.fetchval("select count(*) from stream_gap") == 0
    register = await two["kommune"].register()
    await two["kommune"].incoming.take([lost[0][1]])
    assert await two["kommune"].register() == register


@pytest.mark.rule("SYN-134")
async def test_messages_to_a_peer_are_numbered_without_a_gap(country: Any) -> None:
    three = await country("vest", "kommune", "nord")
    here = await three["vest"].hire()
    await three["kommune"].hire()
    await three.carry()
    await here.goal("FKM-012", GoalStatus.BEGUN)
    await here.item("Hjertestans")
    rows = await three["vest"].pool.fetch(
        "select site, array_agg(number order by number) as numbers from stream_sent group by site"
    )
    for row in rows:
        assert row["numbers"] == list(range(1, len(row["numbers"]) + 1)), row["site"]
    assert {row["site"] for row in rows} == {"kommune", "nord"}


@pytest.mark.rule("SYN-134")
async def test_the_stream_number_has_no_part_in_merging(both: Any) -> None:
    two, here, _ = both
    await here.goal("FKM-012", GoalStatus.BEGUN)
    await here.goal("FKM-012", GoalStatus.WAITING)
    first, second = [body for _, body in await two["vest"].waiting_post()]
    await two["kommune"].incoming.take([second, first, first])
    assert (await two["kommune"].facts())["vest", "goal_status", "FKM12"][0] == 2


@pytest.mark.rule("SYN-133")
async def test_an_effect_and_its_message_are_stored_together_or_not_at_all(both: Any) -> None:
    two, here, _ = both
    await two["vest"].pool.execute("alter table national_outbox rename to elsewhere")
    with pytest.raises(AssertionError):
        await here.goal("FKM-012", GoalStatus.BEGUN)  # the event is held
    assert ("vest", "goal_status", "FKM12") not in await two["vest"].facts()
    await two["vest"].pool.execute("alter table elsewhere rename to national_outbox")
    two["vest"].clock.move(seconds=5)
    await two["vest"].under_test.inbox.retry_due()
    await two.carry()
    assert (await two["kommune"].facts())["vest", "goal_status", "FKM12"][1] == "present"


@pytest.mark.rule("SYN-143")
async def test_a_question_that_is_not_answered_is_asked_again_with_growing_pauses(two: Any) -> None:
    vest = two["vest"]
    await two["kommune"].hire()
    await two.carry()
    await vest.hire()
    await vest.waiting_post()  # all of it is lost
    link = (await vest.told(sync.PersonLinkChanged))[-1]
    assert (link.state, link.text_nb) == (LinkState.LOADING, "Henter tidligere utdanning … (Kommunene)")
    for pause in (*PAUSES, PAUSES[-1], PAUSES[-1]):
        vest.clock.move(seconds=pause.total_seconds() - 1)
        await tasks.upkeep(vest.under_test.runtime.units)
        assert not [body for _, body in await vest.waiting_post() if b"facts.request" in body]
        vest.clock.move(seconds=1)
        await tasks.upkeep(vest.under_test.runtime.units)
        assert len([body for _, body in await vest.waiting_post() if b"facts.request" in body]) == 1
    assert [pause.total_seconds() / 60 for pause in PAUSES] == [1, 2, 5, 10, 30]
    link = (await vest.told(sync.PersonLinkChanged))[-1]
    assert link.state is LinkState.PARTIAL
    assert link.text_nb.startswith("Venter på svar fra Kommunene, sist hørt fra 02.03.2026")
    vest.clock.move(minutes=30)
    await tasks.upkeep(vest.under_test.runtime.units)
    await two.carry()
    assert (await vest.told(sync.PersonLinkChanged))[-1].state is LinkState.ON


@pytest.mark.rule("SYN-141", "SYN-142", "SYN-143")
async def test_many_facts_come_in_pages_that_may_be_repeated_lost_or_out_of_order(two: Any) -> None:
    here = await two["vest"].hire()
    for number in range(3):
        await here.item(f"Aktivitet {number}")
    row = await two["vest"].pool.fetchrow("select * from own_fact where type = 'activity' limit 1")
    await two["vest"].pool.executemany(
        "insert into own_fact (person_id, type, subject, trust, state, body, source_revision)"
        " values ($1, 'activity', $2, $3, 'present', $4, 1)",
        [(row["person_id"], f"{row['trust']}/{number}", row["trust"], row["body"]) for number in range(450)],
    )
    async with two["vest"].under_test.runtime.units.begin() as work:
        await say_everything(work, here.person_id)
    await two.carry()
    await two["kommune"].hire()
    for to, body in await two["kommune"].waiting_post():
        await two[to].incoming.take([body])
    pages = [(to, body) for to, body in await two["vest"].waiting_post() if b"facts.page" in body]
    insides = [
        jws.open_signed(json.loads(body)["data"], two["vest"].own.identity.registry.find).payload["body"]
        for _, body in pages
    ]
    insides = [inside for inside in insides if inside["answer"] == "facts"]
    sizes = [len(inside["statements"]) for inside in insides]
    assert max(sizes) <= PAGE_FACTS
    assert sum(sizes) == 454  # 453 activities and presence
    assert [inside["last"] for inside in insides] == [False] * (len(insides) - 1) + [True]
    assert insides[-1]["digest"]
    assert all(len(body) <= messages.MAX_BYTES for _, body in pages)
    first, *rest = [body for _, body in pages][-len(insides) :]
    await two["kommune"].incoming.take([*reversed(rest), *rest])
    held = [key for key in await two["kommune"].facts() if key[:2] == ("vest", "activity")]
    assert 0 < len(held) < 453, "facts take effect page by page"
    assert len(await two["kommune"].told(sync.ForeignActivityChanged)) == len(held)
    assert (await two["kommune"].told(sync.PersonLinkChanged))[-1].state is LinkState.LOADING
    await two.pass_time(seconds=61)
    await equal_activities(two)
    assert (await two["kommune"].told(sync.PersonLinkChanged))[-1].state is LinkState.ON
    await two["kommune"].incoming.take([first])
    await equal_activities(two)


async def equal_activities(two: Any) -> None:
    registers = [
        {row for row in await site.register() if row[1] == "activity"} for site in two.sites.values()
    ]
    assert registers[0] == registers[1]
    assert len(registers[0]) == 453


def test_pages_hold_at_most_200_statements_and_fit_into_a_message() -> None:
    assert [len(page) for page in pages_of(["x"] * 401)] == [200, 200, 1]
    assert [len(page) for page in pages_of(["x" * (PAGE_BYTES // 2)] * 5)] == [2, 2, 1]
    assert list(pages_of([])) == []


async def test_a_second_load_of_the_same_is_answered_identical(both: Any) -> None:
    two, here, there = both
    await here.goal("FKM-012", GoalStatus.APPROVED)
    await two.carry()
    await two["kommune"].pool.execute(
        "update load set done_at = null, next_at = $1", two["kommune"].clock.now()
    )
    await tasks.upkeep(two["kommune"].under_test.runtime.units)
    await two.carry()
    answer = await two["kommune"].pool.fetchrow("select answer, done_at from load")
    assert answer["answer"] == "identical"
    assert answer["done_at"] is not None
    assert there.person_id


@pytest.mark.rule("SYN-061")
@pytest.mark.parametrize(
    "lie", [{"origin": "kommune"}, {"type": "activity"}, {"major": 2}], ids=["origin", "type", "version"]
)
async def test_an_envelope_that_disagrees_with_what_is_signed_is_refused(
    both: Any, lie: dict[str, Any]
) -> None:
    two, here, _ = both
    await here.goal("FKM-012", GoalStatus.BEGUN)
    payload = await said(two["vest"])
    await two["kommune"].incoming.take([message(two["vest"], payload, **lie)])
    assert [code for code, _ in await two["kommune"].dead()] == ["envelope_mismatch"]
    assert ("vest", "goal_status", "FKM12") not in await two["kommune"].facts()


@pytest.mark.rule("SYN-065")
@pytest.mark.parametrize("doc", ["tea/1", "goal_status/2", "cohort/1"])
async def test_an_unknown_type_or_version_is_stored_and_counted_but_not_understood(
    both: Any, doc: str
) -> None:
    two, here, _ = both
    await here.goal("FKM-012", GoalStatus.BEGUN)
    payload = await said(two["vest"]) | {"doc": doc, "subject": "new", "body": {"anything": [1]}}
    await two["kommune"].incoming.take([message(two["vest"], payload)])
    facts = await two["kommune"].facts()
    assert facts["vest", doc.partition("/")[0], "new"][2] == "not_understood"
    assert await two["kommune"].dead() == []
    async with two["kommune"].under_test.runtime.database.connection() as connection:
        before = await store.digests(connection, "vest", ["9001234"], here.site.clock.now().date())
        await two["kommune"].pool.execute("delete from fact where verdict = 'not_understood'")
        after = await store.digests(connection, "vest", ["9001234"], here.site.clock.now().date())
    assert before != after


@pytest.mark.rule("SYN-066", "SYN-163", "SYN-164", "SYN-165")
async def test_a_bad_statement_is_dead_at_once_told_to_its_origin_and_stops_nothing(both: Any) -> None:
    two, here, _ = both
    await here.goal("FKM-012", GoalStatus.BEGUN)
    await here.goal("FKM-013", GoalStatus.BEGUN)
    good = await said(two["vest"], "FKM13")
    bad = await said(two["vest"])
    await two.carry()
    broken = bad | {"version": {"epoch": 1, "seq": 2}, "body": bad["body"] | {"status": "great"}}
    better = good | {"version": {"epoch": 1, "seq": 2}}
    await two["kommune"].incoming.take([b"{", message(two["vest"], broken), message(two["vest"], better)])
    assert await two["kommune"].dead() == [("malformed", "envelope"), ("malformed", "body.status")]
    facts = await two["kommune"].facts()
    assert facts["vest", "goal_status", "FKM12"][0] == 1, "what was held before stays"
    assert facts["vest", "goal_status", "FKM13"][0] == 2, "others go on"
    await two.carry()
    refused = await two["vest"].pool.fetchrow("select * from refused_fact")
    assert (refused["peer"], refused["subject"], refused["seq"], refused["code"]) == (
        "kommune",
        "FKM12",
        2,
        "malformed",
    )


@pytest.mark.rule("SYN-163", "SYN-164")
@pytest.mark.parametrize(
    ("field", "make"),
    [
        ("sender", lambda site, payload: message(site, payload, sender="ves\0")),
        ("sender", lambda site, payload: message(site, payload, sender="\ud800")),
        ("payload", lambda site, payload: _changed(site, payload, text="a\0b")),
        ("payload", lambda site, payload: _changed(site, payload, deep=_nested(200))),
        ("body.state_at", lambda site, payload: _changed(site, payload, state_at="9999-12-31T23:59:59.999Z")),
    ],
    ids=["nul-sender", "half-a-character", "nul", "deep", "end-of-time"],
)
async def test_what_no_site_could_store_or_count_with_is_refused_for_good_and_stops_nothing(
    both: Any, field: str, make: Any
) -> None:
    two, here, there = both
    await here.goal("FKM-012", GoalStatus.BEGUN)
    payload = await said(two["vest"])
    await two["kommune"].incoming.take([make(two["vest"], payload), message(two["vest"], payload)])
    assert await two["kommune"].dead() == [("malformed", field)]
    assert (await two["kommune"].facts())["vest", "goal_status", "FKM12"][0] == 1
    await there.goal("FKM-012", GoalStatus.REJECTED)  # and work at home goes on
    assert ("kommune", "goal_status", "FKM12") in await two["kommune"].facts()


def _nested(levels: int) -> list[Any]:
    found: list[Any] = []
    for _ in range(levels):
        found = [found]
    return found


def _changed(site: Any, payload: dict[str, Any], **body: Any) -> bytes:
    """The next version with another body, signed without a look at what it holds."""
    changed = payload | {"version": {"epoch": 1, "seq": 2}, "body": payload["body"] | body}
    raw = json.dumps(changed).encode()
    header = {"alg": jws.ALGORITHM, "kid": str(site.own.identity.key.kid), "typ": jws.TYPE}
    signed = joserfc_jws.serialize_compact(
        header, raw, site.own.identity.key, registry=joserfc_jws.JWSRegistry(algorithms=[jws.ALGORITHM])
    )
    outside = messages.Envelope("1", site.name, "goal_status", 1, site.name, None, signed)
    return messages.wrap(outside, site.clock.now())


@pytest.mark.rule("SYN-165")
async def test_a_refused_version_is_not_sent_again_before_a_new_one(both: Any) -> None:
    two, here, _ = both
    await here.goal("FKM-012", GoalStatus.APPROVED, imported=True)  # without a go-live time it is refused
    await two.carry()
    assert await two["kommune"].dead() == [("evidence_missing", "body.imported")]
    await two["vest"].under_test.run_job("reconcile")
    await two.carry()
    await two["kommune"].pool.execute(
        "update load set done_at = null, next_at = $1", two["kommune"].clock.now()
    )
    await tasks.upkeep(two["kommune"].under_test.runtime.units)
    await two.carry()
    assert len(await two["kommune"].dead()) == 1, "two sites never go on about it"
    await here.goal("FKM-012", GoalStatus.BEGUN)
    await two.carry()
    assert (await two["kommune"].facts())["vest", "goal_status", "FKM12"][:2] == (2, "present")


@pytest.mark.rule("SYN-163")
@pytest.mark.parametrize(
    ("code", "make"),
    [
        ("bad_signature", lambda site, payload: message(site, payload)[:-8] + b'AAAAAA"}'),
        ("not_allowed", lambda site, payload: message(site, payload, key=jws.new_key())),
        (
            "not_allowed",
            lambda site, payload: message(
                site, payload | {"origin": {"site": "kommune", "trust": "kommune"}}
            ),
        ),
        ("wrong_environment", lambda site, payload: message(site, payload | {"env": "prod"})),
        ("not_allowed", lambda site, payload: message(site, payload, sender="nord")),
        ("not_allowed", lambda site, payload: message(site, payload, sender="kommune")),
    ],
    ids=["signature", "key", "origin", "environment", "stranger", "echo"],
)
async def test_what_is_refused_for_good_is_dead_at_once_and_changes_nothing(
    both: Any, code: str, make: Any
) -> None:
    two, here, _ = both
    await here.goal("FKM-012", GoalStatus.BEGUN)
    payload = await said(two["vest"])
    before = await two["kommune"].register()
    await two["kommune"].incoming.take([make(two["vest"], payload)])
    assert [found for found, _ in await two["kommune"].dead()] == [code]
    assert await two["kommune"].register() == before


@pytest.mark.rule("SYN-163")
async def test_a_passing_fault_is_retried_with_growing_pauses_and_given_up_after_a_day(both: Any) -> None:
    two, here, _ = both
    kommune = two["kommune"]
    await here.goal("FKM-012", GoalStatus.BEGUN)
    [(_, body)] = await two["vest"].waiting_post()
    await kommune.pool.execute("alter table kept_statement rename to elsewhere")
    await kommune.pool.execute("alter table fact rename to gone")
    await kommune.incoming.take([body])
    for pause in (1, 5, 30, 120, 600, 600):
        kommune.clock.move(seconds=pause - 0.5)
        assert await kommune.incoming.retry_due() == 0
        kommune.clock.move(seconds=0.5)
        assert await kommune.incoming.retry_due() == 1
    await kommune.pool.execute("alter table gone rename to fact")
    kommune.clock.move(minutes=10)
    assert await kommune.incoming.retry_due() == 1
    assert (await kommune.facts())["vest", "goal_status", "FKM12"][1] == "present"
    assert await kommune.pool.fetchval("select count(*) from national_held") == 0
    await kommune.pool.execute("alter table fact rename to gone")
    await kommune.incoming.take([body])
    kommune.clock.move(hours=24)
    await kommune.incoming.retry_due()
    assert len(await kommune.dead()) == 1


@pytest.mark.rule("SYN-076")
async def test_two_things_under_one_version_are_both_kept_and_told_to_both_sites(both: Any) -> None:
    two, here, _ = both
    await here.goal("FKM-012", GoalStatus.BEGUN)
    first = await said(two["vest"])
    await two.carry()
    second = first | {"body": first["body"] | {"text": "Noe annet"}}
    await two["kommune"].incoming.take([message(two["vest"], second)])
    hashes = sorted(canonical.digest_of(payload) for payload in (first, second))
    pool = two["kommune"].pool
    assert await pool.fetchval("select hash from fact where type = 'goal_status'") == hashes[1]
    kept = await pool.fetchrow("select hash, reason from kept_statement")
    assert (kept["hash"], kept["reason"]) == (hashes[0], "equivocation")
    assert any(b"statement.refused" in body for _, body in await two["kommune"].waiting_post())


@pytest.mark.rule("SYN-180", "SYN-181")
async def test_a_new_trust_is_held_until_the_registry_knows_it(country: Any) -> None:
    made = make_registry(
        [
            SiteToRegister("vest", "Helse Vestkyst", "rhf", [("HAV", "Havnes")]),
            SiteToRegister("kommune", "Kommunene", "municipal"),
        ],
        env="test",
    )
    two = await country("vest", "kommune", made=made)
    await two["kommune"].catalogue("FKM-012")
    here = await two["vest"].hire()  # at a trust with a code the registry lacks
    await here.goal("FKM-012", GoalStatus.BEGUN)
    await two["kommune"].hire()
    await two.carry()
    facts = await two["kommune"].facts()
    assert facts["vest", "presence", "-"][2:] == ("held", "trust_unknown")
    assert await two["kommune"].told(sync.GoalResolved) == []
    assert await judge_anew(two["kommune"].under_test.runtime.units) > 0
    assert (await two["kommune"].facts())["vest", "presence", "-"][2] == "held", "nothing is new yet"
    # The operator hands out a registry with the trust, and the site starts anew with it.
    own = two["kommune"].own
    known = own.identity.registry.sites["vest"]
    trust = RegisteredTrust(number="U1", name="Nytt foretak")
    wider = known.model_copy(update={"trusts": (*known.trusts, trust)})
    registry = replace(own.identity.registry, version=2, sites={**own.identity.registry.sites, "vest": wider})
    own.identity = replace(own.identity, registry=registry)
    await judge_anew(two["kommune"].under_test.runtime.units)
    await two.carry()
    assert (await two["kommune"].told(sync.GoalResolved))[-1].status is GoalStatus.BEGUN


@pytest.mark.rule("SYN-077")
async def test_what_became_final_never_comes_back(both: Any) -> None:
    two, here, _ = both
    await here.goal("FKM-012", GoalStatus.BEGUN)
    first = await said(two["vest"])
    await two.carry()
    final = {name: value for name, value in first.items() if name != "body"} | {
        "state": "final", "body": {}, "cause": "erased", "version": {"epoch": 1, "seq": 2},
    }  # fmt: skip
    later = first | {"version": {"epoch": 1, "seq": 3}}
    await two["kommune"].incoming.take([message(two["vest"], final), message(two["vest"], later)])
    assert (await two["kommune"].facts())["vest", "goal_status", "FKM12"][:2] == (2, "final")
    assert (await two["kommune"].told(sync.GoalResolved))[-1].status is GoalStatus.NOT_BEGUN


@pytest.mark.rule("SYN-150", "SYN-151", "SYN-152")
async def test_the_evening_finds_and_mends_what_differs(both: Any) -> None:
    two, here, there = both
    for number in ("FKM-012", "FKM-013", "FKM-014"):
        await here.goal(number, GoalStatus.BEGUN)
    await two.carry()
    kommune = two["kommune"]
    # One is lost, one is older, and one the origin knows nothing of.
    await kommune.pool.execute("delete from fact where site = 'vest' and subject = 'FKM12'")
    await here.goal("FKM-013", GoalStatus.WAITING)
    await two["vest"].waiting_post()
    await two["vest"].pool.execute("delete from fact where subject = 'FKM14'")
    await two["vest"].under_test.run_job("reconcile")
    await two.carry()
    facts = {
        key[2]: held for key, held in (await kommune.facts()).items() if key[:2] == ("vest", "goal_status")
    }
    assert {subject: held[0] for subject, held in facts.items()} == {"FKM12": 1, "FKM13": 2}
    told = {one.goal_key: one.status for one in await kommune.told(sync.GoalResolved)}
    assert told == {"FKM12": GoalStatus.BEGUN, "FKM13": GoalStatus.WAITING, "FKM14": GoalStatus.NOT_BEGUN}
    before = await kommune.pool.fetchval("select reconciled_at from peer where site = 'vest'")
    two["vest"].clock.move(days=1)
    kommune.clock.move(days=1)
    await two["vest"].under_test.run_job("reconcile")
    assert await two.carry() <= 4, "one message a peer when nothing differs, and its gaps"
    after = await kommune.pool.fetchval("select reconciled_at from peer where site = 'vest'")
    assert after is not None
    assert after != before
    assert there.person_id


@pytest.mark.rule("SYN-153")
@pytest.mark.parametrize(("lost", "removed"), [(20, 20), (21, 0)])
async def test_a_site_that_has_forgotten_much_does_not_empty_the_others(
    both: Any, lost: int, removed: int
) -> None:
    two, here, _ = both
    await here.item("Hjertestans")
    row = await two["vest"].pool.fetchrow("select * from own_fact where type = 'activity' limit 1")
    await two["vest"].pool.executemany(
        "insert into own_fact (person_id, type, subject, trust, state, body, source_revision)"
        " values ($1, 'activity', $2, $3, 'present', $4, 1)",
        [(row["person_id"], f"{row['trust']}/{number}", row["trust"], row["body"]) for number in range(30)],
    )
    async with two["vest"].under_test.runtime.units.begin() as work:
        await say_everything(work, here.person_id)
    await two.carry()
    before = len(await two["kommune"].facts())
    await two["vest"].pool.execute(
        "delete from fact where ctid in (select ctid from fact where site = 'vest' and type = 'activity' limit $1)",
        lost,
    )
    await two["vest"].under_test.run_job("reconcile")
    await two.carry()
    assert before - len(await two["kommune"].facts()) == removed


@pytest.mark.rule("SYN-136")
async def test_a_peer_that_takes_nothing_delays_nobody_else_and_no_local_work(country: Any) -> None:
    three = await country("vest", "kommune", "nord")
    for site in three.sites.values():
        await site.catalogue("FKM-012")
    here = await three["vest"].hire()
    await three["kommune"].hire()
    await three["nord"].hire()
    await three.carry(lose=lambda sender, to: "nord" in (sender, to))
    await here.goal("FKM-012", GoalStatus.APPROVED)
    await three.carry(lose=lambda sender, to: "nord" in (sender, to))
    assert (await three["kommune"].told(sync.GoalResolved))[-1].status is GoalStatus.APPROVED
    for _ in range(4):
        await three.pass_time(minutes=31)
    assert (await three["nord"].told(sync.GoalResolved))[-1].status is GoalStatus.APPROVED


async def test_a_statement_reads_as_it_was_signed(both: Any) -> None:
    two, here, _ = both
    await here.goal("FKM-012", GoalStatus.BEGUN)
    payload = await said(two["vest"])
    statement = read_statement(payload, canonical.digest_of(payload))
    assert payload_of(statement) == payload
    assert statement.state is FactState.PRESENT
    assert statement.issued_at <= two["vest"].clock.now() + timedelta(milliseconds=1)
