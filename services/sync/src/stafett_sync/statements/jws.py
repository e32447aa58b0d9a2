"""The signature of statements and messages: a compact JWS by Ed25519, in exactly one form (SYN-063).

The algorithm is named as RFC 9864 names EdDSA over this curve, `Ed25519`; any other name is refused.
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from stafett_sync.statements import canonical
from stafett_sync.statements.rules import Refused

ALGORITHM = "Ed25519"
TYPE = "kp-fact+jws"
REGISTRY_TYPE = "kp-registry+jws"
_HEADER = frozenset({"alg", "kid", "typ"})


class _Limits(jws.JWSRegistry):
    """The one algorithm, and room for what a message between sites may hold (SYN-067)."""

    max_payload_length = 512 * 1024


_LIMITS = _Limits(algorithms=[ALGORITHM])


@dataclass(frozen=True, slots=True)
class Opened:
    """What a valid signature covers, and the id of the key that made it."""

    kid: str
    payload: Mapping[str, Any]
    hash: str
    """SHA-256 of the payload in canonical form."""


def new_key() -> OKPKey:
    """A new key pair, named by its thumbprint."""
    return named(OKPKey.generate_key("Ed25519"))


def named(key: OKPKey) -> OKPKey:
    """`key` with its thumbprint (RFC 7638) as its id, whatever id it had."""
    bare = {name: value for name, value in key.as_dict(private=key.is_private).items() if name != "kid"}
    return OKPKey.import_key(bare, {"kid": OKPKey.import_key(bare).thumbprint()})


def key_from(seed: bytes) -> OKPKey:
    """The key pair that follows from 32 secret bytes."""
    private = Ed25519PrivateKey.from_private_bytes(seed)
    parts = {"d": seed, "x": private.public_key().public_bytes_raw()}
    encoded = {name: base64.urlsafe_b64encode(raw).decode().rstrip("=") for name, raw in parts.items()}
    return named(OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", **encoded}))


def read_key(text: str) -> OKPKey:
    """The key in a JWK. `ValueError` when it is none, or is of another kind."""
    try:
        key = OKPKey.import_key(canonical.read(text))
    except (JoseError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"no JWK of the kind OKP: {error}") from None
    if key.curve_name != "Ed25519":
        raise ValueError(f"the key is of the curve {key.curve_name}, not Ed25519")
    return named(key)


def public(key: OKPKey) -> str:
    """The public half, as the registry holds it."""
    return str(key.as_dict(private=False)["x"])


def public_key(x: str) -> OKPKey:
    """The key whose public half is `x`."""
    return named(OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": x}))


def sign(payload: Mapping[str, Any], key: OKPKey, kind: str = TYPE) -> str:
    """`payload` in canonical form as a compact JWS. The same payload and key give the same text."""
    header = {"alg": ALGORITHM, "kid": str(key.kid), "typ": kind}
    return jws.serialize_compact(header, canonical.canonical(payload), key, registry=_LIMITS)


def open_signed(text: str, find: Callable[[str], OKPKey | None], kind: str = TYPE) -> Opened:
    """Verify `text` with the key that `find` knows under the id in its header.

    Raises `Refused`: `bad_signature` for any other form of signature, `not_allowed` for a key nobody has
    (SYN-180), `malformed` for a payload that is no JSON object.
    """
    try:
        header = jws.extract_compact(text.encode("ascii"), registry=_LIMITS).protected
    except (JoseError, ValueError):
        raise Refused("bad_signature") from None
    if set(header) != _HEADER or header["alg"] != ALGORITHM or header["typ"] != kind:
        raise Refused("bad_signature", "header")
    if not isinstance(header["kid"], str) or not header["kid"]:
        raise Refused("bad_signature", "kid")
    key = find(header["kid"])
    if key is None:
        raise Refused("not_allowed", "kid")
    try:
        raw = jws.deserialize_compact(text, key, registry=_LIMITS).payload
    except (JoseError, ValueError):
        raise Refused("bad_signature") from None
    try:
        payload = canonical.read(raw)
        hashed = canonical.digest_of(payload)
    except ValueError as error:
        raise Refused("malformed", "payload", str(error)) from None
    if not isinstance(payload, dict) or canonical.holds_nul(payload):
        raise Refused("malformed", "payload")
    return Opened(header["kid"], payload, hashed)
