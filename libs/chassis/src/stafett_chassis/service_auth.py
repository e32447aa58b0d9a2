"""Calls between services of one site (only to rebuild a copy): a short-lived token under the site's shared secret."""

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from starlette.requests import HTTPConnection

from stafett_chassis.clock import Clock
from stafett_chassis.problems import Unauthenticated
from stafett_chassis.settings import Settings

_SECONDS = 60


def service_token(settings: Settings, service: str, clock: Clock) -> str:
    """A token that says `service` of this site is asking, valid for a minute."""
    claims = {
        "iss": service,
        "aud": f"stafett-services:{settings.site}",
        "exp": int(clock.now().timestamp()) + _SECONDS,
    }
    return jwt.encode({"alg": "HS256"}, claims, _key(settings))


def calling_service(request: HTTPConnection, settings: Settings, clock: Clock) -> str:
    """Which service of this site is asking. Raises 401 for anybody else."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    try:
        if scheme.lower() != "bearer":
            raise ValueError("no bearer token")
        claims = jwt.decode(token, _key(settings), algorithms=["HS256"]).claims
        if claims["aud"] != f"stafett-services:{settings.site}" or claims["exp"] <= clock.now().timestamp():
            raise ValueError("of another site, or expired")
        return str(claims["iss"])
    except (JoseError, ValueError, KeyError, TypeError, RecursionError):
        raise Unauthenticated(
            "services_only", "Bare for tjenester på dette nettstedet.", "Only for services of this site."
        ) from None


def _key(settings: Settings) -> OctKey:
    return OctKey.import_key(settings.service_secret.get_secret_value())
