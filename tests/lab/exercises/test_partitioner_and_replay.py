"""Exercises partitioner and replay: typical wrong answers fail, each with a sentence about what is wrong."""

import itertools
import json
import uuid
from typing import Any

import pytest
from lab.exercises.conftest import Check

from checkout.lab import Lab

RECEIVED = "order.new-order-received"
TURNS = itertools.count()


def in_turn(key: bytes, partitions: int) -> int:
    return next(TURNS) % partitions


def by_hash(key: bytes, partitions: int) -> int:
    return hash(key) % partitions


def by_length(key: bytes, partitions: int) -> int:
    return len(key) % partitions


def beyond(key: bytes, partitions: int) -> int:
    return sum(key)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (in_turn, "not met the same key gets the same partition each time a key got partition"),
        (by_hash, "Python's hash() of bytes differs from process to process"),
        (by_length, "1000 in partition 0"),
        (beyond, "not met each key gets a partition, 0 to 3 a key got"),
    ],
)
def test_a_wrong_partitioner_fails_with_a_sentence_that_helps(answer: Any, sentence: str, check: Check) -> None:
    feedback = check("partitioner", answer)

    assert not feedback.is_right
    assert sentence in " ".join(feedback.text.split())


def repaired(value: bytes | None) -> dict[str, Any]:
    order: dict[str, Any] = json.loads(value or b"")
    for line in order["products"]:
        line["quantity"] = int(line["quantity"])
    return order


def letters(lab: Lab) -> list[Any]:
    return lab.records(f"{RECEIVED}.stock.dlt")


def unchanged(lab: Lab) -> None:
    for record in letters(lab):
        lab.send(RECEIVED, (record.value or b"").decode(), key=(record.key or b"").decode())


def under_new_ids(lab: Lab) -> None:
    for record in letters(lab)[:2]:
        order = repaired(record.value) | {"id": str(uuid.uuid4())}
        lab.send(RECEIVED, json.dumps(order), key=order["id"])


def without_a_key(lab: Lab) -> None:
    for record in letters(lab)[:2]:
        lab.send(RECEIVED, json.dumps(repaired(record.value)))


def without_a_look(lab: Lab) -> None:
    for record in letters(lab):
        order = repaired(record.value)
        lab.send(RECEIVED, json.dumps(order), key=order["id"])


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (unchanged, "there are 6 dead letters instead of 3"),
        (under_new_ids, "10 spoons sold and 4 charges instead of 5 and 2"),
        (without_a_key, "not met the key of each record is its order's id keys: [None, None]"),
        (without_a_look, "your code raised JSONDecodeError"),
    ],
)
def test_a_wrong_replay_fails_with_a_sentence_that_helps(answer: Any, sentence: str, check: Check) -> None:
    feedback = check("replay", answer)

    assert not feedback.is_right
    assert sentence in " ".join(feedback.text.split())
