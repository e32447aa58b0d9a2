"""What is found wrong with a catalogue file, in words people can act on."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong or worth a look: in which file, at which row (from 1) and column."""

    file: str
    row: int | None
    column: str | None
    code: str
    nb: str
    en: str
    value: str | None = None


@dataclass
class Findings:
    """What has been found so far."""

    errors: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)

    def error(
        self, code: str, file: str, row: int | None = None, column: str | None = None, value: Any = None
    ) -> None:
        """Note something that forbids applying the import."""
        self.errors.append(_finding(code, file, row, column, value))

    def warn(
        self, code: str, file: str, row: int | None = None, column: str | None = None, value: Any = None
    ) -> None:
        """Note something the importer should look at."""
        self.warnings.append(_finding(code, file, row, column, value))


class Unreadable(Exception):
    """The file cannot be read as a catalogue at all; `finding` says why."""

    def __init__(
        self, code: str, file: str, column: str | None = None, value: Any = None, row: int | None = None
    ) -> None:
        self.finding = _finding(code, file, row, column, value)
        super().__init__(self.finding.en)


_TEXTS = {
    "malformed": ("Filen kan ikke leses.", "The file cannot be read."),
    "unknown_format": ("Formatet er ukjent; det skal være goal-catalogue/1.", "The format must be goal-catalogue/1."),
    "not_utf8": ("Filen er ikke UTF-8. Lagre den på nytt som UTF-8.", "The file is not UTF-8. Save it as UTF-8."),
    "missing_column": ("Kolonnen mangler.", "The column is missing."),
    "too_many_goals": ("Filen har for mange læringsmål.", "The file has too many goals."),
    "too_many_activities": ("Filen har for mange aktiviteter.", "The file has too many activities."),
    "unknown_column": ("Kolonnen er ukjent og er ikke lest.", "The column is unknown and was not read."),
    "too_many_cells": ("Raden har flere celler enn overskriften.", "The row has more cells than the header."),
    "bad_value": ("Verdien kan ikke brukes her.", "The value cannot be used here."),
    "missing_value": ("Verdien mangler.", "The value is missing."),
    "several_templates": ("Filen gjelder flere maler.", "The file is about several templates."),
    "bad_code": ("Malens kode skal være 2–8 store bokstaver.", "A template's code is 2–8 capital letters."),
    "missing_number": ("Nummeret mangler.", "The number is missing."),
    "missing_text": ("Teksten mangler.", "The text is missing."),
    "missing_theme": ("Temaet mangler.", "The theme is missing."),
    "bad_number": ("Nummeret har ikke formen bokstaver-siffer.", "The number is not of the form letters-digits."),
    "bad_date": ("Ugyldig dato (ÅÅÅÅ-MM-DD eller DD.MM.ÅÅÅÅ).", "Invalid date (YYYY-MM-DD or DD.MM.YYYY)."),
    "text_too_long": ("Teksten er for lang.", "The text is too long."),
    "duplicate_number": ("Nummeret står flere ganger.", "The number occurs more than once."),
    "number_with_two_texts": ("Nummeret står med to tekster.", "The number occurs with two texts."),
    "duplicate_theme": ("Temakoden står flere ganger.", "The theme's code occurs more than once."),
    "theme_with_two_names": ("Temakoden står med to navn.", "The theme's code occurs with two names."),
    "unknown_theme": ("Temaet finnes ikke i filen.", "The theme is not in the file."),
    "unknown_track": ("Ukjent løp.", "Unknown track."),
    "unknown_plan_type": ("Ukjent plantype.", "Unknown plan type."),
    "track_of_other_plan_type": ("Løpet hører til en annen plantype.", "The track belongs to another plan type."),
    "unknown_category": ("Kategorien finnes ikke.", "The category does not exist."),
    "ambiguous_category": ("Flere kategorier har dette navnet.", "Several categories have this name."),
    "unknown_learning_form": ("Ukjent læringsform.", "Unknown learning form."),
    "unknown_documentation_form": ("Ukjent dokumentasjonsform.", "Unknown documentation form."),
    "unknown_level": ("Nivået skal være national eller regional.", "The level must be national or regional."),
    "unknown_carried_out_in": ("Ukjent gjennomføringssted.", "Unknown place of carrying out."),
    "unknown_demand": ("Kravet skal være higher, lower eller same.", "The demand must be higher, lower or same."),
    "unknown_goal": ("Læringsmålet finnes ikke i filen.", "The goal is not in the file."),
    "withdrawn_before_effective": ("Utgår før det trer i kraft.", "Withdrawn before it takes effect."),
    "replaces_unknown": ("Erstatter et læringsmål som ikke finnes.", "Replaces a goal that does not exist."),
    "replaces_itself": ("Erstatter seg selv.", "Replaces itself."),
    "replaces_in_circle": ("Erstatter i ring.", "Replaces in a circle."),
    "key_with_two_contents": ("Nøkkelen står med to ulike innhold.", "The key occurs with two contents."),
    "duplicate_activity": ("Aktiviteten står to ganger under målet.", "The activity is twice under the goal."),
    "bad_repetitions": ("Antall ganger skal være 2–999.", "Repetitions are 2–999."),
    "procedure_list_not_repeating": ("En prosedyreliste må være repeterende.", "A procedure list must be repeating."),
    "signing_not_allowed": ("Kan ikke kreve signering med denne formen.", "This form cannot require signing."),
    "form_needs_signing": ("Dokumentasjonsformen krever signering.", "The documentation form requires signing."),
    "course_list_missing": ("Bekreftelse fra kursportal krever kursliste.", "This form needs a course list."),
    "key_of_other_activity": ("Nøkkelen tilhører en aktivitet på et annet nivå.", "The key is of another level."),
    "number_of_other_type": ("Nummeret er et mål av en annen type.", "The number is a goal of another type."),
    "withdrawn_number_reused": ("Et utgått nummer kan ikke brukes igjen.", "A withdrawn number is never reused."),
    "effective_date_required": ("Malen er i bruk: nye mål må ha ikrafttredelse.", "New goals need an effective date."),
    "regional_activity_in_use": (
        "Lokale planer har målet: lag den regionale aktiviteten i Administrer krav.",
        "Local plans have the goal: make the regional activity in the catalogue.",
    ),
    "same_text": ("Et annet mål har samme tekst.", "Another goal has the same text."),
    "effective_in_past": ("Ikrafttredelsen er passert.", "The effective date has passed."),
    "goal_without_activities": ("Målet har ingen aktiviteter.", "The goal has no activities."),
    "text_changed_in_use": (
        "Noen har begynt på målet. Skjerpede krav må ha nytt nummer.",
        "People have begun the goal. Raised demands need a new number.",
    ),
    "goals_missing": ("Mål i malen mangler i filen og blir stående.", "Goals of the template are not in the file."),
}  # fmt: skip


def _finding(code: str, file: str, row: int | None, column: str | None, value: Any) -> Finding:
    nb, en = _TEXTS[code]
    shown = None if value is None else str(value).replace("\0", "�")[:100]
    return Finding(file, row, column, code, nb, en, shown)
