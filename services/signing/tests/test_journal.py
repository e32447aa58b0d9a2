"""What is kept of every transition, and the history made of it."""

import hashlib
import json
from typing import Any

import asyncpg
import pytest

from stafett_contracts.vocabulary import RequestKind


async def records(ward: Any) -> list[Any]:
    rows = await ward.signing.runtime.database.pool.fetch("select * from journal_record order by record_id")
    return [dict(row) | {"said": json.loads(row["statement"])} for row in rows]


@pytest.mark.rule("SGN-170")
async def test_every_transition_is_kept_with_who_what_and_on_which_content(ward: Any) -> None:
    asked = await ward.ask(ward.asks.goal(ward.kari, ward.boss))
    client = ward.as_(ward.per, deputy_for=ward.boss)
    ward.signing.clock.move(milliseconds=1.234)
    await ward.decide(client, asked, "rejected", comment="Mangler kurs", reason="activities_missing")
    await ward.cancel(client, asked, comment="Så feil")
    ward.world.set_leader(ward.kari, ward.gro)
    ward.world.deactivate_account(ward.boss.person)
    await ward.news()
    await ward.recall(ward.as_(ward.kari), asked)
    kept = await records(ward)
    assert [row["act"] for row in kept] == ["asked", "rejected", "cancelled", "reassigned", "recalled"]
    for version, row in enumerate(kept, start=1):
        said = row["said"]
        assert said["request_id"] == str(asked.request_id) == str(row["request_id"])
        assert said["request_version"] == version
        assert said["subject"] == {"id": str(asked.subject.id), "revision": 1, "name": "Kommunikasjon"}
        assert said["content_hash"] == asked.content_hash
        assert said["item_ids"] == [str(asked.items[0].item_id)]
        assert said["site"] == "vest"
        assert len(said["at"]) == len("2026-11-24T12:00:00.001Z")
        assert row["statement_hash"] == hashlib.sha256(row["statement"].encode()).hexdigest()
    assert len({row["said"]["salt"] for row in kept}) == len(kept)
    rejected = kept[1]["said"]
    assert rejected["at"] == "2026-11-24T12:00:00.001Z"
    assert (rejected["outcome"], rejected["comment"], rejected["reason"]) == (
        "rejected",
        "Mangler kurs",
        "activities_missing",
    )
    assert rejected["by"] == {
        "person_id": str(ward.per.person_id),
        "name": "Per Ås",
        "position_id": str(ward.per.position_id),
        "title": "Lege",
        "unit_id": str(ward.per.unit.unit_id),
        "unit": "Medisinsk sengepost",
        "hf": "Havnes sykehus",
        "capacity": "deputy",
        "on_behalf_of": "Torbjørn Engeskår",
        "on_behalf_of_id": str(ward.boss.person_id),
    }
    assert kept[2]["said"]["decision_id"] == rejected["decision_id"]


@pytest.mark.rule("SGN-170")
@pytest.mark.parametrize("kind", list(RequestKind))
async def test_the_journal_follows_every_kind(ward: Any, kind: RequestKind) -> None:
    asked = await ward.ask(ward.asks.of_kind(kind, ward.kari, ward.boss, ward.boss))
    await ward.decide(ward.as_(ward.boss), asked)
    await ward.ask(ward.asks.withdrawn(asked, "reset"))
    assert [row["act"] for row in await records(ward)] == ["asked", "signed", "lapsed"]


@pytest.mark.rule("SGN-170")
@pytest.mark.parametrize("table", ["journal_record", "decision"])
@pytest.mark.parametrize("change", ["update {} set comment = null", "delete from {}", "truncate {}"])
async def test_evidence_is_neither_changed_nor_deleted(ward: Any, table: str, change: str) -> None:
    asked = await ward.ask(ward.asks.signature(ward.kari, ward.siri))
    await ward.decide(ward.as_(ward.siri), asked)
    column = change.format(table).replace("comment", "act" if table == "journal_record" else "comment")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await ward.signing.runtime.database.pool.execute(column)


