"""Hops for tests: one at a time, and those of a whole story."""

from datetime import UTC, datetime
from typing import Any

from sample import FIRST

from checkout.journal.hop import Hop
from checkout.messages import BY_NAME
from checkout.registry import arrows


def at(microsecond: int) -> datetime:
    return datetime(2026, 1, 1, 10, 0, 0, microsecond, tzinfo=UTC)


def make_hop(number: int = 0, **changes: Any) -> Hop:
    fields = {"order": FIRST, "step": 4, "sender": "kafka", "to": "stock"}
    fields |= {"message": "OrderReceived", "technology": "t"}
    return Hop(**fields | {"offset": number, "at": at(number)} | changes)


def story(name: str, order: str = FIRST) -> list[Hop]:
    """The hops of a story without repeats or failures, one microsecond apart."""
    hops = []
    for number, (step, sender, to, message, technology) in enumerate(arrows(name)):
        kind = BY_NAME[message]
        second = sender == kind.receiver
        cause = next(cause for cause in kind.steps if kind.step(cause, second, name) == step)
        offset = 0 if "kafka" in (sender, to) else None
        hops.append(
            Hop(order=order, step=step, sender=sender, to=to, message=message, technology=technology, offset=offset,
                topic=technology if offset == 0 else None, group=to if sender == "kafka" else None, cause=cause,
                at=at(number))
        )
    return hops
