"""What is refused when a registration is filled in, with the texts people read."""

from dataclasses import asdict
from datetime import date

from stafett_chassis.problems import Conflict, Fault, Invalid
from stafett_plans.progress.rules.registration import Demands, Entry


def locked() -> Conflict:
    """PLN-607."""
    return Conflict(
        "locked",
        "Registreringen er låst. Lås opp for endring først.",
        "The registration is locked. Unlock it first.",
    )


def already_waiting(name: str | None) -> Conflict:
    """SGN-011: names who it waits for."""
    return Conflict(
        "already_waiting",
        f"Venter allerede på {name or 'signatur'}.",
        f"Waits already for {name or 'a signature'}.",
        waits_for=name,
    )


def date_faults(entry: Entry, demands: Demands, today: date) -> list[Fault]:
    """What is wrong with the dates (PLN-605, PLN-674)."""
    faults = []
    if entry.fulfilled_on is None:
        faults.append(Fault("fulfilled_on", "date_missing", "Dato mangler.", "The date is missing."))
    elif entry.fulfilled_on > today:
        faults.append(future_date("fulfilled_on"))
    if demands.manual_expiry:
        if entry.manual_expiry is None:
            faults.append(
                Fault("manual_expiry", "expiry_missing", "Utløpsdato mangler.", "The expiry date is missing.")
            )
        elif entry.fulfilled_on and entry.manual_expiry <= entry.fulfilled_on:
            faults.append(
                Fault(
                    "manual_expiry",
                    "expiry_not_later",
                    "Utløpsdatoen må være senere enn datoen kravet ble innfridd.",
                    "The expiry date must be later than the day of fulfilment.",
                )
            )
    elif entry.manual_expiry is not None:
        faults.append(
            Fault(
                "manual_expiry",
                "expiry_not_asked",
                "Kravet har ikke manuell utløpsdato.",
                "The requirement has no manual expiry date.",
            )
        )
    return faults


def future_date(name: str) -> Fault:
    """PLN-605."""
    return Fault(
        name, "date_in_future", "Datoen kan ikke være frem i tid.", "The date may not be in the future."
    )


def refuse_future(day: date | None, today: date) -> None:
    """PLN-605."""
    if day is not None and day > today:
        raise Invalid([future_date("fulfilled_on")])


def refuse_course(demands: Demands) -> None:
    """PLN-684."""
    if demands.course_coupled:
        raise Conflict(
            "course_decides",
            "Kravet innfris av kurset i Læringsportalen.",
            "The requirement is fulfilled by the course in the course portal.",
        )


def refuse_repeating(demands: Demands) -> None:
    """What is repeated is fulfilled by its repetitions alone (PLN-641)."""
    if demands.repetitions:
        raise Conflict(
            "repetitions_required",
            "Kravet innfris av repetisjonene.",
            "The requirement is fulfilled by its repetitions.",
            repetitions=demands.repetitions,
        )


def refuse_prerequisites(demands: Demands) -> None:
    """PLN-656: refused with the list of prerequisites that are not done."""
    if demands.prerequisites:
        raise Conflict(
            "dependencies_missing",
            "Følgende aktiviteter må være fullført først.",
            "These activities must be completed first.",
            missing=[asdict(one) for one in demands.prerequisites],
        )


def refuse_missing(demands: Demands) -> None:
    """Refuse while prerequisites or checkpoints are not done (PLN-654, PLN-656)."""
    refuse_prerequisites(demands)
    if demands.checkpoints:
        raise Conflict(
            "checkpoints_missing",
            "Alle sjekkpunkt må være utført eller ikke relevante.",
            "Every checkpoint must be done or not relevant.",
            missing=[asdict(one) for one in demands.checkpoints],
        )


def refuse_incomplete(entry: Entry, demands: Demands, today: date) -> None:
    """Refuse dates that are missing or wrong."""
    found = date_faults(entry, demands, today)
    if found:
        raise Invalid(found)
