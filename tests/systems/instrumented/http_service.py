"""HTTP service: a server and a client on the loopback, instrumented after the HTTP conventions of OpenTelemetry."""

import http.client
import json
import re
import threading
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from opentelemetry.trace import Span, SpanKind
from systems.instrumented.service_telemetry import ServiceTelemetry, extract, inject, set_error


class Response(NamedTuple):
    """A response with a JSON body."""

    status: int
    body: Any = None


class Request(NamedTuple):
    """A request: the values of the parameters in its path, and its JSON body."""

    parameters: Mapping[str, str]
    body: Any


Handler = Callable[[Request], Response]
Ports = dict[str, int]  # the port on the loopback by host name, as a name server has it


class HttpService:
    """A service that listens under a host name. Without telemetry it is not instrumented and passes no context on."""

    def __init__(self, host: str, ports: Ports, telemetry: ServiceTelemetry | None = None) -> None:
        self.host, self.telemetry = host, telemetry
        self._ports, self._routes = ports, list[tuple[str, str, Handler]]()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler_class())
        self._server.daemon_threads = False  # so that server_close waits for requests, and so for their spans
        ports[host] = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,), name=host)

    def on(self, method: str, route: str, handler: Handler) -> None:
        """Handles the requests of a method and a route such as /books/{isbn}."""
        self._routes.append((method, route, handler))

    def start(self) -> None:
        """Starts to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Waits for the requests in work and ends."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def call(self, method: str, host: str, path: str, body: Any = None) -> Response:
        """Calls another service in a CLIENT span. An answer of 400 or above is an error of the span, no exception."""
        if not self.telemetry:
            return self.send(method, host, path, body, {})
        attributes = {"http.request.method": method, "server.address": host, "server.port": 80,
                      "url.full": f"http://{host}{path}"}  # fmt: skip
        with self.telemetry.span(method, SpanKind.CLIENT, attributes) as span:
            response = self.send(method, host, path, body, inject())
            _set_status(span, response.status, error_from=400)
            return response

    def send(self, method: str, host: str, path: str, body: Any, headers: Mapping[str, str]) -> Response:
        """Sends a request without a span."""
        connection = http.client.HTTPConnection("127.0.0.1", self._ports[host], timeout=10)
        try:
            connection.request(method, path, json.dumps(body).encode(), {"Host": host, **headers})
            answer = connection.getresponse()
            return Response(answer.status, json.loads(answer.read()))
        finally:
            connection.close()

    def respond(self, method: str, path: str, headers: Mapping[str, str], body: Any) -> Response:
        """Handles a request, in a SERVER span if this service is instrumented."""
        found = ((route, handler, _match(route, path)) for verb, route, handler in self._routes if verb == method)
        route, handler, parameters = next(each for each in found if each[2] is not None)
        attributes = {"http.request.method": method, "url.path": path, "http.route": route, "url.scheme": "http",
                      "server.address": self.host, "client.address": "127.0.0.1"}  # fmt: skip
        telemetry, name, context = self.telemetry, f"{method} {route}", extract(headers)
        with telemetry.span(name, SpanKind.SERVER, attributes, context) if telemetry else nullcontext() as span:
            response = handler(Request(parameters or {}, body))
            if span:
                _set_status(span, response.status, error_from=500)
            return response

    def _handler_class(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class RequestHandler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"null")
                response = service.respond(self.command, self.path, dict(self.headers), body)
                content = json.dumps(response.body).encode()
                head = f"HTTP/1.0 {response.status} -\r\nContent-Length: {len(content)}\r\n\r\n"
                self.wfile.write(head.encode() + content)

            do_GET = do_POST = do_PUT = do_DELETE = _answer

        return RequestHandler


def _match(route: str, path: str) -> dict[str, str] | None:
    pattern = re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", route)
    found = re.fullmatch(pattern, path.partition("?")[0])
    return found.groupdict() if found else None


def _set_status(span: Span, status: int, error_from: int) -> None:
    span.set_attribute("http.response.status_code", status)
    if status >= error_from:
        set_error(span, str(status))
