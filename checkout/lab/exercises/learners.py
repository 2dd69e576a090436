"""Learners' labs: what the exercises share - labs in memory, and what a learner's code has returned or stored."""

import inspect
import re
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from checkout.framework.service import Service
from checkout.lab.lab import Lab
from checkout.messaging.log import DEAD_LETTERS
from checkout.worker.dead_letters import DeadLetter, read_dead_letter

LONGEST_VALUE = 80  # characters of a value in the feedback


def lab_with(*services: Any, **options: Any) -> Lab:
    """A lab in memory that runs a learner's services, too: a check runs up to a hundred of them."""
    lab = Lab(log="memory", **options)
    for service in services:
        lab.listen(service)
    return lab


def is_service(built: Any, name: str) -> bool:
    """Whether an object is a class of services with this name."""
    return inspect.isclass(built) and issubclass(built, Service) and getattr(built, "name", "") == name


def stored_by(lab: Lab, service: str) -> dict[str, Any]:
    """The dictionary that a StoredDictionary has stored, with the names of orders in place of their ids."""
    rows = lab.table(service)
    return {key: msgspec.json.decode(value) for key, value in zip(rows["key"], rows["value"], strict=True)}


def dead_letters_of(lab: Lab, service: str) -> list[DeadLetter]:
    """The records that a service could not handle, each with its error."""
    topics = [topic for topic in lab.topics["topic"] if topic.endswith(f".{service}{DEAD_LETTERS}")]
    letters = [read_dead_letter(record) for topic in topics for record in lab.records(topic)]
    return [each for each in letters if each]


def refused_by(lab: Lab, service: str) -> str:
    """Why a service has dead-lettered a record, as a sentence; empty if it has not."""
    letters = dead_letters_of(lab, service)
    return next((f"its handler of {each.topic} raised an error: {each.error}" for each in letters), "")


def wrong_values(lab: Lab, service: str, expected: dict[str, Any], unit: str = "") -> str:
    """What a service has stored differently, as a sentence; empty if nothing."""
    stored = stored_by(lab, service)
    wrong = [f"{key} has {stored.get(key, 0)!r}{unit} instead of {right!r}"
             for key, right in expected.items() if stored.get(key, 0) != right]  # fmt: skip
    return "; ".join([*wrong, refused_by(lab, service)]).removesuffix("; ") if wrong else ""


def first(sentences: Iterable[str]) -> str:
    """The first sentence that is not empty; empty if all are."""
    return next(filter(None, sentences), "")


def shown(value: Any) -> str:
    """A value as Python shows it, shortened, and without addresses, which differ from run to run."""
    text = re.sub(r" at 0x[0-9a-f]+", "", repr(value))
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."


def differs(result: Any, expected: Any) -> str:
    """What a learner's function has returned instead, as a sentence; empty if it is equal and of the same type."""
    is_same = isinstance(result, type(expected)) and bool(result == expected)
    return "" if is_same else f"it returned {shown(result)} instead of {shown(expected)}"


def differs_from(expected: Any) -> Callable[[Any], str]:
    """The function that compares a result with this value; for `Examination.judge`."""
    return lambda result: differs(result, expected)
