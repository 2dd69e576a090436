"""Learners' labs: what the exercises share - labs in memory, and what a learner's service has stored or refused."""

import inspect
from typing import Any

import msgspec

from checkout.framework.service import Service
from checkout.lab.lab import Lab
from checkout.messaging.log import DEAD_LETTERS
from checkout.worker.dead_letters import read_dead_letter


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


def refused_by(lab: Lab, service: str) -> str:
    """Why a service has dead-lettered a record, as a sentence; empty if it has not."""
    topics = [topic for topic in lab.topics["topic"] if topic.endswith(f".{service}{DEAD_LETTERS}")]
    letters = [read_dead_letter(record) for topic in topics for record in lab.records(topic)]
    return next((f"its handler of {each.topic} raised an error: {each.error}" for each in letters if each), "")


def wrong_values(lab: Lab, service: str, expected: dict[str, Any], unit: str = "") -> str:
    """What a service has stored differently, as a sentence; empty if nothing."""
    stored = stored_by(lab, service)
    wrong = [f"{key} has {stored.get(key, 0)!r}{unit} instead of {right!r}"
             for key, right in expected.items() if stored.get(key, 0) != right]  # fmt: skip
    return "; ".join([*wrong, refused_by(lab, service)]).removesuffix("; ") if wrong else ""
