"""The worker that hands e-mails to the mail server.

Each lane claims an e-mail and marks it before the server is contacted (NTF-102), says it to the server, and stores the
answer; lanes of all processes share the work by the database's locks. Woken by NOTIFY, and by a poll every second.
"""

import asyncio
import ssl
from contextlib import suppress
from typing import Any

import asyncpg
import structlog
from aiosmtplib import SMTP, SMTPException, SMTPResponseException
from prometheus_client import Counter

from stafett_chassis.runtime import Runtime
from stafett_chassis.sql import plain_url
from stafett_notify.configuration import NotifySettings
from stafett_notify.mail import actions, store
from stafett_notify.mail.actions import HandOver
from stafett_notify.mail.rules.delivery import Answer, Verdict

log = structlog.get_logger(__name__)

POLL_SECONDS = 1.0

emails = Counter(
    "stafett_emails", "E-mails handed to the mail server, by outcome", ("site", "kind", "outcome")
)


class Sender:
    """Hands over what is due, for one running instance."""

    def __init__(self, runtime: Runtime[NotifySettings]) -> None:
        self._runtime = runtime
        self._woken = asyncio.Event()

    async def run(self) -> None:
        """Hand over for ever; a lost database is waited out by whoever runs this."""
        connection = await asyncpg.connect(
            plain_url(str(self._runtime.settings.database_url)), timeout=10, command_timeout=30
        )
        try:
            await connection.add_listener(store.CHANNEL, lambda *_: self._woken.set())
            while not connection.is_closed():
                self._woken.clear()
                await self.hand_over_due()
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS):
                        await self._woken.wait()
        finally:
            with suppress(Exception):
                await asyncio.wait_for(connection.close(), 2)

    async def hand_over_due(self) -> int:
        """Everything due now; how many e-mails were claimed."""
        now, most = self._runtime.clock.now(), self._runtime.settings.smtp_connections
        async with self._runtime.database.transaction() as connection:
            abandoned = await store.take_back_abandoned(connection, now)
            await store.close_collections(connection, now)
            due = await store.due(connection, now, most)
        for row in abandoned:
            log.warning("mail_abandoned", mail_id=str(row["mail_id"]), kind=row["kind"])
        return sum(await asyncio.gather(*(self._lane() for _ in range(due))))

    async def _lane(self) -> int:
        """Hand over one e-mail after another until none is due."""
        line = Line(self._runtime.settings)
        claimed = 0
        try:
            while True:
                async with self._runtime.units.begin() as work:
                    ready = await actions.take_next(work, self._runtime.settings)
                if ready is None:
                    return claimed
                claimed += 1
                if isinstance(ready, HandOver):
                    await self._hand_over(line, ready)
        finally:
            await line.hang_up()

    async def _hand_over(self, line: "Line", ready: HandOver) -> None:
        answer = await line.say(ready)
        async with self._runtime.units.begin() as work:
            state = await actions.record(work, ready.mail, ready.address, answer)
        emails.labels(self._runtime.settings.site, ready.mail.kind, state.value).inc()
        log.info(
            "mail_handed_over",
            mail_id=str(ready.mail.mail_id),
            key=ready.mail.key,
            outcome=state.value,
            code=answer.code,
        )


class Line:
    """A connection to the mail server, made when first needed and used for one e-mail after another."""

    def __init__(self, settings: NotifySettings) -> None:
        self._settings = settings
        self._smtp: SMTP | None = None

    async def say(self, ready: HandOver) -> Answer:
        """Hand an e-mail over; the server's answer."""
        try:
            smtp = await self._connected()
            await smtp.mail(ready.sender)
        except SMTPResponseException as error:
            # The server refuses us, not this recipient: nothing is wrong with the e-mail.
            await self.hang_up()
            return Answer(Verdict.LATER, error.code)
        except (SMTPException, OSError, TimeoutError) as error:
            await self.hang_up()
            log.warning("mail_server_away", error=type(error).__name__)
            return Answer(Verdict.LATER)
        return await self._say_to(smtp, ready)

    async def _say_to(self, smtp: SMTP, ready: HandOver) -> Answer:
        telling = False
        try:
            await smtp.rcpt(ready.address)
            telling = True
            await smtp.data(ready.data)
        except SMTPResponseException as error:
            await self._start_over(smtp)
            verdict = Verdict.NEVER if 500 <= error.code <= 599 else Verdict.LATER
            return Answer(verdict, error.code, about_recipient=True)
        except (SMTPException, OSError, TimeoutError):
            await self.hang_up()
            return Answer(Verdict.UNKNOWN if telling else Verdict.LATER)
        return Answer(Verdict.ACCEPTED, 250)

    async def _connected(self) -> SMTP:
        if self._smtp is not None and self._smtp.is_connected:
            return self._smtp
        settings = self._settings
        smtp = SMTP(
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            use_tls=settings.smtp_security == "tls",
            start_tls=settings.smtp_security == "starttls",
            username=settings.smtp_user or None,
            password=settings.smtp_password.get_secret_value() or None,
            timeout=settings.smtp_timeout_seconds,
            tls_context=ssl.create_default_context() if settings.smtp_security != "none" else None,
        )
        await smtp.connect()
        self._smtp = smtp
        return smtp

    async def _start_over(self, smtp: SMTP) -> None:
        """Make the connection fit for the next e-mail."""
        try:
            await smtp.rset()
        except (SMTPException, OSError, TimeoutError):
            await self.hang_up()

    async def hang_up(self) -> None:
        """Close the connection, politely if it answers."""
        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        try:
            async with asyncio.timeout(2):
                await smtp.quit()
        except (SMTPException, OSError, TimeoutError):
            smtp.close()


async def hand_over(runtime: Runtime[Any]) -> None:
    """The worker's task."""
    await Sender(runtime).run()
