"""What is kept secret at rest beside national ids: private signing keys, and who an e-ID said somebody is.

Encrypted under a key derived from the site's service secret. All of it is short-lived or can be made anew, so that
the secret can be changed: what was sealed under an earlier one just cannot be opened any more.
"""

import secrets
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from stafett_chassis.settings import Settings

_NONCE = 12  # bytes, as AES-GCM wants


@dataclass(frozen=True)
class Seal:
    """Encrypts and opens values for one purpose."""

    key: bytes = field(repr=False)

    @classmethod
    def of(cls, settings: Settings, purpose: str) -> "Seal":
        """With the site's key for `purpose`; what another purpose sealed cannot be opened."""
        return _derived(settings.service_secret.get_secret_value(), settings.site, purpose)

    def close(self, value: bytes, label: str) -> bytes:
        """`value` encrypted; it opens under the same `label` only."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + AESGCM(self.key).encrypt(nonce, value, label.encode())

    def open(self, sealed: bytes, label: str) -> bytes:
        """What `close` was given. `ValueError` if key or label differ, or it was tampered with."""
        try:
            return AESGCM(self.key).decrypt(sealed[:_NONCE], sealed[_NONCE:], label.encode())
        except InvalidTag:
            raise ValueError("this was sealed with another key") from None


@lru_cache(maxsize=32)
def _derived(secret: str, site: str, purpose: str) -> Seal:
    return Seal(
        HKDF(SHA256(), 32, salt=site.encode(), info=f"stafett {purpose}".encode()).derive(secret.encode())
    )
