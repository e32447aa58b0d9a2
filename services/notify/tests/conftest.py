"""Notify on a real database, with a real mail server, and people to tell about."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from stafett_chassis.clock import SetClock
from stafett_chassis.migrate import upgrade
from stafett_contracts import identity
from stafett_contracts.event import Event
from stafett_contracts.vocabulary import (
    Language,
    Origin,
    Track,
)
from stafett_notify.app import service
from stafett_notify.mail.sender import Sender
from stafett_testing.mail import MailServer
from stafett_testing.people import Person as Somebody
from stafett_testing.people import Position, World
from stafett_testing.service import ServiceUnderTest, service_under_test
from stafett_testing.tidings import Tidings


@pytest.fixture(scope="session")
def notify_template(databases: Any) -> str:
    async def migrate(url: str) -> None:
        await upgrade(service.package, url)

    name: str = databases.template("notify", migrate)
    return name


@pytest.fixture
def database(new_database: Any, notify_template: str) -> str:
    url: str = new_database(notify_template)
    return url


@pytest.fixture
def clock() -> SetClock:
    """Tuesday 1 December 2026, 10:00 in Norway."""
    return SetClock(datetime(2026, 12, 1, 9, tzinfo=UTC))


Start = Callable[..., AbstractAsyncContextManager[ServiceUnderTest]]


@pytest.fixture
def start(database: str, clock: SetClock, smtp: MailServer) -> Start:
    """Starts a process of notify; several share the database and the mail server."""

    @asynccontextmanager
    async def begin(**settings: Any) -> AsyncIterator[ServiceUnderTest]:
        values: dict[str, Any] = {
            "smtp_host": smtp.host,
            "smtp_port": smtp.port,
            "smtp_timeout_seconds": 1,
            "mail_allow_list": ".example",
            "public_url": "https://portal.example",
            "mail_from": "ikke-svar@portal.example",
            **settings,
        }
        async with service_under_test(service, database, clock=clock, **values) as under_test:
            yield under_test

    return begin


@pytest.fixture
async def notify(start: Start) -> AsyncIterator[ServiceUnderTest]:
    async with start() as under_test:
        yield under_test


class Scene(Tidings):
    """A ward with people, what other services tell of them, and what they see."""

    def __init__(self, notify: ServiceUnderTest, clock: SetClock) -> None:
        super().__init__(clock)
        self.clock: SetClock = clock
        self.notify = notify
        self.world = World()
        self.hf = self.world.unit("Havnes sykehus")
        self.ward = self.world.unit("Medisinsk sengepost", parent=self.hf)
        self.boss = self.world.person("Torbjørn", "Engeskår").at(self.ward)
        self.kari = self.world.person("Kari", "Hansen").at(self.ward, track=Track.LIS1, leader=self.boss)
        self.per = self.world.person("Per", "Ås").at(self.ward, leader=self.boss)

    async def begin(self, *, language: Language = Language.NB, silent: bool = True) -> None:
        """Tell notify of everybody and of their addresses."""
        origin = Origin.INITIAL_LOAD if silent else Origin.USER
        await self.notify.deliver(*self.world.news(), origin=origin)
        for position in (self.boss, self.kari, self.per):
            await self.has_address(position.person, language=language)

    async def news(self) -> None:
        """Tell notify what has happened in the world since."""
        await self.notify.deliver(*self.world.news())

    async def has_address(
        self, person: Somebody, address: str | None = "", language: Language = Language.NB
    ) -> None:
        """Give a person an e-mail address (by default first name at post.example)."""
        if address == "":
            address = f"{person.given_name.lower()}@post.example".replace("ø", "o").replace("å", "a")
        key = UUID(int=person.person_id.int ^ 3)
        await self.notify.deliver(
            identity.PersonContactChanged(
                revision=self.next(key), person_id=person.person_id, email=address, language=language
            )
        )

    # what people see

    async def home(self, position: Position, **login: Any) -> dict[str, Any]:
        """The cards of a person by name, each with its number."""
        answer = await self.notify.client(position, **login).get("/me/home")
        assert answer.status_code == 200, answer.text
        return {card["card"]: card["count"] for group in answer.json()["groups"] for card in group["cards"]}

    async def lines(self, position: Position, card: str, **login: Any) -> list[str]:
        """The Norwegian lines of a card, newest first."""
        return [one["text"]["nb"] for one in await self.alerts(position, card, **login)]

    async def alerts(self, position: Position, card: str, **login: Any) -> list[dict[str, Any]]:
        """The alerts of a card."""
        answer = await self.notify.client(position, **login).get(f"/me/cards/{card}/alerts")
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    async def stored(self, type_key: str) -> list[dict[str, Any]]:
        """The alerts of a type as they are stored, oldest first."""
        rows = await self.notify.runtime.database.pool.fetch(
            "select * from alert where type = $1 order by created_at, alert_id", type_key
        )
        return [dict(row) for row in rows]

    async def hand_over(self, *, after: timedelta | None = timedelta(seconds=61)) -> int:
        """Let time pass and hand over the e-mails due; how many were claimed."""
        if after:
            self.clock.moment += after
        return await Sender(self.notify.runtime).hand_over_due()

    async def mails(self) -> list[tuple[str, str]]:
        """Key and state of every e-mail there is, in the order they were made."""
        rows = await self.notify.runtime.database.pool.fetch(
            "select keys[1] as key, state from mail order by created_at, mail_id"
        )
        return [(row["key"], row["state"]) for row in rows]

    def client(self, position: Position, **login: Any) -> httpx.AsyncClient:
        """A client logged in from a position."""
        return self.notify.client(position, **login)

    async def deliver(self, *events: Event, **envelope: Any) -> None:
        """Bring events in; none may be held back."""
        await self.notify.deliver(*events, **envelope)
        assert await self.notify.held() == []
        assert await self.notify.held("dead") == []


@pytest.fixture
async def scene(notify: ServiceUnderTest, clock: SetClock) -> Scene:
    scene = Scene(notify, clock)
    await scene.begin()
    return scene


@pytest.fixture
def make_scene(clock: SetClock) -> Callable[[ServiceUnderTest], Scene]:
    """A scene on another process than `notify`."""
    return lambda under_test: Scene(under_test, clock)
