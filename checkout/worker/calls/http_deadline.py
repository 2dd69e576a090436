"""HTTP deadline: a transport for httpx whose responses must be complete within a time, headers included.

The time-outs of httpx count from byte to byte: a server that sends one byte at a time would hold a call for ever.
"""

import threading
import time
from typing import Any

import httpcore
import httpx


class DeadlineTransport(httpx.HTTPTransport):
    """Makes a call fail with httpx.ReadTimeout when its response is not complete within `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(trust_env=False)
        self._backend, self._seconds = _DeadlineBackend(), seconds
        context = httpx.create_ssl_context(trust_env=False)
        # httpx has no parameter for the network backend of its connection pool.
        self._pool = httpcore.ConnectionPool(context, network_backend=self._backend)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Sends a request. The deadline counts from here on, for all that this thread reads until the next request."""
        self._backend.deadline.at = time.monotonic() + self._seconds
        return super().handle_request(request)


class _Deadline(threading.local):
    at = 0.0


class _DeadlineBackend(httpcore.SyncBackend):
    def __init__(self) -> None:
        super().__init__()
        self.deadline = _Deadline()

    def connect_tcp(self, *args: Any, **options: Any) -> httpcore.NetworkStream:
        return _DeadlineStream(super().connect_tcp(*args, **options), self.deadline)


class _DeadlineStream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = self._deadline.at - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the response is not complete in time")
        return self._stream.read(max_bytes, left if timeout is None else min(timeout, left))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(self, *args: Any, **options: Any) -> httpcore.NetworkStream:
        return _DeadlineStream(self._stream.start_tls(*args, **options), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
