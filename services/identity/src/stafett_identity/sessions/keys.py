"""The keys that sign access tokens: made on first start, renewed, published (IDN-043).

Private keys are sealed in the database; every replica loads them. A new key is published for a while before it
signs, so that no replica and no service meets a token of a key it cannot find; an old one is published until every
token it signed has expired.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import asyncpg
import orjson
import structlog
from joserfc.jwk import ECKey

from stafett_chassis.auth import new_key, public_keys
from stafett_chassis.runtime import Runtime
from stafett_chassis.sql import Connection
from stafett_identity.sealing import Seal
from stafett_identity.sessions import store
from stafett_identity.settings import IdentitySettings

log = structlog.get_logger(__name__)

PUBLISHED_AHEAD = timedelta(minutes=10)
PUBLISHED_AFTER = timedelta(hours=1)
_REFRESH_SECONDS = 60
_LOCK = 0x57AF_E0_1D
_PURPOSE = "token signing keys"


@dataclass(frozen=True)
class SigningKey:
    """A key; `private` is none when it was sealed under an earlier service secret and can only be published."""

    key_id: str
    public: dict[str, Any]
    private: ECKey | None
    made_at: datetime
    signs_from: datetime


class Keyring:
    """The site's keys, as last loaded."""

    def __init__(self, runtime: Runtime[IdentitySettings]) -> None:
        self._runtime = runtime
        self._seal = Seal.of(runtime.settings, _PURPOSE)
        self._keys: Sequence[SigningKey] = ()

    @property
    def settings(self) -> IdentitySettings:
        """The service's settings, for jobs, which have no request to find them by."""
        return self._runtime.settings

    @property
    def published(self) -> dict[str, Any]:
        """The JWK set others verify with."""
        return {"keys": [key.public for key in self._keys]}

    def signing(self, now: datetime) -> ECKey:
        """The key that signs at `now`. `LookupError` before the first `refresh`."""
        for key in self._keys:
            if key.private is not None and key.signs_from <= now:
                return key.private
        raise LookupError("no key signs now")

    async def refresh(self) -> None:
        """Renew what is due, forget what has been of use, load the keys, and trust them ourselves."""
        now = self._runtime.clock.now()
        async with self._runtime.database.transaction() as connection:
            # Replicas starting together: one makes the first key, the others find it.
            await connection.raw.execute("select pg_advisory_xact_lock($1)", _LOCK)
            keys = await self._load(connection)
            usable = [key for key in keys if key.private is not None]
            lifetime = timedelta(days=self._runtime.settings.token_key_days)
            if not usable or usable[0].made_at + lifetime <= now:
                await self._make(connection, now, now + PUBLISHED_AHEAD if usable else now)
                keys = await self._load(connection)
            for key in _of_no_more_use(keys, now):
                await store.delete_key(connection, key.key_id)
                keys.remove(key)
        self._keys = keys
        self._runtime.tokens.trust(self.published)

    async def _make(self, connection: Connection, now: datetime, signs_from: datetime) -> None:
        key_id = uuid4().hex
        key = new_key(key_id)
        private = orjson.dumps(key.as_dict(private=True))
        await store.insert_key(
            connection,
            key_id=key_id,
            sealed=self._seal.close(private, key_id),
            public=public_keys([key])["keys"][0],
            made_at=now,
            signs_from=signs_from,
        )
        log.info("signing_key_made", key_id=key_id, signs_from=signs_from.isoformat())

    async def _load(self, connection: Connection) -> list[SigningKey]:
        """Every key, the newest first."""
        return [
            SigningKey(
                row["key_id"],
                row["public"],
                self._open(row["key_id"], row["sealed"]),
                row["made_at"],
                row["signs_from"],
            )
            for row in await store.keys(connection)
        ]

    def _open(self, key_id: str, sealed: bytes) -> ECKey | None:
        try:
            return ECKey.import_key(orjson.loads(self._seal.open(sealed, key_id)))
        except ValueError:
            log.warning("signing_key_cannot_be_opened", key_id=key_id)
            return None


def _of_no_more_use(keys: Sequence[SigningKey], now: datetime) -> list[SigningKey]:
    """The keys whose successor has signed for so long that no token of theirs is valid any more."""
    return [older for newer, older in pairwise(keys) if newer.signs_from + PUBLISHED_AFTER <= now]


async def keep_keys(runtime: Runtime[Any]) -> None:
    """Beside the HTTP server: renew and load the keys every minute."""
    keyring = runtime.owned(Keyring)
    while True:
        await asyncio.sleep(_REFRESH_SECONDS)
        try:
            await keyring.refresh()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("signing_keys_not_refreshed", error=repr(error))  # those loaded go on working
