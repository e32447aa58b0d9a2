"""A mail server for trials: takes every e-mail, delivers none, and shows them on a page and as JSON.

`GET /messages?to=&after=` lists (newest first; `after` is a message number), `GET /messages/{number}` gives one with
its plain text, HTML and links, `GET /` is for people. The last thousand are kept, in memory.
"""

import asyncio
import html
import re
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from typing import Any

import uvicorn
from aiosmtpd.smtp import SMTP
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

_KEPT = 1_000
_LINK = re.compile(r"https?://[^\s<>\"]+")


@dataclass(frozen=True)
class Caught:
    """An e-mail that was handed over."""

    number: int
    at: str
    to: list[str]
    sender: str
    subject: str
    message_id: str
    text: str
    html: str

    @property
    def links(self) -> list[str]:
        """The addresses in the plain text, in order."""
        return _LINK.findall(self.text)


class MailCatcher:
    """What was caught, and the SMTP handler that catches."""

    def __init__(self) -> None:
        self.caught: deque[Caught] = deque(maxlen=_KEPT)
        self._number = 0

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a message."""
        message = message_from_bytes(envelope.content, policy=policy.default)
        self._number += 1
        self.caught.appendleft(
            Caught(
                number=self._number,
                at=datetime.now(UTC).isoformat(),
                to=list(envelope.rcpt_tos),
                sender=str(message["From"] or envelope.mail_from),
                subject=str(message["Subject"] or ""),
                message_id=str(message["Message-ID"] or ""),
                text=_part(message, "plain"),
                html=_part(message, "html"),
            )
        )
        return "250 caught"

    def application(self) -> Starlette:
        """The page and the JSON."""
        return Starlette(
            routes=[
                Route("/", self._page),
                Route("/messages", self._list),
                Route("/messages/{number:int}", self._one),
                Route("/messages/{number:int}/html", self._html),
            ]
        )

    async def _list(self, request: Request) -> Response:
        to, after = request.query_params.get("to", "").lower(), request.query_params.get("after", "0")
        first = int(after) if after.isdigit() else 0
        found = [
            {key: value for key, value in asdict(mail).items() if key not in ("text", "html")}
            for mail in self.caught
            if mail.number > first and (not to or to in (address.lower() for address in mail.to))
        ]
        return JSONResponse(found)

    async def _one(self, request: Request) -> Response:
        mail = self._find(request)
        return JSONResponse({**asdict(mail), "links": mail.links}) if mail else _missing()

    async def _html(self, request: Request) -> Response:
        mail = self._find(request)
        if mail is None:
            return _missing()
        # Whatever the mail holds, it runs nothing and loads nothing here.
        return HTMLResponse(
            mail.html,
            headers={"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"},
        )

    async def _page(self, _request: Request) -> Response:
        rows = "".join(
            f"<tr><td>{html.escape(mail.at[:19].replace('T', ' '))}<td>{html.escape(', '.join(mail.to))}"
            f"<td><a href='/messages/{mail.number}/html'>{html.escape(mail.subject)}</a>"
            for mail in self.caught
        )
        return HTMLResponse(
            "<!doctype html><html lang=en><meta charset=utf-8><title>Caught e-mail</title>"
            "<style>body{font:16px system-ui;margin:2rem}td,th{text-align:left;padding:.3rem 1rem .3rem 0}</style>"
            f"<h1>Caught e-mail</h1><table><tr><th>Time (UTC)<th>To<th>Subject{rows or '<tr><td>None yet.'}</table>"
        )

    def _find(self, request: Request) -> Caught | None:
        number = request.path_params["number"]
        return next((mail for mail in self.caught if mail.number == number), None)


@asynccontextmanager
async def catching(host: str, smtp_port: int, http_port: int) -> AsyncIterator[tuple[MailCatcher, int, int]]:
    """A catcher at work; with its SMTP and its HTTP port (0 chooses a free one)."""
    catcher = MailCatcher()
    loop = asyncio.get_running_loop()
    smtp = await loop.create_server(partial(SMTP, catcher, enable_SMTPUTF8=True), host, smtp_port)
    http = uvicorn.Server(
        uvicorn.Config(catcher.application(), host=host, port=http_port, log_config=None, lifespan="off")
    )
    serving = asyncio.create_task(http._serve())
    try:
        while not http.started:
            if serving.done():
                serving.result()
                raise RuntimeError(f"nothing could be served on port {http_port}")
            await asyncio.sleep(0.01)
        yield catcher, smtp.sockets[0].getsockname()[1], http.servers[0].sockets[0].getsockname()[1]
    finally:
        http.should_exit = True
        smtp.close()
        await asyncio.gather(serving, return_exceptions=True)


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    return str(body.get_content()) if body is not None else ""


def _missing() -> Response:
    return JSONResponse({"status": 404, "code": "not_found"}, 404)
