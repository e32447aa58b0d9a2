"""How services speak: the data of an event, its CloudEvents 1.0 envelope, and the way to and from bytes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar, cast

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from stafett_contracts.ids import BatchId, EventId, PersonId, PositionId, RunId, SiteId
from stafett_contracts.vocabulary import Origin

registry: dict[str, type["Event"]] = {}
"""Every event type and the class of its data. Filled as the modules of the publishing services are imported."""


class Value(BaseModel):
    """A value inside an event: frozen, and deaf to fields of a newer minor version."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", populate_by_name=True, use_attribute_docstrings=True
    )


class Event(Value):
    """The data of one event type.

    A subclass that states its `TYPE` is an event and is registered under it; one that does not is a state
    shared by several. The first line of its docstring is its meaning, as the event document prints it.
    A field that may be null has null as its default, since null is not sent.
    """

    TYPE: ClassVar[str]
    """`<service>.<subject>.<past participle>.v<major>`; also the routing key."""
    SUBJECT: ClassVar[str]
    """Name of the field that holds the aggregate's id."""

    revision: int = Field(ge=1, description="Of the aggregate; an event with a lower one is old news.")

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        event_type = cls.__dict__.get("TYPE")
        if event_type is None:
            return
        if event_type in registry:
            raise TypeError(f"{event_type} is already the type of {registry[event_type].__qualname__}")
        registry[event_type] = cls

    @property
    def subject_id(self) -> str:
        """The aggregate's id as the envelope writes it."""
        return str(getattr(self, self.SUBJECT))


class Actor(Value):
    """Who did it: the person, the position acted from, and for whom when acting for another."""

    person_id: PersonId | None = None
    position_id: PositionId | None = None
    on_behalf_of: PersonId | None = None
    name: str | None = None


def _in_utc(time: datetime) -> datetime:
    if time.utcoffset() != timedelta(0):
        raise ValueError("must be in UTC")
    return time.astimezone(UTC)


UtcTime = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A point in time, in UTC."""

Data = TypeVar("Data", bound=Event, covariant=True)


class Envelope(BaseModel, Generic[Data]):
    """A CloudEvents 1.0 event in structured JSON. Extension attributes are flat strings, as CloudEvents asks."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"] = "1.0"
    id: EventId
    source: str = Field(pattern=r"^/sites/[a-z]{2,8}/[a-z-]+$", description="`/sites/<site>/<service>`")
    type: str
    subject: str = Field(min_length=1, description="The aggregate's id.")
    time: UtcTime = Field(description="When the fact became true, in UTC.")
    datacontenttype: Literal["application/json"] = "application/json"
    traceparent: str | None = Field(
        default=None,
        pattern=r"^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$",
        description="W3C trace context.",
    )
    site: SiteId = Field(pattern=r"^[a-z]{2,8}$")
    origin: Origin
    actorperson: PersonId | None = None
    actorposition: PositionId | None = None
    onbehalfof: PersonId | None = None
    actorname: str | None = None
    runid: RunId | None = Field(default=None, description="The nightly run, import or other run that did it.")
    batchid: BatchId | None = Field(default=None, description="The one act that made several events.")
    data: Data

    @property
    def actor(self) -> Actor | None:
        """Who did it, or none when a run did."""
        actor = Actor(
            person_id=self.actorperson,
            position_id=self.actorposition,
            on_behalf_of=self.onbehalfof,
            name=self.actorname,
        )
        return None if actor == Actor() else actor


class UnknownEvent(Exception):
    """The message is an event of a type this version does not know."""

    def __init__(self, event_type: str) -> None:
        super().__init__(f"no event type {event_type!r} is known here")
        self.type = event_type


class MalformedEvent(Exception):
    """The message is no event, or breaks the schema of its type; `reasons` lists every fault."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


class _Head(BaseModel):
    type: str


@cache
def envelope_of(event_class: type[Data]) -> type[Envelope[Data]]:
    """The envelope with this event's data, built once."""
    return cast(type[Envelope[Data]], Envelope.__class_getitem__(event_class))


def encode(
    event: Event,
    *,
    id: EventId,  # CloudEvents' own name
    time: datetime,
    source: str,
    site: SiteId,
    origin: Origin,
    actor: Actor | None = None,
    run_id: RunId | None = None,
    batch_id: BatchId | None = None,
    traceparent: str | None = None,
) -> bytes:
    """The event in its envelope, as UTF-8 JSON. Raises `MalformedEvent` if an attribute breaks its rule."""
    who = actor or _NOBODY
    try:
        envelope = envelope_of(type(event))(
            id=id,
            source=source,
            type=event.TYPE,
            subject=event.subject_id,
            time=time,
            traceparent=traceparent,
            site=site,
            origin=origin,
            actorperson=who.person_id,
            actorposition=who.position_id,
            onbehalfof=who.on_behalf_of,
            actorname=who.name,
            runid=run_id,
            batchid=batch_id,
            data=event,
        )
    except ValidationError as error:
        raise MalformedEvent(_reasons(error)) from None
    return envelope.__pydantic_serializer__.to_json(envelope, exclude_none=True)


_NOBODY = Actor()


def decode(raw: bytes) -> Envelope[Event]:
    """The event in these bytes, its data in the class of its type; fields this version lacks are left out.

    Raises `UnknownEvent` for a type not in the registry, `MalformedEvent` for anything that is no valid event.
    """
    try:
        event_type = _Head.model_validate_json(raw).type
        event_class = registry.get(event_type)
        if event_class is None:
            raise UnknownEvent(event_type)
        # Strict: a number in a string is a fault of the sender, found here and not three services later.
        return envelope_of(event_class).model_validate_json(raw, strict=True)
    except ValidationError as error:
        raise MalformedEvent(_reasons(error)) from None


def _reasons(error: ValidationError) -> list[str]:
    """Where and what, never the value: reasons end in logs and values may be about people."""
    return [
        f"{'.'.join(str(step) for step in fault['loc']) or 'message'}: {fault['msg']}"
        for fault in error.errors(include_url=False, include_input=False, include_context=False)
    ]


def all_events() -> Iterator[type[Event]]:
    """Every event class of every service, in the order of their types."""
    yield from (registry[event_type] for event_type in sorted(registry))


def source_of(site: SiteId, service: str) -> str:
    """The `source` of a service's events at a site."""
    return f"/sites/{site}/{service}"
