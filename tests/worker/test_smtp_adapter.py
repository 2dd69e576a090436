"""SMTP adapter, against real servers: e-mails accepted, deferred and refused; and the headers of an e-mail."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.utils import getaddresses
from typing import Any

import pytest
from sample import EMAIL, FIRST, SECOND
from worker.outbox_rows import MAIL, external_call

from checkout.framework.http_server import listen
from checkout.messages import SendEmail
from checkout.replies import EmailRefused, EmailSent
from checkout.simulators import http_api, mailbox
from checkout.simulators.mailbox import Mailbox
from checkout.worker.calls.adapters import SmtpAdapter, email_message
from checkout.worker.calls.external_calls import Unanswered, idempotency_key


def close_connection(adapter: SmtpAdapter) -> None:
    if connection := getattr(adapter._threads, "connection", None):
        connection.close()


@pytest.fixture(scope="module")
def mailbox_and_url() -> Iterator[tuple[Mailbox, str]]:
    inbox = Mailbox()
    with listen(0, "the mailbox of a test") as smtp, http_api.serve_in_thread(mailbox.app(inbox, smtp)):
        yield inbox, "smtp://{}:{}".format(*smtp.getsockname())


@pytest.fixture
def mailbox_and_adapter(mailbox_and_url: tuple[Mailbox, str]) -> Iterator[tuple[Mailbox, SmtpAdapter]]:
    inbox, url = mailbox_and_url
    new = Mailbox()
    inbox.switches, inbox._mails = new.switches, new._mails
    adapter = SmtpAdapter(url)
    yield inbox, adapter
    close_connection(adapter)


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


# -- headers ----------------------------------------------------------------------------------------------------------


def headers_of(call: SendEmail) -> dict[str, str]:
    message = email_message(call, external_call(call)).as_bytes()
    return dict(message_from_bytes(message, policy=policy.default).items())


def test_an_email_has_only_the_expected_headers() -> None:
    headers = headers_of(MAIL)

    assert {name: headers[name] for name in ("To", "From", "Subject", "X-Order", "Message-ID")} == {
        "To": f"Ada <{EMAIL}>", "From": "Awesome Online Store <orders@awesome-online-store.example>",
        "Subject": "Your order is on its way", "X-Order": FIRST,
        "Message-ID": f"<{idempotency_key(external_call(MAIL))}@store.example>",
    }
    assert set(headers) - {"To", "From", "Subject", "X-Order", "Message-ID"} == {
        "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
    }


@pytest.mark.parametrize(
    "name", ["Ада Лавлейс", '"Eve" <eve@x.org>', "Ada, Bob; Eve:", "a" * 200, "\\", "(x)", "😀" * 99]
)
def test_special_characters_in_a_name_do_not_change_the_address(name: str) -> None:
    headers = headers_of(SendEmail(FIRST, "approved", name, EMAIL, "Spoons", "text"))

    assert [address.addr_spec for address in headers["To"].addresses] == [EMAIL]
    assert "Bcc" not in headers and len(headers) == 8


def test_the_text_cannot_add_headers() -> None:
    text = "Bcc: eve@example.org\n\n.\nFrom me\n=?x?=\n" + "é" * 999
    call = SendEmail(FIRST, "approved", "Ada", EMAIL, "Spoons", text)

    message = message_from_bytes(email_message(call, external_call(call)).as_bytes(), policy=policy.default)

    assert message.get_content().rstrip("\n") == text
    assert len(message.items()) == 8


# -- header injection -------------------------------------------------------------------------------------------------

BREAKS = ["\r\n", "\n", "\r", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\0"]
ENCODED = [
    "=?utf-8?q?a=0ABcc=3A_eve=40x=2Eorg?=", "=?utf-8?q?a=0D=0ABcc=3A_eve=40x.org=0D=0AReply-To=3A_eve=40x.org?=",
    "=?utf-8?b?YQpCY2M6IGV2ZUB4Lm9yZw==?=", "Ada =?utf-8?q?=0ABcc:_eve@x.org?=", "=?utf-8*en?q?a=0ABcc=3A_e=40x.org?=",
    "é =?utf-8?q?=0ABcc:_eve?=", "=?utf-7?q?+AAo-Bcc:?=", "=?x?", "=?utf-8?q?=0a?= =?utf-8?q?Bcc: eve@x.org?=",
]
ATTACKS = [f"Ada{ends}Bcc: eve@x.org" for ends in BREAKS] + ENCODED
NAMES = [
    "Ada, Eve <eve@x.org>", '"Ada" <eve@x.org>,', "Ada <eve@x.org>", "eve@x.org", "Ada\\", '\\"', "(Ada",
    "Ada:eve@x.org;", "<>", "@", ",", ";", "''", "a" * 200, "é" * 200, "Ада " * 50, "\u202eadA", "Ada\u200bEve",
    "customer", "Bcc: eve@x.org",
]


def parsed(content: bytes) -> list[Any]:
    """The same e-mail as a new and as an old mail program reads it."""
    return [message_from_bytes(content, policy=policy.default), message_from_bytes(content)]


@pytest.mark.parametrize("name", NAMES + ATTACKS, ids=ascii)
def test_no_name_adds_a_recipient_or_a_header(name: str) -> None:
    call = SendEmail(FIRST, "approved", name, EMAIL, "Spoons", f"Dear {name}")

    for mail in parsed(email_message(call, external_call(call)).as_bytes()):
        recipients = [mail.get_all(header, []) for header in ("To", "Cc", "Bcc", "Reply-To")]
        assert [address for _, address in getaddresses(map(str, sum(recipients, [])))] == [EMAIL]
        assert len(mail.items()) == 8


@pytest.mark.parametrize("name", ATTACKS, ids=ascii)
def test_a_name_that_could_add_headers_is_left_out(name: str) -> None:
    assert headers_of(SendEmail(FIRST, "approved", name, EMAIL, "Spoons", "text"))["To"] == EMAIL


@pytest.mark.parametrize("field", ["customer_email", "subject"])
@pytest.mark.parametrize("attack", ATTACKS, ids=ascii)
def test_an_unsafe_subject_or_address_is_refused(field: str, attack: str) -> None:
    fields = {"customer_email": EMAIL, "subject": "Spoons"} | {field: attack}
    call = SendEmail(FIRST, "approved", "Ada", fields["customer_email"], fields["subject"], "text")

    with pytest.raises(ValueError, match="can add headers"):
        email_message(call, external_call(call))


@pytest.mark.parametrize("name", ['"Eve" <eve@x.org>, Bob <bob@x.org>', ENCODED[0], "Ada\r\nRCPT TO:<e@x.org>"])
def test_the_envelope_has_one_recipient_whatever_the_name_is(mailbox_and_adapter: Any, name: str) -> None:
    inbox, adapter = mailbox_and_adapter

    adapter.send(external_call(SendEmail(FIRST, "approved", name, EMAIL, "Spoons", ".\r\nRCPT TO:<eve@x.org>\r\n.")))

    assert [mail["to"] for mail in inbox.mails()] == [EMAIL]


def test_the_password_of_a_mail_server_is_not_journaled() -> None:
    assert SmtpAdapter("smtp://shop:geheim@mail.example:2525").url == "smtp://mail.example:2525"
