"""Who calls: verification of the access tokens that identity issues (IDN-043).

A token is an ES256 JWS naming the person, the acting position and the roles with their scopes. Services verify
it offline against identity's published keys, which are fetched when an unknown key id is met.
"""

import asyncio
import base64
import binascii
import json
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from stafett_chassis.clock import Clock
from stafett_chassis.problems import Problem, Unauthenticated
from stafett_contracts.event import Actor
from stafett_contracts.ids import PersonId, PositionId, UnitId
from stafett_contracts.vocabulary import Role

ALGORITHM = "ES256"
_LEEWAY = 5  # seconds of difference between two machines' clocks


class Assurance(StrEnum):
    """How sure the log-in was of who it is (IDN-025)."""

    LOW = "low"
    SUBSTANTIAL = "substantial"
    HIGH = "high"


class ActingAs(StrEnum):
    """Which kind of option the person acts from (IDN-038)."""

    OWN = "own"
    TEMPORARY = "temporary"
    DEPUTY = "deputy"


@dataclass(frozen=True, slots=True)
class RoleScope:
    """A granted role and where it holds; empty `units` means the role has no unit scope."""

    role: Role
    units: tuple[tuple[UnitId, bool], ...] = ()  # (unit, include sub-units)
    specialties: tuple[str, ...] = ()
    plan_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Caller:
    """The logged-in person and what they act as.

    `position_id` is the caller's own acting position. In a deputy session `leader_position_id` and
    `leader_person_id` are the leader's whose employees the caller follows up meanwhile.
    """

    person_id: PersonId
    position_id: PositionId | None
    acting_as: ActingAs
    session_id: UUID
    site: str
    assurance: Assurance
    roles: tuple[RoleScope, ...] = ()
    leader_position_id: PositionId | None = None
    leader_person_id: PersonId | None = None
    authenticated_at: int = 0
    method: str = ""

    @property
    def leads_from(self) -> PositionId | None:
        """The position whose employees the caller follows up."""
        return self.leader_position_id or self.position_id

    def has(self, *roles: Role) -> bool:
        """Whether any of `roles` is granted, whatever its scope."""
        return any(granted.role in roles for granted in self.roles)

    def actor(self) -> Actor:
        """The caller as events name them."""
        return Actor(
            person_id=self.person_id, position_id=self.position_id, on_behalf_of=self.leader_person_id
        )


def claims_of(caller: Caller, *, issuer: str, now: int, lifetime: int) -> dict[str, Any]:
    """The claims of a token for `caller`, valid from `now` (seconds) for `lifetime` seconds."""
    claims: dict[str, Any] = {
        "iss": issuer,
        "aud": f"stafett:{caller.site}",
        "sub": str(caller.person_id),
        "sid": str(caller.session_id),
        "iat": now,
        "exp": now + lifetime,
        "acting": caller.acting_as.value,
        "acr": caller.assurance.value,
        "amr": caller.method,
        "auth_time": caller.authenticated_at,
        "roles": [
            {
                "role": granted.role.value,
                "units": [[str(unit), subs] for unit, subs in granted.units],
                "specialties": list(granted.specialties),
                "plans": [str(plan) for plan in granted.plan_ids],
            }
            for granted in caller.roles
        ],
    }
    if caller.position_id:
        claims["pos"] = str(caller.position_id)
    if caller.leader_position_id:
        claims["lpos"] = str(caller.leader_position_id)
        claims["lsub"] = str(caller.leader_person_id)
    return claims


def sign(claims: Mapping[str, Any], key: ECKey) -> str:
    """`claims` as a signed token; the header names the key."""
    return jwt.encode({"alg": ALGORITHM, "kid": key.kid}, dict(claims), key, algorithms=[ALGORITHM])


def caller_of(claims: Mapping[str, Any]) -> Caller:
    """The caller that verified `claims` name."""
    return Caller(
        person_id=PersonId(UUID(claims["sub"])),
        position_id=PositionId(UUID(claims["pos"])) if "pos" in claims else None,
        acting_as=ActingAs(claims["acting"]),
        session_id=UUID(claims["sid"]),
        site=str(claims["aud"]).removeprefix("stafett:"),
        assurance=Assurance(claims["acr"]),
        roles=tuple(
            RoleScope(
                Role(granted["role"]),
                tuple((UnitId(UUID(unit)), bool(subs)) for unit, subs in granted["units"]),
                tuple(granted["specialties"]),
                tuple(UUID(plan) for plan in granted["plans"]),
            )
            for granted in claims["roles"]
        ),
        leader_position_id=PositionId(UUID(claims["lpos"])) if "lpos" in claims else None,
        leader_person_id=PersonId(UUID(claims["lsub"])) if "lsub" in claims else None,
        authenticated_at=int(claims["auth_time"]),
        method=str(claims["amr"]),
    )


