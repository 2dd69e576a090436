"""HTTP limits: connections whose requests are bounded in size and in time, so that slow clients occupy no server."""

import asyncio
import math
import resource
from http import HTTPStatus
from typing import Any

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD_BYTES = 32 * 1024  # the request line and all headers
MOST_HEADERS = 100
TOO_LARGE = f"the headers are larger than {MOST_HEAD_BYTES} bytes"
MOST_CONNECTIONS = 2_000  # of one server
IDLE_SECONDS = 75  # between two requests of a connection


class LimitedConnection(HttpToolsProtocol):
    """A connection that answers 431 for a head that is too large and 408 for a request that is too slow, and closes.

    It is closed without an answer when nothing was sent, or when an earlier request would get the answer.
    One timer per connection looks whether its deadline has passed: a request only sets the deadline, which is cheap.

    Attributes:
        head_seconds: from the connection, or the first byte of a request, to the end of its headers.
        body_seconds: from the end of the headers to the end of the body.
        write_seconds: for a response that the client does not read.
        most_connections: of one server; with fewer file descriptors, three quarters of them.
    """

    head_seconds, body_seconds, write_seconds = 10.0, 20.0, 30.0
    most_connections = min(MOST_CONNECTIONS, resource.getrlimit(resource.RLIMIT_NOFILE)[0] * 3 // 4)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._due = self._write_due = math.inf  # for a request and for reading; infinite while the client owes nothing
        self._timer: asyncio.TimerHandle | None = None
        self._head_bytes = self._unfinished_bytes = 0
        self._is_in_head, self._is_silent = False, True
        self._refusal: tuple[int, str] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Waits for the first request, or refuses a connection too many."""
        super().connection_made(transport)  # type: ignore[arg-type]
        if len(self.connections) > self.most_connections:
            self._refuse(503, "too many connections: try again in a moment")
            return
        self._due = self.loop.time() + self.head_seconds
        self._timer = self.loop.call_later(self.head_seconds, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stops the timer."""
        if self._timer:
            self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parses bytes of the client; of a head that is not complete, at most MOST_HEAD_BYTES."""
        self._is_silent = False
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._is_in_head:
            self._unfinished_bytes += len(data)
            if self._unfinished_bytes > MOST_HEAD_BYTES:
                self._refuse(431, TOO_LARGE)
        elif self._due == math.inf and self.cycle and self.cycle.response_complete:
            self._due = self.loop.time() + self.head_seconds  # empty lines before a request that does not come

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self._head_bytes = self._unfinished_bytes = 0
        self._is_in_head, self._due = True, self.loop.time() + self.head_seconds

    def on_url(self, url: bytes) -> None:
        """A part of the URL."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer after a body in chunks."""
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The body follows."""
        self._is_in_head, self._due = False, self.loop.time() + self.body_seconds
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is complete: the client waits for the server from now on."""
        self._due = math.inf
        super().on_message_complete()

    def pause_writing(self) -> None:
        """The client does not read its response."""
        super().pause_writing()
        self._write_due = self.loop.time() + self.write_seconds

    def resume_writing(self) -> None:
        """The client reads again."""
        super().resume_writing()
        self._write_due = math.inf

    def send_400_response(self, msg: str) -> None:
        """Answers what is not HTTP, or exceeds a limit, in the form of all errors of the store."""
        self._refuse(*(self._refusal or (400, "this is no HTTP request")))

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > MOST_HEAD_BYTES:
            self._refusal = 431, TOO_LARGE
        elif len(self.headers) >= MOST_HEADERS:
            self._refusal = 431, f"there are more than {MOST_HEADERS} headers"
        if self._refusal:
            raise ValueError(self._refusal[1])  # httptools reports it as an error of the parser

    def _look(self) -> None:
        now, due = self.loop.time(), min(self._due, self._write_due)
        if due > now:
            self._timer = self.loop.call_at(min(due, now + self.head_seconds), self._look)
        elif self._is_silent:
            self.transport.close()
        else:
            self._refuse(408, "the request or the reading of its response took too long")

    def _is_answering(self) -> bool:
        """Whether a response has begun, or the next one belongs to a request that is complete."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            return False
        return cycle.response_started or not cycle.more_body or bool(self.pipeline)

    def _refuse(self, status: int, message: str) -> None:
        """Answers with an error unless it would be taken for another answer; closes without waiting for the client."""
        if self._is_answering() or self.transport.get_write_buffer_size():
            self.transport.abort()
            return
        body = msgspec.json.encode({"message": message})
        head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\ncontent-type: application/json\r\n"
        self.transport.write(f"{head}content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode() + body)
        self.transport.close()
