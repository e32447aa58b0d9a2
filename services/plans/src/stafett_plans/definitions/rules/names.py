"""Names of plans."""

import re
import unicodedata

from stafett_chassis.problems import Fault
from stafett_contracts.vocabulary import Track

_DASHES = re.compile(r"\s*[-\u2010-\u2015\u2212]\s*")
_SPACES = re.compile(r"\s+")
_NORWEGIAN = str.maketrans({"æ": "{", "ä": "{", "ø": "|", "ö": "|", "å": "}"})


def name_key(name: str) -> str:
    """`name` as PLN-245 compares it: without case, the kind of dash and spaces around it."""
    return _SPACES.sub(" ", _DASHES.sub("-", name.strip())).casefold()


def sort_key(name: str) -> str:
    """`name` for sorting bytewise in Norwegian order: … z, æ, ø, å, and aa as å (PLN-010)."""
    text = unicodedata.normalize("NFC", name).casefold().replace("aa", "å").translate(_NORWEGIAN)
    return "".join(
        letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter)
    )


def prefix_fault(name: str, trust: str) -> Fault | None:
    """What is wrong with a local competence plan's name in the trust with this short name (PLN-244)."""
    if re.match(rf"{re.escape(name_key(trust))}-\S", name_key(name)):
        return None
    return Fault(
        "name",
        "name_prefix_missing",
        f"Navnet skal begynne med foretakets kortnavn og bindestrek, for eksempel «{trust} – Kursveiledning».",
        f"The name begins with the trust's short name and a hyphen, for instance «{trust} – Kursveiledning».",
    )


def goal_plan_name(template: str, code: str, track: Track, specialty: str | None) -> str:
    """The name of a plan made from a template (PLN-253): «Felles kompetansemål (FKM) (Arbeidsmedisin)»."""
    coded = template if f"({code})" in template else f"{template} ({code})"
    return f"{coded} ({specialty or track.label_nb})"
