"""The API as a whole: nobody gets in without log-in, and nothing that is sent makes it fall over."""

from typing import Any

import pytest

from stafett_chassis.app import description
from stafett_notify.app import service
from stafett_testing import fuzz

DOCUMENT = description(service)
OPERATIONS = [
    (method.upper(), path)
    for path, methods in DOCUMENT["paths"].items()
    for method in methods
    if method in ("get", "put", "post", "delete")
]
OPEN = {"/api/notify/unsubscribe/{token}"}


def filled(path: str, **values: str) -> str:
    names = {"card": "upd", "alert_id": "0" * 8 + "-0000-7000-8000-" + "0" * 12, "held_id": "1", "token": "x"}
    for name, value in {**names, **values}.items():
        path = path.replace("{" + name + "}", value)
    return path.removeprefix("/api/notify")


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
async def test_nobody_gets_in_without_log_in(scene: Any, method: str, path: str) -> None:
    answer = await scene.notify.client().request(method, filled(path))
    assert answer.status_code == (404 if path in OPEN else 401), answer.text


def test_every_operation_says_what_it_does() -> None:
    for methods in DOCUMENT["paths"].values():
        for operation in methods.values():
            assert operation["summary"]
            assert operation["tags"]
            assert operation.get("description", "").strip()


async def test_no_call_however_odd_is_an_error_of_ours(scene: Any) -> None:
    manager = scene.world.person("Siri", "Sol").at(scene.hf)
    scene.world.grant(manager, "system_manager", scene.hf)
    await scene.news()
    await scene.deliver(scene.assigned(manager), by=scene.by(scene.boss))
    [alert] = await scene.alerts(manager, "upd")
    await fuzz.survives(
        scene.notify,
        scene.client(manager),
        known={"alert_id": [alert["alert_id"]], "card": ["upd", "out"]},
        without=["GET /api/notify/me/stream"],  # it has no end
    )
