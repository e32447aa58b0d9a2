"""A real SMTP server for tests that collects what it gets and misbehaves on request."""

from __future__ import annotations

import asyncio
import email.policy
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any, TypeVar, cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from stafett_testing.waiting import find_free_port

T = TypeVar("T")


@dataclass(frozen=True)
class ReceivedMail:
    """One accepted message: its envelope, and what a mail reader would show."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage

    @property
    def subject(self) -> str:
        """The decoded subject."""
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        """The decoded plain text part, empty when there is none."""
        return self._part("plain")

    @property
    def html(self) -> str:
        """The decoded HTML part, empty when there is none."""
        return self._part("html")

    def _part(self, kind: str) -> str:
        body = self.message.get_body((kind,))
        # On the wire lines end in CRLF; that is not the writer's doing.
        return str(body.get_content()).replace("\r\n", "\n") if body else ""


class MailServer:
    """SMTP on 127.0.0.1:``port``; what it accepted is in ``messages``, oldest first."""

    host = "127.0.0.1"

    def __init__(self) -> None:
        self.messages: list[ReceivedMail] = []
        self._refusals: dict[str | None, str] = {}
        self._connections: set[asyncio.BaseTransport] = set()
        self._listening: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._answering = asyncio.Event()
        self._answering.set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="smtp", daemon=True)
        self._thread.start()
        self.port = find_free_port()
        self.come_back()

    def refuse(self, code: int, text: str = "Not today", *, recipient: str | None = None) -> None:
        """Answer RCPT with ``code`` (4xx: try later, 5xx: never), for ``recipient`` or for everyone."""
        if not 400 <= code <= 599:
            raise ValueError(f"{code} is no refusal: SMTP refuses with 400 to 599")
        self._refusals[recipient] = f"{code} {text}"

    def hang(self) -> None:
        """Take connections, but answer no MAIL command until :meth:`accept`."""
        self._loop.call_soon_threadsafe(self._answering.clear)

    def accept(self) -> None:
        """End ``refuse`` and ``hang``: take everything again."""
        self._refusals.clear()
        self._loop.call_soon_threadsafe(self._answering.set)

    def go_down(self) -> None:
        """Cut every connection and refuse new ones; the port is kept for :meth:`come_back`."""
        self._run(self._go_down())

    def come_back(self) -> None:
        """Listen again, on the same port; nothing to do when it listens."""
        self._run(self._come_back())

    def close(self) -> None:
        """End the server and its thread."""
        self.go_down()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _come_back(self) -> None:
        if self._listening is None:
            self._listening = await self._loop.create_server(
                lambda: _Conversation(self, self._loop, self._connections), self.host, self.port
            )

    async def _go_down(self) -> None:
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        for connection in tuple(self._connections):
            cast("asyncio.WriteTransport", connection).abort()
        await asyncio.sleep(0)  # the transports tell their protocols in the next round
        unfinished = asyncio.all_tasks(self._loop) - {asyncio.current_task(self._loop)}
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)

    # The names below are aiosmtpd's.

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        await self._answering.wait()
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if refusal := self._refusals.get(address) or self._refusals.get(None):
            return refusal
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        raw = content.encode() if isinstance(content, str) else content or b""
        message = BytesParser(policy=email.policy.default).parsebytes(raw)
        self.messages.append(ReceivedMail(envelope.mail_from or "", tuple(envelope.rcpt_tos), message))
        return "250 OK"


class _Conversation(SMTP):
    """One connection, remembered so that it can be cut."""

    def __init__(
        self, handler: MailServer, loop: asyncio.AbstractEventLoop, open_now: set[asyncio.BaseTransport]
    ) -> None:
        super().__init__(handler, hostname="localhost", enable_SMTPUTF8=True, loop=loop)
        self._open_now = open_now

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._open_now.add(transport)
        self._mine = transport
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._open_now.discard(self._mine)
        super().connection_lost(error)
