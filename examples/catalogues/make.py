"""Turns the short notation in source/ into goal catalogues, JSON and CSV, and writes the faulty ones.

    python make.py            write the files
    python make.py --check    fail if they differ

The notation: `template code | name | plan type | track | specialty`, `category …`, then activities used by several
goals (`@WORD form: name | description`, `@r WORD` for a regional one), themes (`== CODE name`) and goals:
`NUMBER S|K|B [from DATE] [withdrawn DATE] [replaces NUMBER:demand|…]` (S hospital, K municipality, B any), the text on
the lines below it, and activities: `- form: name | documentation form | description`, `- r form: …` for a regional one,
`- Prosedyreliste 10s: …` for ten repetitions, each signed by a supervisor (without `s`: registered by the trainee).
"""

import csv
import io
import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.dont_write_bytecode = True
REGION = "HKV"

FORMS = {  # first word in the notation: (learning form, documentation form)
    "Klinisk": ("Klinisk tjeneste", "Signatur (supervisør)"),
    "Kurs": ("Kurs", "Kursbevis"),
    "E-læring": ("E-læring/digital læring", "Egenregistrering"),
    "Gruppeveiledning": ("Gruppeveiledning", "Egenregistrering"),
    "Internundervisning": ("Internundervisning", "Egenregistrering"),
    "Møte": ("Møte", "Egenregistrering"),
    "Veiledning": ("Veiledning", "Signatur (veileder)"),
    "Praksis": ("Praksis", "Signatur (supervisør)"),
    "Teori": ("Teoriundervisning", "Egenregistrering"),
    "Praktisk": ("Praktisk opplæring", "Signatur (supervisør)"),
    "Prosedyreliste": ("Prosedyreliste", "Egenregistrering"),
    "Prosjekt": ("Prosjekt", "Vedlegg"),
    "Refleksjonsnotat": ("Refleksjonsnotat", "Vedlegg"),
    "Selvstudium": ("Selvstudium", "Egenregistrering"),
    "Simulering": ("Simulering", "Signatur (supervisør)"),
    "Ferdighetstrening": ("Ferdighetstrening", "Signatur (supervisør)"),
    "Annet": ("Annet", "Signatur (supervisør)"),
}
WHERE = {"S": "hospital", "K": "municipality", "B": "any"}
GOAL_COLUMNS = ["template_code", "template_name", "plan_type", "track", "specialty", "theme_code", "theme_name",
                "theme_order", "goal_number", "goal_text", "goal_order", "carried_out_in", "effective_from",
                "withdrawn_from", "replaces"]  # fmt: skip
ACTIVITY_COLUMNS = ["goal_number", "key", "level", "name", "learning_form", "documentation_form", "description",
                    "repetitions", "requires_signing", "category"]  # fmt: skip
GOAL_LINE = re.compile(
    r"(?P<number>[A-ZÆØÅ]{2,8}-\d+) (?P<where>[SKB])(?: from (?P<effective_from>\S+))?"
    r"(?: withdrawn (?P<withdrawn_from>\S+))?(?: replaces (?P<replaces>\S+))?$"
)


def activity(text: str, level: str, key: str, category: str) -> dict:
    head, name = text.split(": ", 1)
    word, _, count = head.partition(" ")
    form, documentation = FORMS[word]
    name, *more = name.split(" | ")
    if more and more[0].startswith("Signatur"):
        documentation, *more = more
    if count.endswith("s"):
        documentation = "Signatur (supervisør)"
    return {
        "key": key,
        "level": level,
        "name": name,
        "learning_form": form,
        "documentation_form": documentation,
        "description": more[0] if more else None,
        "repetitions": int(count.rstrip("s")) if count else None,
        "requires_signing": documentation.startswith("Signatur"),
        "category": category,
    }


