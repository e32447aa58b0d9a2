"""Whether a catalogue file agrees with itself and with the catalogue (PLN-491 and PLN-492)."""

from collections.abc import Iterator, Mapping

from stafett_contracts.ids import ExternalKey, GoalKey
from stafett_contracts.vocabulary import GoalType, PlanType, RequirementLevel
from stafett_plans.catalogue.rules.file import Catalogue, FileActivity, FileGoal
from stafett_plans.catalogue.rules.findings import Findings
from stafett_plans.catalogue.rules.known import Known, KnownGoal


def check(catalogue: Catalogue, known: Known, found: Findings) -> None:
    """Note every error and warning that is not a single value's."""
    _check_numbers(catalogue, found)
    _check_themes(catalogue, found)
    _check_replacements(catalogue, known, found)
    for goal in catalogue.goals:
        _check_against_known(goal, catalogue, known, found)
    _check_activities(catalogue, known, found)
    _warn(catalogue, known, found)


def goal_type(catalogue: Catalogue) -> GoalType:
    """What kind of goals the file holds."""
    competence = catalogue.template is not None and catalogue.template.plan_type is PlanType.COMPETENCE_GOAL
    return GoalType.COMPETENCE if competence else GoalType.LEARNING


def _check_numbers(catalogue: Catalogue, found: Findings) -> None:
    seen: dict[GoalKey, FileGoal] = {}
    for goal in catalogue.goals:
        earlier = seen.setdefault(goal.key, goal)
        if earlier is not goal:
            code = "duplicate_number" if earlier.text == goal.text else "number_with_two_texts"
            found.error(code, "goals", goal.row, catalogue.columns.number, goal.number)


def _check_themes(catalogue: Catalogue, found: Findings) -> None:
    codes = {theme.code for theme in catalogue.themes}
    for goal in catalogue.goals:
        if goal.theme not in codes:
            found.error("unknown_theme", "goals", goal.row, catalogue.columns.theme, goal.theme)


def _check_replacements(catalogue: Catalogue, known: Known, found: Findings) -> None:
    rows = {goal.key: goal for goal in catalogue.goals}
    replaces: dict[GoalKey, set[GoalKey]] = {key: set(old) for key, old in known.replacements.items()}
    for goal in catalogue.goals:
        replaces.setdefault(goal.key, set()).update(old.key for old in goal.replaces if old.key != goal.key)
    for goal in catalogue.goals:
        for old in goal.replaces:
            if old.key == goal.key:
                found.error("replaces_itself", "goals", goal.row, "replaces", old.number)
            elif old.key not in rows and old.key not in known.goals:
                found.error("replaces_unknown", "goals", goal.row, "replaces", old.number)
            elif goal.key in _all_replaced_by(old.key, replaces):
                found.error("replaces_in_circle", "goals", goal.row, "replaces", old.number)


def _all_replaced_by(goal: GoalKey, replaces: Mapping[GoalKey, set[GoalKey]]) -> Iterator[GoalKey]:
    """The goals that `goal` replaces, and those they replace, and so on."""
    seen: set[GoalKey] = set()
    waiting = [goal]
    while waiting:
        for old in replaces.get(waiting.pop(), ()):
            if old not in seen:
                seen.add(old)
                waiting.append(old)
                yield old


def _check_against_known(goal: FileGoal, catalogue: Catalogue, known: Known, found: Findings) -> None:
    before = known.goals.get(goal.key)
    new_here = before is None or before.theme is None
    in_use = known.template is not None and known.template.in_use
    if new_here and in_use and goal.effective_from is None:  # PLN-494
        found.error("effective_date_required", "goals", goal.row, "effective_from")
    if before is None:
        return
    if before.type is not goal_type(catalogue):
        found.error("number_of_other_type", "goals", goal.row, catalogue.columns.number, goal.number)
    ended = before.withdrawn_from is not None and before.withdrawn_from <= known.today
    if ended and goal.withdrawn_from != before.withdrawn_from:  # PLN-493
        found.error("withdrawn_number_reused", "goals", goal.row, catalogue.columns.number, goal.number)


def _check_activities(catalogue: Catalogue, known: Known, found: Findings) -> None:
    seen: dict[ExternalKey, FileActivity] = {}
    for goal in catalogue.goals:
        before = known.goals.get(goal.key)
        for activity in goal.activities:
            earlier = seen.setdefault(activity.key, activity)
            if earlier.content() != activity.content():
                found.error("key_with_two_contents", "activities", activity.row, "key", activity.key)
            elif earlier is activity:
                _check_activity(activity, known, found)
            if _is_new_regional(activity, before):  # PLN-221
                found.error("regional_activity_in_use", "activities", activity.row, "key", activity.key)


def _check_activity(activity: FileActivity, known: Known, found: Findings) -> None:
    homes = known.categories.get(activity.category, ())
    if len(homes) != 1:
        code = "ambiguous_category" if homes else "unknown_category"
        found.error(code, "activities", activity.row, "category", activity.category)
    before = known.activities.get(activity.key)
    if before is not None and before.level is not activity.level:
        found.error("key_of_other_activity", "activities", activity.row, "key", activity.key)


def _is_new_regional(activity: FileActivity, before: KnownGoal | None) -> bool:
    return (
        activity.level is RequirementLevel.REGIONAL
        and before is not None
        and before.in_local_plan
        and activity.key not in before.activities
    )


def _warn(catalogue: Catalogue, known: Known, found: Findings) -> None:
    texts = {goal.text: key for key, goal in known.goals.items()}
    rows = {goal.key for goal in catalogue.goals}
    for goal in catalogue.goals:
        twin = texts.setdefault(goal.text, goal.key)
        takes_over = {old.key for old in goal.replaces}
        if twin != goal.key and twin not in takes_over:
            found.warn("same_text", "goals", goal.row, catalogue.columns.text, goal.number)
        if goal.effective_from is not None and goal.effective_from < known.today:
            found.warn("effective_in_past", "goals", goal.row, "effective_from", goal.effective_from)
        if not goal.activities:
            found.warn("goal_without_activities", "goals", goal.row, "activities", goal.number)
        before = known.goals.get(goal.key)
        if before is not None and before.key in known.begun and before.text != goal.text:
            found.warn("text_changed_in_use", "goals", goal.row, catalogue.columns.text, goal.number)
    taken_over = {old.key for goal in catalogue.goals for old in goal.replaces}
    missing = [
        goal.number
        for goal in known.in_template()
        if goal.key not in rows | taken_over and not goal.replaced and goal.withdrawn_from is None
    ]
    if missing:
        found.warn("goals_missing", "goals", None, catalogue.columns.number, ", ".join(missing))
