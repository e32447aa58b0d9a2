"""The example files are imported as their README promises."""

import json
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from stafett_contracts import identity as events
from stafett_contracts.vocabulary import Origin, Track
from stafett_testing.service import ServiceUnderTest

FAULTY = sorted(path.name for path in (Path(__file__).parents[4] / "examples/hr/faulty").iterdir())
ON = date(2026, 12, 1)


@pytest.mark.rule("IDN-083")
@pytest.mark.rule("IDN-084")
@pytest.mark.rule("IDN-085")
@pytest.mark.parametrize("case", FAULTY)
async def test_a_faulty_file_has_the_outcome_it_is_kept_for(
    case: str, identity: ServiceUnderTest, import_file: Any, read_upload: Any, examples: Path
) -> None:
    folder = examples / "faulty" / case
    expected = json.loads((folder / "expected.json").read_text())
    if (folder / "first.json").exists():
        first = await import_file(read_upload(folder, "first.json"), ON - timedelta(days=1))
        assert first["state"] == "applied"
        await identity.forget_told()
    done = await import_file(read_upload(folder), ON)
    assert done["state"] == expected["outcome"]
    if expected["outcome"] == "refused":
        refusal = {name: done["refusal"][name] for name in ("code", "file", "field") if name in expected}
        assert refusal == {name: expected[name] for name in ("code", "file", "field") if name in expected}
        assert [type(event) for event in await identity.told(events.ImportRefused)] == [events.ImportRefused]
    else:
        for kind in ("errors", "warnings"):
            found = [{name: one[name] for name in ("file", "row", "field", "code")} for one in done[kind]]
            assert found == expected[kind]


@pytest.mark.rule("IDN-081")
@pytest.mark.rule("IDN-082")
async def test_json_and_csv_say_the_same(
    identity: ServiceUnderTest, import_file: Any, read_upload: Any, examples: Path
) -> None:
    done = await import_file(read_upload(examples), ON)
    assert (done["state"], done["errors"], done["warnings"]) == ("applied", [], [])
    assert done["counts"]["created"] == 306
    assert done["counts"]["without_leader"] == 0
    assert done["counts"]["units_created"] == 65
    again = await import_file(read_upload(examples, "no.json"), ON)
    assert again["state"] == "applied"
    assert not any(again["changes"].values())
    tracks = Counter(event.track for event in await identity.told(events.PositionCreated))
    assert (tracks[Track.LIS1], tracks[Track.LIS2_3], tracks[Track.APPRENTICE]) == (10, 16, 2)


async def test_a_first_import_tells_of_everything_in_an_order_others_can_follow(
    identity: ServiceUnderTest, import_file: Any, read_upload: Any, examples: Path
) -> None:
    done = await import_file(read_upload(examples), ON)
    envelopes = await identity.envelopes()
    assert {envelope.origin for envelope in envelopes} == {Origin.INITIAL_LOAD}  # NTF-015
    assert {envelope.runid for envelope in envelopes} == {done["run_id"]}
    kinds = list(dict.fromkeys(envelope.type.split(".v")[0] for envelope in envelopes))
    assert kinds == [
        "identity.org_unit.created",
        "identity.person.registered",
        "identity.person.contact_changed",
        "identity.position.created",
        "identity.leader.changed",
        "identity.import.applied",
    ]
    counts = Counter(envelope.type for envelope in envelopes)
    assert counts["identity.person.registered.v1"] == 300
    assert counts["identity.position.created.v1"] == 306


@pytest.mark.rule("IDN-104")
async def test_the_next_night_is_as_expected(
    identity: ServiceUnderTest, import_file: Any, read_upload: Any, examples: Path
) -> None:
    await import_file(read_upload(examples), ON)
    expected = json.loads((examples / "next" / "expected.json").read_text())
    await identity.forget_told()
    done = await import_file(read_upload(examples / "next"), date.fromisoformat(expected["import_on"]))
    envelopes = await identity.envelopes()
    assert {(envelope.origin, envelope.runid) for envelope in envelopes} == {(Origin.IMPORT, done["run_id"])}
    assert (done["errors"], done["warnings"]) == (expected["errors"], expected["warnings"])
    for kind in ("rotated", "ended", "created", "leader_changed"):
        found = [{name: one[name] for name in expected[kind][0]} for one in done["changes"][kind]]
        assert found == expected[kind], kind
    assert done["counts"]["changed"] == 0
