"""The cookies by which a browser holds a session, and the secrets in them.

A cookie is `<id>.<secret>`; only the secret's hash is stored, and it is compared in constant time.
"""

import hmac
import secrets
from hashlib import sha256
from typing import Any, Literal
from uuid import UUID

from fastapi import Response
from starlette.requests import HTTPConnection

from stafett_chassis.http import TOKEN_COOKIE

SESSION_COOKIE = "stafett_session"
IDENTIFICATION_COOKIE = "stafett_identification"
_IDENTITY_PATH = "/api/identity"
_LAX: Literal["lax"] = "lax"


def new_secret() -> str:
    """Something nobody guesses."""
    return secrets.token_urlsafe(32)


def hash_of(secret: str) -> bytes:
    """What is stored of a secret. It has 256 random bits, so that no salt or slow hash is needed."""
    return sha256(secret.encode()).digest()


def same(secret: str, stored: bytes) -> bool:
    """Whether `secret` is the one whose hash is stored."""
    return hmac.compare_digest(hash_of(secret), stored)


def session_cookie(session_id: UUID, secret: str) -> str:
    """The cookie of a session."""
    return f"{session_id.hex}.{secret}"


def read_session_cookie(request: HTTPConnection) -> tuple[UUID, str] | None:
    """Session id and secret in a request's cookie; none when there is nothing of that form."""
    session_id, _, secret = request.cookies.get(SESSION_COOKIE, "").partition(".")
    if not secret:
        return None
    try:
        return UUID(hex=session_id), secret
    except ValueError:
        return None


def set_session(response: Response, session_id: UUID, secret: str, *, secure: bool) -> None:
    """Hand the session to the browser, until it is closed: ward PCs are shared."""
    response.set_cookie(
        SESSION_COOKIE, session_cookie(session_id, secret), **_kept(secure, path=_IDENTITY_PATH)
    )
    response.delete_cookie(TOKEN_COOKIE, **_kept(secure, path="/api"))  # of whoever was here before
    response.delete_cookie(IDENTIFICATION_COOKIE, **_kept(secure, path=_IDENTITY_PATH))


def set_token(response: Response, token: str, seconds: int, *, secure: bool) -> None:
    """Hand the access token to the browser, for every service of the site."""
    response.set_cookie(TOKEN_COOKIE, token, max_age=seconds, **_kept(secure, path="/api"))


def forget_token(response: Response, *, secure: bool) -> None:
    """Take back a token of what the session acted from before."""
    response.delete_cookie(TOKEN_COOKIE, **_kept(secure, path="/api"))


def set_identification(response: Response, secret: str, seconds: int, *, secure: bool) -> None:
    """Hand the browser what the registration form will be sent with; a session of somebody else ends with it."""
    response.delete_cookie(SESSION_COOKIE, **_kept(secure, path=_IDENTITY_PATH))
    response.delete_cookie(TOKEN_COOKIE, **_kept(secure, path="/api"))
    response.set_cookie(IDENTIFICATION_COOKIE, secret, max_age=seconds, **_kept(secure, path=_IDENTITY_PATH))


def forget_all(response: Response, *, secure: bool) -> None:
    """Take everything back at log-out."""
    response.delete_cookie(SESSION_COOKIE, **_kept(secure, path=_IDENTITY_PATH))
    response.delete_cookie(IDENTIFICATION_COOKIE, **_kept(secure, path=_IDENTITY_PATH))
    response.delete_cookie(TOKEN_COOKIE, **_kept(secure, path="/api"))


def _kept(secure: bool, *, path: str) -> dict[str, Any]:
    return {"path": path, "httponly": True, "samesite": _LAX, "secure": secure}
