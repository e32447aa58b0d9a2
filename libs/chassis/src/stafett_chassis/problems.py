"""Refusals, as RFC 9457 problem documents.

A refusal is raised where it is decided, in `rules.py` or `actions.py`, with a machine code and a text
in bokmål and English; `app.py` turns it into an answer. This module knows nothing of HTTP libraries.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """One faulty field: where (`completed_on`, `items.2.date`), a machine code, what to do about it."""

    field: str
    code: str
    nb: str
    en: str


@dataclass(eq=False)
class Problem(Exception):
    """A request that is refused and has changed nothing (IDN-002).

    `extra` holds members of the problem document a client can act on, for instance the current state.
    """

    status: int
    code: str
    nb: str
    en: str
    faults: tuple[Fault, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.en}"

    def document(self, language: str = "nb") -> dict[str, Any]:
        """The problem document, its title in `language` (`nb` or `en`)."""
        english = language == "en"
        answer: dict[str, Any] = {
            "type": f"/problems/{self.code}",
            "title": self.en if english else self.nb,
            "status": self.status,
            "code": self.code,
            "messages": {"nb": self.nb, "en": self.en},
        }
        if self.faults:
            answer["errors"] = [
                {
                    "field": fault.field,
                    "code": fault.code,
                    "message": fault.en if english else fault.nb,
                    "messages": {"nb": fault.nb, "en": fault.en},
                }
                for fault in self.faults
            ]
        answer.update(self.extra)
        return answer


class Conflict(Problem):
    """409: the state forbids the act."""

    def __init__(self, code: str, nb: str, en: str, **extra: Any) -> None:
        super().__init__(409, code, nb, en, extra=extra)


class Forbidden(Problem):
    """403: the caller may see this but lacks the right to do it."""

    def __init__(
        self,
        code: str = "forbidden",
        nb: str = "Du har ikke tilgang til å gjøre dette.",
        en: str = "You do not have the right to do this.",
        **extra: Any,
    ) -> None:
        super().__init__(403, code, nb, en, extra=extra)


class NotFound(Problem):
    """404: unknown, or not for this caller to know about."""

    def __init__(
        self,
        code: str = "not_found",
        nb: str = "Fant ikke det du spurte etter.",
        en: str = "What you asked for was not found.",
        **extra: Any,
    ) -> None:
        super().__init__(404, code, nb, en, extra=extra)


class Unauthenticated(Problem):
    """401: no usable token."""

    def __init__(self, code: str, nb: str, en: str) -> None:
        super().__init__(401, code, nb, en, headers={"WWW-Authenticate": "Bearer"})


class Invalid(Problem):
    """422: what was sent cannot be used; every faulty field at once."""

    def __init__(self, faults: Iterable[Fault], code: str = "invalid", **extra: Any) -> None:
        super().__init__(
            422,
            code,
            "Noen felter må rettes før dette kan lagres.",
            "Some fields must be corrected before this can be stored.",
            faults=tuple(faults),
            extra=extra,
        )


class Refused(Problem):
    """422: the input is well formed, but a rule refuses it as a whole."""

    def __init__(self, code: str, nb: str, en: str, **extra: Any) -> None:
        super().__init__(422, code, nb, en, extra=extra)


class StaleVersion(Problem):
    """412: somebody stored in between; carries the current state (IDN-003)."""

    def __init__(self, current: Any = None, **extra: Any) -> None:
        super().__init__(
            412,
            "stale_version",
            "Noen andre har lagret i mellomtiden. Se over endringene og prøv igjen.",
            "Somebody else has stored in between. Look at the changes and try again.",
            extra={"current": current, **extra},
        )


class VersionRequired(Problem):
    """428: the change must say which version it was based on."""

    def __init__(self) -> None:
        super().__init__(
            428,
            "version_required",
            "Endringen må si hvilken versjon den bygger på (If-Match).",
            "The change must say which version it is based on (If-Match).",
        )


def check_version(expected: int | None, current: int, state: Any = None) -> None:
    """Refuse a change whose `If-Match` is not the `current` version; `None` means any."""
    if expected is not None and expected != current:
        raise StaleVersion(state, version=current)
