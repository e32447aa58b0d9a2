"""What a requirement says, and whether it may be published."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from stafett_chassis.problems import Fault
from stafett_contracts.vocabulary import DocumentationForm, LearningForm, RequirementKind, RequirementLevel
from stafett_plans.catalogue.rules import forms

ONLY_REGIONAL_DAYS = 9999  # PLN-055


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A point of a checklist; its id survives renaming and moving (PLN-063)."""

    checkpoint_id: UUID
    name: str
    url: str | None
    must_be_done: bool


@dataclass(frozen=True, slots=True)
class Link:
    """A relevant link."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Content:
    """Everything a version of a requirement fixes. All switches are off on a new one (PLN-043)."""

    name: str
    learning_form: LearningForm | None = None
    documentation_form: DocumentationForm | None = None
    description: str = ""
    category_id: UUID | None = None
    requires_signing: bool = False
    repetitions: int | None = None
    validity_days: int | None = None
    manual_expiry: bool = False
    comment_field: bool = False
    allow_attachments: bool = False
    recertification: bool = False
    must_be_done: bool = False
    allow_customisation: bool = False
    checklist: tuple[Checkpoint, ...] = ()
    links: tuple[Link, ...] = ()

    def as_row(self) -> dict[str, Any]:
        """The fields by name, as they are stored."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}


def content_of(row: Mapping[str, Any]) -> Content:
    """The content in a stored draft or version."""
    known = {field.name: row[field.name] for field in fields(Content) if field.name in row}
    known["checklist"] = tuple(
        Checkpoint(UUID(str(point["checkpoint_id"])), point["name"], point["url"], point["must_be_done"])
        for point in known.get("checklist") or ()
    )
    known["links"] = tuple(Link(link["title"], link["url"]) for link in known.get("links") or ())
    if known.get("learning_form"):
        known["learning_form"] = LearningForm(known["learning_form"])
    if known.get("documentation_form"):
        known["documentation_form"] = DocumentationForm(known["documentation_form"])
    if known.get("category_id"):
        known["category_id"] = UUID(str(known["category_id"]))
    return Content(**known)


def changed_fields(published: Content | None, draft: Content) -> tuple[str, ...]:
    """The fields marked KLADD (PLN-079); each list is one field. All of them before the first publishing."""
    if published is None:
        return tuple(field.name for field in fields(Content))
    return tuple(
        field.name
        for field in fields(Content)
        if getattr(published, field.name) != getattr(draft, field.name)
    )


def breaches(
    content: Content, kind: RequirementKind, level: RequirementLevel, *, in_competence_plan: bool
) -> list[Fault]:
    """Every rule that forbids publishing `content`, all at once (PLN-087)."""
    return [
        Fault(field, code, *_TEXTS[code])
        for field, code in _breaches(content, kind, level, in_competence_plan)
    ]


def _breaches(
    content: Content, kind: RequirementKind, level: RequirementLevel, in_competence_plan: bool
) -> Iterator[tuple[str, str]]:
    for field in ("learning_form", "documentation_form", "category_id"):  # PLN-020, PLN-022, PLN-035
        if getattr(content, field) is None:
            yield field, "required"
    yield from forms.breaches(
        content.learning_form, content.documentation_form, content.requires_signing, content.repetitions
    )
    form = content.documentation_form
    if form in forms.LIS_SIGNED and (kind is not RequirementKind.ACTIVITY or in_competence_plan):  # PLN-023
        yield "documentation_form", "documentation_form_not_allowed"
    if form in forms.WITH_FILE and not content.allow_attachments:  # PLN-024
        yield "allow_attachments", "form_needs_attachments"
    if content.validity_days is not None and content.manual_expiry:  # PLN-054
        yield "validity_days", "validity_conflict"
    local = level in (RequirementLevel.LOCAL, RequirementLevel.TRUST_CENTRAL)
    if content.validity_days == ONLY_REGIONAL_DAYS and local:  # PLN-056
        yield "validity_days", "validity_9999_only_regional"
    if content.checklist and content.repetitions is not None:  # PLN-061
        yield "checklist", "checklist_with_repetition"
    if content.allow_customisation and level is RequirementLevel.LOCAL:  # PLN-167
        yield "allow_customisation", "customisation_only_central"
    if content.allow_customisation and content.validity_days is None:
        yield "allow_customisation", "customisation_needs_validity"


def locked_fields(published: Content, draft: Content) -> tuple[str, ...]:
    """The changes that are forbidden once people have begun (PLN-101)."""
    repeated, repeats = published.repetitions is not None, draft.repetitions is not None
    locked = (
        ("requires_signing", published.requires_signing and not draft.requires_signing),
        ("manual_expiry", published.manual_expiry and not draft.manual_expiry),
        ("repetitions", repeated is not repeats),
    )
    return tuple(field for field, broken in locked if broken)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [{field.name: _plain(getattr(each, field.name)) for field in fields(each)} for each in value]
    return str(value) if isinstance(value, UUID | LearningForm | DocumentationForm) else value


_TEXTS = {
    "required": ("Må velges før publisering.", "Must be chosen before publishing."),
    "bad_repetitions": ("Antall ganger skal være 2–999.", "Repetitions are 2–999."),
    "procedure_list_not_repeating": ("En prosedyreliste må være repeterende.", "A procedure list must be repeating."),
    "form_needs_signing": ("Dokumentasjonsformen krever signering.", "The documentation form requires signing."),
    "signing_not_allowed": ("Kan ikke kreve signering med denne formen.", "This form cannot require signing."),
    "course_list_missing": ("Bekreftelse fra kursportal krever kursliste.", "This form needs a course list."),
    "documentation_form_not_allowed": (
        "Denne signaturformen er bare for læringsaktiviteter i læringsmålplaner.",
        "This signature form is for activities in goal plans only.",
    ),
    "form_needs_attachments": ("Dokumentasjonsformen krever filvedlegg.", "The form needs attachments allowed."),
    "validity_conflict": ("Velg gyldighet i dager eller manuell utløpsdato.", "Choose validity or manual expiry."),
    "validity_9999_only_regional": ("9999 er bare for regionale krav.", "9999 is for regional requirements only."),
    "checklist_with_repetition": ("Sjekkliste kan ikke repeteres.", "A checklist cannot be repeated."),
    "customisation_only_central": ("Bare sentrale krav kan tilpasses.", "Only central items can be customised."),
    "customisation_needs_validity": ("Tilpasning krever gyldighet i dager.", "Customisation needs a validity."),
}  # fmt: skip
