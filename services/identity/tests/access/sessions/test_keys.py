"""The keys that sign tokens."""

import asyncio
from typing import Any

import httpx

from stafett_identity.sessions.keys import Keyring


async def _token(site: Any) -> str:
    person = await site.person("Kari", "Hansen")
    await site.position(person, await site.unit("Havnes"))
    client = await site.logged_in(person)
    token: str = (await client.post("/session/token")).json()["access_token"]
    return token


async def test_the_first_key_is_made_once_however_many_replicas_start(hospital: Any) -> None:
    await hospital.sql("delete from signing_key")
    rings = [Keyring(hospital.identity.runtime) for _ in range(6)]
    await asyncio.gather(*(ring.refresh() for ring in rings))
    assert len(await hospital.sql("select 1 from signing_key")) == 1
    assert len({ring.signing(hospital.clock.now()).kid for ring in rings}) == 1


async def test_private_keys_are_not_readable_in_the_database_or_published(hospital: Any) -> None:
    [row] = await hospital.sql("select sealed, public from signing_key")
    private = hospital.keyring.signing(hospital.clock.now()).as_dict(private=True)["d"]
    assert private.encode() not in bytes(row["sealed"])
    published = (await hospital.identity.client().get("/.well-known/jwks.json")).json()["keys"]
    assert all("d" not in key for key in (*published, row["public"]))
    assert published[0].keys() == {"crv", "x", "y", "kid", "use", "alg", "kty"}


async def test_a_new_key_is_published_before_it_signs_and_an_old_one_until_its_tokens_are_gone(
    hospital: Any,
) -> None:
    ring, clock = hospital.keyring, hospital.clock
    old = ring.signing(clock.now()).kid
    clock.move(days=29, hours=23)
    await ring.refresh()
    assert [key["kid"] for key in ring.published["keys"]] == [old]
    clock.move(hours=1)
    await ring.refresh()
    [new] = [key["kid"] for key in ring.published["keys"] if key["kid"] != old]
    assert ring.signing(clock.now()).kid == old
    token = await _token(hospital)  # of the old key
    clock.move(minutes=10)
    assert ring.signing(clock.now()).kid == new
    clock.move(minutes=-1)
    assert (await hospital.identity.runtime.tokens.verify(token)).site == "vest"
    clock.move(minutes=59)
    await ring.refresh()
    assert {key["kid"] for key in ring.published["keys"]} == {old, new}
    clock.move(minutes=2)
    await ring.refresh()
    assert [key["kid"] for key in ring.published["keys"]] == [new]


async def test_replicas_renew_a_key_once(hospital: Any) -> None:
    hospital.clock.move(days=31)
    await asyncio.gather(*(Keyring(hospital.identity.runtime).refresh() for _ in range(5)))
    assert len(await hospital.sql("select 1 from signing_key")) == 2


async def test_keys_sealed_under_another_secret_are_replaced_and_still_published(new_site: Any) -> None:
    first = await new_site(service_secret="a" * 32)
    old = first.keyring.published["keys"][0]["kid"]
    second = await new_site(service_secret="b" * 32)
    signing = second.keyring.signing(second.clock.now()).kid
    assert signing != old
    assert {key["kid"] for key in second.keyring.published["keys"]} == {old, signing}


async def test_another_service_verifies_with_the_published_keys(hospital: Any) -> None:
    from stafett_chassis.auth import Tokens

    token = await _token(hospital)
    transport = httpx.ASGITransport(hospital.identity.app)
    async with httpx.AsyncClient(transport=transport) as http:
        tokens = Tokens(
            site="vest",
            keys_url="http://identity/api/identity/.well-known/jwks.json",
            clock=hospital.clock,
            http=http,
        )
        assert (await tokens.verify(token)).method == "demo"
