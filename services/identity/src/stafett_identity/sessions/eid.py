"""What an e-ID says of somebody the directory knows: name and HPR number, which signatures show."""

import structlog

from stafett_chassis.work import Work
from stafett_identity.directory import actions as directory
from stafett_identity.directory import store as directory_store
from stafett_identity.directory.model import Person
from stafett_identity.directory.rules import HprSource, better_hpr
from stafett_identity.sessions import store
from stafett_identity.sessions.model import Identity
from stafett_identity.settings import IdentitySettings

log = structlog.get_logger(__name__)


async def take_over(work: Work, settings: IdentitySettings, person: Person, who: Identity) -> Person:
    """Store what e-ID says: the HPR number everywhere (IDN-010), the name where HR does not say it (IDN-012)."""
    # As it is now: the row that led here was read without holding it.
    held = await directory_store.person(work, person.person_id, lock=True)
    assert held is not None  # persons are never removed
    person = held
    number, source = better_hpr(person.hpr_number, person.hpr_source, who.hpr_number, HprSource.EID)
    if number != person.hpr_number and not await free_hpr(work, number, HprSource.EID):
        log.warning("hpr_number_disputed", person_id=str(person.person_id))
        number, source = person.hpr_number, person.hpr_source
    given_name, family_name = who.given_name, who.family_name
    if settings.site_kind != "municipal":
        given_name, family_name = person.given_name, person.family_name
    return await directory.change_person(
        work, person, given_name=given_name, family_name=family_name, hpr_number=number, hpr_source=source
    )


async def free_hpr(work: Work, number: str | None, source: HprSource) -> bool:
    """Whether nobody else has the HPR number now; somebody who had only typed it loses it to e-ID (IDN-010)."""
    holder = await store.holder_of_hpr(work, number) if number else None
    if holder is None:
        return True
    if source is not HprSource.EID or holder["hpr_source"] != HprSource.SELF:
        return False
    other = await directory_store.person(work, holder["person_id"], lock=True)
    assert other is not None  # persons are never removed
    await directory.change_person(work, other, hpr_number=None, hpr_source=None)
    return True
