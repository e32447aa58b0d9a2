"""The event documents: one JSON schema for each event type, and the AsyncAPI 3.0 document over them."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from stafett_contracts.consumers import consumers_of, producer_of
from stafett_contracts.event import Envelope, Event, all_events

Document = dict[str, Any]

ENVELOPE = "envelope"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _WithoutFieldTitles(GenerateJsonSchema):
    """A field's name says as much as a title made from it."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def meaning(event_class: type[Event]) -> str:
    """The first paragraph of the class's docstring, on one line."""
    text = event_class.__doc__ or ""
    return " ".join(text.split("\n\n", 1)[0].split())


def schemas() -> dict[str, Document]:
    """The schema of every event's data by its type, and the envelope's."""
    documents = {event.TYPE: _schema(event) for event in all_events()}
    documents[ENVELOPE] = _envelope()
    return documents


def _schema(event_class: type[Event]) -> Document:
    body = event_class.model_json_schema(mode="validation", schema_generator=_WithoutFieldTitles)
    body.pop("description", None)
    return {
        "$schema": _DIALECT,
        "title": event_class.TYPE,
        "description": meaning(event_class),
        **_rest(body),
    }


def _envelope() -> Document:
    body = Envelope[Event].model_json_schema(mode="validation", schema_generator=_WithoutFieldTitles)
    body["properties"]["data"] = {"type": "object", "description": "As the schema of the type says."}
    body["$defs"].pop("Event", None)
    return {
        "$schema": _DIALECT,
        "title": ENVELOPE,
        "description": "The CloudEvents 1.0 envelope of every event, in structured JSON.",
        **_rest(body),
    }


def _rest(body: Document) -> Document:
    return {keyword: value for keyword, value in body.items() if keyword not in ("title", "description")}


def asyncapi() -> Document:
    """The AsyncAPI document: a channel, a sending operation and a message for each event type."""
    events = list(all_events())
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Stafett events",
            "version": "1.0.0",
            "description": (
                "What the services of a Stafett site tell one another. Every message is a CloudEvents 1.0 event in "
                "structured JSON, published on the topic exchange `events` with its type as routing key and "
                "delivered at least once, possibly out of order: a consumer ignores an id it has seen and a "
                "revision below the one it holds. Within a major version fields and words are only added, and "
                "every added field is optional."
            ),
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {event.TYPE: _channel(event) for event in events},
        "operations": {f"publish.{event.TYPE}": _operation(event) for event in events},
        "components": {"messages": {event.TYPE: _message(event) for event in events}},
    }


def _channel(event: type[Event]) -> Document:
    return {
        "address": event.TYPE,
        "description": meaning(event),
        "messages": {event.TYPE: {"$ref": f"#/components/messages/{event.TYPE}"}},
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {"name": "events", "type": "topic", "durable": True, "autoDelete": False},
                "bindingVersion": "0.3.0",
            }
        },
    }


def _operation(event: type[Event]) -> Document:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{event.TYPE}"},
        "summary": meaning(event),
        "messages": [{"$ref": f"#/channels/{event.TYPE}/messages/{event.TYPE}"}],
        "x-producer": producer_of(event.TYPE),
        "x-consumers": list(consumers_of(event.TYPE)),
    }


def _message(event: type[Event]) -> Document:
    return {
        "name": event.TYPE,
        "title": event.__name__,
        "summary": meaning(event),
        "contentType": "application/cloudevents+json",
        "x-subject": event.SUBJECT,
        "payload": {
            "allOf": [
                {"$ref": f"schemas/{ENVELOPE}.json"},
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": event.TYPE},
                        "data": {"$ref": f"schemas/{event.TYPE}.json"},
                    },
                },
            ]
        },
    }
