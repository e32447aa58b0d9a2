"""Which learning and documentation forms, signing and repetition go together."""

from collections.abc import Iterator

from stafett_contracts.vocabulary import DocumentationForm, LearningForm

LIS_SIGNED = frozenset(
    (
        DocumentationForm.SIGNATURE_BOARD,
        DocumentationForm.SIGNATURE_SUPERVISOR,
        DocumentationForm.SIGNATURE_MENTOR,
    )
)
SIGNED = LIS_SIGNED | {DocumentationForm.SIGNATURE}
WITH_FILE = frozenset((DocumentationForm.ATTACHMENT, DocumentationForm.COURSE_CERTIFICATE))
UNSIGNED = frozenset((DocumentationForm.SELF_REGISTRATION, DocumentationForm.COURSE_PORTAL))


def breaches(
    learning: LearningForm | None,
    documentation: DocumentationForm | None,
    signing: bool,
    repetitions: int | None,
    *,
    coupled: bool = False,
) -> Iterator[tuple[str, str]]:
    """Every (field, code) that does not go together; `coupled` tells of a course list."""
    if repetitions is not None and not 2 <= repetitions <= 999:  # PLN-058
        yield "repetitions", "bad_repetitions"
    if learning is LearningForm.PROCEDURE_LIST and repetitions is None:  # PLN-021
        yield "repetitions", "procedure_list_not_repeating"
    if documentation in SIGNED and not signing:  # PLN-025
        yield "requires_signing", "form_needs_signing"
    if documentation in UNSIGNED and signing:  # PLN-026
        yield "requires_signing", "signing_not_allowed"
    if (documentation is DocumentationForm.COURSE_PORTAL) and not coupled:  # PLN-189
        yield "documentation_form", "course_list_missing"
