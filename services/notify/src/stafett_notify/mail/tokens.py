"""The token behind «Skru av»: which e-mail it stands in, sealed; nothing about whom it went to (NTF-098)."""

import base64
import binascii
import hashlib
import hmac
from uuid import UUID

_SEAL = 16


def _seal(secret: str, mail_id: UUID) -> bytes:
    return hmac.digest(secret.encode(), b"unsubscribe" + mail_id.bytes, hashlib.sha256)[:_SEAL]


def token_of(secret: str, mail_id: UUID) -> str:
    """The token in the e-mail."""
    return base64.urlsafe_b64encode(mail_id.bytes + _seal(secret, mail_id)).decode().rstrip("=")


def mail_of(secret: str, token: str) -> UUID | None:
    """The e-mail a token stands in; none for a token we did not make."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        return None
    if len(raw) != 16 + _SEAL:
        return None
    mail_id = UUID(bytes=raw[:16])
    return mail_id if hmac.compare_digest(raw[16:], _seal(secret, mail_id)) else None
