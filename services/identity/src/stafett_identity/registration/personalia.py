"""Personalia: what is registered about oneself, and what one may change there (IDN-017 to IDN-021)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from stafett_chassis.auth import ActingAs
from stafett_chassis.http import Reading
from stafett_chassis.problems import Fault, Forbidden, Invalid, NotFound, check_version
from stafett_chassis.work import Work
from stafett_contracts.vocabulary import OrgLevel, Track
from stafett_identity.directory import actions as directory
from stafett_identity.directory import store as directory_store
from stafett_identity.directory.model import Position
from stafett_identity.directory.rules import HprSource, better_hpr
from stafett_identity.directory.rules import hpr_number as checked_hpr
from stafett_identity.registration import rules
from stafett_identity.registration.model import PersonaliaView
from stafett_identity.registration.profile import Profile, profile
from stafett_identity.sessions.eid import free_hpr
from stafett_identity.settings import IdentitySettings

_OF_PERSON = ("phone", "language")
_OF_TRAINEE = ("title", "track", "specialty", "department_id")  # municipal (IDN-020)
_HPR_MISSING = "HPR-nummer mangler – planene synkroniseres ikke"


async def own_personalia(read: Reading | Work, settings: IdentitySettings) -> PersonaliaView:
    """What is registered about the caller and the position acted from."""
    found = await profile(read, read.caller.person_id, read.caller.position_id, read.today, read.at)
    if found is None:
        raise NotFound()
    return PersonaliaView(
        person_id=found.person_id,
        given_name=found.given_name,
        family_name=found.family_name,
        name=f"{found.given_name} {found.family_name}".strip(),
        work_email=found.work_email,
        email=found.email,
        pending_email=found.pending_email,
        phone=found.phone,
        language=found.language,
        hpr_number=found.hpr_number,
        hpr_source=found.hpr_source,
        hpr_missing=_HPR_MISSING if found.trainee and not found.hpr_number else None,
        position=found.position,
        leader=found.leader,
        mentors=found.mentors,
        training_leads=found.training_leads,
        deputies=found.deputies,
        editable=_editable(found, settings),
        revision=found.revision,
    )


def _editable(found: Profile, settings: IdentitySettings) -> list[str]:
    """Names come from HR or e-ID and are never edited (IDN-012); what HR owns neither (IDN-019)."""
    fields = ["email", *_OF_PERSON]
    if settings.site_kind == "municipal":
        if found.hpr_source in (None, HprSource.SELF):
            fields.append("hpr_number")
        if found.position is not None and found.position.track != Track.NONE:
            fields += _OF_TRAINEE
    return fields


async def change_personalia(
    work: Work, settings: IdentitySettings, changes: Mapping[str, Any], version: int | None
) -> PersonaliaView:
    """Store what the caller changed about themselves; the position stays the same one (IDN-021)."""
    if work.caller.acting_as is ActingAs.DEPUTY:
        raise Forbidden()
    # Locked before their state is read, so that two changes at once do not both pass.
    person = await directory_store.person(work, work.caller.person_id, lock=True)
    position_id = work.caller.position_id
    position = await directory_store.position(work, position_id, lock=True) if position_id else None
    before = await own_personalia(work, settings)
    check_version(version, before.revision, before)
    if person is None or position is None:
        raise NotFound()
    locked = sorted(set(changes) - set(before.editable))
    if locked:
        raise Forbidden(
            "not_editable",
            "Disse feltene kan du ikke endre her.",
            "You cannot change these fields here.",
            fields=locked,
        )
    number, source = person.hpr_number, person.hpr_source
    if "hpr_number" in changes:
        number, source = better_hpr(number, source, changes["hpr_number"], HprSource.SELF)
    faults = [
        *rules.phone_faults("phone", changes.get("phone")),
        *await _hpr_faults(work, person.hpr_number, number),
    ]
    moved, more = await _changed_position(work, position, changes)
    if faults or more:
        raise Invalid([*faults, *more])
    phone = changes.get("phone", person.phone)
    await directory.change_person(
        work,
        person,
        phone=rules.phone_number(phone) if phone else None,
        phone_own="phone" in changes or person.phone_own,
        language=changes.get("language", person.language),
        hpr_number=number,
        hpr_source=source,
    )
    await directory.change_position(
        work,
        position,
        title=moved.title,
        track=moved.track,
        specialty=moved.specialty,
        unit_id=moved.unit_id,
        hf_id=moved.hf_id,
    )
    return await own_personalia(work, settings)


async def _hpr_faults(work: Work, before: str | None, number: str | None) -> list[Fault]:
    if number is None or number == before:
        return []
    if checked_hpr(number) is None:
        return [
            Fault("hpr_number", "bad_hpr", "Et HPR-nummer har 7–9 sifre.", "An HPR number has 7–9 digits.")
        ]
    if await free_hpr(work, number, HprSource.SELF):
        return []
    return [
        Fault(
            "hpr_number",
            "hpr_taken",
            "HPR-nummeret er registrert på en annen person.",
            "The HPR number is registered on somebody else.",
        )
    ]


async def _changed_position(
    work: Work, position: Position, changes: Mapping[str, Any]
) -> tuple[Position, list[Fault]]:
    track = changes.get("track", position.track)
    # Going to LIS1 leaves the specialty behind; going to LIS3 one must be chosen.
    specialty = changes.get("specialty", None if track == Track.LIS1 else position.specialty)
    row = replace(position, title=changes.get("title", position.title), track=track, specialty=specialty)
    faults = rules.track_faults(Track(track), specialty) if {"track", "specialty"} & changes.keys() else []
    department_id: UUID | None = changes.get("department_id")
    if department_id is None or department_id == position.unit_id:
        return row, faults
    unit = await directory_store.unit(work, department_id)
    others = await directory_store.positions_of(work, position.person_id)
    if (
        unit is None
        or unit.level != OrgLevel.UNIT
        or unit.hf_id is None
        or (unit.valid_to is not None and unit.valid_to < work.today)
    ):
        faults.append(Fault("department_id", "unknown_department", "Velg avdeling.", "Choose a department."))
    elif any(one.unit_id == department_id and one.position_id != position.position_id for one in others):
        faults.append(
            Fault(
                "department_id",
                "position_there_already",
                "Du har allerede en stilling ved denne avdelingen.",
                "You already have a position at this department.",
            )
        )
    else:
        row = replace(row, unit_id=unit.unit_id, hf_id=unit.hf_id)
    return row, faults
