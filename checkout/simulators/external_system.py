"""External system: what the simulated systems outside the store share - fault switches, a lock, a ledger.

They keep their state in memory. Tests never kill them, so they are witnesses of what the store has requested.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

import msgspec

MOST_ENTRIES = 50_000  # of a ledger or mailbox: a simulated system must not fill the memory
Request = TypeVar("Request", bound=msgspec.Struct)
Response = TypeVar("Response", bound=msgspec.Struct)
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class SimulatedFailure(Exception):
    """The system fails before it does anything, as its fault switches demand."""


class StillProcessing(SimulatedFailure):
    """The system refuses a request because an earlier one with the same key is not finished, as its switches demand."""


class ConnectionDropped(Exception):
    """The system has processed the request and closes the connection without a response, as its switches demand."""


class KeyReused(Exception):
    """A request has the idempotency key of a different request."""


class FaultSwitches(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The faults of a system. A count is the number of requests that the fault still affects.

    `delay`: seconds before each response, in servers only. `fail`: requests that fail before anything is done.
    """

    delay: Annotated[float, msgspec.Meta(ge=0, le=60)] = 0.0
    fail: Count = 0

    def use(self, name: str) -> bool:
        """Decrements the count of this name; returns whether it was above 0."""
        count: int = getattr(self, name)
        setattr(self, name, max(0, count - 1))
        return count > 0


Faults = TypeVar("Faults", bound=FaultSwitches)


class ExternalSystem(Generic[Faults]):
    """A system with fault switches and a lock for the state of its subclasses."""

    def __init__(self, switches: Faults) -> None:
        self.switches = switches
        self._lock = threading.Lock()

    @contextmanager
    def _processing(self, drop_switch: str = "") -> Iterator[None]:
        # Holds the lock while a request is processed; the switches make it fail before, or drop the connection after.
        with self._lock:
            if self.switches.use("fail"):
                raise SimulatedFailure("the fault switches make this request fail: try again later")
            yield
            if drop_switch and self.switches.use(drop_switch):
                raise ConnectionDropped("the connection was dropped after the request was processed")


class LedgerEntry(msgspec.Struct, Generic[Request, Response], frozen=True):
    """A request and its response; how often it arrived, and how often its key arrived with another request."""

    key: str
    request: Request
    response: Response
    attempts: int = 1
    conflicts: int = 0

    def to_json(self) -> dict[str, Any]:
        """Returns one flat object with the fields of request and response; amounts stay decimals."""
        request = msgspec.to_builtins(self.request, builtin_types=(Decimal,))
        counts = {"attempts": self.attempts, "conflicts": self.conflicts}
        return {"key": self.key, **request, **msgspec.structs.asdict(self.response), **counts}


class Ledger(Generic[Request, Response]):
    """The last MOST_ENTRIES requests by idempotency key; a repeated request gets the first response.

    Its owner holds the lock.
    """

    def __init__(self) -> None:
        self._entries: dict[str, LedgerEntry[Request, Response]] = {}

    def respond(self, key: str, request: Request, decide: Callable[[Request], Response]) -> Response:
        """Returns the response for this key; the first time, calls `decide`. Raises KeyReused."""
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = LedgerEntry(key, request, decide(request))
            if len(self._entries) > MOST_ENTRIES:
                del self._entries[next(iter(self._entries))]
        elif entry.request == request:
            self._entries[key] = msgspec.structs.replace(entry, attempts=entry.attempts + 1)
        else:
            self._entries[key] = msgspec.structs.replace(entry, conflicts=entry.conflicts + 1)
            raise KeyReused(f"the idempotency key {key} was used with another body: use a new key")
        return entry.response

    def __contains__(self, key: str) -> bool:
        """Whether there is an entry of this key."""
        return key in self._entries

    def entries(self, order: str | None = None) -> list[dict[str, Any]]:
        """Returns the entries as JSON objects, oldest first; only those of one order if it is given."""
        entries = list(self._entries.values())
        return [entry.to_json() for entry in entries if order in (None, getattr(entry.request, "order", None))]

    def entry(self, key: str) -> dict[str, Any] | None:
        """Returns the entry of this key as a JSON object."""
        entry = self._entries.get(key)
        return entry.to_json() if entry else None
