"""Outside system: what the systems beyond the store's boundary share: switches, one lock, a ledger by idempotency key.

Their state is memory only: each is a process of its own that no test kills, and so a witness of what the store asked.
"""

import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

import msgspec

Asked = TypeVar("Asked", bound=msgspec.Struct)
Answer = TypeVar("Answer", bound=msgspec.Struct)
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Failed(Exception):
    """The system fails before doing anything, because its switches say so."""


class Dropped(Exception):
    """The system did what was asked and then hung up without an answer, because its switches say so."""


class KeyReused(Exception):
    """An idempotency key came back with another request."""


class FaultSwitches(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How a system misbehaves; a count falls with every use, and a new object sets every switch anew.

    `delay` is in seconds and concerns the answer only: it is kept by the servers, not by calls in process.
    """

    delay: Annotated[float, msgspec.Meta(ge=0, le=60)] = 0.0
    fail: Count = 0  # of the next requests, before anything is done


class ExternalSystem:
    """A system with switches and one lock; subclasses use both inside `with self._lock`."""

    switches: FaultSwitches

    def __init__(self, switches: FaultSwitches) -> None:
        self.switches = switches
        self._lock = threading.Lock()

    def _use(self, switch: str) -> bool:
        left: int = getattr(self.switches, switch)
        if left:
            setattr(self.switches, switch, left - 1)
        return left > 0

    def _fail_if_switched(self) -> None:
        if self._use("fail"):
            raise Failed("this system fails now, as its switches say: try again later")

    def _drop_if_switched(self, switch: str) -> None:
        if self._use(switch):
            raise Dropped("the connection was dropped after the work was done")


class Kept(msgspec.Struct, Generic[Asked, Answer], frozen=True):
    """One request, its one answer, how often it was asked, and how often its key came with another request."""

    key: str
    asked: Asked
    answer: Answer
    attempts: int = 1
    conflicts: int = 0


class Ledger(Generic[Asked, Answer]):
    """Requests by idempotency key: each is decided once and answered the same for ever; its owner holds the lock."""

    def __init__(self) -> None:
        self._kept: dict[str, Kept[Asked, Answer]] = {}

    def answer(self, key: str, asked: Asked, decide: Callable[[Asked], Answer]) -> Answer:
        """The answer kept for this key, or the decision, kept from now on. Raises KeyReused."""
        kept = self._kept.get(key)
        if kept is None:
            kept = self._kept[key] = Kept(key, asked, decide(asked))
        elif kept.asked == asked:
            self._kept[key] = msgspec.structs.replace(kept, attempts=kept.attempts + 1)
        else:
            self._kept[key] = msgspec.structs.replace(kept, conflicts=kept.conflicts + 1)
            raise KeyReused(f"the idempotency key {key} came before with another body: use a new key")
        return kept.answer

    def entries(self, order: str | None = None) -> list[dict[str, Any]]:
        """What was asked and answered, oldest first, as over HTTP; of one order if it is named."""
        entries = [_flat(kept) for kept in list(self._kept.values())]
        return [entry for entry in entries if order is None or entry["order"] == order]

    def entry(self, key: str) -> dict[str, Any] | None:
        """What was asked and answered under this key."""
        kept = self._kept.get(key)
        return _flat(kept) if kept else None


def _flat(kept: Kept[Any, Any]) -> dict[str, Any]:
    asked = msgspec.to_builtins(kept.asked, builtin_types=(Decimal,))
    counts = {"attempts": kept.attempts, "conflicts": kept.conflicts}
    return {"key": kept.key, **asked, **msgspec.structs.asdict(kept.answer), **counts}
