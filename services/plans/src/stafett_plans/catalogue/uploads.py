"""Taking in the files of an import: JSON as the body, or files in a form, never more than the limit (PLN-498)."""

from typing import Any

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.types import Message

from stafett_chassis.problems import Fault, Invalid, Problem
from stafett_plans.catalogue.actions.imports import Upload

_PARTS = ("catalogue", "goals", "activities")
_FORM_OVERHEAD = 10_000  # bytes of boundaries and headers

IMPORT_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "description": 'A catalogue as JSON, `"format": "goal-catalogue/1"` (PLN-486).',
            }
        },
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "description": "Either `catalogue` (JSON), or `goals` and `activities` (CSV).",
                "properties": {part: {"type": "string", "format": "binary"} for part in _PARTS},
            }
        },
    },
}


async def taken_in(request: Request, limit: int) -> Upload:
    """The files of the request. Raises 413 beyond `limit` bytes, 415 for other kinds of body, 422 for other parts."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        limited = _limited(request, limit)
        return Upload({"catalogue": await limited.body()}, {"catalogue": "catalogue.json"})
    if kind != "multipart/form-data":
        raise Problem(
            415,
            "unsupported_media_type",
            "Send JSON, eller filene i et skjema.",
            "Send JSON, or the files in a form (multipart/form-data).",
        )
    parts: dict[str, bytes] = {}
    names: dict[str, str] = {}
    try:
        async with _limited(request, limit + _FORM_OVERHEAD).form(max_files=3, max_fields=10) as form:
            for part, file in form.multi_items():
                if part not in _PARTS or not isinstance(file, UploadFile) or part in parts:
                    raise _wrong_parts()
                parts[part] = await file.read()
                names[part] = _name(file.filename, part)
    except MultiPartException:
        raise _wrong_parts() from None
    if set(parts) not in ({"catalogue"}, {"goals"}, {"goals", "activities"}):
        raise _wrong_parts()
    if sum(len(content) for content in parts.values()) > limit:
        raise _too_large(limit)
    return Upload(parts, names)


def _name(given: str | None, part: str) -> str:
    return (given or part).replace("\0", "")[:200]


def _wrong_parts() -> Invalid:
    return Invalid(
        [
            Fault(
                "body",
                "wrong_parts",
                "Send «catalogue» (JSON), eller «goals» og «activities» (CSV), som filer.",
                "Send `catalogue` (JSON), or `goals` and `activities` (CSV), as files.",
            )
        ]
    )


def _limited(request: Request, limit: int) -> Request:
    """The request, refused as soon as its body exceeds `limit`."""
    seen = 0

    async def receive() -> Message:
        nonlocal seen
        message = await request.receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise _too_large(limit)
        return message

    return Request(request.scope, receive)


def _too_large(limit: int) -> Problem:
    return Problem(
        413,
        "file_too_large",
        f"Filene er for store. Grensen er {limit // 1_000_000} MB.",
        f"The files are too large. The limit is {limit // 1_000_000} MB.",
        extra={"limit_bytes": limit},
    )
