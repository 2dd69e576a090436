"""Login: connects to a broker over TLS and SASL, and says why it refuses, which the client libraries do not."""

import contextlib
import socket
import ssl
import struct

from checkout.messaging.log import LogUnavailable
from checkout.messaging.security.scram import HASHES, ScramClient
from checkout.settings import PLAINTEXT, KafkaSecurity, WrongSetting

SASL_HANDSHAKE, SASL_AUTHENTICATE = (17, 1), (36, 1)  # key and version of the requests
UNSUPPORTED_MECHANISM = 33  # the error code of a listener with SASL, for an unknown mechanism
MAX_RESPONSE_BYTES = 100_000
SETTING = "CHECKOUT_KAFKA_"


class LoginRefused(LogUnavailable):
    """Broker and client do not agree on TLS, or the broker refuses the user; the message names the setting."""


class OtherProtocol(LoginRefused):
    """The listener has another security protocol than the client."""

    def __init__(self, address: str, wanted: str, security: KafkaSecurity) -> None:
        remedy = f"set {SETTING}SECURITY_PROTOCOL, user and files"
        super().__init__(f"Kafka at {address} wants {wanted}, not {security.protocol}: {remedy}")


def connect(host: str, port: int, security: KafkaSecurity, timeout: float) -> socket.socket:
    """Opens a connection to a broker, encrypted and logged in as `security` says. `timeout` in seconds.

    Raises LoginRefused, WrongSetting when a file cannot be read, and OSError when no broker answers.
    """
    connection = socket.create_connection((host, port), timeout)
    try:
        if security.has_tls:
            connection = _encrypted(connection, host, port, security)
        if security.has_sasl:
            _log_in(connection, f"{host}:{port}", security)
    except BaseException:
        connection.close()
        raise
    return connection


def listener_protocol(host: str, port: int, timeout: float) -> str:
    """Finds out which security protocol the broker at this address expects; empty when none answers.

    Sends nothing secret and trusts nothing: it explains an error.
    """
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    for prefix, wrap in (("SSL", context.wrap_socket), ("PLAINTEXT", lambda plain: plain)):
        with contextlib.suppress(OSError), socket.create_connection((host, port), timeout) as plain:
            with wrap(plain) as connection:
                code, _ = _handshake(connection, "none")
            return f"SASL_{prefix}" if code == UNSUPPORTED_MECHANISM else prefix
    return ""


def _encrypted(connection: socket.socket, host: str, port: int, security: KafkaSecurity) -> socket.socket:
    try:
        return _tls_context(security).wrap_socket(connection, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        file = security.ca_file or "the operating system"
        raise LoginRefused(
            f"the certificate of Kafka at {host}:{port} is refused ({error.verify_message}), judged by {file}: name "
            f"the file of its certificate authority in {SETTING}CA_FILE"
        ) from error
    except ssl.SSLError as error:
        if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):  # a broker that starts or stops
            raise
        remedy = f"set {SETTING}SECURITY_PROTOCOL to what its listener has"
        raise LoginRefused(f"Kafka at {host}:{port} does not speak TLS ({error.reason}): {remedy}") from error


def _tls_context(security: KafkaSecurity) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=security.ca_file or None)
    except (OSError, ssl.SSLError) as error:
        reason = "no certificate" if isinstance(error, ssl.SSLError) else error.strerror
        remedy = "name a file of certificates in PEM"
        raise WrongSetting(f"{SETTING}CA_FILE is {security.ca_file!r}: {reason}: {remedy}") from error


def _log_in(connection: socket.socket, address: str, security: KafkaSecurity) -> None:
    password, mechanism = security.password(), security.mechanism
    code, mechanisms = _handshake(connection, mechanism)
    if code == UNSUPPORTED_MECHANISM:
        raise LoginRefused(f"Kafka at {address} offers {', '.join(mechanisms)}: set {SETTING}SASL_MECHANISM")
    if code:
        raise OtherProtocol(address, "SSL" if security.has_tls else PLAINTEXT, security)
    try:
        if mechanism in HASHES:
            client = ScramClient(mechanism, security.user, password)
            client.check(_authenticate(connection, client.final(_authenticate(connection, client.first()))))
        else:
            _authenticate(connection, f"\0{security.user}\0{password}".encode())
    except ValueError as error:
        remedy = f"see {SETTING}USER, and the password in {security.password_file}"
        raise LoginRefused(f"Kafka at {address} refuses the user {security.user} ({error}): {remedy}") from error


def _handshake(connection: socket.socket, mechanism: str) -> tuple[int, list[str]]:
    answer = _Answer(_request(connection, SASL_HANDSHAKE, _text(mechanism)))
    return answer.number(2), [answer.text() for _ in range(answer.number(4))]


def _authenticate(connection: socket.socket, proof: bytes) -> bytes:
    answer = _Answer(_request(connection, SASL_AUTHENTICATE, struct.pack(">i", len(proof)) + proof))
    code, message = answer.number(2), answer.text()
    if code:
        raise ValueError(message or f"error {code}")
    return answer.take(answer.number(4))


def _request(connection: socket.socket, api: tuple[int, int], body: bytes) -> bytes:
    request = struct.pack(">hhi", *api, 1) + _text("checkout") + body
    connection.sendall(struct.pack(">i", len(request)) + request)
    with connection.makefile("rb") as response:
        size = int.from_bytes(response.read(4))
        answer = response.read(size) if size <= MAX_RESPONSE_BYTES else b""
    if len(answer) < max(size, 4):
        raise ConnectionResetError("the broker has closed the connection")
    return answer[4:]  # without the correlation id


def _text(value: str) -> bytes:
    encoded = value.encode()
    return struct.pack(">h", len(encoded)) + encoded


class _Answer:
    def __init__(self, content: bytes) -> None:
        self._rest = content

    def take(self, size: int) -> bytes:
        taken, self._rest = self._rest[: max(size, 0)], self._rest[max(size, 0) :]
        return taken

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), signed=True)

    def text(self) -> str:
        return self.take(self.number(2)).decode(errors="replace")
