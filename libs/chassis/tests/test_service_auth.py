"""Calls between the services of one site."""

from typing import Any

import pytest
from starlette.requests import HTTPConnection

from stafett_chassis.auth import new_key, sign
from stafett_chassis.clock import SetClock
from stafett_chassis.problems import Unauthenticated
from stafett_chassis.service_auth import calling_service, service_token
from stafett_chassis.settings import Settings


def site(name: str = "vest", secret: str = "s" * 32) -> Settings:
    return Settings(
        site=name,
        site_name="x",
        site_kind="rhf",
        environment="test",
        database_url="postgresql://x/x",  # type: ignore[arg-type]
        public_url="http://x",  # type: ignore[arg-type]
        identity_url="http://x",  # type: ignore[arg-type]
        service_secret=secret,  # type: ignore[arg-type]
    )


def request(authorization: str | None) -> HTTPConnection:
    headers = [(b"authorization", authorization.encode())] if authorization else []
    return HTTPConnection({"type": "http", "headers": headers})


def test_a_service_of_the_site_is_known_by_name_for_a_minute() -> None:
    clock = SetClock()
    token = service_token(site(), "plans", clock)
    assert calling_service(request(f"Bearer {token}"), site(), clock) == "plans"
    clock.move(seconds=61)
    with pytest.raises(Unauthenticated):
        calling_service(request(f"Bearer {token}"), site(), clock)


def test_nobody_else_is_let_in() -> None:
    clock = SetClock()
    token = service_token(site(), "plans", clock)
    person: Any = sign({"aud": "stafett-services:vest", "iss": "plans", "exp": 2**40}, new_key("a"))
    for authorization in (
        None,
        token,
        f"Basic {token}",
        "Bearer ",
        "Bearer x.y.z",
        f"Bearer {person}",
        f"Bearer {token[:-4]}AAAA",
        f"Bearer {service_token(site(secret='t' * 32), 'plans', clock)}",
        f"Bearer {service_token(site('kom'), 'plans', clock)}",
    ):
        with pytest.raises(Unauthenticated) as refused:
            calling_service(request(authorization), site(), clock)
        assert refused.value.code == "services_only"
