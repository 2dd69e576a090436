"""The mailbox: keeps each e-mail once, counts its copies, obeys its fault switches."""

import smtplib
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage

import httpx
import pytest
from litestar import Litestar

from checkout.framework.http_server import listen
from checkout.simulators import mailbox_http
from checkout.simulators.external_system import ConnectionDropped, SimulatedFailure
from checkout.simulators.mailbox import Email, Mailbox, Switches
from checkout.simulators.mailbox_http import parse_email

THANKS = Email("<1@shop>", "ada@example.org", "shop@example.org", "Thank you", "2 wooden spoons\n", "order-1")


@pytest.fixture(scope="module")
def listening() -> Iterator[socket.socket]:
    with listen(0, "a test's mailbox") as listening:
        yield listening


@pytest.fixture(scope="module")
def application(listening: socket.socket) -> Litestar:
    return mailbox_http.app(Mailbox(), listening)


@pytest.fixture
def smtp(client: httpx.Client, listening: socket.socket) -> Iterator[smtplib.SMTP]:
    host, port = listening.getsockname()
    with smtplib.SMTP(host, port, timeout=5) as connection:
        yield connection


@pytest.fixture
def box() -> Mailbox:
    return Mailbox(now=lambda: datetime(2026, 1, 1, 10, tzinfo=UTC))


def mail(message_id: str, order: str = "order-1", subject: str = "Thank you") -> EmailMessage:
    message = EmailMessage()
    message["Message-ID"], message["X-Order"], message["Subject"] = message_id, order, subject
    message["From"], message["To"] = "shop@example.org", "ada@example.org"
    message.set_content("2 wooden spoons\n.and a dot\n")
    return message


def test_an_email_is_listed_with_all_its_fields(box: Mailbox) -> None:
    box.receive(THANKS)

    assert box.mails() == [
        {
            "message_id": "<1@shop>",
            "to": "ada@example.org",
            "from": "shop@example.org",
            "subject": "Thank you",
            "text": "2 wooden spoons\n",
            "order": "order-1",
            "copies": 1,
            "received_at": "2026-01-01T10:00:00Z",
        }
    ]


def test_a_repeated_message_id_is_another_copy_of_the_same_email(box: Mailbox) -> None:
    box.receive(THANKS)

    box.receive(THANKS)

    assert [(kept["message_id"], kept["copies"]) for kept in box.mails()] == [("<1@shop>", 2)]


def test_emails_without_a_message_id_are_different_emails(box: Mailbox) -> None:
    unnamed = Email("", "ada@example.org", "", "", "")

    box.receive(unnamed)
    box.receive(unnamed)

    assert [kept["copies"] for kept in box.mails()] == [1, 1]


def test_emails_are_found_by_address_and_by_order(box: Mailbox) -> None:
    box.receive(THANKS)
    box.receive(Email("<2@shop>", "bob@example.org, eve@example.org", "", "", "", "order-2"))

    found = [box.mails(to="eve@example.org"), box.mails(order="order-1"), box.mails(to="e@example.org")]

    assert [[kept["message_id"] for kept in some] for some in found] == [["<2@shop>"], ["<1@shop>"], []]
    assert box.mails(to="ada@example.org", order="order-2") == []


def test_a_simulated_failure_keeps_nothing_and_a_dropped_connection_has_kept(box: Mailbox) -> None:
    box.switches = Switches(fail=1, drop_after_receiving=1)

    with pytest.raises(SimulatedFailure):
        box.receive(THANKS)
    assert box.mails() == []
    with pytest.raises(ConnectionDropped):
        box.receive(THANKS)

    assert [kept["copies"] for kept in box.mails()] == [1]


@pytest.mark.parametrize(
    "content",
    [
        b"Message-ID: <\r\n\r\nhi",
        b"Content-Type: text/plain; charset=klingon\r\n\r\nhi\xff",
    ],
)
def test_a_malformed_email_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="the mail cannot be read"):
        parse_email(content, ["ada@example.org"])


@pytest.mark.parametrize("content", [b"", b"Subject: \xff\r\n\r\n\xff", b"Content-Type: multipart/mixed\r\n\r\n--"])
def test_an_unusual_email_is_parsed_to_text_that_json_can_represent(content: bytes) -> None:
    letter = parse_email(content, ["ada@example.org\udcff"])

    assert (letter.subject + letter.text + letter.to).encode("utf-8")
    assert letter.order is None


def test_an_email_sent_over_smtp_is_listed_over_http(client: httpx.Client, smtp: smtplib.SMTP) -> None:
    message = mail("<11@shop>", "order-11", "Danke, Zoë €")

    smtp.send_message(message)
    smtp.send_message(message)

    (kept,) = client.get("/mails", params={"order": "order-11", "to": "ada@example.org"}).json()
    assert (kept["subject"], kept["text"]) == ("Danke, Zoë €", "2 wooden spoons\n.and a dot\n")
    assert (kept["from"], kept["to"], kept["copies"]) == ("shop@example.org", "ada@example.org", 2)
    assert datetime.fromisoformat(kept["received_at"]).tzinfo == UTC


def test_a_temporary_failure_is_451_and_the_next_attempt_succeeds(client: httpx.Client, smtp: smtplib.SMTP) -> None:
    client.put("/switches", json={"fail": 1})

    with pytest.raises(smtplib.SMTPDataError) as refusal:
        smtp.send_message(mail("<12@shop>", "order-12"))
    smtp.send_message(mail("<12@shop>", "order-12"))

    assert refusal.value.smtp_code == 451
    assert [kept["copies"] for kept in client.get("/mails?order=order-12").json()] == [1]


def test_a_connection_dropped_after_the_final_dot_has_kept_the_email(client: httpx.Client, smtp: smtplib.SMTP) -> None:
    client.put("/switches", json={"drop_after_receiving": 1})

    with pytest.raises(smtplib.SMTPServerDisconnected, match="unexpectedly closed$"):
        smtp.send_message(mail("<13@shop>", "order-13"))

    assert [kept["copies"] for kept in client.get("/mails?order=order-13").json()] == [1]


def test_a_slow_mailbox_answers_late(client: httpx.Client, smtp: smtplib.SMTP) -> None:
    client.put("/switches", json={"delay": 0.2})
    started = time.monotonic()

    smtp.send_message(mail("<14@shop>"))

    assert time.monotonic() - started >= 0.2


def test_an_email_announced_above_64_kib_is_refused_before_it_is_sent(smtp: smtplib.SMTP) -> None:
    with pytest.raises(smtplib.SMTPSenderRefused) as refusal:
        smtp.sendmail("shop@example.org", ["ada@example.org"], b"a\r\n" * 70_000)

    assert refusal.value.smtp_code == 552


@pytest.mark.parametrize(("line", "code"), [(b"a\r\n", 552), (b"a", 500)])
def test_an_unannounced_email_above_64_kib_is_refused(smtp: smtplib.SMTP, line: bytes, code: int) -> None:
    smtp.ehlo()
    smtp.mail("shop@example.org")
    smtp.rcpt("ada@example.org")

    answer = smtp.data(line * 70_000)

    assert answer[0] == code


def test_a_malformed_email_is_554_and_the_connection_stays_open(smtp: smtplib.SMTP) -> None:
    with pytest.raises(smtplib.SMTPDataError) as refusal:
        smtp.sendmail("shop@example.org", ["ada@example.org"], b"Message-ID: <\r\n\r\nhi")

    assert refusal.value.smtp_code == 554
    assert smtp.noop()[0] == 250
