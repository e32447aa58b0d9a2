"""National ids at rest: encrypted, and found by a keyed hash (IDN-006)."""

import hmac
import secrets
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from stafett_identity.settings import IdentitySettings

_NONCE = 12  # bytes, as AES-GCM wants


@dataclass(frozen=True)
class NationalIds:
    """Encrypts, decrypts and hashes national ids with this site's keys, which no representation shows."""

    encryption_key: bytes = field(repr=False)
    hash_key: bytes = field(repr=False)

    @classmethod
    def of(cls, settings: IdentitySettings) -> "NationalIds":
        """With the keys of `settings`."""
        secret = settings.national_id_secret or settings.service_secret
        return _derived(secret.get_secret_value(), settings.site)

    def hash(self, number: str) -> bytes:
        """The keyed hash by which `number` is found."""
        return hmac.digest(self.hash_key, number.encode(), sha256)

    def encrypt(self, number: str) -> bytes:
        """`number`, readable only with the key; different every time."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + AESGCM(self.encryption_key).encrypt(nonce, number.encode(), None)

    def decrypt(self, stored: bytes) -> str:
        """The number that `encrypt` was given. `ValueError` if another key was used or it was tampered with."""
        try:
            return AESGCM(self.encryption_key).decrypt(stored[:_NONCE], stored[_NONCE:], None).decode()
        except InvalidTag:
            raise ValueError("this national id was encrypted with another key") from None


@lru_cache(maxsize=16)
def _derived(secret: str, site: str) -> NationalIds:
    def key(purpose: str) -> bytes:
        return HKDF(SHA256(), 32, salt=site.encode(), info=f"stafett {purpose}".encode()).derive(
            secret.encode()
        )

    return NationalIds(key("national id encryption"), key("national id hash"))
