"""A person at a browser, as far as HTTP goes: cookies, tokens, problem documents, server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from uuid import uuid4

import httpx

T = TypeVar("T")
_PATIENCE = 30.0


class Refused(Exception):
    """A request was answered with something else than expected."""

    def __init__(self, method: str, path: str, response: httpx.Response) -> None:
        super().__init__(f"{method} {path}: {response.status_code} {response.text[:600]}")
        self.status = response.status_code
        self.response = response


class Traveller:
    """One person's session at one site, from log-in on.

    `urls` answers with the base address of a service, so that the same journey runs through a gateway and against
    services on ports of their own.
    """

    def __init__(self, name: str, urls: Callable[[str], str]) -> None:
        self.name = name
        self._urls = urls
        self._http = httpx.AsyncClient(timeout=30, headers={"accept-language": "nb"})
        self._token: str | None = None
        self.session: dict[str, Any] = {}

    @property
    def person_id(self) -> str:
        """Who is logged in."""
        return str(self.session["person"]["person_id"])

    @property
    def position_id(self) -> str:
        """The position acted from."""
        return str(self.session["option"]["position_id"])

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    def carry(self, token: str) -> None:
        """Send `token` along from now on."""
        self._token = token

    async def get(self, service: str, path: str, **params: Any) -> Any:
        """The JSON at `path` of `service`."""
        return await self.call(
            "GET", service, path, params={k: v for k, v in params.items() if v is not None}
        )

    async def post(self, service: str, path: str, body: Any = None, **options: Any) -> Any:
        """Post `body` as JSON; repeated once with the same key when the connection breaks."""
        options.setdefault("headers", {})["idempotency-key"] = str(uuid4())
        if body is not None:
            options["json"] = body
        return await self.call("POST", service, path, **options)

    async def put(self, service: str, path: str, body: Any, version: int | str = "*") -> Any:
        """Put `body` as JSON, based on `version`."""
        headers = {"idempotency-key": str(uuid4()), "if-match": str(version)}
        return await self.call("PUT", service, path, json=body, headers=headers)

    async def call(self, method: str, service: str, path: str, **options: Any) -> Any:
        """Any request. A server that is away or answers 502/503 is asked again for half a minute.

        Asking again is safe: reading changes nothing and every change carries an idempotency key. Raises `Refused`
        for an answer that is no success.
        """
        headers = dict(options.pop("headers", {}))
        if self._token:
            headers["authorization"] = f"Bearer {self._token}"
        url = f"{self._urls(service)}/api/{service}{path}"
        response = await self._patiently(lambda: self._http.request(method, url, headers=headers, **options))
        if response.is_success:
            is_json = response.headers.get("content-type", "").startswith("application/json")
            return response.json() if is_json and response.content else response.content
        raise Refused(method, url, response)

    async def _patiently(self, send: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
        loop = asyncio.get_running_loop()
        ends = loop.time() + _PATIENCE
        while True:
            try:
                response = await send()
                if response.status_code not in (502, 503) or loop.time() > ends:
                    return response
            except httpx.TransportError:
                if loop.time() > ends:
                    raise
            await asyncio.sleep(0.2)

    @asynccontextmanager
    async def listening(self, service: str, path: str) -> AsyncIterator["Stream"]:
        """The server-sent events at `path`, gathered while the block runs."""
        stream = Stream()
        url = f"{self._urls(service)}/api/{service}{path}"
        headers = {"authorization": f"Bearer {self._token}", "accept": "text/event-stream"}

        async def gather() -> None:
            async with self._http.stream("GET", url, headers=headers, timeout=None) as response:
                if not response.is_success:
                    await response.aread()
                    raise Refused("GET", url, response)
                stream.opened.set()
                kind, lines = "message", []
                async for line in response.aiter_lines():
                    if line.startswith("event:"):
                        kind = line[6:].strip()
                    elif line.startswith("data:"):
                        lines.append(line[5:].strip())
                    elif not line and lines:
                        stream.add(kind, json.loads("\n".join(lines)))
                        kind, lines = "message", []

        task = asyncio.create_task(gather())
        try:
            opened = asyncio.create_task(stream.opened.wait())
            await asyncio.wait({task, opened}, timeout=10, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                task.result()
            yield stream
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


class Stream:
    """What has come over a stream of server-sent events."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.events: list[tuple[str, Any]] = []
        self._news = asyncio.Event()

    def add(self, kind: str, content: Any) -> None:
        """Note an event."""
        self.events.append((kind, content))
        self._news.set()

    async def wait_for(self, kind: str, seconds: float = 15) -> Any:
        """The content of the first event of `kind`. Raises `TimeoutError`."""
        async with asyncio.timeout(seconds):
            while True:
                for found, content in self.events:
                    if found == kind:
                        return content
                self._news.clear()
                await self._news.wait()


async def once_allowed(look: Callable[[], Awaitable[T]], seconds: float = 60) -> T:
    """What `look` gives once a right given, or a thing made, a moment ago has reached the service that is asked."""
    return await until(look, lambda _: True, "allowed", seconds)


async def until(
    look: Callable[[], Awaitable[T]], right: Callable[[T], bool], what: str, seconds: float = 60
) -> T:
    """What `look` gives once it is `right`; asked again and again, since services tell one another in the background.

    A refusal for lack of a right, or of the thing, counts as not yet. Raises `AssertionError` with the last look, or
    the last `Refused`, when the time is up.
    """
    ends = asyncio.get_running_loop().time() + seconds
    while True:
        late = asyncio.get_running_loop().time() > ends
        try:
            found = await look()
        except Refused as refused:
            if refused.status not in (403, 404) or late:
                raise
        else:
            if right(found):
                return found
            if late:
                seen = json.dumps(found, default=str)[:800]
                raise AssertionError(f"{what}: not within {seconds:.0f} s; last seen: {seen}")
        await asyncio.sleep(0.1)
