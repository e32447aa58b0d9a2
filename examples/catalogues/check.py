"""Verifies the catalogues: counts, unique numbers and texts, forms that PLN-021 to PLN-026 allow, CSV equal to JSON.

python check.py        prints what is wrong, or one line a catalogue; exit code 1 if anything is wrong
"""

import csv
import json
import re
import sys
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
NUMBER = re.compile(r"^([A-ZÆØÅ]{2,8})-?0*([0-9]{1,5})([a-z]?)$")
LEARNING_FORMS = {
    "Klinisk tjeneste", "Kurs", "E-læring/digital læring", "Gruppeveiledning", "Internundervisning", "Møte",
    "Veiledning", "Praksis", "Teoriundervisning", "Praktisk opplæring", "Prosedyreliste", "Prosjekt",
    "Refleksjonsnotat", "Selvstudium", "Simulering", "Ferdighetstrening", "Annet",
}  # fmt: skip
SIGNED = {"Signatur", "Signatur (evalueringskollegium)", "Signatur (supervisør)", "Signatur (veileder)"}
UNSIGNED = {
    "Egenregistrering",
    "Vedlegg",
    "Kursbevis",
}  # Bekreftelse fra kursportal needs a course list (PLN-189)
COUNTS = {  # goals: in all, hospital, municipality
    "lis1-fkm": (50, 24, 26), "lis1-klk": (46, 0, 46), "lis1-kls": (20, 20, 0), "amm": (70, 70, 0),
    "amm-revision-2027": (5, 5, 0),
}  # fmt: skip
FKM_THEMES = [
    "Etikk", "Forebygging", "Forskningsforståelse", "Kommunikasjon", "Kunnskapshåndtering",
    "Kvalitet og pasientsikkerhet", "Lovverk", "Pasient- og brukermedvirkning", "Pasient- og pårørendeopplæring",
    "Samhandling", "Systemforståelse, organisasjonsutvikling og ledelse",
]  # fmt: skip


def goal_key(number: str) -> str:
    """SYN-050: `FKM-012`, `FKM12` -> `FKM12`."""
    return "".join(NUMBER.match(number).groups())


def faults(name: str, catalogue: dict, categories: set[str]) -> list[str]:
    wrong = []

    def promise(holds: bool, what: str) -> None:
        if not holds:
            wrong.append(f"{name}: {what}")

    template, themes, goals = (catalogue[k] for k in ("template", "themes", "goals"))
    where = Counter(g["carried_out_in"] for g in goals)
    promise(catalogue["format"] == "goal-catalogue/1", "format")
    promise(
        (len(goals), where["hospital"], where["municipality"]) == COUNTS[name],
        f"counts {len(goals)}, {where}",
    )
    promise(
        len({t["code"] for t in themes}) == len({t["order"] for t in themes}) == len(themes),
        "themes not unique",
    )
    promise({g["theme"] for g in goals} == {t["code"] for t in themes}, "a theme unknown or without goals")
    promise(len({goal_key(g["number"]) for g in goals}) == len(goals), "a goal number twice")
    promise(len({g["text"].casefold() for g in goals}) == len(goals), "a goal text twice")
    promise(len({(g["theme"], g["order"]) for g in goals}) == len(goals), "two goals in one place")
    contents: dict[str, dict] = {}
    names: dict[str, str] = {}
    for goal in goals:
        number = goal["number"]
        promise(number.startswith(template["code"] + "-"), f"{number} of another template")
        promise(20 <= len(goal["text"]) <= 400 and goal["text"].endswith("."), f"{number} text")
        promise(2 <= len(goal["activities"]) <= 4, f"{number} has {len(goal['activities'])} activities")
        promise(
            len({a["key"] for a in goal["activities"]}) == len(goal["activities"]), f"{number} activity twice"
        )
        for item in goal["activities"]:
            key = item["key"]
            promise(contents.setdefault(key, item) == item, f"{key} with two contents")
            promise(item["learning_form"] in LEARNING_FORMS, f"{key} learning form")
            promise(
                item["documentation_form"] in (SIGNED if item["requires_signing"] else UNSIGNED),
                f"{key} signing",
            )
            repeated = 2 <= item.get("repetitions", 0) <= 999
            promise(repeated == (item["learning_form"] == "Prosedyreliste"), f"{key} repetitions")
            promise(key.startswith("N-") == (item["level"] == "national"), f"{key} level")
            promise(item["category"] in categories, f"{key} category")
            promise(len(item["name"]) <= 250, f"{key} name")
    for key, item in contents.items():
        same = names.setdefault(item["name"].casefold() + item["learning_form"], key)
        promise(same == key, f"{same} and {key} have the same name and form")
    return wrong


def from_csv(name: str) -> list[tuple]:
    def rows(part: str) -> list[dict]:
        with (HERE / f"{name}.{part}.csv").open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file, delimiter=";"))

    activities = rows("activities")
    return [
        (g["goal_number"], g["goal_text"], g["theme_code"], int(g["goal_order"]), g["carried_out_in"],
         [(a["key"], a["name"], a["repetitions"], a["requires_signing"]) for a in activities
          if a["goal_number"] == g["goal_number"]])
        for g in rows("goals")
    ]  # fmt: skip


def from_json(catalogue: dict) -> list[tuple]:
    return [
        (g["number"], g["text"], g["theme"], g["order"], g["carried_out_in"],
         [(a["key"], a["name"], str(a.get("repetitions", "")), str(a["requires_signing"]).lower())
          for a in g["activities"]])
        for g in catalogue["goals"]
    ]  # fmt: skip


def main() -> int:
    made = {name: json.loads((HERE / f"{name}.json").read_text("utf-8")) for name in COUNTS}
    categories = {c["name"] for c in json.loads((HERE / "categories.json").read_text("utf-8"))}
    wrong = [fault for name, catalogue in made.items() for fault in faults(name, catalogue, categories)]
    if [t["name"] for t in made["lis1-fkm"]["themes"]] != FKM_THEMES:
        wrong.append("lis1-fkm: themes")
    if from_csv("lis1-fkm") != from_json(made["lis1-fkm"]):
        wrong.append("lis1-fkm: CSV and JSON differ")
    known = {g["number"] for g in made["amm"]["goals"]}
    for goal in made["amm-revision-2027"]["goals"]:
        if unknown := {r["number"] for r in goal.get("replaces", [])} - known:
            wrong.append(f"{goal['number']} replaces unknown {unknown}")
        if goal["number"] not in known and "effective_from" not in goal:
            wrong.append(f"{goal['number']} is new without a date (PLN-494)")
    for folder in sorted(p for p in (HERE / "faulty").iterdir()):
        expected = json.loads((folder / "expected.json").read_text("utf-8"))
        if set(expected) != {"outcome", "errors", "warnings"}:
            wrong.append(f"faulty/{folder.name}: expected.json")
    for name, catalogue in made.items():
        items = [a for g in catalogue["goals"] for a in g["activities"]]
        lists = {a["key"] for a in items if a["learning_form"] == "Prosedyreliste"}
        regional = {a["key"] for a in items if a["level"] == "regional"}
        print(f"{name}: {len(catalogue['themes'])} themes, {len(catalogue['goals'])} goals, {len(items)} activities under "
              f"goals ({len({a['key'] for a in items})} different, {len(lists)} procedure lists, {len(regional)} regional)")  # fmt: skip
    for fault in wrong:
        print(fault)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
