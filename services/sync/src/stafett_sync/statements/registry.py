"""The site registry: which sites there are, and whose signature counts for whom. Pure (SYN-180 to SYN-184).

It is one JSON document, signed by a root key that every site has pinned. A site's statements are judged by it and by
nothing else, so all sites judge alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from joserfc.jwk import OKPKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stafett_sync.statements import jws
from stafett_sync.statements.rules import Refused, Statement

ANY_TRUST = "*"
"""In trials only: a site whose trusts are made while it runs."""
DIRECTORATE = "directorate"


class KeyState(StrEnum):
    """What a key is good for (SYN-190)."""

    ACTIVE = "active"
    RETIRED = "retired"
    COMPROMISED = "compromised"


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class RegisteredKey(_Document):
    """A public key of a site."""

    x: str = Field(description="public half of an Ed25519 key, base64url")
    use: Literal["sync", "signing"] = "sync"
    state: KeyState = KeyState.ACTIVE
    valid_from: datetime | None = None
    valid_until: datetime | None = None


class RegisteredTrust(_Document):
    """A trust or municipality of a site."""

    number: str
    name: str


class RegisteredSite(_Document):
    """A site."""

    id: str = Field(pattern=r"^[a-z]{2,8}$")
    name: str
    kind: Literal["rhf", "municipal"]
    status: Literal["active", "closed"] = "active"
    trusts: tuple[RegisteredTrust, ...] = ()
    capabilities: tuple[str, ...] = ()
    keys: tuple[RegisteredKey, ...] = ()
    successor_of: tuple[str, ...] = ()
    went_live: datetime | None = None
    """Imported approvals were decided before this moment (SYN-070)."""
    evidence_from: datetime | None = None
    """Since when the site's signing proves its decisions; none: always. Earlier approvals carry no proof (SYN-070)."""


class RegistryDocument(_Document):
    """The signed document."""

    version: int = Field(ge=1)
    env: Literal["prod", "test", "demo"]
    sites: tuple[RegisteredSite, ...]


@dataclass(frozen=True)
class KnownKey:
    """A key and the site it belongs to."""

    site: str
    key: OKPKey
    registered: RegisteredKey


@dataclass(frozen=True)
class Registry:
    """A registry whose signature has been verified."""

    version: int
    env: str
    hash: str
    signed: str
    sites: Mapping[str, RegisteredSite]
    keys: Mapping[str, KnownKey]

    def site_name(self, site: str) -> str:
        """The site's name, or its id when it is not registered."""
        found = self.sites.get(site)
        return found.name if found else site

    def trust_name(self, site: str, number: str) -> str:
        """The trust's name; the site's when the registry does not list the trust."""
        for trust in self.sites[site].trusts if site in self.sites else ():
            if trust.number == number and number != ANY_TRUST:
                return trust.name
        return self.site_name(site)

    def peers_of(self, site: str) -> tuple[str, ...]:
        """The other sites in operation."""
        return tuple(
            sorted(name for name, peer in self.sites.items() if name != site and peer.status == "active")
        )

    def find(self, kid: str) -> OKPKey | None:
        """The sync key `kid`, whatever its state."""
        known = self.keys.get(kid)
        return known.key if known and known.registered.use == "sync" else None

    def find_signing(self, kid: str) -> OKPKey | None:
        """The key `kid` of some site's signing service."""
        known = self.keys.get(kid)
        return known.key if known and known.registered.use == "signing" else None

    def speaks_for(self, kid: str, origin: str) -> bool:
        """Whether the key belongs to `origin`, or to the site that took over from it (SYN-180, SYN-195)."""
        known = self.keys.get(kid)
        if known is None:
            return False
        return known.site == origin or origin in self.sites[known.site].successor_of


def read_registry(signed: str, root: OKPKey, *, env: str) -> Registry:
    """The registry in `signed`. `ValueError` when the root key did not sign it, or it is for another environment."""
    try:
        opened = jws.open_signed(
            signed.strip(), lambda kid: root if kid == root.kid else None, jws.REGISTRY_TYPE
        )
        document = RegistryDocument.model_validate(opened.payload)
    except (Refused, ValidationError) as error:
        raise ValueError(f"the site registry cannot be used: {error}") from None
    if document.env != env:
        raise ValueError(f"the site registry is for the environment {document.env}, this site runs {env}")
    keys: dict[str, KnownKey] = {}
    for site in document.sites:
        if env == "prod" and any(trust.number == ANY_TRUST for trust in site.trusts):
            raise ValueError(f"the site registry leaves the trusts of {site.id} open")
        for registered in site.keys:
            key = jws.public_key(registered.x)
            keys[str(key.kid)] = KnownKey(site.id, key, registered)
    return Registry(
        version=document.version,
        env=document.env,
        hash=opened.hash,
        signed=signed.strip(),
        sites={site.id: site for site in document.sites},
        keys=keys,
    )


def sign_registry(document: Mapping[str, Any], root: OKPKey) -> str:
    """The registry `document`, signed by the root key."""
    plain = RegistryDocument.model_validate(document).model_dump(mode="json", exclude_none=True)
    return jws.sign(plain, root, jws.REGISTRY_TYPE)


class Hold(StrEnum):
    """Why a statement is kept without effect."""

    TRUST_UNKNOWN = "trust_unknown"
    GOAL_UNKNOWN = "goal_unknown"
    UNCONFIRMED = "unconfirmed"
    KEY_RETIRED = "key_retired"


KEY_HOLDS = (Hold.UNCONFIRMED, Hold.KEY_RETIRED)


def hold_of(statement: Statement, kid: str, registry: Registry) -> Hold | None:
    """Why the registry wants the statement held; none when it does not. Refuses what it never allows.

    A function of statement and registry only, so that every site judges alike.
    """
    if statement.env != registry.env:
        raise Refused("wrong_environment", "env")  # SYN-183
    site = registry.sites.get(statement.site)
    if site is None or not registry.speaks_for(kid, statement.site):
        raise Refused("not_allowed", "origin.site")  # SYN-180
    if statement.type == "goal_directorate" and DIRECTORATE not in site.capabilities:
        raise Refused("not_allowed", "doc")  # SYN-182
    key = registry.keys[kid].registered
    if key.state is KeyState.COMPROMISED:
        return Hold.UNCONFIRMED  # SYN-191
    if key.state is KeyState.RETIRED and not _valid_at(key, statement.issued_at):
        return Hold.KEY_RETIRED  # SYN-190
    if not any(trust.number in (statement.trust, ANY_TRUST) for trust in site.trusts):
        return Hold.TRUST_UNKNOWN  # SYN-181
    return None


def _valid_at(key: RegisteredKey, at: datetime) -> bool:
    return (key.valid_from is None or key.valid_from <= at) and (
        key.valid_until is None or at <= key.valid_until
    )
