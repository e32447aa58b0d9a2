"""Small faulty HR files, one folder a case, for IDN-083 to IDN-085. Written and checked by make.py."""

import random
from datetime import date, timedelta

OTHER_HF = "XXX"


def faulty_files(as_of: date) -> dict[str, bytes]:
    """Path under faulty/ -> content."""
    from make import POSITION_COLUMNS, SEED, UNIT_COLUMNS, as_csv, as_json, national_id, pretty, snapshot

    rng, taken = random.Random(SEED + 3), set()
    made_on = as_of - timedelta(1)
    units = [
        dict(zip(UNIT_COLUMNS, values, strict=True))
        for values in (
            ("TST", "TST", "Prøvesykehuset HF", "hf", "", "F1"),
            ("TST-A", "TST", "Avdeling A", "department", "TST", ""),
            ("101", "TST", "A, leger", "cost_centre", "TST-A", ""),
            ("102", "TST", "A, sengepost", "cost_centre", "TST-A", ""),
        )
    ]
    ids = [national_id(date(1970 + n, 1 + n % 12, 1 + n % 28), "fm"[n % 2], rng, taken) for n in range(25)]

    def person(n: int, **changes: object) -> dict:
        row = {
            "object_id": f"F{n}", "national_id": ids[n - 1], "given_name": "Prøve", "family_name": f"Person {n}",
            "hf_code": "TST", "cost_centre": "101", "employment_id": f"E{n}", "title": "Overlege",
            "start_date": "2024-01-01", "percentage": 100, "job_code": "2103",
        }  # fmt: skip
        return {c: (row | changes).get(c, "") for c in POSITION_COLUMNS} | {
            c: v for c, v in changes.items() if c not in POSITION_COLUMNS
        }

    files: dict[str, bytes] = {}

    def put(case: str, expected: dict, positions: list[dict] | None = None, first: dict | None = None,
            raw: dict[str, bytes] | None = None, **manifest: object) -> None:  # fmt: skip
        if raw is None:
            made = manifest.pop("made_on", made_on)
            raw = {
                "snapshot.json": as_json(
                    snapshot(units, positions or [], f"faulty-{case}", made, ["TST"], **manifest)
                ).encode()
            }
        if first is not None:
            raw["first.json"] = as_json(first).encode()
        for name, content in raw.items():
            files[f"{case}/{name}"] = content
        files[f"{case}/expected.json"] = pretty(expected).encode()

    def refused(code: str, **more: object) -> dict:
        return {"outcome": "refused", "code": code, **more}

    def applied(errors: list[tuple], warnings: list[tuple] = ()) -> dict:
        def rows(findings: list[tuple]) -> list[dict]:
            return [{"file": "positions", "row": r, "field": f, "code": c} for r, f, c in findings]

        return {"outcome": "applied", "errors": rows(errors), "warnings": rows(warnings)}

    good = [person(1), person(2)]
    whole = as_json(snapshot(units, good, "faulty-malformed", made_on)).encode()

    # The whole file is refused (IDN-083)
    def pair(case: str, expected: dict, positions: bytes, rows: int = 2) -> None:
        head = snapshot(units, [], f"faulty-{case}", made_on, rows={"units": len(units), "positions": rows})[
            "manifest"
        ]
        put(case, expected, raw={"manifest.json": pretty(head).encode(),
                                 "units.csv": as_csv(units, UNIT_COLUMNS).encode(), "positions.csv": positions})  # fmt: skip

    csv_good = as_csv(good, POSITION_COLUMNS)
    put("file-malformed-json", refused("malformed"), raw={"snapshot.json": whole[:-40]})
    put("file-malformed-no-manifest", refused("malformed"),
        raw={"snapshot.json": b'{"units": [],\n"positions": []}\n'})  # fmt: skip
    pair(
        "file-malformed-csv",
        refused("malformed"),
        csv_good.replace(";Overlege;", ";Overlege;for;mange;felt;", 1).encode(),
    )
    pair("file-malformed-not-utf8", refused("malformed"), csv_good.encode("latin-1"))
    without = [c for c in POSITION_COLUMNS if c != "employment_id"]
    pair("file-missing-column", refused("missing_column", file="positions", field="employment_id"),
         as_csv([{c: r[c] for c in without} for r in good], without).encode())  # fmt: skip
    put("file-row-count", refused("row_count_mismatch", file="positions"), good,
        rows={"units": len(units), "positions": 3})  # fmt: skip
    put("file-older-than-applied", refused("older_than_applied"), good, made_on=made_on - timedelta(7),
        first=snapshot(units, good, "faulty-newer", made_on, ["TST"]))  # fmt: skip
    put("file-too-many-errors", refused("too_many_errors"),
        [person(n, start_date="2024-13-01" if n > 4 else "2024-01-01") for n in range(1, 26)])  # fmt: skip

    # A row is refused (IDN-084); row 1 stays good
    def row(code: str, field: str, case: str = "", **changes: object) -> None:
        put(
            f"row-{case or code}".replace("_", "-"),
            applied([(2, field, code)]),
            [person(1), person(2, **changes)],
        )

    row("missing_field", "family_name", family_name="")
    row("bad_date", "start_date", start_date="31.02.2024")
    row("end_before_start", "end_date", end_date="2023-12-31")
    row("unknown_cost_centre", "cost_centre", cost_centre="999")
    row("unknown_cost_centre", "cost_centre", case="cost_centre_is_a_department", cost_centre="TST-A")
    row("hf_not_in_manifest", "hf_code", hf_code=OTHER_HF)
    row("bad_national_id", "national_id", national_id=ids[1][:10] + str((int(ids[1][10]) + 1) % 10))
    row("bad_national_id", "national_id", case="bad_national_id_date", national_id="30822512345")
    row("bad_hpr", "hpr_number", hpr_number="12345")
    row("bad_percentage", "percentage", percentage=101)
    put("row-duplicate-employment",
        applied([(2, "employment_id", "duplicate_employment"), (3, "employment_id", "duplicate_employment")]),
        [person(1), person(2), person(2, percentage=50)])  # fmt: skip
    put("row-person-mismatch", applied([(2, "national_id", "person_mismatch")]),
        [person(1), person(2, national_id=ids[20])],
        first=snapshot(units, good, "faulty-known", made_on - timedelta(1), ["TST"]))  # fmt: skip
    put("row-duplicate-person",
        applied([(2, "national_id", "duplicate_person"), (3, "national_id", "duplicate_person")]),
        [person(1), person(2), person(3, national_id=ids[1])])  # fmt: skip
    put("row-several-faults",
        applied([(2, "title", "missing_field"), (2, "start_date", "bad_date"), (2, "percentage", "bad_percentage"),
                 (3, "hpr_number", "bad_hpr")]),
        [person(1), person(2, title="", start_date="i går", percentage=-5), person(3, hpr_number="99X000001")])  # fmt: skip

    # Warnings (IDN-085): every row is used
    def warned(case: str, warnings: list[tuple], positions: list[dict]) -> None:
        put(f"warning-{case}", applied([], warnings), positions)

    warned(
        "unknown-column",
        [(None, "favourite_colour", "unknown_column")],
        [person(1), person(2, favourite_colour="blå")],
    )
    warned("duplicate-row", [(3, None, "duplicate_row")], [person(1), person(2), person(2)])
    warned(
        "unknown-leader",
        [(2, "leader_object_id", "unknown_leader")],
        [person(1), person(2, leader_object_id="F99")],
    )
    warned(
        "self-leader", [(2, "leader_object_id", "self_leader")], [person(1), person(2, leader_object_id="F2")]
    )
    warned("leader-cycle", [(2, "leader_object_id", "leader_cycle"), (3, "leader_object_id", "leader_cycle")],
           [person(1), person(2, leader_object_id="F3"), person(3, leader_object_id="F2")])  # fmt: skip
    warned("missing-hpr", [(2, "hpr_number", "missing_hpr")],
           [person(1), person(2, title="LIS1-lege", job_code="2115", track="lis1")])  # fmt: skip
    warned("end-date-passed", [(2, "end_date", "end_date_passed")],
           [person(1), person(2, end_date=(as_of - timedelta(61)).isoformat())])  # fmt: skip
    return files
