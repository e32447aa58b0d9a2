"""What an e-mail says, apart from how it looks."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from stafett_chassis.clock import OSLO
from stafett_notify.catalogue.rules import ALERT_TYPES, GROUPS, AlertType, line, number_of
from stafett_notify.mail.rules.letters import Letter

MOST_LINES = 50
"""Lines of an immediate e-mail before «og {n} til» (NTF-050)."""


class BadSubject(ValueError):
    """A subject with a line break: somebody tries to write headers (NTF-096)."""


@dataclass(frozen=True, slots=True)
class Point:
    """A line, and where it leads."""

    text: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """An e-mail as both its forms show it."""

    language: str
    subject: str
    paragraphs: tuple[str, ...] = ()
    points: tuple[Point, ...] = ()
    after: tuple[str, ...] = ()
    more: str | None = None
    button: Point | None = None
    footer: tuple[Point, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class MailedAlert:
    """An alert as an e-mail needs it."""

    params: Mapping[str, Any]
    items: Sequence[Mapping[str, Any]]
    link: str | None


def _pick(language: str, nb: str, en: str) -> str:
    return en if language == "en" else nb


def _subject(product: str, text: str) -> str:
    subject = f"{product}: {text}"
    if re.search(r"[\r\n\v\f\x85\u2028\u2029]", subject):
        raise BadSubject("a line break in the subject")
    return subject


def single(
    key: str,
    alerts: Sequence[MailedAlert],
    language: str,
    *,
    product: str,
    base: str,
    unsubscribe: str,
) -> Content:
    """An immediate e-mail about alerts of one type (NTF-050, NTF-095, NTF-098)."""
    kind = ALERT_TYPES[key]
    points = [
        Point(line(kind, language, alert.params, alert.items), base + alert.link if alert.link else None)
        for alert in alerts
    ]
    shown = points[:MOST_LINES]
    hidden = len(points) - len(shown)
    group = _pick(language, *GROUPS[kind.group])
    return Content(
        language=language,
        subject=_subject(product, _together(kind, alerts, language, points[0].text)),
        points=tuple(shown),
        more=_pick(language, f"og {hidden} til", f"and {hidden} more") if hidden else None,
        button=Point(_pick(language, f"Åpne {product}", f"Open {product}"), base),
        footer=(
            Point(
                _pick(
                    language,
                    f"Du får denne e-posten fordi du har umiddelbar varsling for «{group}».",
                    f"You get this e-mail because you have immediate notification for “{group}”.",
                )
            ),
            Point(_pick(language, "Endre varselinnstillinger", "Change alert settings"), f"{base}/settings"),
            Point(
                _pick(language, f"Skru av e-post for «{group}»", f"Turn off e-mail for “{group}”"),
                unsubscribe,
            ),
        ),
    )


def _together(kind: AlertType, alerts: Sequence[MailedAlert], language: str, first: str) -> str:
    """The line that stands for all: the form for several where the type has one."""
    if len(alerts) == 1:
        return first
    items = [item for alert in alerts for item in alert.items]
    if " | " in kind.nb or "{n}" in kind.nb:
        return line(kind, language, {**alerts[0].params, **number_of(items)}, items)
    rest = len(alerts) - 1
    return _pick(language, f"{first} (og {rest} til)", f"{first} (and {rest} more)")


def letter(
    form: Letter,
    params: Mapping[str, Any],
    items: Sequence[Mapping[str, Any]],
    language: str,
    *,
    product: str,
    base: str,
    url: str | None,
) -> Content:
    """An e-mail of Table 5, listing all it is about (NTF-065)."""
    text = form.text(language)
    values = {"product": product, **params}
    split = next((i for i, p in enumerate(text.paragraphs) if p.startswith("* ")), None)
    before = text.paragraphs
    after: tuple[str, ...] = ()
    points: tuple[Point, ...] = ()
    if split is not None:
        before, after = text.paragraphs[:split], text.paragraphs[split + 1 :]
        point = text.paragraphs[split].removeprefix("* ")
        points = tuple(Point(_filled(point, {**values, **item}, language)) for item in (items or [{}]))
    first = items[0] if items else {}
    return Content(
        language=language,
        subject=_subject(product, _filled(text.subject, {**values, **first}, language)),
        paragraphs=tuple(_filled(paragraph, {**values, **first}, language) for paragraph in before),
        points=points,
        after=tuple(_filled(paragraph, {**values, **first}, language) for paragraph in after),
        button=Point(_filled(text.link, values, language), url or base),
        footer=(
            Point(_pick(language, "Denne e-posten kan ikke skrus av.", "This e-mail cannot be turned off.")),
        ),
    )


def _filled(form: str, values: Mapping[str, Any], language: str) -> str:
    """`form` with its values; moments and days as they are written in Norway (NTF-099)."""

    def shown(found: re.Match[str]) -> str:
        name = found[1]
        value = values.get(name, "")
        if isinstance(value, Mapping):
            value = value.get(language, value.get("nb", ""))
        if name == "date" and value:
            return f"{_local(str(value)):%d.%m.%Y}"
        return str(value)

    return re.sub(r"\{(\w+)\}", shown, form)


def _local(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    return moment.astimezone(OSLO) if moment.tzinfo else moment


def local_time(moment: datetime) -> str:
    """The time of day in Norway, 24 hours."""
    return f"{moment.astimezone(OSLO):%H:%M}"
