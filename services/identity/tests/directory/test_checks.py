"""Person checks: what lets two sites find that they mean one person."""

import hmac
from hashlib import sha256
from typing import Any

import pytest
from pydantic import SecretStr

from stafett_contracts import identity as events
from stafett_contracts.vocabulary import OrgLevel, OrgSource, PositionKind, Track
from stafett_identity.directory import actions
from stafett_identity.directory.checks import TRIAL_KEY, checks_of, key_of
from stafett_identity.national_ids import NationalIds
from stafett_testing.service import ServiceUnderTest

FIRST, SECOND = "02899822253", "27837146114"


def check(number: str, key: str = TRIAL_KEY) -> str:
    return hmac.digest(key.encode(), number.encode(), sha256).hex()


async def hire(identity: ServiceUnderTest, track: Track, national_id: str | None = FIRST) -> Any:
    """A person with a position; what identity has told goes round the bus and comes back."""
    keys = NationalIds.of(identity.runtime.settings)
    async with identity.runtime.units.begin() as work:
        person = await actions.register_person(
            work, keys, given_name="Sunniva", family_name="Lillebø", national_id=national_id
        )
        unit = await actions.create_unit(
            work,
            code="K",
            name="Lyngvær",
            level=OrgLevel.TRAINING_ENTERPRISE,
            parent=None,
            source=OrgSource.MANUAL,
        )
        await actions.create_position(
            work,
            person_id=person.person_id,
            unit_id=unit.unit_id,
            hf_id=unit.unit_id,
            kind=PositionKind.SELF_REGISTERED,
            track=track,
        )
    await identity.hand_over_to(identity)
    return person


@pytest.mark.rule("SYN-010")
async def test_a_trainees_checks_are_told_once_and_no_number_with_them(identity: ServiceUnderTest) -> None:
    person = await hire(identity, Track.LIS1)
    [told] = await identity.told(events.PersonChecksChanged)
    assert (told.person_id, told.checks, told.revision) == (person.person_id, (check(FIRST),), 1)
    bodies = await identity.runtime.database.pool.fetch("select body from outbox")
    assert all(FIRST.encode() not in row["body"] for row in bodies)
    await identity.run_job("directory.person_checks")
    assert len(await identity.told(events.PersonChecksChanged)) == 1


@pytest.mark.parametrize("track", [Track.NONE, Track.APPRENTICE])
async def test_nobody_but_trainees_has_checks(identity: ServiceUnderTest, track: Track) -> None:
    await hire(identity, track)
    await identity.run_job("directory.person_checks")
    assert await identity.told(events.PersonChecksChanged) == []


async def test_a_trainee_without_a_national_id_has_none_to_compare(identity: ServiceUnderTest) -> None:
    await hire(identity, Track.LIS2_3, None)
    [told] = await identity.told(events.PersonChecksChanged)
    assert told.checks == ()


@pytest.mark.rule("SYN-010")
async def test_an_earlier_national_id_is_among_the_checks(identity: ServiceUnderTest) -> None:
    person = await hire(identity, Track.LIS1)
    keys = NationalIds.of(identity.runtime.settings)
    pool = identity.runtime.database.pool
    await pool.execute(
        "insert into former_national_id (national_id_hash, national_id, person_id) values ($1, $2, $3)",
        keys.hash(FIRST),
        keys.encrypt(FIRST),
        person.person_id,
    )
    await pool.execute(
        "update person set national_id = $2, national_id_hash = $3 where person_id = $1",
        person.person_id,
        keys.encrypt(SECOND),
        keys.hash(SECOND),
    )
    await identity.run_job("directory.person_checks")
    told = (await identity.told(events.PersonChecksChanged))[-1]
    assert told.revision == 2
    assert set(told.checks) == {check(FIRST), check(SECOND)}


def test_two_sites_with_one_key_find_the_same_checks_and_another_key_others() -> None:
    assert checks_of([FIRST, SECOND], b"k" * 32) == checks_of([SECOND, FIRST, FIRST], b"k" * 32)
    assert set(checks_of([FIRST], b"k" * 32)).isdisjoint(checks_of([FIRST], b"l" * 32))


def test_real_people_are_compared_only_under_a_key_the_sites_have_agreed_on(
    identity: ServiceUnderTest,
) -> None:
    settings = identity.runtime.settings
    assert key_of(settings) == TRIAL_KEY.encode()
    assert key_of(settings.model_copy(update={"environment": "prod"})) is None
    own = settings.model_copy(update={"environment": "prod", "person_check_key": SecretStr("s" * 32)})
    assert key_of(own) == b"s" * 32
