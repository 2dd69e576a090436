"""Fault: something that goes wrong in a running store until it is healed."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """A fault: its name in words, the replicas, brokers or systems that it affects, and how it begins and ends.

    `inject` returns when the fault is there. `heal` returns when all that the fault has ended or paused serves again.
    `starts_replicas`: whether `heal` starts processes of the store, for which Kafka has to be there.
    """

    name: str
    affects: Sequence[str]
    inject: Callable[[], None]
    heal: Callable[[], None]
    starts_replicas: bool = False

    @contextmanager
    def injected(self) -> Iterator[None]:
        """Injects the fault for the time of the block."""
        self.inject()
        try:
            yield
        finally:
            self.heal()
