"""The line to the mail server, against real ones: letters taken, postponed, refused; and the letter itself."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from typing import Any

import pytest
from sample import EMAIL, FIRST, SECOND
from worker.outbox_rows import MAIL, row

from checkout.framework.http_server import listen
from checkout.messages import EmailRefused, EmailSent, SendEmail
from checkout.simulators import http_api, mailbox
from checkout.simulators.mailbox import Mailbox
from checkout.worker.adapters import SmtpAdapter, email_message, idempotency_key
from checkout.worker.external_calls import Unanswered


def close(server: SmtpAdapter) -> None:
    if kept := getattr(server._threads, "connection", None):
        kept.close()


@pytest.fixture(scope="module")
def post_office() -> Iterator[tuple[Mailbox, str]]:
    box = Mailbox()
    with listen(0, "a test's mailbox") as smtp, http_api.serve_in_thread(mailbox.app(box, smtp)):
        yield box, "smtp://{}:{}".format(*smtp.getsockname())


@pytest.fixture
def mail(post_office: tuple[Mailbox, str]) -> Iterator[tuple[Mailbox, SmtpAdapter]]:
    box, url = post_office
    fresh = Mailbox()
    box.switches, box._mails = fresh.switches, fresh._mails
    server = SmtpAdapter(url)
    yield box, server
    close(server)


def test_a_letter_arrives_as_it_was_written(mail: Any) -> None:
    box, server = mail

    answer = server.send(row(MAIL))

    (kept,) = box.mails()
    kept.pop("received_at")
    assert (answer.status, answer.reply, answer.url) == ("250", EmailSent(FIRST, "approved"), server.url)
    assert kept == {
        "message_id": f"<{idempotency_key(row(MAIL))}@database.example>", "to": EMAIL, "order": FIRST, "copies": 1,
        "from": "Awesome Online Store <orders@awesome-online-store.example>", "subject": "Your order is on its way",
        "text": "Dear Ada\n",
    }


def test_one_connection_carries_many_letters(mail: Any) -> None:
    box, server = mail
    server.send(row(MAIL))
    first = server._threads.connection

    server.send(row(SendEmail(SECOND, "denied", "Bob", "bob@example.org", "Sorry", "Dear Bob")))

    assert server._threads.connection is first
    assert [each["to"] for each in box.mails()] == [EMAIL, "bob@example.org"]


@pytest.mark.parametrize("switch", ["fail", "drop_after_receiving"])
def test_a_letter_that_nobody_confirmed_is_sent_again_with_the_same_message_id(mail: Any, switch: str) -> None:
    box, server = mail
    setattr(box.switches, switch, 1)

    with pytest.raises(Unanswered, match="SMTP 451" if switch == "fail" else "SMTPServerDisconnected"):
        server.send(row(MAIL))
    answer = server.send(row(MAIL))

    (kept,) = box.mails()
    assert answer.reply == EmailSent(FIRST, "approved")
    assert kept["copies"] == (1 if switch == "fail" else 2)


def test_a_letter_that_is_too_large_is_refused_for_good(mail: Any) -> None:
    box, server = mail
    huge = SendEmail(FIRST, "approved", "Ada", EMAIL, "Spoons", "spoon " * 20_000)

    answer = server.send(row(huge))

    assert (answer.status, type(answer.reply)) == ("552", EmailRefused)
    assert "size" in answer.reply.reason
    assert box.mails() == []


def test_a_mail_server_that_is_not_there_leaves_the_outcome_unknown() -> None:
    with pytest.raises(Unanswered, match="ConnectionRefusedError"):
        SmtpAdapter("smtp://127.0.0.1:9").send(row(MAIL))


class Scripted(socketserver.StreamRequestHandler):
    """An SMTP server that answers a command as it is told, and everything else with yes."""

    def handle(self) -> None:
        self.say("220 scripted")
        while line := self.rfile.readline():
            verb = line[:4].upper().decode().strip()
            if verb == "DATA" and "DATA" not in self.server.replies:
                self.say("354 go on")
                while self.rfile.readline() not in (b".\r\n", b""):
                    pass
                self.say(self.server.replies.get(".", "250 OK"))
            else:
                self.say(self.server.replies.get(verb, "250 OK"))

    def say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")


@contextmanager
def scripted(**replies: str) -> Iterator[SmtpAdapter]:
    with socketserver.TCPServer(("127.0.0.1", 0), Scripted) as listening:
        listening.replies = replies
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        server = SmtpAdapter("smtp://{}:{}".format(*listening.server_address))
        yield server
        close(server)
        listening.shutdown()
        thread.join(5)


@pytest.mark.parametrize(
    ("command", "said"),
    [("RCPT", "550 no such user"), ("MAIL", "553 not from you"), (".", "554 looks like spam"), ("DATA", "502 what?")],
)
def test_a_final_no_is_an_answer_with_its_reason(command: str, said: str) -> None:
    with scripted(**{command: said}) as server:
        answer = server.send(row(MAIL))

    code, _, reason = said.partition(" ")
    assert (answer.status, answer.reply) == (code, EmailRefused(FIRST, "approved", reason))


@pytest.mark.parametrize(("command", "said"), [("RCPT", "450 later"), ("MAIL", "421 closing"), (".", "452 disk full")])
def test_a_not_now_is_asked_again(command: str, said: str) -> None:
    with scripted(**{command: said}) as server, pytest.raises(Unanswered, match=f"SMTP {said}"):
        server.send(row(MAIL))


# -- the letter itself ------------------------------------------------------------------------------------------------


def headers_of(call: SendEmail) -> dict[str, str]:
    written = email_message(call, row(call)).as_bytes()
    return dict(message_from_bytes(written, policy=policy.default).items())


def test_a_letter_has_its_headers_and_no_others() -> None:
    headers = headers_of(MAIL)

    assert {name: headers[name] for name in ("To", "From", "Subject", "X-Order", "Message-ID")} == {
        "To": f"Ada <{EMAIL}>", "From": "Awesome Online Store <orders@awesome-online-store.example>",
        "Subject": "Your order is on its way", "X-Order": FIRST,
        "Message-ID": f"<{idempotency_key(row(MAIL))}@database.example>",
    }
    assert set(headers) - {"To", "From", "Subject", "X-Order", "Message-ID"} == {
        "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
    }


@pytest.mark.parametrize(
    "name", ["Ада Лавлейс", '"Eve" <eve@x.org>', "Ada, Bob; Eve:", "a" * 200, "\\", "(x)", "😀" * 99]
)
def test_an_odd_name_stays_a_name(name: str) -> None:
    headers = headers_of(SendEmail(FIRST, "approved", name, EMAIL, "Spoons", "text"))

    assert [address.addr_spec for address in headers["To"].addresses] == [EMAIL]
    assert "Bcc" not in headers and len(headers) == 8


@pytest.mark.parametrize("field", ["customer_name", "subject"])
@pytest.mark.parametrize("attack", ["Ada\r\nBcc: eve@example.org", "Ada\nX: y", "Ada\rX: y"])
def test_no_line_break_gets_into_a_header(field: str, attack: str) -> None:
    said = {"customer_name": "Ada", "subject": "Spoons"} | {field: attack}
    call = SendEmail(FIRST, "approved", said["customer_name"], EMAIL, said["subject"], "text")

    with pytest.raises(ValueError):
        email_message(call, row(call))


def test_what_stands_in_the_text_stays_in_the_text() -> None:
    text = "Bcc: eve@example.org\n\n.\nFrom me\n=?x?=\n" + "é" * 999
    call = SendEmail(FIRST, "approved", "Ada", EMAIL, "Spoons", text)

    written = message_from_bytes(email_message(call, row(call)).as_bytes(), policy=policy.default)

    assert written.get_content().rstrip("\n") == text
    assert len(written.items()) == 8
