"""The directory's rows as the events that tell of them: the whole state, and nothing that is nobody's business.

No national id, object id or address is in any of them but the contact event (IDN-006, IDN-254).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from stafett_contracts import identity
from stafett_contracts.event import Event
from stafett_contracts.vocabulary import AccountState, TrainingLeadState
from stafett_identity.directory.model import (
    Deputy,
    EarlierLeading,
    Grant,
    GrantUnit,
    Leading,
    Period,
    Person,
    PersonLink,
    Position,
    Unit,
)

E = TypeVar("E", bound=Event)


def _of(kind: type[E], values: dict[str, Any]) -> E:
    # Our own rows need no second look; the envelope checks what is sent.
    return kind.model_validate(values)


def person(kind: type[E], row: Person, **more: Any) -> E:
    """A person as an event of `kind`."""
    return _of(
        kind,
        {
            "revision": row.revision,
            "person_id": row.person_id,
            "given_name": row.given_name,
            "family_name": row.family_name,
            "sort_key": row.sort_key,
            "hpr_number": row.hpr_number,
            "protected": row.protected,
            **more,
        },
    )


def contact(row: Person) -> identity.PersonContactChanged:
    """Where to reach a person, for notify only."""
    return _of(
        identity.PersonContactChanged,
        {
            "revision": row.contact_revision,
            "person_id": row.person_id,
            "email": row.contact_email,
            "phone": row.phone,
            "language": row.language,
        },
    )


def unit(kind: type[E], row: Unit, **more: Any) -> E:
    """A unit as an event of `kind`."""
    return _of(
        kind,
        {
            "revision": row.revision,
            "unit_id": row.unit_id,
            "code": row.code,
            "name": row.name,
            "level": row.level,
            "parent_id": row.parent_id,
            "hf_id": row.hf_id,
            "leader_person_id": row.leader_person_id,
            "leader_position_id": row.leader_position_id,
            "valid_from": row.valid_from,
            "valid_to": row.valid_to,
            "source": row.source,
            **more,
        },
    )


_POSITION = (
    "revision position_id person_id hf_id unit_id kind title job_code track specialty percentage status start_date"
    " end_date access_until reactivated_until predecessor_id successor_id home_position_id"
).split()


def position(kind: type[E], row: Position, periods: Iterable[Period] = (), **more: Any) -> E:
    """A position as an event of `kind`."""
    told = [
        {
            "start_date": period.start_date,
            "end_date": period.end_date,
            "percentage": period.percentage,
            "title": period.title,
        }
        for period in sorted(periods, key=lambda period: period.start_date)
    ]
    return _of(kind, {**{name: getattr(row, name) for name in _POSITION}, "periods": told, **more})


def deactivated(row: Position, periods: Iterable[Period] = ()) -> identity.PositionDeactivated:
    """A deactivated position with how it came about."""
    return position(
        identity.PositionDeactivated,
        row,
        periods,
        cause=row.deactivated_cause,
        person_left=row.person_left,
        rotation=row.rotation,
    )


def leader(
    row: Leading, earlier: Sequence[EarlierLeading] = (), old: Leading | EarlierLeading | None = None
) -> identity.LeaderChanged:
    """Who leads a position now, and who did before; `old` is whom the present one follows."""
    return _of(
        identity.LeaderChanged,
        {
            "revision": row.revision,
            "employee_position_id": row.employee_position_id,
            "employee_person_id": row.employee_person_id,
            "link_id": row.link_id,
            "leader_position_id": row.leader_position_id,
            "leader_person_id": row.leader_person_id,
            "source": row.source,
            "valid_from": row.valid_from,
            "cause": row.cause,
            "old_leader_position_id": old.leader_position_id if old else None,
            "old_leader_person_id": old.leader_person_id if old else None,
            "same_person": bool(
                old and row.leader_person_id and row.leader_person_id == old.leader_person_id
            ),
            "earlier": [
                {
                    "link_id": one.link_id,
                    "leader_position_id": one.leader_position_id,
                    "leader_person_id": one.leader_person_id,
                    "source": one.source,
                    "valid_from": one.valid_from,
                    "valid_to": one.valid_to,
                }
                for one in earlier
            ],
        },
    )


_LINK_EVENTS: dict[tuple[str, bool], type[identity.PersonLink]] = {
    ("mentor", True): identity.MentorRegistered,
    ("mentor", False): identity.MentorRemoved,
    ("supervisor", True): identity.SupervisorRegistered,
    ("supervisor", False): identity.SupervisorRemoved,
}


def person_link(row: PersonLink) -> identity.PersonLink:
    """A mentor or supervisor, registered or removed."""
    return _of(
        _LINK_EVENTS[row.kind, row.valid_to is None],
        {
            "revision": row.revision,
            "link_id": row.link_id,
            "trainee_person_id": row.trainee_person_id,
            f"{row.kind}_person_id": row.holder_person_id,
            "valid_from": row.valid_from,
            "valid_to": row.valid_to,
            "set_by_person_id": row.set_by_person_id,
            "cause": row.cause,
        },
    )


def deputy(kind: type[E], row: Deputy) -> E:
    """A deputy as an event of `kind`."""
    return _of(kind, {name: getattr(row, name) for name in _DEPUTY})


_DEPUTY = (
    "revision deputy_id leader_position_id leader_person_id deputy_person_id valid_from expires_on set_by_person_id"
    " ended_at cause"
).split()


def grant(kind: type[E], row: Grant, person_name: str, units: Iterable[GrantUnit], **more: Any) -> E:
    """A role grant as an event of `kind`."""
    return _of(
        kind,
        {
            "revision": row.revision,
            "grant_id": row.grant_id,
            "position_id": row.position_id,
            "person_id": row.person_id,
            "person_name": person_name,
            "role": row.role,
            "units": [
                {
                    "unit_id": unit.unit_id,
                    "include_sub_units": unit.include_sub_units,
                    "code": unit.code,
                    "name": unit.name,
                }
                for unit in units
            ],
            "specialties": [{"code": code} for code in row.specialties],
            "plan_ids": row.plan_ids,
            "valid_from": row.valid_from,
            "valid_to": row.valid_to,
            "state": row.state,
            **more,
        },
    )


_ACCOUNT_EVENTS: dict[str, type[identity.AccountData]] = {
    AccountState.ACTIVE: identity.AccountReactivated,
    AccountState.DEACTIVATED: identity.AccountDeactivated,
}


def account(row: Mapping[str, Any], deactivates_on: date | None = None) -> identity.AccountData:
    """Whether a person may log in; a warned account with the day it ends when it is known.

    Without that day a warned account is told of as active, which it is.
    """
    state = row["state"]
    values = {
        "revision": row["revision"],
        "person_id": row["person_id"],
        "state": state,
        "on": row["state_since"],
        "cause": row["state_cause"],
    }
    if state == AccountState.WARNED and deactivates_on is not None:
        return _of(identity.AccountWarned, {**values, "deactivates_on": deactivates_on})
    return _of(_ACCOUNT_EVENTS.get(state, identity.AccountReactivated), values)


_TRAINING_LEAD = (
    "revision link_id trainee_position_id trainee_person_id lead_position_id lead_person_id specialty hf_id state"
    " removed_by_person_id cause"
).split()


def training_lead(row: Mapping[str, Any]) -> identity.TrainingLeadData:
    """A training lead's link, there or removed."""
    active = row["state"] == TrainingLeadState.ACTIVE
    kind = identity.TrainingLeadLinked if active else identity.TrainingLeadUnlinked
    return _of(kind, {name: row[name] for name in _TRAINING_LEAD})
