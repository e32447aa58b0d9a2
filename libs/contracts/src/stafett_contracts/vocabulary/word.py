"""A word of the shared vocabulary: a stable code with the labels people read."""

from enum import StrEnum
from typing import Self


class Word(StrEnum):
    """A code that travels between services, and its Norwegian and English label where the rules give one.

    A member is written `CODE = "code", "Norsk", "English"`; without labels the code stands for both.
    """

    label_nb: str
    label_en: str

    def __new__(cls, code: str, label_nb: str | None = None, label_en: str | None = None) -> Self:
        """The member of this code, with its labels."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.label_nb = label_nb or code
        member.label_en = label_en or code
        return member
