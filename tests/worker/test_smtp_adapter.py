"""SMTP adapter, against real servers: e-mails accepted, deferred and refused."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest
from sample import EMAIL, FIRST, SECOND
from worker.connections import close_connection
from worker.outbox_rows import MAIL, external_call

from checkout.messages import SendEmail
from checkout.replies import EmailRefused, EmailSent
from checkout.worker.calls.adapters import SmtpAdapter
from checkout.worker.calls.external_calls import Unanswered, idempotency_key


def test_an_email_is_delivered_with_its_headers_and_text(mailbox_and_adapter: Any) -> None:
    inbox, adapter = mailbox_and_adapter

    result = adapter.send(external_call(MAIL))

    (email,) = inbox.mails()
    email.pop("received_at")
    assert (result.status, result.reply, result.url) == ("250", EmailSent(FIRST, "approved"), adapter.url)
    assert email == {
        "message_id": f"<{idempotency_key(external_call(MAIL))}@store.example>", "to": EMAIL, "order": FIRST,
        "from": "Awesome Online Store <orders@awesome-online-store.example>", "subject": "Your order is on its way",
        "text": "Dear Ada\n", "copies": 1,
    }


def test_one_connection_is_used_for_several_emails(mailbox_and_adapter: Any) -> None:
    inbox, adapter = mailbox_and_adapter
    adapter.send(external_call(MAIL))
    first = adapter._threads.connection

    adapter.send(external_call(SendEmail(SECOND, "denied", "Bob", "bob@example.org", "Sorry", "Dear Bob")))

    assert adapter._threads.connection is first
    assert [each["to"] for each in inbox.mails()] == [EMAIL, "bob@example.org"]


@pytest.mark.parametrize("switch", ["fail", "drop_after_receiving"])
def test_an_unconfirmed_email_is_sent_again_with_the_same_message_id(mailbox_and_adapter: Any, switch: str) -> None:
    inbox, adapter = mailbox_and_adapter
    setattr(inbox.switches, switch, 1)

    with pytest.raises(Unanswered, match="SMTP 451" if switch == "fail" else "SMTPServerDisconnected"):
        adapter.send(external_call(MAIL))
    result = adapter.send(external_call(MAIL))

    (email,) = inbox.mails()
    assert result.reply == EmailSent(FIRST, "approved")
    assert email["copies"] == (1 if switch == "fail" else 2)


def test_an_email_that_is_too_large_is_refused_permanently(mailbox_and_adapter: Any) -> None:
    inbox, adapter = mailbox_and_adapter
    large = SendEmail(FIRST, "approved", "Ada", EMAIL, "Spoons", "spoon " * 20_000)

    result = adapter.send(external_call(large))

    assert (result.status, type(result.reply)) == ("552", EmailRefused)
    assert "size" in result.reply.reason
    assert inbox.mails() == []


@pytest.mark.parametrize(
    "fields", [{"customer_email": "añe@example.org"}, {"customer_email": "ada@münchen.example"}, {"subject": "a\nb"}]
)
def test_an_address_or_subject_that_no_email_can_have_is_refused_permanently(
    mailbox_and_adapter: Any, fields: dict[str, str]
) -> None:
    inbox, adapter = mailbox_and_adapter

    result = adapter.send(external_call(msgspec.structs.replace(MAIL, **fields)))

    assert (result.status, type(result.reply)) == ("553", EmailRefused)
    assert "the subject or the address has characters" in result.reply.reason
    assert inbox.mails() == []


def test_a_refused_smtp_connection_leaves_the_call_unanswered() -> None:
    with pytest.raises(Unanswered, match="ConnectionRefusedError"):
        SmtpAdapter("smtp://127.0.0.1:9").send(external_call(MAIL))


class ScriptedHandler(socketserver.StreamRequestHandler):
    """An SMTP server that replies to some commands as a test says, and to all others with 250."""

    def handle(self) -> None:
        self.reply("220 scripted")
        while line := self.rfile.readline():
            verb = line[:4].upper().decode().strip()
            if verb == "DATA" and "DATA" not in self.server.replies:
                self.reply("354 send the text")
                while self.rfile.readline() not in (b".\r\n", b""):
                    pass
                self.reply(self.server.replies.get(".", "250 OK"))
            else:
                self.reply(self.server.replies.get(verb, "250 OK"))

    def reply(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")


@contextmanager
def scripted_server(**replies: str) -> Iterator[SmtpAdapter]:
    with socketserver.TCPServer(("127.0.0.1", 0), ScriptedHandler) as server:
        server.replies = replies
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        adapter = SmtpAdapter("smtp://{}:{}".format(*server.server_address))
        yield adapter
        close_connection(adapter)
        server.shutdown()
        thread.join(5)


def test_a_server_that_wants_a_login_leaves_the_call_unanswered() -> None:
    with (
        scripted_server(MAIL="530 authentication required") as adapter,
        pytest.raises(Unanswered, match="SMTP 530 authentication required"),
    ):
        adapter.send(external_call(MAIL))


@pytest.mark.parametrize(
    ("command", "response"),
    [("RCPT", "550 no such user"), ("MAIL", "553 not from you"), (".", "554 looks like spam"), ("DATA", "502 what?")],
)
def test_a_permanent_error_is_a_reply_with_the_reason(command: str, response: str) -> None:
    with scripted_server(**{command: response}) as adapter:
        result = adapter.send(external_call(MAIL))

    code, _, reason = response.partition(" ")
    assert (result.status, result.reply) == (code, EmailRefused(FIRST, "approved", reason))


@pytest.mark.parametrize(
    ("command", "response"), [("RCPT", "450 later"), ("MAIL", "421 closing"), (".", "452 disk full")]
)
def test_a_temporary_error_leaves_the_call_unanswered(command: str, response: str) -> None:
    with scripted_server(**{command: response}) as adapter, pytest.raises(Unanswered, match=f"SMTP {response}"):
        adapter.send(external_call(MAIL))


def test_the_password_of_a_mail_server_is_not_journaled() -> None:
    assert SmtpAdapter("smtp://shop:geheim@mail.example:2525").url == "smtp://mail.example:2525"
