"""From the bytes of an HR file to rows (IDN-081). Whatever is no such file is refused as a whole (IDN-083)."""

import codecs
import csv
import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from stafett_identity.hr_import.rules.rows import (
    POSITION_COLUMNS,
    POSITION_REQUIRED,
    POSITIONS,
    UNIT_COLUMNS,
    UNIT_REQUIRED,
    UNITS,
    FileRefused,
    Finding,
    Manifest,
    Raw,
    RawFile,
)

_COLUMNS = {UNITS: UNIT_COLUMNS, POSITIONS: POSITION_COLUMNS}
_REQUIRED = {UNITS: UNIT_REQUIRED, POSITIONS: POSITION_REQUIRED}


def read_json(content: bytes) -> RawFile:
    """The rows of a JSON file: `manifest`, `units`, `positions`."""
    whole = _json(content)
    if not isinstance(whole, dict):
        raise FileRefused("malformed")
    tables = {}
    for name in (UNITS, POSITIONS):
        rows = whole.get(name)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise FileRefused("malformed", name)
        tables[name] = rows
        _require_columns(name, {column for row in rows for column in row} if rows else _COLUMNS[name])
    return _file(whole.get("manifest"), tables)


def read_csv(manifest: bytes, units: bytes, positions: bytes) -> RawFile:
    """The rows of a CSV pair with its manifest (JSON)."""
    return _file(_json(manifest), {UNITS: _csv(UNITS, units), POSITIONS: _csv(POSITIONS, positions)})


def _json(content: bytes) -> Any:
    try:
        return orjson.loads(content.removeprefix(codecs.BOM_UTF8))
    except orjson.JSONDecodeError:
        raise FileRefused("malformed") from None


def _csv(name: str, content: bytes) -> list[dict[str, str]]:
    try:
        text = content.decode("utf-8-sig")
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise FileRefused("malformed", name) from None
    lines = [line for line in lines if line]
    if not lines:
        raise FileRefused("malformed", name)
    header = [column.strip().removesuffix("*") for column in lines[0]]
    if len(set(header)) != len(header) or any(len(line) != len(header) for line in lines):
        raise FileRefused("malformed", name)
    _require_columns(name, header)
    return [dict(zip(header, line, strict=True)) for line in lines[1:]]


def _require_columns(name: str, given: Any) -> None:
    for column in _REQUIRED[name]:
        if column not in given:
            raise FileRefused("missing_column", name, column)


def _file(manifest: Any, tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> RawFile:
    read = _manifest(manifest)
    for name, stated in ((UNITS, read.unit_rows), (POSITIONS, read.position_rows)):
        if len(tables[name]) != stated:
            raise FileRefused("row_count_mismatch", name)
    warnings = [
        Finding(name, None, column, "unknown_column")
        for name, rows in tables.items()
        for column in sorted({column for row in rows for column in row} - set(_COLUMNS[name]))
    ]
    return RawFile(
        read,
        [_values(UNITS, row) for row in tables[UNITS]],
        [_values(POSITIONS, row) for row in tables[POSITIONS]],
        warnings,
    )


def _manifest(given: Any) -> Manifest:
    try:
        created_at = datetime.fromisoformat(given["created_at"])
        rows = given["rows"]
        read = Manifest(
            file_id=given["file_id"],
            created_at=created_at,
            hf_codes=tuple(given["hf_codes"]),
            unit_rows=rows["units"],
            position_rows=rows["positions"],
        )
    except (KeyError, TypeError, ValueError):
        raise FileRefused("malformed") from None
    texts: tuple[Any, ...] = (read.file_id, *read.hf_codes)
    if (
        created_at.tzinfo is None
        or not read.hf_codes
        or not all(isinstance(text, str) and text and "\0" not in text for text in texts)
        or not all(type(count) is int for count in (read.unit_rows, read.position_rows))
    ):
        raise FileRefused("malformed")
    return read


def _values(name: str, row: Mapping[str, Any]) -> Raw:
    """The cells with a value: an empty cell, null, an empty text and a missing key are all «no value»."""
    values = {}
    for column in _COLUMNS[name]:
        value = row.get(column)
        if isinstance(value, str):
            value = value.strip()
            if "\0" in value:
                raise FileRefused("malformed", name, column)
        elif value is None:
            continue
        elif type(value) in (int, float):
            value = str(value)
        else:
            raise FileRefused("malformed", name, column)
        if value:
            values[column] = value
    return values
