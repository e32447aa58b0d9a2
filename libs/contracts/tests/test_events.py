"""Every event: through bytes and back, and the conventions all hold to."""

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo

from stafett_contracts import Actor, Event, all_events, decode, encode, new_id, source_of
from stafett_contracts.consumers import consumers_of, producer_of
from stafett_contracts.ids import BatchId, EventId, PersonId, PositionId, RunId, SiteId
from stafett_contracts.vocabulary import Origin

EVENTS = list(all_events())
SERVICES = {"identity", "plans", "signing", "dialog", "training_time", "notify", "sync"}

words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=12)
times = st.datetimes(timezones=st.just(UTC))
leaves: dict[Any, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: st.integers(1, 80),
    str: words,
    UUID: st.builds(new_id),
    Decimal: st.decimals(0, 100, places=2),
    datetime: times,
    AwareDatetime: times,
    date: st.dates(),
    time: st.times(),
    NoneType: st.none(),
}


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type."""
    while hasattr(kind, "__supertype__"):
        kind = kind.__supertype__
    if kind in leaves:
        return leaves[kind]
    origin = get_origin(kind)
    if origin is Annotated:
        return values(get_args(kind)[0])
    if origin in (Union, UnionType):
        return st.one_of([values(part) for part in get_args(kind)])
    if origin is Literal:
        return st.sampled_from(get_args(kind))
    if origin is tuple:
        return st.lists(values(get_args(kind)[0]), min_size=1, max_size=2).map(tuple)
    if issubclass(kind, Enum):
        return st.sampled_from(list(kind))
    if issubclass(kind, BaseModel):
        return models(kind)
    raise TypeError(f"no values for {kind}")


def models(model: type[BaseModel]) -> st.SearchStrategy[Any]:
    """Instances of a model, with and without what is optional."""

    def of_field(field: FieldInfo) -> st.SearchStrategy[Any]:
        filled = values(field.annotation)
        return filled if field.is_required() else st.one_of(st.just(field.get_default()), filled)

    return st.builds(model, **{name: of_field(field) for name, field in model.model_fields.items()})


actors = st.none() | st.builds(
    Actor,
    person_id=st.builds(lambda: PersonId(new_id())),
    position_id=st.none() | st.builds(lambda: PositionId(new_id())),
    on_behalf_of=st.none() | st.builds(lambda: PersonId(new_id())),
    name=st.none() | words,
)


@pytest.mark.parametrize("event_class", EVENTS, ids=lambda event_class: event_class.TYPE)
@given(st.data())
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_event_comes_through_bytes_as_it_was(event_class: type[Event], data: st.DataObject) -> None:
    event = data.draw(models(event_class))
    actor = data.draw(actors)
    became_true = data.draw(times)
    event_id = EventId(new_id())
    run, batch = RunId(new_id()), BatchId(new_id())
    raw = encode(
        event,
        id=event_id,
        time=became_true,
        source=source_of(SiteId("vest"), producer_of(event.TYPE)),
        site=SiteId("vest"),
        origin=Origin.NIGHTLY,
        actor=actor,
        run_id=run,
        batch_id=batch,
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    )

    envelope = decode(raw)

    assert type(envelope.data) is event_class
    assert envelope.data == event
    assert (envelope.id, envelope.time, envelope.type) == (event_id, became_true, event.TYPE)
    assert envelope.subject == str(getattr(event, event.SUBJECT))
    assert (envelope.origin, envelope.runid, envelope.batchid) == (Origin.NIGHTLY, run, batch)
    assert envelope.actor == actor


@pytest.mark.parametrize("event_class", EVENTS, ids=lambda event_class: event_class.TYPE)
def test_every_event_keeps_the_conventions(event_class: type[Event]) -> None:
    service, subject, verb, major = event_class.TYPE.split(".")
    assert service in SERVICES
    assert re.fullmatch(r"[a-z_]+", subject)
    assert re.fullmatch(r"[a-z_]+", verb)
    assert re.fullmatch(r"v[1-9][0-9]*", major)
    assert event_class.__module__.startswith(f"stafett_contracts.{service}")
    assert event_class.__doc__ != event_class.__base__.__doc__
    assert (event_class.__doc__ or "").strip().endswith(".")
    assert event_class.model_fields[event_class.SUBJECT].is_required()
    assert set(consumers_of(event_class.TYPE)) <= {name.replace("_", "-") for name in SERVICES}
    assert producer_of(event_class.TYPE) not in consumers_of(event_class.TYPE)


def reachable(model: type[BaseModel]) -> dict[type[BaseModel], set[str]]:
    """Every model inside a model, with its field names."""
    found: dict[type[BaseModel], set[str]] = {}

    def visit(kind: Any) -> None:
        for part in get_args(kind):
            visit(part)
        if isinstance(kind, type) and issubclass(kind, BaseModel) and kind not in found:
            found[kind] = set(kind.model_fields)
            for field in kind.model_fields.values():
                visit(field.annotation)

    visit(model)
    return found


MAY_HOLD_CONTACT = {
    "identity.person.contact_changed.v1",
    "identity.email.verification_requested.v1",
    "identity.invitation.sent.v1",
    "identity.invitation.resent.v1",
    "notify.email.bounced.v1",
    "notify.email.restored.v1",
}
CONTACT = re.compile(r"(national|ssn|birth|email(?!_notice)|e_mail|phone|mobile|^address$)")


@pytest.mark.rule("IDN-254")
@pytest.mark.parametrize("event_class", EVENTS, ids=lambda event_class: event_class.TYPE)
def test_contact_facts_travel_in_contact_events_only(event_class: type[Event]) -> None:
    names = {name for fields in reachable(event_class).values() for name in fields if CONTACT.search(name)}
    assert not any("national" in name for name in names)
    if event_class.TYPE not in MAY_HOLD_CONTACT:
        assert not names


@pytest.mark.parametrize("event_class", EVENTS, ids=lambda event_class: event_class.TYPE)
def test_a_field_that_may_be_null_is_null_when_left_out(event_class: type[Event]) -> None:
    for model in reachable(event_class):
        for name, field in model.model_fields.items():
            if NoneType in get_args(field.annotation):
                assert not field.is_required(), f"{model.__name__}.{name}"
                assert field.get_default() is None, f"{model.__name__}.{name}"


@pytest.mark.parametrize(
    "subject",
    ["identity.position", "identity.role", "plans.assignment", "signing.request", "dialog.conversation"],
)
def test_all_events_of_an_aggregate_carry_its_whole_state(subject: str) -> None:
    events = [event for event in EVENTS if event.TYPE.startswith(subject + ".")]
    states = {next(base for base in event.__mro__ if Event in base.__bases__) for event in events}
    assert len(states) == 1
