"""Mailbox over SMTP and HTTP: the servers of the simulated mail server."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from functools import partial

from aiosmtpd.smtp import SMTP, Envelope, Session
from litestar import Litestar, Response, get
from litestar.params import FromQuery

from checkout.framework.http_app import json_response
from checkout.framework.http_server import listen
from checkout.simulators import http_api
from checkout.simulators.external_system import ConnectionDropped, SimulatedFailure
from checkout.simulators.mailbox import Email, Mailbox

MAX_MAIL_BYTES = 64 * 1024


def parse_email(content: bytes, recipients: Sequence[str]) -> Email:
    """Parses an e-mail as received over SMTP. Replaces bytes that are not text; raises ValueError if malformed."""
    try:
        message = message_from_bytes(content, policy=policy.default)
        headers = {name: _clean(message[name]) for name in ("Message-ID", "From", "Subject", "X-Order")}
        body = message.get_body(("plain", "html"))
        text = _clean(body.get_content() if body else "").replace("\r\n", "\n")
    except Exception as error:  # Python 3.11's parser raises a dozen types on malformed headers and charsets
        raise ValueError(f"the mail cannot be read: {type(error).__name__}") from error
    message_id, sender, subject, order = headers.values()
    return Email(message_id, _clean(", ".join(recipients)), sender, subject, text, order or None)


def _clean(text: object) -> str:
    # Bytes that are not UTF-8 are surrogates here, which JSON cannot represent.
    return str(text or "").encode("utf-8", "replace").decode()


class _SmtpHandler:
    """aiosmtpd calls `handle_DATA` after the final dot of an e-mail."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        try:
            self._mailbox.receive(parse_email(envelope.original_content or b"", envelope.rcpt_tos))
            status = "250 OK"
        except ValueError as error:
            status = f"554 {error}"
        except SimulatedFailure as error:
            status = f"451 {error}"
        except ConnectionDropped:
            status = ""
        await asyncio.sleep(self._mailbox.switches.delay)
        return status or await self._drop_connection(server)

    async def _drop_connection(self, server: SMTP) -> str:
        if server.transport:
            server.transport.close()
        await asyncio.Event().wait()  # aiosmtpd cancels this when the connection is closed
        return ""


def app(mailbox: Mailbox, smtp: socket.socket | None = None) -> Litestar:
    """The mailbox over HTTP: `/mails`, `/switches`, `/health-check`. With a listening socket, over SMTP too."""

    @get("/mails")
    async def mails(to: FromQuery[str | None] = None, order: FromQuery[str | None] = None) -> Response[bytes]:
        return json_response(mailbox.mails(to, order))

    lifespan = [lambda _: _smtp_server(mailbox, smtp)] if smtp else []
    return http_api.application("Mailbox", mailbox, mails, lifespan=lifespan)


@asynccontextmanager
async def _smtp_server(mailbox: Mailbox, smtp: socket.socket) -> AsyncIterator[None]:
    loop = asyncio.get_running_loop()
    # Without a host name aiosmtpd queries the DNS for one at every connection.
    limited = partial(SMTP, _SmtpHandler(mailbox), data_size_limit=MAX_MAIL_BYTES, enable_SMTPUTF8=True)
    connection = partial(limited, hostname="localhost", ident="mailbox", loop=loop)
    server = await loop.create_server(connection, sock=smtp)
    yield
    server.close()


def main(port: int, smtp_port: int) -> None:
    """Serves the mailbox over HTTP and SMTP on these ports until SIGTERM or Ctrl-C."""
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # aiosmtpd logs a warning for every unknown command
    with listen(smtp_port, "the mailbox's SMTP") as smtp:
        http_api.serve(app(Mailbox(), smtp), port, "the mailbox")