@pytest.mark.rule("SGN-173")
async def test_a_decision_keeps_how_and_when_the_decider_logged_in(ward: Any) -> None:
    asked = await ward.ask(ward.asks.signature(ward.kari, ward.siri))
    await ward.decide(ward.as_(ward.siri), asked)
    row = await ward.signing.runtime.database.pool.fetchrow("select session from decision")
    session = json.loads(row["session"]) if isinstance(row["session"], str) else row["session"]
    assert session["method"] == "demo"
    assert session["assurance"] == "high"
    assert session["authenticated_at"] == int(ward.signing.clock.now().timestamp())
    assert (await records(ward))[1]["said"]["session"] == session


@pytest.mark.rule("SGN-128")
async def test_what_was_decided_keeps_the_names_of_then(ward: Any) -> None:
    asked = await ward.ask(ward.asks.signature(ward.kari, ward.siri))
    await ward.decide(ward.as_(ward.siri), asked)
    pool = ward.signing.runtime.database.pool
    await pool.execute("update directory_person set family_name = 'Nyttnavn'")
    await pool.execute("update directory_unit set name = 'Ny enhet'")
    seen = await ward.see(ward.as_(ward.kari), asked)
    assert seen["items"][0]["decision"]["decider"] == "Siri Moe"
    assert [line["by"] for line in seen["history"]] == ["Siri Moe", "Kari Hansen"]
    assert seen["employee"]["unit_name"] == "Medisinsk sengepost"


@pytest.mark.rule("SGN-150", "SGN-151")
async def test_history_lists_everything_newest_first_across_requests(ward: Any) -> None:
    subject = ward.asks.signature(ward.kari, ward.siri).subject.id
    acts = []
    first = await ward.ask(ward.asks.signature(ward.kari, ward.ola, subject=subject))
    await ward.decide(ward.as_(ward.ola), first, "rejected", comment="Nei", reason="wrong_person")
    second = await ward.ask(ward.asks.signature(ward.kari, ward.siri, subject=subject, revision=2))
    await ward.decide(ward.as_(ward.siri), second)
    await ward.cancel(ward.as_(ward.siri), second, comment="Feil dato")
    await ward.recall(ward.as_(ward.kari), second)
    answer = await ward.as_(ward.siri).get(f"/subjects/requirement/{subject}/history")
    acts = [(line["act"], line["by"], line["capacity"]) for line in answer.json()]
    assert acts == [
        ("recalled", "Kari Hansen", None),
        ("cancelled", "Siri Moe", "supervisor"),
        ("signed", "Siri Moe", "supervisor"),
        ("asked", "Kari Hansen", None),
        ("rejected", "Ola Vik", "supervisor"),
        ("asked", "Kari Hansen", None),
    ]
    rejected = answer.json()[4]
    assert (rejected["comment"], rejected["reason_nb"]) == ("Nei", "Sendt til feil person")
    assert rejected["at"].startswith("2026-11-24T12:00:00")
    assert (await ward.see(ward.as_(ward.siri), second))["history"] == answer.json()


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (RequestKind.ACTIVITY, 200),
        (RequestKind.REPETITIONS, 200),
        (RequestKind.GOAL, 200),
        (RequestKind.TRAINING_TIME, 404),
        (RequestKind.PLAN, 404),
        (RequestKind.REQUIREMENT, 404),
    ],
)
async def test_a_mentor_reads_the_history_of_goals_and_activities_alone(
    ward: Any, kind: RequestKind, status: int
) -> None:
    ward.world.mentor(ward.kari.person, ward.ola.person)
    await ward.news()
    asked = await ward.ask(ward.asks.of_kind(kind, ward.kari, ward.siri, ward.boss))
    path = f"/subjects/{kind}/{asked.subject.id}/history"
    assert (await ward.as_(ward.ola).get(path)).status_code == status
    assert (await ward.as_(ward.ola).get(f"/requests/{asked.request_id}")).status_code == 404
