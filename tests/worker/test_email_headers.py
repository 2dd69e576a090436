"""E-mail headers: no name, subject, address or text adds a header or a recipient."""

from email import message_from_bytes, policy
from email.utils import getaddresses
from typing import Any

import pytest
from sample import EMAIL, FIRST
from worker.outbox_rows import MAIL, external_call

from checkout.messages import SendEmail
from checkout.worker.calls.adapters import email_message
from checkout.worker.calls.external_calls import idempotency_key


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
