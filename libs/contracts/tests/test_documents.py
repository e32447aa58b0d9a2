"""The AsyncAPI document holds together, and the schemas describe what is really sent."""

import json
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from stafett_contracts import Event, all_events, encode, new_id
from stafett_contracts.documents import ENVELOPE, asyncapi, schemas
from stafett_contracts.generate import HOME
from stafett_contracts.ids import (
    AssignmentId,
    DeadlineId,
    EventId,
    PersonId,
    PlanId,
    PositionId,
    RequirementId,
    SiteId,
)
from stafett_contracts.plans import DeadlineSet
from stafett_contracts.values import AssignedPlan
from stafett_contracts.vocabulary import Origin


@cache
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((HOME / "asyncapi.yaml").read_text("utf-8"))
    return loaded


def resolved(reference: str) -> Any:
    """What a reference inside the document points at."""
    found: Any = document()
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def test_the_document_has_the_parts_asyncapi_3_requires() -> None:
    assert document()["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= document()["info"].keys()
    types = {event.TYPE for event in all_events()}
    assert document()["channels"].keys() == types
    assert document()["components"]["messages"].keys() == types
    allowed = {"asyncapi", "info", "defaultContentType", "channels", "operations", "components"}
    assert document().keys() <= allowed


def test_every_channel_has_an_address_and_its_message() -> None:
    for event_type, channel in document()["channels"].items():
        assert channel["address"] == event_type
        assert channel["bindings"]["amqp"]["is"] == "routingKey"
        for name, message in channel["messages"].items():
            assert resolved(message["$ref"])["name"] == name


def test_every_operation_sends_a_message_of_its_own_channel() -> None:
    for operation in document()["operations"].values():
        assert operation["action"] == "send"
        channel = operation["channel"]["$ref"]
        assert resolved(channel)
        for message in operation["messages"]:
            assert message["$ref"].startswith(channel + "/messages/")
            assert resolved(message["$ref"])
        assert operation["x-producer"] not in operation["x-consumers"]


def test_every_message_says_its_meaning_and_points_at_schemas_that_exist() -> None:
    for event_type, message in document()["components"]["messages"].items():
        assert len(message["summary"]) > 10
        envelope, inner = message["payload"]["allOf"]
        assert (HOME / envelope["$ref"]).exists()
        assert (HOME / inner["properties"]["data"]["$ref"]).exists()
        assert inner["properties"]["type"]["const"] == event_type


def test_the_document_is_the_same_every_time() -> None:
    assert json.dumps(asyncapi()) == json.dumps(asyncapi())
    assert json.dumps(schemas()) == json.dumps(schemas())


@pytest.mark.parametrize("name", [*(event.TYPE for event in all_events()), ENVELOPE])
def test_every_schema_is_a_json_schema(name: str) -> None:
    schema = json.loads((HOME / "schemas" / f"{name}.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    assert schema["title"] == name
    assert schema["type"] == "object"


def deadline() -> Event:
    person, position = PersonId(new_id()), PositionId(new_id())
    return DeadlineSet(
        revision=1,
        deadline_id=DeadlineId(new_id()),
        position_id=position,
        person_id=person,
        person_name="Kari Nordmann",
        requirement_id=RequirementId(new_id()),
        requirement_name="Brannvern",
        deadline=date(2026, 6, 1),
        assignments=(
            AssignedPlan(
                plan_id=PlanId(new_id()),
                name="Nyansatt",
                assignment_id=AssignmentId(new_id()),
                position_id=position,
            ),
        ),
    )


def test_what_is_sent_is_valid_by_the_schemas() -> None:
    message = json.loads(
        encode(
            deadline(),
            id=EventId(new_id()),
            time=datetime(2026, 1, 1, tzinfo=UTC),
            source="/sites/vest/plans",
            site=SiteId("vest"),
            origin=Origin.USER,
        )
    )
    current = schemas()
    Draft202012Validator(current[ENVELOPE]).validate(message)
    Draft202012Validator(current["plans.deadline.set.v1"]).validate(message["data"])
