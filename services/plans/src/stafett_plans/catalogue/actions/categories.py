"""Making categories (PLN-205, PLN-206, PLN-208)."""

from sqlalchemy import func, insert, select

from stafett_chassis.directory.tables import unit
from stafett_chassis.problems import Conflict, Fault, Forbidden, Invalid
from stafett_chassis.work import Work
from stafett_contracts.ids import new_id
from stafett_contracts.vocabulary import Role
from stafett_plans.catalogue.actions import log
from stafett_plans.catalogue.schemas import CategoryBody, CategoryView
from stafett_plans.catalogue.store import category
from stafett_plans.catalogue.store.imports import raise_revision
from stafett_plans.definitions.store import rights


async def create_category(work: Work, asked: CategoryBody) -> CategoryView:
    """HF admin in the trust's own tree; RHF admin in the region's and the specialties'."""
    await _refuse_others(work, asked)
    if asked.parent_id is not None:
        parent = await work.maybe(select(category).where(category.c.category_id == asked.parent_id))
        if parent is None or parent["hf_id"] != asked.hf_id:
            raise Invalid(
                [Fault("parent_id", "unknown_category", "Kategorien finnes ikke.", "There is no such category.")]
            )  # fmt: skip
    taken = await work.value(
        select(category.c.category_id).where(
            category.c.hf_id.is_not_distinct_from(asked.hf_id),
            category.c.parent_id.is_not_distinct_from(asked.parent_id),
            func.lower(category.c.name) == func.lower(asked.name),
        )
    )
    if taken is not None:
        raise Conflict(
            "name_taken", "Navnet er brukt her.", "The name is used here already.", category_id=taken
        )
    category_id = new_id()
    values = {name: getattr(asked, name) for name in ("parent_id", "name", "scope", "hf_id", "specialty")}
    await work.run(insert(category).values(category_id=category_id, purpose="none", revision=1, **values))
    await log.note(work, "category", category_id, "created", {"name": (None, asked.name)})
    await raise_revision(work)
    return CategoryView(category_id=category_id, revision=1, **values)


async def _refuse_others(work: Work, asked: CategoryBody) -> None:
    of_trust = asked.scope == "trust"
    if of_trust is (asked.hf_id is None):
        raise Invalid(
            [Fault("hf_id", "scope", "Foretak skal oppgis bare for foretakets tre.", "A trust goes with scope trust only.")]
        )  # fmt: skip
    if of_trust:
        trusts = rights.trusts(work.caller, work.today, Role.HF_ADMIN)
        may = select(unit.c.unit_id).where(unit.c.unit_id == asked.hf_id, unit.c.hf_id.in_(trusts))
    else:
        may = select(rights.holds(work.caller, work.today, *rights.central_roles(work.site_kind)))
    if not await work.value(may):
        raise Forbidden(
            "category_not_yours", "Du kan ikke endre dette treet.", "You may not change this tree."
        )
