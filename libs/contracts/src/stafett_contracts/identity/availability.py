"""Secondments, absences and HR imports."""

from datetime import date

from stafett_contracts.event import Event
from stafett_contracts.ids import AbsenceId, PersonId, PositionId, RequirementId, RunId, SecondmentId, UnitId
from stafett_contracts.values import CountOf
from stafett_contracts.vocabulary import (
    AbsenceEndCause,
    AbsenceState,
    ImportState,
    LeaderChoice,
    SecondmentState,
)


class SecondmentData(Event):
    """A person lent out to another unit; the comment stays in identity."""

    SUBJECT = "secondment_id"

    secondment_id: SecondmentId
    person_id: PersonId
    home_position_id: PositionId
    temporary_position_id: PositionId | None = None
    unit_id: UnitId
    unit_name: str
    leader_position_id: PositionId | None = None
    leader_person_id: PersonId | None = None
    leader_chosen: LeaderChoice = LeaderChoice.AUTO
    start_date: date
    end_date: date | None = None
    """Last day."""
    state: SecondmentState
    continues_id: SecondmentId | None = None


class SecondmentRegistered(SecondmentData):
    """A secondment was registered."""

    TYPE = "identity.secondment.registered.v1"


class SecondmentChanged(SecondmentData):
    """A secondment's period, unit or leader changed."""

    TYPE = "identity.secondment.changed.v1"


class SecondmentDeleted(SecondmentData):
    """A secondment was deleted before it began."""

    TYPE = "identity.secondment.deleted.v1"


class SecondmentStarted(SecondmentData):
    """A secondment began; the temporary position is there."""

    TYPE = "identity.secondment.started.v1"


class SecondmentEnded(SecondmentData):
    """A secondment ended."""

    TYPE = "identity.secondment.ended.v1"


class AbsenceData(Event):
    """An absence from a position, without its note."""

    SUBJECT = "absence_id"

    absence_id: AbsenceId
    position_id: PositionId
    person_id: PersonId
    start_date: date
    end_date: date | None = None
    """Last day."""
    recertify: tuple[RequirementId, ...] = ()
    """Requirements to be done anew afterwards."""
    state: AbsenceState


class AbsenceRegistered(AbsenceData):
    """An absence was registered."""

    TYPE = "identity.absence.registered.v1"


class AbsenceChanged(AbsenceData):
    """An absence's period or list of requirements changed."""

    TYPE = "identity.absence.changed.v1"


class AbsenceDeleted(AbsenceData):
    """An absence was deleted before it began."""

    TYPE = "identity.absence.deleted.v1"


class AbsenceEnded(AbsenceData):
    """An absence ended; the requirements named are to be done anew."""

    TYPE = "identity.absence.ended.v1"

    returned_on: date | None = None
    cause: AbsenceEndCause


class ImportData(Event):
    """An HR import."""

    SUBJECT = "run_id"

    run_id: RunId
    state: ImportState
    hf_codes: tuple[str, ...] = ()
    counts: tuple[CountOf, ...] = ()
    reason: str | None = None


class ImportApplied(ImportData):
    """An HR import was applied."""

    TYPE = "identity.import.applied.v1"


class ImportHeld(ImportData):
    """An HR import waits for the system manager: it would change more than is likely."""

    TYPE = "identity.import.held.v1"


class ImportRefused(ImportData):
    """An HR import was refused."""

    TYPE = "identity.import.refused.v1"


class ImportMissed(Event):
    """No HR file came on a weekday."""

    TYPE = "identity.import.missed.v1"
    SUBJECT = "expected_on"

    expected_on: date
    hf_codes: tuple[str, ...] = ()
