"""Events of about one kilobyte, as the relay and the consumers meet them."""

from datetime import UTC, datetime
from uuid import UUID

from stafett_chassis.bus import Message
from stafett_contracts.event import Actor, encode, source_of
from stafett_contracts.identity import ImportRefused
from stafett_contracts.ids import EventId, PersonId, PositionId, RunId, SiteId, new_id
from stafett_contracts.vocabulary import ImportState, Origin

SITE = SiteId("vest")
ACTOR = Actor(person_id=PersonId(new_id()), position_id=PositionId(new_id()), name="Torbjørn Engeskår")


def event(subject: UUID, revision: int) -> ImportRefused:
    """An event whose envelope is about 1 kB."""
    return ImportRefused(
        revision=revision,
        run_id=RunId(subject),
        state=ImportState.REFUSED,
        hf_codes=("HAV", "VID"),
        reason="Avdeling for medisin og helse, sengepost 2. " * 11,
    )


def message(subject: UUID, revision: int) -> Message:
    """The event on its way."""
    event_id = new_id()
    told = event(subject, revision)
    body = encode(
        told,
        id=EventId(event_id),
        time=datetime.now(UTC),
        source=source_of(SITE, "identity"),
        site=SITE,
        origin=Origin.USER,
        actor=ACTOR,
    )
    return Message(event_id, told.TYPE, body)
