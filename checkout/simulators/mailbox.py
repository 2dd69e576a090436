"""Mailbox: takes the customers' mail over SMTP and shows it over HTTP, one entry per Message-ID."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from functools import partial
from typing import Any

import msgspec
from aiosmtpd.smtp import SMTP, Envelope, Session
from litestar import Litestar, Response, get
from litestar.params import FromQuery

from checkout.framework.http_server import listen
from checkout.simulators import http_api
from checkout.simulators.external_system import Count, Dropped, ExternalSystem, Failed, FaultSwitches

SIZE_LIMIT = 64 * 1024


class Letter(msgspec.Struct, frozen=True):
    """What a mail says; `to` holds the recipients of the envelope, joined by a comma and a space."""

    message_id: str
    to: str
    sender: str = msgspec.field(name="from")
    subject: str
    text: str
    order: str | None = None


class Mail(Letter, frozen=True, kw_only=True):
    """A letter as kept: how many times it came, and when first."""

    copies: int = 1
    received_at: datetime


class Switches(FaultSwitches):
    """The switches of every outside system (`fail` answers 451), and the connection dropped after the final dot."""

    drop_after_receiving: Count = 0


class Mailbox(ExternalSystem):
    """The mailbox without its servers: thread-safe, in memory."""

    switches: Switches

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__(Switches())
        self._now = now
        self._mails: dict[str, Mail] = {}

    def receive(self, letter: Letter) -> None:
        """Keeps the letter, or counts one more copy of it. Raises Failed, and Dropped afterwards."""
        with self._lock:
            self._fail_if_switched()
            key = letter.message_id or f"<unnamed-{len(self._mails) + 1}>"
            self._mails[key] = self._counted(key, letter)
            self._drop_if_switched("drop_after_receiving")

    def mails(self, to: str | None = None, order: str | None = None) -> list[dict[str, Any]]:
        """The mails kept, oldest first, as over HTTP: all, or those to one address or about one order."""
        with self._lock:
            kept = list(self._mails.values())
        chosen = [mail for mail in kept if to in (None, *mail.to.split(", ")) and order in (None, mail.order)]
        return [msgspec.to_builtins(mail) for mail in chosen]

    def _counted(self, key: str, letter: Letter) -> Mail:
        known = self._mails.get(key)
        if known:
            return msgspec.structs.replace(known, copies=known.copies + 1)
        said = msgspec.structs.asdict(letter) | {"message_id": key}
        return Mail(**said, received_at=self._now())


def read_letter(content: bytes, recipients: Sequence[str]) -> Letter:
    """A mail as it came over SMTP; what cannot be text is replaced. Raises ValueError for what cannot be read."""
    try:
        message = message_from_bytes(content, policy=policy.default)
        headers = {name: _clean(message[name]) for name in ("Message-ID", "From", "Subject", "X-Order")}
        body = message.get_body(("plain", "html"))
        text = _clean(body.get_content() if body else "").replace("\r\n", "\n")
    except Exception as error:  # the parser of 3.11 raises a dozen kinds on broken headers and charsets
        raise ValueError(f"the mail cannot be read: {type(error).__name__}") from error
    message_id, sender, subject, order = headers.values()
    return Letter(message_id, _clean(", ".join(recipients)), sender, subject, text, order or None)


def _clean(text: object) -> str:
    # Bytes that are no UTF-8 arrive as surrogates, which JSON cannot hold.
    return str(text or "").encode("utf-8", "replace").decode()


class _Postman:
    """The hook that aiosmtpd calls after the final dot of a mail."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        try:
            self._mailbox.receive(read_letter(envelope.original_content or b"", envelope.rcpt_tos))
            status = "250 OK"
        except ValueError as error:
            status = f"554 {error}"
        except Failed as error:
            status = f"451 {error}"
        except Dropped:
            status = ""
        await asyncio.sleep(self._mailbox.switches.delay)
        return status or await self._hang_up(server)

    async def _hang_up(self, server: SMTP) -> str:
        if server.transport:
            server.transport.close()
        await asyncio.Event().wait()  # aiosmtpd cancels us when the connection is gone
        return ""


def app(mailbox: Mailbox, smtp: socket.socket | None = None) -> Litestar:
    """The mailbox over HTTP: `/mails`, `/switches`, `/health-check`; given a listening socket, over SMTP too."""

    @get("/mails")
    async def mails(to: FromQuery[str | None] = None, order: FromQuery[str | None] = None) -> Response[bytes]:
        return http_api.answer(mailbox.mails(to, order))

    return http_api.app(mailbox, mails, lifespan=[lambda _: _receiving(mailbox, smtp)] if smtp else [])


@asynccontextmanager
async def _receiving(mailbox: Mailbox, smtp: socket.socket) -> AsyncIterator[None]:
    loop = asyncio.get_running_loop()
    # Without a host name aiosmtpd asks the DNS for one at every connection.
    limited = partial(SMTP, _Postman(mailbox), data_size_limit=SIZE_LIMIT, enable_SMTPUTF8=True)
    connection = partial(limited, hostname="localhost", ident="mailbox", loop=loop)
    server = await loop.create_server(connection, sock=smtp)
    yield
    server.close()


def main(port: int, smtp_port: int) -> None:
    """Runs the mailbox in this process, on the loopback, HTTP and SMTP, until it is told to stop."""
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # aiosmtpd's: a warning for every odd command
    with listen(smtp_port, "the mailbox's SMTP") as smtp:
        http_api.run(app(Mailbox(), smtp), port, "the mailbox")
