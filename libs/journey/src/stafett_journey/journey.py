"""The main job, played through HTTP alone, as the persons themselves.

One trainee's learning goes the whole way: imported from a master-data file, given plans made from an imported goal
catalogue, documenting activities, having them signed, a goal approved, everybody concerned told within a moment; and
when she starts in a municipality, what she did is there.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stafett_journey.traveller import Traveller

Urls = Callable[[str], str]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Operator:
    """Who runs a site: the first person with a role there (invented, synthetic national id)."""

    given_name: str
    family_name: str
    national_id: str

    @property
    def name(self) -> str:
        """The name shown."""
        return f"{self.given_name} {self.family_name}"


OPERATORS = {
    "hkv": Operator("Solfrid", "Nordvåg", "14837141320"),
    "kom": Operator("Jon Ánde", "Sara", "02916830591"),
}


@dataclass(frozen=True)
class Installation:
    """Where the two sites answer, where e-mail ends up, and the example files to use."""

    hospital: Urls
    municipal: Urls
    mail_url: str
    examples: Path

    def read(self, *parts: str) -> bytes:
        """An example file."""
        return self.examples.joinpath(*parts).read_bytes()


class StepFailed(Exception):
    """A step did not hold; the message says which and why."""


@dataclass(frozen=True)
class Played:
    """A step that held, and how long it took."""

    text: str
    seconds: float


class Journey:
    """What the steps share: who is who, and what has been made so far."""

    def __init__(self, installation: Installation, say: Say) -> None:
        self.at = installation
        self.played: list[Played] = []
        self.known: dict[str, Any] = {}
        self._say = say
        self._open = AsyncExitStack()
        personas = json.loads(installation.read("hr", "personas.json"))
        self.people = {one["key"]: one for one in personas["hospital"]}
        self.registrations = {one["key"]: one for one in personas["municipal"]["registrations"]}

    async def close(self) -> None:
        """Let go of every connection."""
        await self._open.aclose()

    @asynccontextmanager
    async def step(self, text: str) -> AsyncIterator[None]:
        """One step: a line with the time it took, or `StepFailed`."""
        started = time.perf_counter()
        try:
            yield
        except Exception as error:
            raise StepFailed(f"{text}: {error}") from error
        seconds = time.perf_counter() - started
        self.played.append(Played(text, seconds))
        self._say(f"  {len(self.played):2}  {text:<86} {seconds:6.2f} s")

    async def traveller(self, name: str, urls: Urls) -> Traveller:
        """A new browser."""
        traveller = Traveller(name, urls)
        self._open.push_async_callback(traveller.close)
        return traveller

    async def log_in(
        self, urls: Urls, given_name: str, family_name: str, unit: str | None = None
    ) -> Traveller:
        """A demo person logged in, acting from the only position or the one at `unit` (part of its name)."""
        name = f"{given_name} {family_name}"
        traveller = await self.traveller(name, urls)
        found = await traveller.get("identity", "/login/demo", q=name)
        person = next((one for one in found["items"] if one["name"] == name), None)
        if person is None:
            raise LookupError(f"{name} is no demo person here")
        login = await traveller.post("identity", "/login/demo", {"person_id": person["person_id"]})
        await self.act_from(traveller, login, unit)
        return traveller

    async def act_from(self, traveller: Traveller, login: Any, unit: str | None = None) -> None:
        """Choose what to act from, where there is a choice, and get a token for it."""
        if login["state"] == "choose":
            options = login["session"]["options"]
            option = next((one for one in options if unit and unit in one["unit_name"]), options[0])
            await traveller.post("identity", "/session/option", {"option_id": option["option_id"]})
        token = await traveller.post("identity", "/session/token")
        traveller.carry(token["access_token"])
        traveller.session = await traveller.get("identity", "/session")

    async def persona(self, key: str) -> Traveller:
        """A hospital persona, logged in at the hospital's site."""
        if key not in self.known:
            who = self.people[key]
            self.known[key] = await self.log_in(self.at.hospital, who["given_name"], who["family_name"])
        found: Traveller = self.known[key]
        return found


async def play(installation: Installation, say: Say) -> list[Played]:
    """Play the whole journey; the steps with their times. Raises `StepFailed` at the first that does not hold."""
    from stafett_journey import hospital, municipality

    journey = Journey(installation, say)
    try:
        await hospital.play(journey)
        await municipality.play(journey)
        await hospital.mail_received(journey)
    finally:
        await journey.close()
    return journey.played


def play_once(installation: Installation, say: Say) -> list[Played]:
    """`play`, for callers without an event loop."""
    return asyncio.run(play(installation, say))
