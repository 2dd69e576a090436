"""RPC service: remote calls over TCP in the shape of gRPC (methods, metadata, streams, status), instrumented alike."""

import json
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from enum import StrEnum
from typing import Any, NamedTuple

from opentelemetry.trace import Span, SpanKind
from systems.instrumented.service_telemetry import ServiceTelemetry, extract, inject, set_error

Handler = Callable[[Any], Iterator[Any]]  # yields the messages of the response: one, or a stream
Ports = dict[str, int]
ATTEMPTS = 3


class Style(StrEnum):
    """Under which span of the client the span of the server hangs; instrumentations of gRPC differ in it.

    attempt: under that of the attempt, which is below the one of the call; call: under that of the call, beside those
    of the attempts.
    """

    ATTEMPT = "attempt"
    CALL = "call"


class Unavailable(Exception):
    """The handler cannot answer now; clients try again."""


class RpcError(Exception):
    """All attempts of a call failed."""


class RpcService:
    """A server and a client. Without telemetry it is not instrumented and passes no context on."""

    def __init__(
        self, host: str, ports: Ports, telemetry: ServiceTelemetry | None, style: Style = Style.ATTEMPT
    ) -> None:
        self.host, self._ports, self._telemetry, self._style = host, ports, telemetry, style
        self._methods: dict[str, Handler] = {}
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), self._handler_class())
        ports[host] = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,), name=host)

    def on(self, method: str, handler: Handler) -> None:
        """Handles the calls of a method such as travel.Fares/Quote. The handler yields, or raises Unavailable."""
        self._methods[method] = handler

    def start(self) -> None:
        """Starts to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Waits for the calls in work and ends."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def call(self, host: str, method: str, message: Any = None) -> Sequence[Any]:
        """Calls another service; while it is unavailable, up to three times. Raises RpcError after the last failure."""
        with self._client_span(method, host) as span:
            headers = inject()
            for _ in range(ATTEMPTS):
                with self._client_span(method, host, "Attempt ") as attempt:
                    answer = self._send(host, method, inject() if self._style is Style.ATTEMPT else headers, message)
                    _set_status(attempt, answer.status)
                if answer.status == "OK":
                    _set_status(span, answer.status)
                    return answer.messages
            _set_status(span, answer.status)
            raise RpcError(f"{host} is unavailable for {method}")

    def respond(self, method: str, metadata: dict[str, str], message: Any) -> Iterator[dict[str, Any]]:
        """Handles a call, in a SERVER span if this service is instrumented."""
        attributes = _about(method, self.host) | {"client.address": "127.0.0.1"}
        telemetry, context = self._telemetry, extract(metadata)
        with telemetry.span(method, SpanKind.SERVER, attributes, context) if telemetry else nullcontext() as span:
            status = "OK"
            try:
                for each in self._methods[method](message):
                    yield {"message": each}
            except (Unavailable, RpcError):
                status = "UNAVAILABLE"
            _set_status(span, status)
        yield {"status": status}

    def _client_span(self, method: str, host: str, prefix: str = "") -> Any:
        if not self._telemetry:
            return nullcontext()
        return self._telemetry.span(prefix + method, SpanKind.CLIENT, _about(method, host))

    def _send(self, host: str, method: str, metadata: dict[str, str], message: Any) -> "_Answer":
        with socket.create_connection(("127.0.0.1", self._ports[host]), timeout=10) as connection:
            request = {"method": method, "metadata": metadata, "message": message}
            connection.sendall(json.dumps(request).encode() + b"\n")
            with connection.makefile("rb") as lines:
                *messages, last = [json.loads(line) for line in lines]
        return _Answer([each["message"] for each in messages], last["status"])

    def _handler_class(self) -> type[socketserver.BaseRequestHandler]:
        service = self

        class RequestHandler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                request = json.loads(self.rfile.readline())
                for each in service.respond(request["method"], request["metadata"], request["message"]):
                    self.wfile.write(json.dumps(each).encode() + b"\n")

        return RequestHandler


class _Answer(NamedTuple):
    messages: Sequence[Any]
    status: str


def _about(method: str, host: str) -> dict[str, str | int | bool]:
    return {"rpc.system.name": "grpc", "rpc.method": method, "server.address": host, "server.port": 50051}


def _set_status(span: Span | None, status: str) -> None:
    if span:
        span.set_attribute("rpc.response.status_code", status)
        if status != "OK":
            set_error(span, status)
