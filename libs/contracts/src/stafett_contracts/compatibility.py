"""What may change within a major version: fields and words are added, all optional; nothing else.

Old and new versions of two services run side by side, and events wait in queues, so both ways must hold: an
old consumer reads a new event, and a new consumer an old one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]

_SAID_ONLY = {"title", "description", "examples", "discriminator", "$defs", "$schema", "$id"}


@dataclass(frozen=True)
class Change:
    """A difference between two schemas."""

    where: str
    what: str
    breaking: bool

    def __str__(self) -> str:
        """For people."""
        return f"{self.where or 'the whole'}: {self.what}"


def changes(old: Schema, new: Schema) -> list[Change]:
    """Every difference of meaning from `old` to `new`, in the order of the schemas; descriptions have none."""
    return list(_Comparison(old, new).compare(old, new, ""))


class _Comparison:
    def __init__(self, old: Schema, new: Schema) -> None:
        self._old_defs: dict[str, Schema] = old.get("$defs", {})
        self._new_defs: dict[str, Schema] = new.get("$defs", {})
        self._open: set[tuple[str, str]] = set()

    def compare(self, old: Schema, new: Schema, where: str) -> Iterator[Change]:
        names = old.get("$ref", ""), new.get("$ref", "")
        if names in self._open:  # a schema that holds itself
            return
        if any(names):
            self._open.add(names)
        yield from self._compare_resolved(_resolve(old, self._old_defs), _resolve(new, self._new_defs), where)
        self._open.discard(names)

    def _compare_resolved(self, old: Schema, new: Schema, where: str) -> Iterator[Change]:
        yield from self._properties(old, new, where)
        yield from self._words(old, new, where)
        yield from self._parts(old, new, where)
        handled = _SAID_ONLY | {"properties", "required", "enum", "const", "items", "anyOf", "oneOf", "allOf"}
        for keyword in sorted((old.keys() | new.keys()) - handled):
            if old.get(keyword) != new.get(keyword):
                what = f"{keyword} was {old.get(keyword)!r} and is {new.get(keyword)!r}"
                yield Change(where, what, breaking=True)

    def _properties(self, old: Schema, new: Schema, where: str) -> Iterator[Change]:
        before: dict[str, Schema] = old.get("properties", {})
        after: dict[str, Schema] = new.get("properties", {})
        needed_before, needed_after = set(old.get("required", [])), set(new.get("required", []))
        for name, schema in before.items():
            field = f"{where}.{name}" if where else name
            if name not in after:
                yield Change(field, "was removed, or renamed", breaking=True)
                continue
            if name in needed_before - needed_after:
                yield Change(field, "is no longer required, and older consumers require it", breaking=True)
            if name in needed_after - needed_before:
                yield Change(field, "is required now, and older producers leave it out", breaking=True)
            yield from self.compare(schema, after[name], field)
        for name in after:
            if name not in before:
                field = f"{where}.{name}" if where else name
                if name in needed_after:
                    yield Change(field, "was added and is required; give it a default", breaking=True)
                else:
                    yield Change(field, "was added", breaking=False)

    def _words(self, old: Schema, new: Schema, where: str) -> Iterator[Change]:
        before, after = _enumerated(old), _enumerated(new)
        if before is None and after is None:
            return
        if before is None or after is None:
            what = (
                "is limited to listed words now" if before is None else "is no longer limited to listed words"
            )
            yield Change(where, what, breaking=True)
            return
        for word in before:
            if word not in after:
                yield Change(where, f"no longer allows {word!r}", breaking=True)
        for word in after:
            if word not in before:
                yield Change(where, f"allows {word!r} too", breaking=False)

    def _parts(self, old: Schema, new: Schema, where: str) -> Iterator[Change]:
        if ("items" in old) != ("items" in new):
            yield Change(where, "its elements changed kind", breaking=True)
        elif "items" in old:
            yield from self.compare(old["items"], new["items"], f"{where}[]")
        for keyword in ("anyOf", "oneOf", "allOf"):
            before, after = old.get(keyword, []), new.get(keyword, [])
            if len(before) != len(after):
                yield Change(where, "may hold other types of values than before", breaking=True)
                continue
            for one, other in zip(before, after, strict=True):
                yield from self.compare(one, other, where)


def _resolve(schema: Schema, definitions: dict[str, Schema]) -> Schema:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    beside = {keyword: value for keyword, value in schema.items() if keyword != "$ref"}
    return {**definitions[reference.removeprefix("#/$defs/")], **beside}


def _enumerated(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    words: list[Any] | None = schema.get("enum")
    return words