def read(source: str, older: dict | None = None) -> dict:
    """The catalogue written in the notation; themes and goals known from `older` keep their order."""
    places = {g["number"]: g["order"] for g in older["goals"]} if older else {}
    theme_places = {t["code"]: t["order"] for t in older["themes"]} if older else {}
    last = (
        {t: max(g["order"] for g in older["goals"] if g["theme"] == t) for t in theme_places} if older else {}
    )
    template, category, shared, themes, goals = {}, "", {}, [], []
    for line in filter(None, source.splitlines()):
        if line.startswith("template "):
            values = [v.strip() or None for v in line.removeprefix("template ").split("|")]
            template = dict(zip(("code", "name", "plan_type", "track", "specialty"), values, strict=True))
        elif line.startswith("category "):
            category = line.removeprefix("category ")
        elif line.startswith("@"):
            level, word, text = re.match(r"@(r )?(\w+) (.*)", line).groups()
            prefix, level = (REGION, "regional") if level else ("N", "national")
            shared[word] = activity(text, level, f"{prefix}-{template['code']}-{word}", category)
        elif line.startswith("== "):
            code, name = line[3:].split(" ", 1)
            themes.append({"code": code, "name": name, "order": theme_places.get(code, len(themes) + 1)})
        elif line.startswith("- @"):
            goals[-1]["activities"].append(shared[line[3:]])
        elif line.startswith("- "):
            of = goals[-1]["activities"]
            regional = line.startswith("- r ")
            prefix, level = (REGION, "regional") if regional else ("N", "national")
            key = f"{prefix}-{goals[-1]['number']}-{len(of) + 1}"
            of.append(activity(line.removeprefix("- r " if regional else "- "), level, key, category))
        elif match := GOAL_LINE.match(line):
            found = match.groupdict()
            theme = themes[-1]["code"]
            order = places.get(found["number"]) or last.get(theme, 0) + 1
            last[theme] = max(order, last.get(theme, 0))
            replaces = [dict(zip(("number", "demand"), r.split(":"), strict=True))
                        for r in (found["replaces"] or "").split("|") if r]  # fmt: skip
            goals.append({
                "number": found["number"], "theme": theme, "text": "", "order": order,
                "carried_out_in": WHERE[found["where"]], "effective_from": found["effective_from"],
                "withdrawn_from": found["withdrawn_from"], "replaces": replaces, "activities": [],
            })  # fmt: skip
        else:
            goals[-1]["text"] = f"{goals[-1]['text']} {line}".strip()
    return {"format": "goal-catalogue/1", "template": template, "themes": themes, "goals": goals}


def as_json(catalogue: dict) -> str:
    """A line for each theme, goal and activity; a key without a value is left out."""

    def line(row: dict) -> str:
        return json.dumps({k: v for k, v in row.items() if v not in (None, [])}, ensure_ascii=False)

    goals = []
    for goal in catalogue["goals"]:
        head = line({k: v for k, v in goal.items() if k != "activities"})[:-1]
        activities = ",\n  ".join(map(line, goal["activities"]))
        goals.append(
            f'{head}, "activities": [\n  {activities}]}}' if activities else head + ', "activities": []}'
        )
    parts = [
        f'{{"format": {json.dumps(catalogue["format"])}',
        f'"template": {line(catalogue["template"])}',
        '"themes": [\n ' + ",\n ".join(map(line, catalogue["themes"])) + "]",
        '"goals": [\n ' + ",\n ".join(goals) + "]}",
    ]
    return ",\n".join(parts) + "\n"


def as_csv(rows: list[dict], columns: list[str], separator: str = ";") -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, delimiter=separator, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def goal_rows(catalogue: dict) -> list[dict]:
    template = {
        ("template_" + k if k in ("code", "name") else k): v for k, v in catalogue["template"].items()
    }
    themes = {t["code"]: {f"theme_{k}": v for k, v in t.items()} for t in catalogue["themes"]}
    return [
        {
            **template, **themes[g["theme"]], "goal_number": g["number"], "goal_text": g["text"],
            "goal_order": g["order"], "carried_out_in": g["carried_out_in"], "effective_from": g["effective_from"],
            "withdrawn_from": g["withdrawn_from"],
            "replaces": "|".join(f"{r['number']}:{r['demand']}" for r in g["replaces"]),
        }
        for g in catalogue["goals"]
    ]  # fmt: skip


def activity_rows(catalogue: dict) -> list[dict]:
    return [
        {"goal_number": g["number"], **a, "requires_signing": str(a["requires_signing"]).lower()}
        for g in catalogue["goals"] for a in g["activities"]
    ]  # fmt: skip


# --- faulty and unusual ones ------------------------------------------------------------------------


def small(code: str, **changes: object) -> dict:
    """A catalogue with one theme and one goal, under an invented template."""
    return {
        "format": "goal-catalogue/1",
        "template": {
            "code": code,
            "name": "Prøvemal",
            "plan_type": "learning_goal",
            "track": "lis1",
            "specialty": None,
        },
        "themes": [{"code": "T1", "name": "Tema én", "order": 1}],
        "goals": [goal(f"{code}-001", order=1)],
    } | changes


