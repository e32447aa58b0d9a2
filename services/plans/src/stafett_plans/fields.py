"""Kinds of text in request bodies: trimmed, without characters that no text has."""

from typing import Annotated

from pydantic import AfterValidator, AnyUrl, BaseModel, ConfigDict, StringConstraints, UrlConstraints
from pydantic_core import PydanticCustomError


def _printable(text: str) -> str:
    if "\0" in text:
        raise PydanticCustomError("bad_character", "holds a character that no text has")
    return text


def plain(text: str) -> str:
    """`text` if it is one; `ValueError` else. For what comes back to us, such as cursors."""
    if "\0" in text:
        raise ValueError("holds a character that no text has")
    return text


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
WebAddress = Annotated[AnyUrl, UrlConstraints(allowed_schemes=["http", "https"], max_length=2_000)]
"""http or https only (PLN-030)."""


class Body(BaseModel):
    """A request body: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)
