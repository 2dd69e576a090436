"""SCRAM: the examples of RFC 5802 and RFC 7677, and replies that a client must not accept."""

import base64

import pytest

from checkout.messaging.security.scram import MAX_ITERATIONS, ScramClient

NONCE = "rOprNGfwEbeRWgbNEkqO"
FIRST = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
FINAL = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


def test_the_messages_are_those_of_rfc_7677() -> None:
    client = ScramClient("SCRAM-SHA-256", "user", "pencil", NONCE)

    messages = client.first(), client.final(FIRST)

    assert messages[0] == b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
    assert messages[1].endswith(b",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
    client.check(FINAL)


@pytest.mark.parametrize(
    "reply",
    [
        b"r=another,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", FIRST.replace(b"4096", b"0"), b"", b"\xff", b"e=unknown-user",
        FIRST.replace(b"4096", str(MAX_ITERATIONS + 1).encode()), FIRST.replace(b"4096", b"many"),
        FIRST.replace(b"s=W22", b"s=W2"),
    ],
)  # fmt: skip
def test_a_reply_that_breaks_the_protocol_is_refused(reply: bytes) -> None:
    with pytest.raises(ValueError):
        ScramClient("SCRAM-SHA-256", "user", "pencil", NONCE).final(reply)


@pytest.mark.parametrize("reply", [b"v=" + base64.b64encode(bytes(32)), b"v=", b"r=x", b"e=invalid-proof", b""])
def test_a_server_that_does_not_know_the_password_is_refused(reply: bytes) -> None:
    client = ScramClient("SCRAM-SHA-256", "user", "pencil", NONCE)
    client.final(FIRST)

    with pytest.raises(ValueError):
        client.check(reply)


def test_a_user_with_a_comma_or_an_equals_sign_is_escaped() -> None:
    assert ScramClient("SCRAM-SHA-512", "a=b,c", "pencil", NONCE).first() == b"n,,n=a=3Db=2Cc,r=" + NONCE.encode()


def test_two_logins_have_different_random_numbers() -> None:
    assert ScramClient("SCRAM-SHA-512", "u", "p").first() != ScramClient("SCRAM-SHA-512", "u", "p").first()
