"""External calls: concurrent calls to external systems, each repeated with the same key until it is answered."""

import hashlib
import heapq
import itertools
import queue
import time
from collections.abc import Callable, Collection, Mapping, Sequence, Set
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import Any

from checkout.settings import CALL_SECONDS
from checkout.worker.outbox import OutboxRow

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 60.0  # seconds between two attempts
SHORT_PAUSE = 5.0  # seconds; longer pauses are at most a tenth of the time since the first attempt

GIVEN_UP = "given up"  # begins the status of such a call


class Unanswered(Exception):
    """The outcome of the call is unknown; the call is repeated with the same idempotency key."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(reason)
        self.url = url


@dataclass(slots=True)
class CallResult:
    """The result of one attempt; without a reply the call is repeated, or given up for the reason `given_up`."""

    row: OutboxRow
    url: str
    status: str
    reply: Any
    given_up: str = ""


@dataclass(slots=True)
class OpenCall:
    """A call without a stored result: its first attempt and its next pause, in seconds of the clock."""

    started: float
    pause: float = FIRST_PAUSE


Adapter = Callable[[OutboxRow], CallResult]  # makes one call; raises Unanswered


def idempotency_key(row: OutboxRow) -> str:
    """UUIDv5 of the order's id and the purpose of the call ("charge"): the same for every attempt.

    `uuid.uuid5` takes five times as long.
    """
    namespace = bytes.fromhex(row.order_id.replace("-", ""))
    digest = bytearray(hashlib.sha1(namespace + row.destination.encode(), usedforsecurity=False).digest()[:16])
    digest[6], digest[8] = digest[6] & 0x0F | 0x50, digest[8] & 0x3F | 0x80  # version 5, variant of RFC 4122
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class ExternalCalls:
    """The open calls of one worker, made by one adapter per message name.

    `workers` threads call at the same time; with 0, calls are made synchronously by `put` and `take`. `clock` gives
    seconds and decides when a call is repeated. `on_result` is called by these threads when a result has arrived.
    Calls of the messages in `may_give_up` are given up when they have had no reply for `give_up_after` seconds; `age`
    returns how many seconds ago a row was stored.
    """

    def __init__(
        self, adapters: Mapping[str, Adapter], workers: int = 8, clock: Callable[[], float] = time.monotonic,
        give_up_after: float = CALL_SECONDS, age: Callable[[OutboxRow], float] = OutboxRow.age,
    ) -> None:  # fmt: skip
        self.adapters, self._clock, self._give_up_after, self._age = adapters, clock, give_up_after, age
        self.may_give_up: Collection[str] = ()
        self._pool = ThreadPoolExecutor(workers, "external-calls") if workers else None
        self._results: queue.SimpleQueue[CallResult] = queue.SimpleQueue()
        self._repeats: list[tuple[float, int, OutboxRow]] = []
        self._numbers = itertools.count()
        self._calls: dict[tuple[str, str], OpenCall] = {}
        self._running: set[Future[None]] = set()
        self._is_closed = False
        self.on_result: Callable[[], object] = lambda: None

    @property
    def open(self) -> Set[tuple[str, str]]:
        """The identities of the calls without a stored result."""
        return self._calls.keys()

    @property
    def due_at(self) -> float | None:
        """When the next call is repeated, in seconds of `clock`; None if no call waits for its repetition."""
        return self._repeats[0][0] if self._repeats else None

    @property
    def has_results(self) -> bool:
        """Whether `take` would return a result now."""
        return not self._results.empty()

    def put(self, rows: Sequence[OutboxRow]) -> None:
        """Starts these calls; those that are open already are skipped."""
        for row in rows:
            if row.identity not in self._calls:
                self._calls[row.identity] = OpenCall(self._clock() - self._age(row))
                self._start(row)

    def take(self, limit: int) -> list[CallResult]:
        """Up to `limit` results; repeats the calls that are due."""
        while (due := self.due_at) is not None and due <= self._clock():
            self._start(heapq.heappop(self._repeats)[2])
        taken: list[CallResult] = []
        while len(taken) < limit and not self._results.empty():
            result = self._results.get()
            is_final = result.reply is not None or bool(result.given_up)
            if is_final or self.repeat(result, result.status):
                taken.append(result)
        return taken

    def close_call(self, identity: tuple[str, str]) -> None:
        """Removes a call whose result is stored."""
        self._calls.pop(identity, None)

    def repeat(self, result: CallResult, problem: str) -> bool:
        """Makes a call again after a pause, which grows each time, and returns True; or gives it up.

        `problem`: why it has no usable reply. A call that is given up has one more result, which says so.
        """
        call, now = self._calls[result.row.identity], self._clock()
        is_late = now - call.started >= self._give_up_after and result.row.message in self.may_give_up
        if is_late and not result.given_up:
            reason = f"no usable reply within {self._give_up_after / 3600:g} h: {problem}"
            self._results.put(replace(result, status=f"{GIVEN_UP}: {problem}", reply=None, given_up=reason))
            return False
        heapq.heappush(self._repeats, (now + call.pause, next(self._numbers), result.row))
        call.pause = min(call.pause * 2, max(SHORT_PAUSE, (now - call.started) / 10), LONGEST_PAUSE)
        return True

    def close(self, timeout: float = 0.0) -> None:
        """Starts no more calls, and waits at most `timeout` seconds for those that are running."""
        self._is_closed = True
        if self._pool:
            self._pool.shutdown(wait=False, cancel_futures=True)
            wait(self._running.copy(), timeout)

    def _start(self, row: OutboxRow) -> None:
        if self._pool is None:
            self._call(row)
        elif not self._is_closed:
            call = self._pool.submit(self._call_in_thread, row)
            self._running.add(call)
            call.add_done_callback(self._running.discard)

    def _call_in_thread(self, row: OutboxRow) -> None:
        self._call(row)
        self.on_result()

    def _call(self, row: OutboxRow) -> None:
        try:
            result = self.adapters[row.message](row)
        except Unanswered as unanswered:
            result = CallResult(row, unanswered.url, str(unanswered), None)
        except Exception as error:  # an unexpected error must not end the thread unnoticed
            result = CallResult(row, "", f"{type(error).__name__}: {error}", None)
        self._results.put(result)