def goal(number: str | None, **changes: object) -> dict:
    return {
        "number": number, "theme": "T1", "text": f"Kunne det som står i {number}.", "order": 1,
        "carried_out_in": "hospital", "activities": [lesson(f"N-{number}-1")],
    } | changes  # fmt: skip


def lesson(key: str, **changes: object) -> dict:
    return {
        "key": key, "level": "national", "name": f"Undervisning {key}", "learning_form": "Teoriundervisning",
        "documentation_form": "Egenregistrering", "requires_signing": False, "category": "Felles kompetansemål",
    } | changes  # fmt: skip


def faulty() -> dict[str, bytes]:
    files: dict[str, bytes] = {}

    def put(
        case: str, outcome: str, errors: list[tuple] = (), warnings: list[tuple] = (), **raw: bytes | str
    ) -> None:
        def rows(findings: list[tuple]) -> list[dict]:
            return [dict(zip(("file", "row", "column", "code"), f, strict=True)) for f in findings]

        for name, content in raw.items():
            data = content if isinstance(content, bytes) else content.encode()
            files[f"{case}/{name.replace('_', '.')}"] = data
        expected = {"outcome": outcome, "errors": rows(errors), "warnings": rows(warnings)}
        files[f"{case}/expected.json"] = (json.dumps(expected, ensure_ascii=False, indent=1) + "\n").encode()

    ok = small("PRA")
    csv_goals = as_csv(
        goal_rows(
            {
                **ok,
                "goals": [goal("PRA-001") | {"effective_from": None, "withdrawn_from": None, "replaces": []}],
            }
        ),
        GOAL_COLUMNS,
    )
    csv_acts = as_csv(
        [{"goal_number": "PRA-001", **lesson("N-PRA-001-1"), "requires_signing": "false"}], ACTIVITY_COLUMNS
    )

    put("not-json", "refused", [("catalogue", None, None, "malformed")], catalogue_json=as_json(ok)[:-30])
    put("unknown-format", "refused", [("catalogue", None, "format", "unknown_format")],
        catalogue_json=as_json(small("PRA", format="goal-catalogue/9")))  # fmt: skip
    put("not-utf8", "refused", [("goals", None, None, "not_utf8")],
        goals_csv=csv_goals.encode("latin-1"), activities_csv=csv_acts)  # fmt: skip
    put("missing-column", "refused", [("goals", None, "goal_text", "missing_column")],
        goals_csv=csv_goals.replace("goal_text;", "", 1).replace("Kunne det som står i PRA-001.;", "", 1),
        activities_csv=csv_acts)  # fmt: skip

    wrong_goals = [
        (goal("PRB-001"), None),
        (goal(None, text="Kunne noe uten nummer.", activities=[lesson("N-PRB-002-1")]), ("number", "missing_number")),
        (goal("PRB-003", text=" "), ("text", "missing_text")),
        (goal("PRB-004", theme=None), ("theme", "missing_theme")),
        (goal("PRB-005", theme="T9"), ("theme", "unknown_theme")),
        (goal("PRB-6-7"), ("number", "bad_number")),
        (goal("PRB-1", text="Kunne det som står i PRB-001."), ("number", "duplicate_number")),
        (goal("PRB-008", effective_from="2027-02-30"), ("effective_from", "bad_date")),
        (goal("PRB-009", effective_from="2027-09-01", withdrawn_from="2027-03-01"), ("withdrawn_from", "withdrawn_before_effective")),
        (goal("PRB-010", text="Lang. " * 700), ("text", "text_too_long")),
        (goal("PRB-011", carried_out_in="overalt"), ("carried_out_in", "unknown_carried_out_in")),
        (goal("PRB-001", text="Kunne noe annet under samme nummer."), ("number", "number_with_two_texts")),
    ]  # fmt: skip
    put("goal-errors", "errors", [("goals", n, *found) for n, (_, found) in enumerate(wrong_goals, 1) if found],
        catalogue_json=as_json(small("PRB", goals=[g | {"order": n} for n, (g, _) in enumerate(wrong_goals, 1)])))  # fmt: skip

    wrong_acts = [
        (lesson("N-PRC-1"), None),
        (lesson("N-PRC-2", learning_form="Dans"), ("learning_form", "unknown_learning_form")),
        (
            lesson("N-PRC-3", documentation_form="Håndslag"),
            ("documentation_form", "unknown_documentation_form"),
        ),
        (lesson("N-PRC-4", category="Finnes ikke"), ("category", "unknown_category")),
        (lesson("N-PRC-5", learning_form="Prosedyreliste"), ("repetitions", "procedure_list_not_repeating")),
        (lesson("N-PRC-6", level="lokal"), ("level", "unknown_level")),
        (lesson("N-PRC-1", name="Noe annet"), ("key", "key_with_two_contents")),
        (lesson("N-PRC-8", requires_signing=True), ("requires_signing", "signing_not_allowed")),
    ]
    put("activity-errors", "errors", [("activities", n, *found) for n, (_, found) in enumerate(wrong_acts, 1) if found],
        catalogue_json=as_json(small("PRC", goals=[goal(f"PRC-{n:03}", order=n, activities=[a]) for n, (a, _) in enumerate(wrong_acts, 1)])))  # fmt: skip

    base = small("PRD")
    put("unknown-track", "errors", [("template", None, "track", "unknown_track")],
        catalogue_json=as_json({**base, "template": base["template"] | {"track": "lis4"}}))  # fmt: skip
    circle = [
        goal("PRE-001", order=1, replaces=[{"number": "PRE-099", "demand": "same"}]),
        goal("PRE-002", order=2, replaces=[{"number": "PRE-002", "demand": "higher"}]),
        goal("PRE-003", order=3, replaces=[{"number": "PRE-004", "demand": "lower"}]),
        goal("PRE-004", order=4, replaces=[{"number": "PRE-003", "demand": "lower"}]),
    ]
    put("replaces", "errors",
        [("goals", 1, "replaces", "replaces_unknown"), ("goals", 2, "replaces", "replaces_itself"),
         ("goals", 3, "replaces", "replaces_in_circle"), ("goals", 4, "replaces", "replaces_in_circle")],
        catalogue_json=as_json(small("PRE", goals=circle)))  # fmt: skip
    doubtful = [
        goal("PRF-001", order=1, text="Kunne det samme."),
        goal("PRF-002", order=2, text="Kunne det samme."),
        goal("PRF-003", order=3, effective_from="2020-03-01"),
        goal("PRF-004", order=4, activities=[]),
    ]
    put("warnings", "ok", warnings=[
        ("goals", 2, "text", "same_text"), ("goals", 3, "effective_from", "effective_in_past"),
        ("goals", 4, "activities", "goal_without_activities")], catalogue_json=as_json(small("PRF", goals=doubtful)))  # fmt: skip

    # Spellings that are allowed: byte-order mark, commas, Norwegian dates, forms by code, a column of their own.
    plain = small(
        "PRG", goals=[goal("PRG-001", effective_from="2027-03-01", replaces=[], withdrawn_from=None)]
    )
    row = goal_rows(plain)[0] | {
        "effective_from": "01.03.2027",
        "goal_number": " prg-001",
        "notat": "ser bra ut",
    }
    act = {"goal_number": "PRG-001", **lesson("N-PRG-001-1"), "learning_form": "theory_teaching",
           "documentation_form": "self_registration", "requires_signing": "false"}  # fmt: skip
    put("allowed-spellings", "ok", warnings=[("goals", None, "notat", "unknown_column")],
        goals_csv="\ufeff" + as_csv([row], [*GOAL_COLUMNS, "notat"], ","),
        activities_csv=as_csv([act], ACTIVITY_COLUMNS, "\t"), same_json=as_json(plain))  # fmt: skip
    return {f"faulty/{name}": content for name, content in files.items()}


def catalogues() -> dict[str, dict]:
    found = {p.stem: p.read_text("utf-8") for p in sorted((HERE / "source").glob("*.txt"))}
    amm = read(found["amm"])
    return {name: amm if name == "amm" else read(text, amm if name.startswith("amm-") else None)
            for name, text in found.items()}  # fmt: skip


def all_files() -> dict[str, bytes]:
    made = catalogues()
    files = {f"{name}.json": as_json(c).encode() for name, c in made.items()}
    files["lis1-fkm.goals.csv"] = as_csv(goal_rows(made["lis1-fkm"]), GOAL_COLUMNS).encode()
    files["lis1-fkm.activities.csv"] = as_csv(activity_rows(made["lis1-fkm"]), ACTIVITY_COLUMNS).encode()
    return files | faulty()


def main() -> int:
    wrong = []
    files = all_files()
    for name, content in files.items():
        path = HERE / name
        if "--check" in sys.argv[1:]:
            if not path.is_file() or path.read_bytes() != content:
                wrong.append(f"{name} differs from what make.py writes")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    print(*(wrong or [f"{len(files)} files"]), sep="\n")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
