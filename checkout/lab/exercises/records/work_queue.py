"""Exercise queue: a queue with competing consumers, acknowledgements and redelivery."""

import inspect
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from checkout.lab.exercises.examination import Examination
from checkout.lab.exercises.exercise import Exercise
from checkout.lab.exercises.learners import first, shown

Call = tuple[str, ...]  # a method and its arguments; for take also the expected message, or an empty text for None
PUT = [("put", message) for message in ("order-1", "order-2", "order-3")]
CASES: dict[str, list[Call]] = {
    "messages are taken in the order in which they were put, each once": [
        *PUT, ("take", "a", "order-1"), ("take", "a", "order-2"), ("take", "a", "order-3"), ("take", "a", ""),
    ],
    "two consumers compete: each message goes to one of them": [
        *PUT, ("take", "a", "order-1"), ("take", "b", "order-2"), ("take", "a", "order-3"), ("take", "b", ""),
    ],
    "after a lost connection its message is delivered to another consumer": [
        PUT[0], ("take", "a", "order-1"), ("lose", "a"), ("take", "b", "order-1"), ("take", "b", ""),
    ],
    "an acknowledged message is not delivered again": [
        *PUT[:2], ("take", "a", "order-1"), ("acknowledge", "a", "order-1"), ("lose", "a"), ("take", "b", "order-2"),
        ("take", "b", ""),
    ],
    "the messages of the other consumers stay with them": [
        *PUT[:2], ("take", "a", "order-1"), ("take", "b", "order-2"), ("lose", "a"), ("take", "b", "order-1"),
        ("take", "b", ""),
    ],
    "redelivered messages come before later ones, in their old order": [
        *PUT, ("take", "a", "order-1"), ("take", "a", "order-2"), ("lose", "a"), ("take", "b", "order-1"),
        ("take", "b", "order-2"), ("take", "b", "order-3"),
    ],
}  # fmt: skip


def examine(queue: Callable[[], Any], found: Examination) -> None:
    """Calls of producers and consumers, and what each consumer takes."""
    for text, calls in CASES.items():
        found.judge(text, partial(_called, queue, calls), first)


def _called(queue: Callable[[], Any], calls: list[Call]) -> list[str]:
    return list(_wrong_takes(queue(), calls))


def _wrong_takes(queue: Any, calls: list[Call]) -> Iterator[str]:
    for number, (method, *arguments) in enumerate(calls):
        if method != "take":
            getattr(queue, method)(*arguments)
            continue
        taken, expected = queue.take(arguments[0]), arguments[1] or None
        if taken != expected:
            before = ", ".join(f"{name}({', '.join(given[:1] if name == 'take' else given)})"
                               for name, *given in calls[:number])  # fmt: skip
            yield f"after {before}: take({arguments[0]}) returned {shown(taken)} instead of {shown(expected)}"


EXERCISE = Exercise(
    "a class with the methods put, take, acknowledge and lose",
    (
        "A message that is taken is not gone: remember who has it, until it is acknowledged.",
        "lose(consumer) puts what this consumer has back to the front of the waiting messages, in its old order.",
        "take: message = self.waiting.pop(0), then self.taken.append((consumer, message)). lose: back = [m for c, m in "
        "self.taken if c == consumer], then self.waiting = back + self.waiting.",
    ),
    examine,
    inspect.isclass,
)
