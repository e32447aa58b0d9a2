"""What the directory decides about names, numbers and addresses."""

import re
import unicodedata
from datetime import date
from enum import StrEnum

from stafett_chassis.problems import Conflict
from stafett_contracts.vocabulary import OrgLevel
from stafett_identity.directory.model import EarlierLeading, Leading

# Letters that sort or are searched as others; what remains is stripped of its accents.
_LETTERS = str.maketrans(
    {"ä": "æ", "ö": "ø", "ü": "y", "đ": "d", "ð": "d", "ŧ": "t", "ŋ": "n", "ł": "l", "ß": "ss", "þ": "th"}
)
_OURS = {"æ": "{", "ø": "|", "å": "}"}  # the bytes behind z
_NOT_WORD = re.compile(r"[^0-9a-zæøå]+")


def folded(text: str) -> str:
    """`text` in small letters without accents, Æ Ø Å kept, everything that is no letter or digit one space."""
    plain = unicodedata.normalize("NFC", text).lower().translate(_LETTERS)
    letters = (letter if letter in _OURS else unicodedata.normalize("NFD", letter)[:1] for letter in plain)
    return _NOT_WORD.sub(" ", "".join(letters)).strip()


def sort_key(family_name: str, given_name: str) -> str:
    """What names are ordered by, byte by byte: Æ Ø Å after Z, Aa as Å, family name before given name."""
    # A tab sorts before the space, so that «Hansen, Øyvind» comes before «Hansen Berg, Anne».
    return "\t".join(_sortable(name) for name in (family_name, given_name))


def _sortable(name: str) -> str:
    return "".join(_OURS.get(letter, letter) for letter in folded(name).replace("aa", "å"))


def search_text(*texts: str | None) -> str:
    """The words by which something is found."""
    return " ".join(dict.fromkeys(folded(" ".join(text for text in texts if text)).split()))


def search_words(query: str) -> list[str]:
    """The words of a query as `search_text` spells them; none when it has fewer than two letters (IDN-251)."""
    words = folded(query).split()
    return words if sum(map(len, words)) >= 2 else []


# --- national ids (IDN-007) ---

_FIRST = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
_SECOND = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)


def is_national_id(number: str, *, synthetic: bool) -> bool:
    """Whether `number` is a national id or D-number; `synthetic` accepts month + 40 or + 80 as well."""
    if len(number) != 11 or not (number.isascii() and number.isdigit()):
        return False
    digits = [int(digit) for digit in number]
    if any(
        sum(weight * digit for weight, digit in zip(weights, digits, strict=False)) % 11
        for weights in (_FIRST, _SECOND)
    ):
        return False
    if is_synthetic(number) and not synthetic:
        return False
    day, month, year = int(number[:2]), int(number[2:4]), int(number[4:6])
    if day > 40:
        day -= 40
    month = month % 40
    # The century is not in these digits; only 29 February depends on it.
    return any(_is_date(century + year, month, day) for century in (1900, 2000))


def is_synthetic(number: str) -> bool:
    """Whether a number of eleven digits was made for tests: 40 or 80 is added to its month."""
    return int(number[2:4]) > 40


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


# --- HPR numbers (IDN-010) ---


class HprSource(StrEnum):
    """Who says what a person's HPR number is, the most trusted first."""

    EID = "eid"
    HR = "hr"
    SELF = "self"


_TRUST = {HprSource.EID: 3, HprSource.HR: 2, HprSource.SELF: 1}


def hpr_number(text: str) -> str | None:
    """The number of 7 to 9 digits, without leading zeros, in `text`; none when it is not one."""
    if not (text.isascii() and text.isdigit() and 7 <= len(text) <= 9):
        return None
    return text.lstrip("0") or None


def better_hpr(
    known: str | None, known_source: str | None, given: str | None, source: HprSource
) -> tuple[str | None, str | None]:
    """The HPR number that stands, and its source: a lower source never overwrites, nor does an empty value."""
    if not given:
        return known, known_source
    if known and known_source and _TRUST[HprSource(known_source)] > _TRUST[source]:
        return known, known_source
    return given, source.value


# --- contact (IDN-015) ---


def address_to_use(
    work_email: str | None, private_email: str | None, *, at_work: bool, has_work_mail: bool
) -> str | None:
    """Where e-mail goes: the work address while a started employment is active, otherwise the private one.

    `has_work_mail` is false at the municipal site, where there is only the private address.
    """
    if not has_work_mail:
        return private_email
    return work_email if at_work else private_email


# --- organisation ---

_RANK = {
    OrgLevel.RHF: 0,
    OrgLevel.HF: 1,
    OrgLevel.CLINIC: 2,
    OrgLevel.DEPARTMENT: 3,
    OrgLevel.COST_CENTRE: 4,
    OrgLevel.NATIONAL: 0,
    OrgLevel.TRAINING_ENTERPRISE: 1,
    OrgLevel.UNIT: 2,
}
_MUNICIPAL = {OrgLevel.NATIONAL, OrgLevel.TRAINING_ENTERPRISE, OrgLevel.UNIT}


def may_be_parent(parent: OrgLevel, child: OrgLevel) -> bool:
    """Whether a unit of level `child` may lie under one of level `parent`; levels may be skipped."""
    return (parent in _MUNICIPAL) == (child in _MUNICIPAL) and _RANK[parent] < _RANK[child]


def parent_too_low() -> Conflict:
    """The refusal of a parent that is not of a higher level."""
    return Conflict(
        "parent_too_low", "Enheten må ligge under et høyere nivå.", "The parent must be of a higher level."
    )


def is_trust(level: OrgLevel) -> bool:
    """Whether a unit of this level is itself the trust (HF) of what lies under it."""
    return level in (OrgLevel.HF, OrgLevel.TRAINING_ENTERPRISE)


# --- leaders ---


def closed_link(link: Leading, last_day: date) -> EarlierLeading:
    """An open leader link as it is kept when it closes on `last_day`."""
    assert link.link_id is not None
    assert link.leader_position_id is not None
    assert link.leader_person_id is not None
    assert link.source is not None
    return EarlierLeading(
        link_id=link.link_id,
        employee_position_id=link.employee_position_id,
        employee_person_id=link.employee_person_id,
        leader_position_id=link.leader_position_id,
        leader_person_id=link.leader_person_id,
        source=link.source,
        valid_from=link.valid_from,
        valid_to=max(link.valid_from, last_day),
        set_by_person_id=link.set_by_person_id,
    )
