"""Kinds of text in request bodies: trimmed, without characters that no text has."""

import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

_WEB = re.compile(r"https?://[^\s/?#\x00-\x20]+[^\s\x00-\x20]*", re.IGNORECASE)


def _printable(text: str) -> str:
    if "\0" in text:
        raise PydanticCustomError("bad_character", "holds a character that no text has")
    return text


def plain(text: str) -> str:
    """`text` if it is one; `ValueError` else. For what comes back to us, such as cursors."""
    if "\0" in text:
        raise ValueError("holds a character that no text has")
    return text


def count(part: Any) -> int:
    """`part` of a cursor if it is a number a database counts to."""
    if not isinstance(part, int) or not 0 <= part < 2**62:
        raise ValueError("no number of ours")
    return part


def moment(part: str) -> datetime:
    """`part` of a cursor as a moment with time zone."""
    found = datetime.fromisoformat(part)
    if found.tzinfo is None:
        raise ValueError("a moment has a time zone")
    return found


Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=250), AfterValidator(_printable)
]
"""1–250 characters after trimming (PLN-016)."""
LongText = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=10_000), AfterValidator(_printable)
]
"""Up to 10,000 characters with line breaks (PLN-034)."""
Question = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=200), AfterValidator(_printable)
]
"""Words to search for, or a code."""


def _web_address(text: str) -> str:
    if not _WEB.fullmatch(text):
        raise PydanticCustomError(
            "url_not_allowed", "must be an address that begins with http:// or https://"
        )
    return text


WebAddress = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=2_000), AfterValidator(_web_address)
]
"""http or https only (PLN-030)."""


class Body(BaseModel):
    """A request body: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)
