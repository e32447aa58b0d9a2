"""Who calls: tokens of identity, and what is refused."""

import asyncio
import base64
import json
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from joserfc.jwk import ECKey

from stafett_chassis import auth
from stafett_chassis.auth import (
    ActingAs,
    Assurance,
    Caller,
    RoleScope,
    Tokens,
    bearer,
    claims_of,
    new_key,
    sign,
)
from stafett_chassis.clock import SetClock
from stafett_chassis.problems import Problem
from stafett_contracts.ids import PersonId, PositionId, UnitId
from stafett_contracts.vocabulary import Role

LIFETIME = 590


class Identity:
    """A small real server of identity's keys."""

    def __init__(self) -> None:
        self.keys: list[ECKey] = [new_key("first")]
        self.asked = 0
        self.broken = False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked += 1
                body = b"oops" if outer.broken else json.dumps(auth.public_keys(outer.keys)).encode()
                self.send_response(500 if outer.broken else 200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/api/identity/.well-known/jwks.json"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def identity() -> Iterator[Identity]:
    served = Identity()
    yield served
    served.server.shutdown()
    served.server.server_close()


@pytest.fixture
def clock() -> SetClock:
    return SetClock(datetime(2026, 3, 1, 12, tzinfo=UTC))


@pytest.fixture
async def tokens(identity: Identity, clock: SetClock) -> AsyncIterator[Tokens]:
    async with httpx.AsyncClient() as http:
        yield Tokens(site="vest", keys_url=identity.url, clock=clock, http=http)


CALLER = Caller(
    person_id=PersonId(uuid4()),
    position_id=PositionId(uuid4()),
    acting_as=ActingAs.DEPUTY,
    session_id=uuid4(),
    site="vest",
    assurance=Assurance.HIGH,
    roles=(
        RoleScope(Role.HF_ADMIN, ((UnitId(uuid4()), True), (UnitId(uuid4()), False))),
        RoleScope(Role.TRAINING_LEAD, (), ("kirurgi",), (uuid4(),)),
    ),
    leader_position_id=PositionId(uuid4()),
    leader_person_id=PersonId(uuid4()),
    authenticated_at=1_772_000_000,
    method="bankid",
)


def claims(clock: SetClock, caller: Caller = CALLER, **changes: Any) -> dict[str, Any]:
    now = int(clock.now().timestamp())
    return {**claims_of(caller, issuer="identity", now=now, lifetime=LIFETIME), **changes}


async def refusal(tokens: Tokens, token: str) -> Problem:
    with pytest.raises(Problem) as refused:
        await tokens.verify(token)
    return refused.value


def part(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


async def test_a_token_names_the_caller_with_everything(
    tokens: Tokens, identity: Identity, clock: SetClock
) -> None:
    assert await tokens.verify(sign(claims(clock), identity.keys[0])) == CALLER
    plain = replace(CALLER, acting_as=ActingAs.OWN, leader_position_id=None, leader_person_id=None, roles=())
    homeless = replace(plain, position_id=None)
    assert await tokens.verify(sign(claims(clock, plain), identity.keys[0])) == plain
    assert await tokens.verify(sign(claims(clock, homeless), identity.keys[0])) == homeless
    assert identity.asked == 1


async def test_the_claims_hold_no_name_number_or_address(clock: SetClock) -> None:
    assert claims(clock).keys() == set(
        "iss aud sub sid iat exp acting acr amr auth_time roles pos lpos lsub".split()
    )


def test_a_deputy_acts_for_the_leader_and_is_named_beside() -> None:
    assert CALLER.leads_from == CALLER.leader_position_id
    assert CALLER.actor().on_behalf_of == CALLER.leader_person_id
    assert CALLER.actor().person_id == CALLER.person_id
    assert CALLER.has(Role.HF_ADMIN)
    assert not CALLER.has(Role.SUPER_USER)


async def test_an_expired_token_is_refused_also_when_it_was_remembered(
    tokens: Tokens, identity: Identity, clock: SetClock
) -> None:
    token = sign(claims(clock), identity.keys[0])
    await tokens.verify(token)
    clock.move(seconds=LIFETIME + 4)  # clocks may differ by a few seconds
    await tokens.verify(token)
    clock.move(seconds=1)
    assert (await refusal(tokens, token)).code == "token_expired"
    assert (await refusal(tokens, sign(claims(clock, exp="never"), identity.keys[0]))).code == "token_expired"


async def test_a_token_of_another_site_is_refused(
    tokens: Tokens, identity: Identity, clock: SetClock
) -> None:
    token = sign(claims(clock, aud="stafett:kom"), identity.keys[0])
    refused = await refusal(tokens, token)
    assert (refused.status, refused.code) == (401, "wrong_site")


async def test_forged_tokens_are_refused(tokens: Tokens, identity: Identity, clock: SetClock) -> None:
    good = sign(claims(clock), identity.keys[0])
    head, body, signature = good.split(".")
    other = new_key("first")  # the same name, another key
    richer = part({**claims(clock), "sub": str(uuid4())})
    secret = json.dumps(identity.keys[0].as_dict(private=False))
    for forged in (
        f"{head}.{richer}.{signature}",
        sign(claims(clock), other),
        f"{part({'alg': 'none', 'kid': 'first'})}.{body}.",
        f"{part({'alg': 'none', 'kid': 'first'})}.{body}.{signature}",
        _with_public_key_as_secret(claims(clock), secret),
        f"{head}.{body}",
        f"{head}.{body}.",
        "",
        "a.b.c",
        "\u00e6",
        f"{part(['kid'])}.{body}.{signature}",
        f"{part({'alg': 'ES256'})}.{body}.{signature}",
        f"{base64.urlsafe_b64encode(b'[' * 50_000).decode()}.{body}.{signature}",
    ):
        refused = await refusal(tokens, forged)
        assert (refused.status, refused.code) == (401, "bad_token"), forged
    assert await tokens.verify(good) == CALLER


def _with_public_key_as_secret(content: dict[str, Any], secret: str) -> str:
    from joserfc import jwt
    from joserfc.jwk import OctKey

    return jwt.encode({"alg": "HS256", "kid": "first"}, content, OctKey.import_key(secret))


async def test_a_signed_token_that_names_nobody_is_refused(
    tokens: Tokens, identity: Identity, clock: SetClock
) -> None:
    wrong: list[dict[str, Any]] = [
        {"sub": "me"},
        {"sub": 5},
        {"acting": "king"},
        {"roles": [{}]},
        {"acr": None},
    ]
    for changes in wrong:
        token = sign(claims(clock, **changes), identity.keys[0])
        assert (await refusal(tokens, token)).code == "bad_token"


async def test_a_new_key_is_fetched_when_its_name_is_first_met_and_the_old_one_is_forgotten(
    tokens: Tokens, identity: Identity, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = _stopwatch(monkeypatch)
    old = sign(claims(clock), identity.keys[0])
    await tokens.verify(old)
    first = identity.keys[0]
    identity.keys = [new_key("second"), first]
    new = sign(claims(clock), identity.keys[0])
    passed(11)
    assert await tokens.verify(new) == CALLER
    assert identity.asked == 2
    identity.keys = [new_key("third")]
    passed(11)
    await tokens.verify(sign(claims(clock), identity.keys[0]))
    assert (await refusal(tokens, sign(claims(clock, sid=str(uuid4())), first))).code == "bad_token"


async def test_forged_key_names_do_not_turn_us_against_identity(
    tokens: Tokens, identity: Identity, clock: SetClock
) -> None:
    await tokens.verify(sign(claims(clock), identity.keys[0]))
    forged = [sign(claims(clock), new_key(f"forged {number}")) for number in range(20)]
    refused = await asyncio.gather(*(refusal(tokens, token) for token in forged))
    assert {problem.code for problem in refused} == {"bad_token"}
    assert identity.asked == 1


async def test_while_identity_is_away_nobody_waits_in_line_and_known_keys_go_on(
    tokens: Tokens, identity: Identity, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = _stopwatch(monkeypatch)
    identity.broken = True
    token = sign(claims(clock), identity.keys[0])
    refused = await asyncio.gather(*(refusal(tokens, token) for _ in range(20)))
    assert {(problem.status, problem.code) for problem in refused} == {(503, "identity_unavailable")}
    assert refused[0].headers["Retry-After"]
    assert identity.asked == 1
    identity.broken = False
    passed(2)
    assert await tokens.verify(token) == CALLER
    identity.broken = True
    passed(60)
    await tokens.verify(sign(claims(clock, sid=str(uuid4())), identity.keys[0]))


async def test_a_revoked_session_is_checked_anew(
    tokens: Tokens, identity: Identity, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = _stopwatch(monkeypatch)
    token = sign(claims(clock), identity.keys[0])
    other = sign(claims(clock, replace(CALLER, session_id=UUID(int=7))), identity.keys[0])
    await tokens.verify(token)
    await tokens.verify(other)
    identity.keys = [new_key("second")]
    passed(11)
    await tokens.verify(sign(claims(clock), identity.keys[0]))
    tokens.forget_session(CALLER.session_id)
    assert (await refusal(tokens, token)).code == "bad_token"
    await tokens.verify(other)


def _stopwatch(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Moves the clock that pauses between two fetches are measured by."""
    shift = 0.0
    real = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: real() + shift)

    def passed(seconds: float) -> None:
        nonlocal shift
        shift += seconds

    return passed


@pytest.mark.parametrize(
    ("header", "cookie", "found"),
    [
        ("Bearer abc", None, ("abc", False)),
        ("bearer  abc ", "def", ("abc", False)),
        ("Basic abc", "def", ("def", True)),
        ("Bearer ", "def", ("def", True)),
        (None, "def", ("def", True)),
        (None, None, (None, False)),
        ("Bearer", None, (None, False)),
    ],
)
def test_a_token_comes_in_the_header_or_in_the_cookie(
    header: str | None, cookie: str | None, found: tuple[str | None, bool]
) -> None:
    assert bearer(header, cookie) == found
