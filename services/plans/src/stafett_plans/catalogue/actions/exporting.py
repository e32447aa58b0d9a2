"""Templates, goals and categories as they are read, and templates as files (PLN-499)."""

import io
import zipfile
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import quote

from fastapi import Response
from sqlalchemy import select

from stafett_chassis.auth import Caller
from stafett_chassis.http import Reading
from stafett_chassis.problems import Conflict, Forbidden, NotFound
from stafett_chassis.sql import Connection, Row, into_all
from stafett_contracts.ids import ExternalKey, GoalKey, GoalNumber
from stafett_contracts.vocabulary import (
    CarriedOutIn,
    Demand,
    DocumentationForm,
    LearningForm,
    PlanType,
    RequirementLevel,
    Role,
    Track,
)
from stafett_plans.catalogue.rules import writing
from stafett_plans.catalogue.rules.file import (
    Catalogue,
    FileActivity,
    FileGoal,
    FileReplacement,
    FileTemplate,
    FileTheme,
)
from stafett_plans.catalogue.rules.keys import goal_key
from stafett_plans.catalogue.schemas import CategoryView, GoalView, TemplateView, WholeTemplate
from stafett_plans.catalogue.store import templates
from stafett_plans.definitions.store import rights


async def _refuse_others(connection: Connection, caller: Caller, today: date, site_kind: str) -> None:
    """The catalogue is for administration; others meet its content in the plans they have."""
    may_read = rights.opens_administration(caller, today) | rights.holds(
        caller, today, Role.PLAN_STEWARD, *rights.central_roles(site_kind)
    )
    if not await connection.value(select(may_read)):
        raise Forbidden(
            "administrators_only", "Katalogen er for administratorer.", "The catalogue is for administrators."
        )


async def list_templates(read: Reading, site_kind: str) -> list[TemplateView]:
    """Every template."""
    await _refuse_others(read, read.caller, read.today, site_kind)
    return into_all(TemplateView, await templates.templates(read))


async def read_template(
    read: Reading, site_kind: str, code: str, track: Track | None, specialty: str | None
) -> WholeTemplate:
    """One template with everything in it."""
    await _refuse_others(read, read.caller, read.today, site_kind)
    return WholeTemplate(**await _whole(read, code, track, specialty))


async def _whole(read: Reading, code: str, track: Track | None, specialty: str | None) -> Row:
    found = await templates.matching(read, code, track.value if track else None, specialty)
    if not found:
        raise NotFound()
    if len(found) > 1:
        raise Conflict(
            "ambiguous_template",
            "Flere maler har denne koden. Oppgi løp og spesialitet.",
            "Several templates have this code. Give track and specialty.",
            templates=[{name: row[name] for name in ("code", "track", "specialty")} for row in found],
        )
    return await templates.whole(read, found[0]["template_id"])


async def export_template(
    read: Reading, site_kind: str, code: str, track: Track | None, specialty: str | None, form: str
) -> Response:
    """The template as JSON, or as the two CSV files in a zip archive; for HF, LIS HF and RHF admins."""
    roles = (Role.HF_ADMIN, Role.LIS_HF_ADMIN, Role.APPRENTICE_HF_ADMIN, *rights.central_roles(site_kind))
    if not await read.value(select(rights.holds(read.caller, read.today, *roles))):
        raise Forbidden(
            "export_not_allowed", "Du kan ikke eksportere maler.", "You may not export templates."
        )
    row = await _whole(read, code, track, specialty)
    catalogue = catalogue_of(row)
    name = f"{row['code']}-{row['specialty'] or row['track']}"
    if form == "json":
        return download(writing.to_json(catalogue), f"{name}.json", "application/json")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as files:
        files.writestr("goals.csv", writing.goals_csv(catalogue))
        files.writestr("activities.csv", writing.activities_csv(catalogue))
    return download(archive.getvalue(), f"{name}.zip", "application/zip")


def download(content: bytes, name: str, media_type: str) -> Response:
    """A file to be saved under `name`."""
    disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return Response(content, 200, {"content-disposition": disposition}, media_type)


def catalogue_of(row: Row) -> Catalogue:
    """A row of `templates.whole` as a file says it."""
    themes = row["themes"]
    return Catalogue(
        FileTemplate(
            row["code"], row["name"], PlanType(row["plan_type"]), Track(row["track"]), row["specialty"]
        ),
        [FileTheme(theme["code"], theme["name"], theme["order"]) for theme in themes],
        [_goal(goal, theme["code"]) for theme in themes for goal in theme["goals"]],
    )


def _goal(goal: Mapping[str, Any], theme: str) -> FileGoal:
    return FileGoal(
        0,
        GoalNumber(goal["number"]),
        GoalKey(goal["key"]),
        theme,
        goal["text"],
        goal["order"],
        CarriedOutIn(goal["carried_out_in"]),
        _day(goal["effective_from"]),
        _day(goal["withdrawn_from"]),
        [
            FileReplacement(GoalNumber(old["number"]), goal_key(old["number"]), Demand(old["demand"]))
            for old in goal["replaces"]
        ],
        [
            FileActivity(
                0,
                ExternalKey(each["key"]),
                RequirementLevel(each["level"]),
                each["name"],
                LearningForm(each["learning_form"]),
                DocumentationForm(each["documentation_form"]),
                each["description"],
                each["repetitions"],
                each["requires_signing"],
                each["category"],
            )
            for each in goal["activities"]
        ],
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


async def read_goal(read: Reading, site_kind: str, number: str) -> GoalView:
    """One goal, by its number in any spelling."""
    await _refuse_others(read, read.caller, read.today, site_kind)
    try:
        key = goal_key(number)
    except ValueError:
        raise NotFound() from None
    row = await templates.goal_page(read, key)
    if row is None:
        raise NotFound()
    same = (
        "type text carried_out_in effective_from withdrawn_from templates replaces replaced_by earlier_texts"
        " revision"
    ).split()
    return GoalView(number=row["goal_number"], key=key, **{name: row[name] for name in same})


async def list_categories(read: Reading, site_kind: str) -> list[CategoryView]:
    """The whole tree."""
    await _refuse_others(read, read.caller, read.today, site_kind)
    rows = await templates.categories(read)
    names = ("category_id", "parent_id", "name", "scope", "hf_id", "specialty", "revision")
    return [CategoryView(**{name: row[name] for name in names}) for row in rows]
