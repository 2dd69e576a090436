"""Intake: the door between HTTP and a worker; a request is answered when its message is committed."""

import asyncio
import queue
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sqlalchemy import Connection

from checkout.messages import Message


class IntakeFull(Exception):
    """Too many requests wait already; the sender may try again in a second."""


@dataclass(slots=True)
class PendingRequest:
    """A message handed in, and the request that waits for it."""

    message: Message
    correlation: str
    client: str
    url: str
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[str]

    def settle(self, outcome: str) -> None:
        """Answers the request: `applied` or `duplicate`, after the commit."""
        self.loop.call_soon_threadsafe(self._answer, outcome, None)

    def fail(self, error: Exception) -> None:
        """Answers the request with an error; nothing of it was kept."""
        self.loop.call_soon_threadsafe(self._answer, "", error)

    def _answer(self, outcome: str, error: Exception | None) -> None:
        if self.answer.done():  # the client has gone away
            return
        if error is None:
            self.answer.set_result(outcome)
        else:
            self.answer.set_exception(error)


class Intake:
    """A bounded queue from the HTTP server's thread to the worker's."""

    def __init__(self, limit: int = 1_000) -> None:
        self._waiting: queue.Queue[PendingRequest] = queue.Queue(limit)

    async def submit(self, message: Message, correlation: str, client: str = "", url: str = "") -> str:
        """Waits until the message is committed; returns its outcome. Raises IntakeFull, or what the handler raised."""
        loop = asyncio.get_running_loop()
        request = PendingRequest(message, correlation, client, url, loop, loop.create_future())
        try:
            self._waiting.put_nowait(request)
        except queue.Full:
            raise IntakeFull("too many orders at once: try again in a second") from None
        return await request.answer

    def take(self, limit: int) -> list[PendingRequest]:
        """Up to `limit` requests, without waiting."""
        taken: list[PendingRequest] = []
        while len(taken) < limit:
            try:
                taken.append(self._waiting.get_nowait())
            except queue.Empty:
                break
        return taken


@dataclass(frozen=True)
class RouteContext:
    """What a service's HTTP routes work with."""

    intake: Intake
    read: Callable[[], AbstractContextManager[Connection]]  # a connection that sees what is committed
    now: Callable[[], str]  # ISO 8601, UTC
    operator_token: str = ""
