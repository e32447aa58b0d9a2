"""Who this site is among the sites: its registry and the key it signs with, as the process holds them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc.jwk import OKPKey

from stafett_chassis.settings import BadSettings
from stafett_sync.settings import SyncSettings
from stafett_sync.statements import jws
from stafett_sync.statements.registry import ANY_TRUST, Registry, read_registry, sign_registry


@dataclass(frozen=True)
class SiteIdentity:
    """This site's id, the registry, and the private key, which no representation shows."""

    site: str
    registry: Registry
    key: OKPKey

    @property
    def peers(self) -> tuple[str, ...]:
        """The other sites in operation."""
        return self.registry.peers_of(self.site)

    def sign(self, payload: Mapping[str, Any]) -> str:
        """`payload` as this site's signed statement or message."""
        return jws.sign(payload, self.key)


def identity_of(settings: SyncSettings) -> SiteIdentity:
    """The identity that `settings` give. Raises `BadSettings` when registry, root and key do not fit together.

    A trial site without a registry is alone: its registry names nobody else, and its key follows from its secret.
    """
    if settings.registry is None and settings.registry_file is None:
        return _alone(settings)
    try:
        signed = settings.registry or _text(settings.registry_file)
        root = jws.read_key(_given_or_file(settings.registry_root or ""))
        private = settings.site_private_key.get_secret_value() if settings.site_private_key else None
        key = jws.read_key(private or _text(settings.site_private_key_file))
        registry = read_registry(signed, root, env=settings.environment)
    except (OSError, ValueError) as error:
        raise BadSettings(f"The exchange with other sites cannot be set up: {error}") from None
    known = registry.keys.get(str(key.kid))
    if not key.is_private or known is None or known.site != settings.site or known.registered.use != "sync":
        raise BadSettings(
            f"STAFETT_SITE_PRIVATE_KEY is not the private half of a key that the registry holds for {settings.site}"
        )
    return SiteIdentity(settings.site, registry, key)


def _alone(settings: SyncSettings) -> SiteIdentity:
    seed = HKDF(SHA256(), 32, salt=settings.site.encode(), info=b"stafett sync key of a site alone").derive(
        settings.service_secret.get_secret_value().encode()
    )
    key = jws.key_from(seed)
    document = {
        "version": 1,
        "env": settings.environment,
        "sites": [
            {
                "id": settings.site,
                "name": settings.site_name,
                "kind": settings.site_kind,
                "trusts": [{"number": ANY_TRUST, "name": settings.site_name}],
                "keys": [{"x": jws.public(key)}],
            }
        ],
    }
    return SiteIdentity(
        settings.site, read_registry(sign_registry(document, key), key, env=settings.environment), key
    )


def _text(path: Path | None) -> str:
    if path is None:
        raise ValueError("no file is named")
    return path.read_text(encoding="utf-8").strip()


def _given_or_file(value: str) -> str:
    return value if value.lstrip().startswith("{") else _text(Path(value))
