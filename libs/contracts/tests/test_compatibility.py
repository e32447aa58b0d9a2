"""What counts as breaking, on changes people really make; and the command that finds them."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from stafett_contracts import documents, generate
from stafett_contracts.compatibility import Schema, changes
from stafett_contracts.generate import main
from stafett_contracts.vocabulary import LearningForm


class Inner(BaseModel):
    name: str
    code: str | None = None


class Before(BaseModel):
    revision: Annotated[int, Field(ge=1)]
    title: str
    colour: Literal["red", "green"]
    note: str | None = None
    inner: Inner
    parts: tuple[Inner, ...] = ()


def variant(remove: str | None = None, **fields: Any) -> Schema:
    """The schema of `Before` with other fields."""
    namespace = dict(Before.__annotations__) | {name: kind for name, (kind, _) in fields.items()}
    defaults: dict[str, Any] = {"note": None, "parts": ()}
    defaults |= {name: default for name, (_, default) in fields.items() if default is not ...}
    defaults = {
        name: value for name, value in defaults.items() if name not in fields or fields[name][1] is not ...
    }
    if remove:
        del namespace[remove]
        defaults.pop(remove, None)
    model: type[BaseModel] = type("Before", (BaseModel,), {"__annotations__": namespace, **defaults})
    return model.model_json_schema()


class NarrowInner(BaseModel):
    name: str


class InnerWithMore(BaseModel):
    name: str
    code: str | None = None
    place: str | None = None


OLD = variant()

BREAKING = {
    "a field removed": variant(remove="note"),
    "a field renamed": variant(remove="title", heading=(str, ...)),
    "a field retyped": variant(title=(int, ...)),
    "a field required": variant(note=(str | None, ...)),
    "a required field made optional": variant(title=(str, "")),
    "a required field that may be null": variant(title=(str | None, ...)),
    "a new field that is required": variant(place=(str, ...)),
    "a word taken away": variant(colour=(Literal["red"], ...)),
    "words instead of text": variant(title=(Literal["a"], ...)),
    "text instead of words": variant(colour=(str, ...)),
    "a narrower number": variant(revision=(Annotated[int, Field(ge=2)], ...)),
    "another default": variant(parts=(tuple[Inner, ...], (Inner(name="x"),))),
    "a list instead of one": variant(inner=(tuple[Inner, ...], ...)),
    "a field removed deep inside": variant(inner=(NarrowInner, ...)),
    "a field removed in a list's elements": variant(parts=(tuple[NarrowInner, ...], ())),
}

ADDITIVE = {
    "an optional field": variant(place=(str | None, None)),
    "a word more": variant(colour=(Literal["red", "green", "blue"], ...)),
    "an optional field deep inside": variant(inner=(InnerWithMore, ...)),
    "an optional field in a list's elements": variant(parts=(tuple[InnerWithMore, ...], ())),
}


@pytest.mark.parametrize("new", BREAKING.values(), ids=BREAKING.keys())
def test_a_breaking_change_is_found(new: Schema) -> None:
    assert any(change.breaking for change in changes(OLD, new))


@pytest.mark.parametrize("new", ADDITIVE.values(), ids=ADDITIVE.keys())
def test_an_addition_is_found_and_allowed(new: Schema) -> None:
    found = changes(OLD, new)
    assert found
    assert not any(change.breaking for change in found)


def test_the_same_schema_with_other_descriptions_has_no_changes() -> None:
    described = variant(title=(Annotated[str, Field(description="The heading.")], ...))
    assert changes(OLD, described) == []


def test_a_schema_that_holds_itself_is_compared() -> None:
    tree = {
        "$ref": "#/$defs/Node",
        "$defs": {"Node": {"type": "object", "properties": {"child": {"$ref": "#/$defs/Node"}}}},
    }
    assert changes(tree, tree) == []


def test_a_change_reads_as_a_sentence() -> None:
    found = changes(OLD, variant(inner=(NarrowInner, ...)))
    assert [str(change) for change in found] == ["inner.code: was removed, or renamed"]


# The command, on one small event in a folder of its own.


def published(monkeypatch: pytest.MonkeyPatch, **current: Schema) -> None:
    monkeypatch.setattr(generate, "schemas", lambda: current)


def test_additions_are_recorded_as_the_next_minor_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    published(monkeypatch, event=OLD)
    assert main(["--record"], tmp_path) == 0
    assert main(["--check"], tmp_path) == 0

    published(monkeypatch, event=ADDITIVE["an optional field"])
    assert main([], tmp_path) == 1
    assert "run with --record: event: place: was added" in capsys.readouterr().err
    assert main(["--record"], tmp_path) == 0
    assert sorted(path.name for path in (tmp_path / "history" / "event").iterdir()) == ["0.json", "1.json"]
    assert main(["--check"], tmp_path) == 0


def test_a_breaking_change_is_never_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    published(monkeypatch, event=OLD)
    main(["--record"], tmp_path)
    published(monkeypatch, event=BREAKING["a field removed"], another=OLD)
    assert main(["--record"], tmp_path) == 1
    assert "breaking change: event: note: was removed, or renamed" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "history").iterdir()] == ["event"]
    assert [path.name for path in (tmp_path / "history" / "event").iterdir()] == ["0.json"]


def test_a_type_that_is_published_no_more_is_a_breaking_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    published(monkeypatch, event=OLD, another=OLD)
    main(["--record"], tmp_path)
    published(monkeypatch, event=OLD)
    assert main(["--check"], tmp_path) == 1
    assert "another: the type is in the history and published no more" in capsys.readouterr().err


def test_a_stale_document_is_named_and_put_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    published(monkeypatch, event=OLD)
    main(["--record"], tmp_path)
    (tmp_path / "schemas" / "event.json").write_text("{}")
    (tmp_path / "schemas" / "gone.json").write_text("{}")
    assert main(["--check"], tmp_path) == 1
    told = capsys.readouterr().err
    assert "schemas/event.json" in told
    assert "schemas/gone.json" in told
    assert main([], tmp_path) == 0
    assert json.loads((tmp_path / "schemas" / "event.json").read_text()) == OLD
    assert not (tmp_path / "schemas" / "gone.json").exists()


def test_the_documents_in_the_repository_are_current_and_break_nothing() -> None:
    assert main(["--check"]) == 0


def test_dropping_a_word_of_the_shared_vocabulary_would_be_found() -> None:
    current = documents.schemas()["plans.requirement.published.v1"]
    narrower = json.loads(json.dumps(current))
    narrower["$defs"]["LearningForm"]["enum"].remove(LearningForm.SIMULATION)
    assert [change.breaking for change in changes(current, narrower)] == [True]
