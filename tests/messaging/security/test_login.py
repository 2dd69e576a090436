"""Login: refusals and broken answers of a broker become errors that name the address and the setting."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from checkout.messaging.security.login import LoginRefused, connect, listener_protocol
from checkout.settings import HOST, KafkaSecurity, WrongSetting

Serve = Callable[..., int]
OFFER = struct.pack(">hih", 0, 1, 5) + b"PLAIN"
OTHER_OFFER = struct.pack(">hih", 33, 1, 13) + b"SCRAM-SHA-512"
ACCEPTED = struct.pack(">hhiq", 0, -1, 0, 0)
DENIED = struct.pack(">hh", 58, 11) + b"wrong words" + struct.pack(">iq", 0, 0)


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Runs a broker that gives these answers, each with a correlation id, and closes; returns its port."""
    listener = socket.create_server((HOST, 0))
    received: list[bytes] = []

    def run(answers: tuple[bytes, ...]) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:  # closed at the end of the test
                return
            with connection, contextlib.suppress(ConnectionError):
                for answer in answers:
                    received.append(connection.recv(1_000))
                    connection.sendall(answer)
                connection.recv(1_000)

    def start(*answers: bytes) -> int:
        threading.Thread(target=run, args=(answers,), daemon=True).start()
        return int(listener.getsockname()[1])

    start.received = received  # type: ignore[attr-defined]
    yield start
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


@pytest.fixture
def plain_login(tmp_path: Path) -> KafkaSecurity:
    (tmp_path / "password").write_text("spoon")
    return KafkaSecurity("SASL_PLAINTEXT", "PLAIN", "orders", str(tmp_path / "password"))


def frame(body: bytes, correlation: int = 1) -> bytes:
    return struct.pack(">ii", len(body) + 4, correlation) + body


def test_an_accepted_login_returns_the_open_connection(serve: Serve, plain_login: KafkaSecurity) -> None:
    port = serve(frame(OFFER), frame(ACCEPTED))

    connect(HOST, port, plain_login, 5.0).close()

    assert serve.received[1].endswith(b"\0orders\0spoon")  # type: ignore[attr-defined]


def test_a_denied_password_is_reported_with_the_words_of_the_broker(serve: Serve, plain_login: KafkaSecurity) -> None:
    port = serve(frame(OFFER), frame(DENIED))

    with pytest.raises(LoginRefused, match=rf"{HOST}:{port} refuses the user orders \(wrong words\).*KAFKA_USER"):
        connect(HOST, port, plain_login, 5.0)


def test_a_broker_that_offers_another_mechanism_is_reported(serve: Serve, plain_login: KafkaSecurity) -> None:
    port = serve(frame(OTHER_OFFER))

    with pytest.raises(LoginRefused, match="offers SCRAM-SHA-512: set CHECKOUT_KAFKA_SASL_MECHANISM"):
        connect(HOST, port, plain_login, 5.0)


def test_a_broker_without_a_login_is_reported(serve: Serve, plain_login: KafkaSecurity) -> None:
    port = serve(frame(struct.pack(">hi", 34, 0)))

    with pytest.raises(LoginRefused, match=f"Kafka at {HOST}:{port} wants PLAINTEXT, not SASL_PLAINTEXT: set CHECKOUT"):
        connect(HOST, port, plain_login, 5.0)


@pytest.mark.parametrize(
    "answers",
    [(), (b"\0\0\0\x04\0\0",), (b"\x7f\xff\xff\xff",), (b"HTTP/1.1 400 Bad Request\r\n",), (frame(OFFER), b"")],
    ids=["none", "half an answer", "a huge answer", "a web server", "none to the password"],
)
def test_a_server_that_does_not_answer_as_kafka_counts_as_unreachable(
    answers: tuple[bytes, ...], serve: Serve, plain_login: KafkaSecurity
) -> None:
    port = serve(*answers)

    with pytest.raises(OSError):
        connect(HOST, port, plain_login, 0.3)


def test_a_missing_password_file_is_a_wrong_setting(serve: Serve) -> None:
    login = KafkaSecurity("SASL_PLAINTEXT", "PLAIN", "orders", "nowhere")

    with pytest.raises(WrongSetting, match="CHECKOUT_KAFKA_PASSWORD_FILE is 'nowhere'"):
        connect(HOST, serve(), login, 5.0)


@pytest.mark.parametrize(("content", "reason"), [(None, "No such file"), ("no certificate", "no certificate")])
def test_a_file_without_certificates_is_a_wrong_setting(
    content: str | None, reason: str, serve: Serve, tmp_path: Path
) -> None:
    if content:
        (tmp_path / "ca.pem").write_text(content)

    with pytest.raises(WrongSetting, match=f"CHECKOUT_KAFKA_CA_FILE is '{tmp_path / 'ca.pem'}': {reason}"):
        connect(HOST, serve(), KafkaSecurity("SSL", ca_file=str(tmp_path / "ca.pem")), 5.0)


def test_a_broker_without_tls_is_reported(serve: Serve) -> None:
    port = serve(b"HTTP/1.1 400 Bad Request\r\n")

    with pytest.raises(LoginRefused, match=f"Kafka at {HOST}:{port} does not speak TLS.*KAFKA_SECURITY_PROTOCOL"):
        connect(HOST, port, KafkaSecurity("SSL"), 5.0)


@pytest.mark.parametrize(("answer", "protocol"), [(OTHER_OFFER, "SASL_PLAINTEXT"), (b"\0\x22\0\0\0\0", "PLAINTEXT")])
def test_the_protocol_of_a_listener_is_found_out(answer: bytes, protocol: str, serve: Serve) -> None:
    assert listener_protocol(HOST, serve(frame(answer)), 5.0) == protocol


def test_where_nothing_listens_no_protocol_is_found(serve: Serve) -> None:
    assert listener_protocol(HOST, 9, 0.3) == ""
