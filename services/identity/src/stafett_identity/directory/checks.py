"""Person checks of trainees: keyed hashes of their national ids, by which sync finds that two sites mean one person.

The key is shared by the sites and nobody else, so a check tells nothing to whoever lacks it (SYN-010). Identity hears
its own events: whatever makes somebody a trainee, or changes one, is told by them, the HR import included. A new
national id alone is told by nothing; the nightly job finds it.
"""

import hmac
from collections.abc import Sequence
from hashlib import sha256
from uuid import UUID

from sqlalchemy import Column, Integer, Table, Text, Uuid, select, union
from sqlalchemy.dialects.postgresql import ARRAY, insert

from stafett_chassis.reactions import Reactions
from stafett_chassis.schedules import Run, Schedule
from stafett_chassis.work import Work
from stafett_contracts import identity
from stafett_contracts.ids import HprNumber, PersonId
from stafett_contracts.vocabulary import Track
from stafett_identity.directory import tables
from stafett_identity.metadata import metadata
from stafett_identity.national_ids import NationalIds
from stafett_identity.sessions.keys import Keyring
from stafett_identity.settings import IdentitySettings

TRIAL_KEY = "person checks of trials: everybody may know this key"
"""Shared by all sites that run demo or test and name no key of their own; never used over real people."""
_TRAINEES = (Track.LIS1.value, Track.LIS2_3.value)
_PORTION = 200

# What was last told of a trainee.
person_check = Table(
    "person_check",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("checks", ARRAY(Text), nullable=False),
    Column("revision", Integer, nullable=False),
)
reactions = Reactions()


def key_of(settings: IdentitySettings) -> bytes | None:
    """The key of person checks; none where none is agreed on, which leaves it to people to confirm (SYN-012)."""
    if settings.person_check_key is not None:
        return settings.person_check_key.get_secret_value().encode()
    return None if settings.environment == "prod" else TRIAL_KEY.encode()


def checks_of(national_ids: Sequence[str], key: bytes) -> tuple[str, ...]:
    """The checks of a person's present and earlier national ids, in no telling order."""
    return tuple(sorted({hmac.digest(key, number.encode(), sha256).hex() for number in national_ids}))


@reactions.on(
    identity.PositionCreated,
    identity.PositionChanged,
    identity.PositionMoved,
    identity.PositionReactivated,
)
async def note_position(work: Work, event: identity.PositionData) -> None:
    """Somebody may have become a trainee."""
    if event.track in _TRAINEES:
        work.gather(tell, event.person_id)


@reactions.on(identity.PersonRegistered, identity.PersonChanged, identity.PersonMerged)
async def note_person(work: Work, event: identity.PersonData) -> None:
    """A trainee may have got another national id, or more of them."""
    work.gather(tell, event.person_id)


async def tell(work: Work, persons: set[UUID]) -> None:
    """Tell the checks of those of `persons` who are trainees, unless they are the ones last told."""
    settings = work.owned(Keyring).settings
    key = key_of(settings)
    if key is None:
        return
    keys = NationalIds.of(settings)
    for person_id in sorted(persons & set(await _trainees(work, persons))):
        row = await work.one(select(tables.person.c.hpr_number).where(tables.person.c.person_id == person_id))
        checks = checks_of([keys.decrypt(stored) for stored in await _national_ids(work, person_id)], key)
        before = await work.maybe(
            select(person_check).where(person_check.c.person_id == person_id).with_for_update()
        )
        if before is not None and tuple(before["checks"]) == checks:
            continue
        revision = before["revision"] + 1 if before else 1
        statement = insert(person_check).values(person_id=person_id, checks=list(checks), revision=revision)
        await work.run(
            statement.on_conflict_do_update(
                index_elements=["person_id"], set_={"checks": list(checks), "revision": revision}
            )
        )
        hpr = row["hpr_number"]
        work.emit(
            identity.PersonChecksChanged(
                revision=revision,
                person_id=PersonId(person_id),
                hpr_number=HprNumber(hpr) if hpr else None,
                checks=checks,
            )
        )


async def tell_all(run: Run) -> None:
    """Tell whatever checks have changed, a portion a transaction."""
    after = UUID(int=0)
    while True:
        async with run.begin() as work:
            portion = await work.column(
                select(tables.position.c.person_id)
                .where(tables.position.c.track.in_(_TRAINEES), tables.position.c.person_id > after)
                .distinct()
                .order_by(tables.position.c.person_id)
                .limit(_PORTION)
            )
            await tell(work, set(portion))
        if not portion:
            return
        after = portion[-1]


schedules = [Schedule("directory.person_checks", "30 3 * * *", tell_all)]


async def _trainees(work: Work, persons: set[UUID]) -> list[UUID]:
    return await work.column(
        select(tables.position.c.person_id)
        .where(tables.position.c.person_id.in_(list(persons)), tables.position.c.track.in_(_TRAINEES))
        .distinct()
    )


async def _national_ids(work: Work, person_id: UUID) -> list[bytes]:
    person, former = tables.person.c, tables.former_national_id.c
    return await work.column(
        union(
            select(person.national_id).where(person.person_id == person_id, person.national_id.is_not(None)),
            select(former.national_id).where(former.person_id == person_id),
        )
    )
