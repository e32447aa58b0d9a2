from typing import Any

import httpx
import pytest

from stafett_testing.people import Position

ANY = {"if-match": "*"}


class Editor:
    """Somebody at work in Administer plans; what is refused fails the test unless it is asked for as `raw`."""

    def __init__(self, hospital: Any, position: Position, categories: dict[str, Any], **session: Any) -> None:
        self.hospital = hospital
        self.raw: httpx.AsyncClient = hospital.plans.client(position, **session)
        self.category = str(categories["Felles kompetansemål"])

    def named(self, name: str) -> str:
        """A name a plan of the trust may have."""
        return f"{self.hospital.short_name} – {name}"

    def body(self, name: str = "Kurs", /, **values: Any) -> dict[str, Any]:
        """A new competence plan for the ward."""
        return {
            "type": "competence",
            "unit_id": str(self.hospital.ward.unit_id),
            "name": self.named(name),
            "completion": "automatic",
            **values,
        }

    def content(self, name: str = "Håndhygiene", /, **values: Any) -> dict[str, Any]:
        """A requirement that may be published."""
        return {
            "name": name,
            "learning_form": "course",
            "documentation_form": "self_registration",
            "category_id": self.category,
            **values,
        }

    async def plan(self, name: str = "Kurs", /, **values: Any) -> Any:
        """A new competence plan with one section."""
        made = await self.post("/plans", self.body(name, **values))
        return await self.post(f"/plans/{made['head']['plan_id']}/sections", {"name": "Smittevern"})

    async def item(self, plan: Any, name: str = "Håndhygiene", **values: Any) -> Any:
        """A new requirement in the plan's first section; the item."""
        shown = await self.post(
            f"/plans/{plan['head']['plan_id']}/items",
            {"section_id": plan["sections"][0]["section_id"], "new": self.content(name, **values)},
        )
        return next(item for item in shown["items"] if item["name"] == name)

    async def published(self, plan: Any, name: str = "Håndhygiene", **values: Any) -> Any:
        """A published, inactive requirement in the plan's first section; the item."""
        item = await self.item(plan, name, **values)
        await self.post(f"/requirements/{item['requirement_id']}/publish", headers=ANY)
        return item

    async def active(self, plan: Any, name: str = "Håndhygiene", **values: Any) -> Any:
        """A published, active requirement in the plan's first section; the item."""
        item = await self.published(plan, name, **values)
        await self.post(f"/plans/{plan['head']['plan_id']}/items/{item['item_id']}/activate")
        return item

    async def shown(self, plan: Any) -> Any:
        """The plan as it is now."""
        return await self.get(f"/plans/{plan['head']['plan_id']}")

    async def version(self, plan: Any) -> str | None:
        """The plan's version."""
        found: str | None = (await self.shown(plan))["head"]["version"]
        return found

    async def get(self, path: str, **params: Any) -> Any:
        return self._taken(await self.raw.get(path, params=params))

    async def post(self, path: str, body: Any = None, headers: Any = None) -> Any:
        return self._taken(await self.raw.post(path, json=body, headers=headers))

    async def put(self, path: str, body: Any) -> Any:
        return self._taken(await self.raw.put(path, json=body, headers=ANY))

    async def patch(self, path: str, body: Any) -> Any:
        return self._taken(await self.raw.patch(path, json=body, headers=ANY))

    async def delete(self, path: str) -> Any:
        return self._taken(await self.raw.delete(path))

    async def roles(self, plan: Any, owner: Position, responsible: Position) -> Any:
        """Set document owner and responsible."""
        return await self.put(
            f"/plans/{plan['head']['plan_id']}/document-roles",
            {
                "document_owner_id": str(owner.person_id),
                "document_responsible_id": str(responsible.person_id),
            },
        )

    async def refused(self, path: str, body: Any = None, method: str = "POST", headers: Any = ANY) -> str:
        """The code of the refusal; for invalid fields `field: code`, sorted."""
        answer = await self.raw.request(method, path, json=body, headers=headers)
        assert answer.status_code >= 400, answer.text
        problem = answer.json()
        faults = sorted(f"{fault['field']}: {fault['code']}" for fault in problem.get("errors", ()))
        return ", ".join(faults) or f"{answer.status_code} {problem['code']}"

    @staticmethod
    def _taken(answer: httpx.Response) -> Any:
        assert answer.status_code < 300, answer.text
        return answer.json()


@pytest.fixture
async def editor_of(hospital: Any) -> Any:
    categories = await hospital.categories()

    def editor(position: Position, **session: Any) -> Editor:
        return Editor(hospital, position, categories, **session)

    return editor


@pytest.fixture
async def leader(hospital: Any, editor_of: Any) -> Any:
    return editor_of(hospital.leader)