class Tokens:
    """Verifies tokens of one site; remembers those it has verified until they expire."""

    def __init__(self, *, site: str, keys_url: str, clock: Clock, http: httpx.AsyncClient) -> None:
        self._site = site
        self._keys_url = keys_url
        self._clock = clock
        self._http = http
        self._keys: dict[str, Any] = {}
        self._fetched = float("-inf")
        self._failed = float("-inf")
        self._fetching = asyncio.Lock()
        self._verified: OrderedDict[str, tuple[Caller, float]] = OrderedDict()

    async def verify(self, token: str) -> Caller:
        """The caller `token` names. Raises 401 with why: malformed, forged, expired, of another site."""
        now = self._clock.now().timestamp()
        known = self._verified.get(token)
        if known is not None:
            if known[1] + _LEEWAY > now:
                return known[0]
            del self._verified[token]
        claims = await self._check(token)
        if claims.get("aud") != f"stafett:{self._site}":
            raise Unauthenticated(
                "wrong_site", "Innloggingen gjelder et annet nettsted.", "The log-in belongs to another site."
            )
        expires = claims.get("exp")
        if not isinstance(expires, int | float) or expires + _LEEWAY <= now:
            raise Unauthenticated("token_expired", "Innloggingen er utløpt.", "The log-in has expired.")
        try:
            caller = caller_of(claims)
        except (KeyError, ValueError, TypeError, AttributeError):
            raise _bad_token() from None
        self._verified[token] = (caller, float(expires))
        if len(self._verified) > 20_000:
            self._verified.popitem(last=False)
        return caller

    def trust(self, keys: Mapping[str, Any]) -> None:
        """Take `keys` (a JWK set) as identity's, without fetching them: identity itself, and tests."""
        self._keys = {str(key.kid): key for key in KeySet.import_key_set(dict(keys)).keys}  # type: ignore[arg-type]
        self._fetched = time.monotonic()

    def forget_session(self, session_id: UUID) -> None:
        """Stop honouring what was remembered of a session that has been revoked."""
        for token, (caller, _) in list(self._verified.items()):
            if caller.session_id == session_id:
                del self._verified[token]

    async def _check(self, token: str) -> Mapping[str, Any]:
        key = await self._key(_key_id(token))
        try:
            return jwt.decode(token, key, algorithms=[ALGORITHM]).claims
        except (JoseError, ValueError, TypeError):
            raise _bad_token() from None

    async def _key(self, key_id: str) -> Any:
        if key_id not in self._keys:
            async with self._fetching:
                # Forged key ids must not turn us against identity: one look in ten seconds.
                if key_id not in self._keys and time.monotonic() - self._fetched > 10:
                    await self._fetch()
        if key_id not in self._keys:
            raise _bad_token()
        return self._keys[key_id]

    async def _fetch(self) -> None:
        # While identity is away the requests that wait in line are not each to wait for it anew.
        if time.monotonic() - self._failed < 1:
            raise _identity_away()
        try:
            answer = await self._http.get(self._keys_url, timeout=5)
            answer.raise_for_status()
            found = KeySet.import_key_set(answer.json())
        except (httpx.HTTPError, ValueError, JoseError):
            self._failed = time.monotonic()
            raise _identity_away() from None
        self._fetched = time.monotonic()
        self._keys = {str(key.kid): key for key in found.keys}


def bearer(authorization: str | None, cookie: str | None) -> tuple[str | None, bool]:
    """The token of a request, and whether a browser sent it by itself (cookie)."""
    if authorization:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() == "bearer" and token:
            return token.strip(), False
    return (cookie, True) if cookie else (None, False)


def _key_id(token: str) -> str:
    try:
        head = token.split(".", 1)[0]
        header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
        return str(header["kid"])
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error):
        raise _bad_token() from None


def _bad_token() -> Unauthenticated:
    return Unauthenticated("bad_token", "Innloggingen er ikke gyldig.", "The log-in is not valid.")


def _identity_away() -> Problem:
    return Problem(
        503,
        "identity_unavailable",
        "Innloggingen kan ikke kontrolleres akkurat nå. Prøv igjen om litt.",
        "The log-in cannot be verified right now. Try again shortly.",
        headers={"Retry-After": "5"},
    )


def new_key(kid: str) -> ECKey:
    """A fresh signing key on P-256."""
    return ECKey.generate_key("P-256", {"kid": kid, "use": "sig", "alg": ALGORITHM}, private=True)


def public_keys(keys: Sequence[ECKey]) -> dict[str, Any]:
    """The JWK set that identity publishes."""
    return {"keys": [key.as_dict(private=False) for key in keys]}
