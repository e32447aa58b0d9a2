"""What the file says about persons (IDN-008, IDN-010, IDN-012)."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from stafett_contracts.vocabulary import PositionKind, PositionStatus
from stafett_identity.directory import rules as directory
from stafett_identity.directory.model import Person, Position
from stafett_identity.directory.rules import HprSource
from stafett_identity.hr_import.rules.known import Known
from stafett_identity.hr_import.rules.outcome import PersonChange
from stafett_identity.hr_import.rules.rows import PositionRow


def person_of(row: PositionRow, known: Known, new_id: Callable[[], UUID], at: datetime) -> PersonChange:
    """The person of `row`: known by object id, or (without one) by national id, else new and untold (revision 0)."""
    before = known.persons.get(row.object_id) or known.unnumbered.get(row.national_id_hash)
    hpr, source = directory.better_hpr(
        before.hpr_number if before else None,
        before.hpr_source if before else None,
        row.hpr_number,
        HprSource.HR,
    )
    base = before or Person(
        person_id=new_id(),
        given_name="",
        family_name="",
        sort_key="",
        search_text="",
        created_at=at,
        updated_at=at,
        revision=0,
    )
    renamed = (base.given_name, base.family_name) != (row.given_name, row.family_name)
    typed = base.private_email_verified_at is not None
    after = replace(
        base,
        object_id=row.object_id,
        given_name=row.given_name,
        family_name=row.family_name,
        sort_key=directory.sort_key(row.family_name, row.given_name) if renamed else base.sort_key,
        search_text=directory.search_text(row.given_name, row.family_name) if renamed else base.search_text,
        hpr_number=hpr,
        hpr_source=source,
        work_email=row.work_email or base.work_email,
        private_email=base.private_email if typed else row.private_email or base.private_email,
        phone=base.phone if base.phone_own else row.phone or base.phone,
        national_id_hash=row.national_id_hash,
        synthetic=directory.is_synthetic(row.national_id),
    )
    new_number = base.national_id_hash != row.national_id_hash
    return PersonChange(
        before,
        after,
        national_id=row.national_id if new_number else None,
        former_hash=base.national_id_hash if new_number else None,
    )


def told(change: PersonChange, positions: Iterable[Position], today: date, at: datetime) -> PersonChange:
    """`change` with the revisions it is told under: a person with planned positions only is told of to nobody.

    `positions` are the person's after the import; the address to use depends on them (IDN-015).
    """
    before, after = change.before, change.after
    present = list(positions)
    if after.revision == 0 and all(one.status == PositionStatus.PLANNED for one in present):
        return change
    at_work = any(
        one.status == PositionStatus.ACTIVE
        and one.kind == PositionKind.EMPLOYMENT
        and (one.start_date is None or one.start_date <= today)
        and (one.end_date is None or one.end_date >= today)
        for one in present
    )
    after = replace(
        after,
        contact_email=directory.address_to_use(
            after.work_email, after.private_email, at_work=at_work, has_work_mail=True
        ),
    )
    shown = before is None or before.revision == 0 or _shown(before) != _shown(after)
    reached = after.contact_revision == 0 or before is None or _reached(before) != _reached(after)
    if not shown and not reached and before == after:
        return replace(change, after=after)
    return replace(
        change,
        after=replace(
            after,
            revision=after.revision + shown,
            contact_revision=after.contact_revision + reached,
            updated_at=at,
        ),
    )


def _shown(person: Person) -> tuple[object, ...]:
    return person.given_name, person.family_name, person.hpr_number, person.protected


def _reached(person: Person) -> tuple[object, ...]:
    return person.contact_email, person.phone, person.language
