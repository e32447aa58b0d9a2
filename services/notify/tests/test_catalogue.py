"""The catalogue is the rules' own tables."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stafett_contracts.event import registry
from stafett_notify.catalogue.rules import ALERT_TYPES, GROUPS, line
from stafett_notify.catalogue.rules.cards import CARD_GROUPS
from stafett_testing.rulebook import find_root
from stafett_testing.service import ServiceUnderTest

RULES = (find_root(Path(__file__)) / "docs/rules/notify.md").read_text(encoding="utf-8").splitlines()


def table(title: str) -> list[list[str]]:
    """The rows of a table in the rules."""
    at = next(number for number, text in enumerate(RULES) if text.startswith(title))
    rows = [text for text in RULES[at:] if text.startswith("|")]
    end = next((n for n, text in enumerate(RULES[at + 2 :]) if n > 1 and not text.startswith("|")), None)
    body = RULES[at + 2 : at + 2 + (end or len(rows))]
    return [
        [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", text)[1:-1]] for text in body[2:]
    ]


def keys_of(cell: str, all_keys: list[str]) -> list[str]:
    """The keys a cell such as `mentoring.*, mentor.chosen` names."""
    found = []
    for word in cell.split(","):
        name = word.strip().removesuffix(" °")
        found += [key for key in all_keys if key.startswith(name[:-1])] if name.endswith("*") else [name]
    return found


async def catalogue(notify: ServiceUnderTest) -> dict[str, Any]:
    from stafett_testing.people import World

    world = World()
    somebody = world.person("Kari", "Hansen").at(world.unit("Havnes sykehus"))
    await notify.deliver(*world.news())
    answer = await notify.client(somebody).get("/alert-types")
    assert answer.status_code == 200
    return dict(answer.json())


@pytest.mark.rule("NTF-001")
async def test_the_catalogue_of_the_api_is_tables_1_to_4_of_the_rules(notify: ServiceUnderTest) -> None:
    found = await catalogue(notify)
    labels = {group: nb for group, (nb, _) in CARD_GROUPS.items()}
    assert [
        [
            f"{card['card']} °" if card["ours"] else card["card"],
            card["label"]["nb"],
            labels[card["card_group"]],
            card["colour"],
            "yes" if card["dismissible"] else "no",
        ]
        for card in found["cards"]
    ] == table("Table 1")

    types = {one["key"]: one for one in found["types"]}
    assert [
        [
            f"{one['key']} °" if one["ours"] else one["key"],
            one["group"],
            one["card"] or "–",
            one["single"],
            one["weekly"],
            one["home"],
            one["event"],
            one["recipient"],
        ]
        for one in found["types"]
    ] == table("Table 2")

    lives = {key: cells for named, *cells in table("Table 3") for key in keys_of(named, list(types))}
    assert {
        key: [one["once_per"], one["resolved_when"] or "–", one["link"] or "–"] for key, one in types.items()
    } == lives

    texts = {key: cells for named, *cells in table("Table 4") for key in keys_of(named, list(types))}
    assert {key: [one["text"]["nb"], one["text"]["en"]] for key, one in types.items()} == texts


@pytest.mark.rule("NTF-002")
async def test_the_groups_come_in_the_order_of_the_settings(notify: ServiceUnderTest) -> None:
    rule = next(text for text in RULES if "**NTF-002**" in text)
    named = re.findall(r"([A-Z]{3}) «([^»]+)»", rule)
    found = await catalogue(notify)
    assert [(group["group"], group["label"]["nb"]) for group in found["groups"]] == named


def test_every_event_of_the_catalogue_exists() -> None:
    from stafett_notify.catalogue.rules import event_types

    for kind in ALERT_TYPES.values():
        assert event_types(kind.event)
        assert set(event_types(kind.event)) <= set(registry), kind.key


def test_a_line_has_a_form_for_one_and_one_for_several() -> None:
    kind = ALERT_TYPES["assignment.item_added"]
    one = [{"key": "a", "item": "HLR"}]
    assert line(kind, "nb", {"plan": "Akutt"}, one) == "HLR er lagt til i planen Akutt"
    two = [*one, {"key": "b", "item": "Brann"}]
    assert line(kind, "nb", {"plan": "Akutt"}, two) == "2 krav/aktiviteter er lagt til i planen Akutt"
    assert line(kind, "en", {"plan": "Akutt"}, two).startswith("2 requirements/activities have been added")


def test_days_in_lines_are_written_as_in_norway() -> None:
    kind = ALERT_TYPES["assignment.secondment"]
    assert (
        line(kind, "nb", {"unit": "Mottak", "from": "2026-01-05", "to": None}, [])
        == "Du er utlånt til Mottak 05.01.2026–"
    )


def test_several_employees_are_counted_once_each() -> None:
    kind = ALERT_TYPES["followup.employee_expired"]
    items = [{"employee": "a"}, {"employee": "a"}, {"employee": "b"}]
    assert line(kind, "nb", {}, items) == "2 medarbeider(e) har 3 utløpt(e) krav/aktiviteter"


@settings(derandomize=True, database=None, max_examples=60)
@given(st.sampled_from(sorted(ALERT_TYPES)), st.sampled_from(["nb", "en"]), st.text(max_size=30))
def test_what_people_write_never_becomes_part_of_the_form(key: str, language: str, text: str) -> None:
    names = {"plan", "goal", "item", "person", "unit", "name", "role", "subject", "activity"}
    said = line(ALERT_TYPES[key], language, dict.fromkeys(names, text), [])
    assert "{" not in said.replace(text, "")


def test_the_groups_of_the_settings_are_those_of_the_types() -> None:
    assert {kind.group for kind in ALERT_TYPES.values()} == set(GROUPS)
