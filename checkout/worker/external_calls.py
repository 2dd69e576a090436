"""External calls: calls to outside systems, with time-outs, retries under the same key and several calls at once."""

import heapq
import itertools
import queue
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from checkout.messages import Reply
from checkout.worker.database import OutboxRow

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0  # seconds between two attempts, doubling


class Unanswered(Exception):
    """Nobody knows whether the call took effect: it is to be asked again, with the same key."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(reason)
        self.url = url


@dataclass(slots=True)
class CallResult:
    """How a call ended; without a reply it will be tried again."""

    row: OutboxRow
    url: str
    status: str
    reply: Reply | None


Adapter = Callable[[OutboxRow], CallResult]


class ExternalCalls:
    """Calls outside systems through one line per message; with no workers it calls while the caller waits."""

    def __init__(
        self, lines: Mapping[str, Adapter], workers: int = 8, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._lines, self._clock = lines, clock
        self._pool = ThreadPoolExecutor(workers, "courier") if workers else None
        self._answers: queue.SimpleQueue[CallResult] = queue.SimpleQueue()
        self._later: list[tuple[float, int, OutboxRow]] = []
        self._numbers = itertools.count()
        self._attempts: dict[tuple[str, str], float] = {}
        self.open: set[tuple[str, str]] = set()

    @property
    def due_at(self) -> float | None:
        """When the next repeated call is due, on the courier's clock, if any waits."""
        return self._later[0][0] if self._later else None

    @property
    def has_answers(self) -> bool:
        """Whether a call has ended that nobody has taken yet."""
        return not self._answers.empty()

    def put(self, rows: Sequence[OutboxRow]) -> None:
        """Takes these calls over; what it has already is left out."""
        for row in rows:
            if row.identity not in self.open:
                self.open.add(row.identity)
                self._start(row)

    def take(self, limit: int) -> list[CallResult]:
        """What has been answered or has failed meanwhile; starts the calls whose pause is over."""
        while (due := self.due_at) is not None and due <= self._clock():
            self._start(heapq.heappop(self._later)[2])
        taken: list[CallResult] = []
        while len(taken) < limit and not self._answers.empty():
            answer = self._answers.get()
            if answer.reply is None:
                self.again(answer.row)
            taken.append(answer)
        return taken

    def forget(self, identity: tuple[str, str]) -> None:
        """The call is settled and stored."""
        self.open.discard(identity)
        self._attempts.pop(identity, None)

    def again(self, row: OutboxRow) -> None:
        """Asks again after a pause, which doubles each time."""
        pause = self._attempts.get(row.identity, FIRST_PAUSE)
        self._attempts[row.identity] = min(pause * 2, LONGEST_PAUSE)
        heapq.heappush(self._later, (self._clock() + pause, next(self._numbers), row))

    def close(self) -> None:
        """Starts no more calls; what is on its way may end by itself."""
        if self._pool:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _start(self, row: OutboxRow) -> None:
        if self._pool:
            self._pool.submit(self._call, row)
        else:
            self._call(row)

    def _call(self, row: OutboxRow) -> None:
        try:
            self._answers.put(self._lines[row.message](row))
        except Unanswered as silence:
            self._answers.put(CallResult(row, silence.url, str(silence), None))
        except Exception as error:  # a fault of ours must not end the thread in silence
            self._answers.put(CallResult(row, "", f"{type(error).__name__}: {error}", None))
