"""Intake: hands HTTP requests to the worker, and answers each when its message is committed."""

import asyncio
import queue
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from checkout.framework.message import Message
from checkout.journal.hop import Outcome


class IntakeFull(Exception):
    """The queue is full; the client may retry after a second."""


@dataclass(slots=True)
class PendingRequest:
    """A message that was submitted over HTTP, and the future that its request awaits."""

    message: Message
    correlation: str
    client: str
    url: str
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Outcome]
    traceparent: str = ""  # the client's W3C trace context

    def settle(self, outcome: Outcome) -> None:
        """Answers the request after the commit: applied or duplicate."""
        self.loop.call_soon_threadsafe(self._resolve, outcome)

    def fail(self, error: Exception) -> None:
        """Answers the request with an error; nothing was stored."""
        self.loop.call_soon_threadsafe(self._resolve, error)

    def _resolve(self, result: Outcome | Exception) -> None:
        if self.answer.done():  # the client has disconnected
            return
        if isinstance(result, Exception):
            self.answer.set_exception(result)
        else:
            self.answer.set_result(result)


class Intake:
    """A queue from the thread of the HTTP server to the worker's, for at most `limit` requests.

    `on_request` is called when a request arrives, in the thread of the HTTP server.
    """

    def __init__(self, limit: int = 1_000) -> None:
        self._waiting: queue.Queue[PendingRequest] = queue.Queue(limit)
        self.on_request: Callable[[], object] = lambda: None

    async def submit(
        self, message: Message, correlation: str, client: str = "", url: str = "", traceparent: str = ""
    ) -> Outcome:
        """Queues a message and waits for its commit. Raises IntakeFull, or the error of its handler."""
        loop = asyncio.get_running_loop()
        request = PendingRequest(message, correlation, client, url, loop, loop.create_future(), traceparent)
        try:
            self._waiting.put_nowait(request)
        except queue.Full:
            raise IntakeFull("too many orders at once: try again in a second") from None
        self.on_request()
        return await request.answer

    def take(self, limit: int) -> list[PendingRequest]:
        """Up to `limit` requests, without waiting. Only one thread may call this."""
        return [self._waiting.get_nowait() for _ in range(min(limit, self._waiting.qsize()))]


@dataclass(frozen=True)
class RouteContext:
    """The objects that the HTTP routes of a service use."""

    intake: Intake
    read: Callable[[], AbstractContextManager[Connection]]  # opens a connection that reads committed data
    now: Callable[[], datetime]
    operator_token: str = ""
