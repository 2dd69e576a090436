"""Exercises about records: typical wrong answers fail, each with a sentence about what is wrong."""

import itertools
import json
from typing import Any

import pytest
from lab.exercises.conftest import Check, sentence_of

from checkout.lab import Lab

NUMBERS = itertools.count()
Order = dict[str, Any]


def row_as_offset(lab: Lab, order: str, topic: str) -> str | None:
    found = lab.messages.query("topic == @topic and key == @order")
    return f"{topic}[{found['partition'].iloc[0]}]@{found.index[0]}" if len(found) else None


def first_partition(lab: Lab, order: str, topic: str) -> str | None:
    found = lab.messages.query("topic == @topic and key == @order")
    return f"{topic}[0]@{found['offset'].iloc[0]}" if len(found) else None


def any_order(lab: Lab, order: str, topic: str) -> str | None:
    found = lab.messages.query("topic == @topic")
    return f"{topic}[{found['partition'].iloc[-1]}]@{found['offset'].iloc[-1]}"


def message(order: Order) -> dict[str, Any]:
    products = [{"sku": order["sku"], "quantity": order["quantity"]}]
    return {"id": order["number"], "customerName": order["customer"], "customerEmail": order["email"],
            "products": products, "payment": {"paymentMethod": "CREDIT"}}  # fmt: skip


def as_text(order: Order) -> Any:
    return order["number"], json.dumps(message(order))


def as_python(order: Order) -> Any:
    return order["number"].encode(), str(message(order)).encode()


def key_as_json(order: Order) -> Any:
    return json.dumps(order["number"]).encode(), json.dumps(message(order)).encode()


def in_utf_16(order: Order) -> Any:
    return order["number"].encode(), json.dumps(message(order), ensure_ascii=False).encode("utf-16")


def own_fields(order: Order) -> Any:
    return order["number"].encode(), json.dumps(order).encode()


def without_address(order: Order) -> Any:
    return order["number"].encode(), json.dumps(message(order) | {"customerEmail": None}).encode()


def one_spoon(order: Order) -> Any:
    return order["number"].encode(), json.dumps(message(order) | {"products": [{"sku": 1}]}).encode()


def alone(partitions: list[int], members: list[str]) -> Any:
    return {member: partitions if member == min(members) else [] for member in members}


def in_blocks(partitions: list[int], members: list[str]) -> Any:
    size = len(partitions) // len(members)
    return {member: partitions[at * size : (at + 1) * size] for at, member in enumerate(sorted(members))}


def in_given_order(partitions: list[int], members: list[str]) -> Any:
    plan: dict[str, list[int]] = {member: [] for member in members}
    for number, partition in enumerate(partitions):
        plan[members[number % len(members)]].append(partition)
    return plan


def only_owners(partitions: list[int], members: list[str]) -> Any:
    plan: dict[str, list[int]] = {}
    for number, partition in enumerate(sorted(partitions)):
        plan.setdefault(sorted(members)[number % len(members)], []).append(partition)
    return plan


def to_all(partitions: list[int], members: list[str]) -> Any:
    return {member: list(partitions) for member in members}


def first_names(value: bytes) -> Any:
    found = json.loads(value)
    return {"id": found["id"], "customer": found["customer"], "total": found["total"], "currency": "EUR"}


def everything(value: bytes) -> Any:
    found = json.loads(value)
    if "customerName" in found:
        found["customer"] = found.pop("customerName")
    return {"currency": "EUR"} | found


def swallowing(value: bytes) -> Any:
    try:
        found = json.loads(value)
        customer = found.get("customerName", found.get("customer"))
        return {"id": found["id"], "customer": customer, "total": found["total"],
                "currency": found.get("currency", "EUR")}  # fmt: skip
    except Exception:
        return None


def without_a_reason(value: bytes) -> Any:
    result = swallowing(value)
    if result is None:
        raise ValueError
    return result


@pytest.mark.parametrize(
    ("name", "answer", "sentence"),
    [
        ("place-of", row_as_offset, "instead of 'stock.order-products-reserved[0]@0'"),
        ("place-of", any_order, "'order.new-order-received[0]@2' instead of 'order.new-order-received[0]@0'"),
        ("record-of", as_text, "the value of a record, two values of type bytes it returned ('00000000"),
        ("record-of", as_python, "Stock cannot handle the record: JSON is malformed"),
        ("record-of", key_as_json, "not met the key is the number of the order the keys are [b'\"00000000"),
        ("record-of", in_utf_16, "the store reads UTF-8 only"),
        ("record-of", own_fields, "Stock cannot handle the record: Object missing required field"),
        ("record-of", without_address, "not met each customer gets an e-mail e-mails went to no address"),
        ("record-of", one_spoon, "the approved orders are {'Zoë Åström': '1 x Wooden spoon', 'Łukasz':"),
        ("key-of", lambda change: None, "it returned None"),
        ("key-of", lambda change: change["id"], "changes of customer-1 are on the partitions"),
        ("key-of", lambda change: change["email"], "changes of customer-"),
        ("key-of", lambda change: change["country"], "of 40 customers are on partition"),
        ("key-of", lambda change: "customer", "40 of 40 customers are on partition"),
        ("assign", alone, "the members have {'stock-1': 4, 'stock-2': 0} partitions"),
        ("assign", in_blocks, "partition 6 has no owner"),
        ("assign", in_given_order, "not met the plan is the same, in whatever order"),
        ("assign", only_owners, "stock-3 is not in {'stock-1': [0], 'stock-2': [1]}"),
        ("assign", to_all, "partition 0 has 2 owners"),
        ("read-any-version", first_names, "your code raised KeyError: 'customer'"),
        ("read-any-version", everything, "not met fields of a later version are left out"),
        ("read-any-version", swallowing, "not met a value that is not JSON raises a ValueError it returned None"),
        ("read-any-version", without_a_reason, "the text of the ValueError is ''"),
    ],
)  # fmt: skip
def test_a_wrong_answer_fails_with_a_sentence_that_helps(name: str, answer: Any, sentence: str, check: Check) -> None:
    assert sentence in sentence_of(check(name, answer))


def test_the_walk_shows_the_lab_whose_place_was_wrong(check: Check) -> None:
    feedback = check("place-of", first_partition)

    assert "not met 5 orders, 4 partitions a topic" in sentence_of(feedback)
    assert len(feedback.walk()._lab.orders) == 5
