"""Exercise record-of: the key and the value of a record, as bytes, that the store understands."""

from collections.abc import Callable, Mapping
from typing import Any

from checkout.lab.exercises.examination import Examination
from checkout.lab.exercises.exercise import Exercise
from checkout.lab.exercises.learners import dead_letters_of, first, lab_with, shown
from checkout.lab.lab import Lab

TOPIC = "order.new-order-received"
ORDERS: tuple[Mapping[str, Any], ...] = (
    {"number": "00000000-0000-4000-8000-000000000021", "customer": "Zoë Åström", "email": "zoe@example.org",
     "sku": 1, "quantity": 2},
    {"number": "00000000-0000-4000-8000-000000000022", "customer": "Łukasz", "email": "lukasz@example.org",
     "sku": 2, "quantity": 3},
)  # fmt: skip
APPROVED = {"Zoë Åström": "2 x Wooden spoon", "Łukasz": "3 x Enamel mug"}


def examine(record_of: Callable[[dict[str, Any]], Any], found: Examination) -> None:
    """Two orders as records: their types and keys, and what the store makes of them."""
    records: list[Any] = []
    if not found.judge(
        "it returns the key and the value of a record, two values of type bytes",
        lambda: records.extend(record_of(dict(order)) for order in ORDERS),
        lambda _: first(map(_not_bytes, records)),
    ):
        return
    keys = [key for key, _ in records]
    is_number = keys == [order["number"].encode() for order in ORDERS]
    found.require("the key is the number of the order", is_number, f"the keys are {shown(keys)}")
    lab = lab_with(partitions=4)
    for key, value in records:
        lab.send(TOPIC, value.decode(), key.decode())
    lab.run()
    approved = {row.customer: row.products for row in lab.orders.itertuples() if row.status == "APPROVED"}
    seen = "" if approved == APPROVED else _reason(lab) or f"the approved orders are {approved}"
    found.require("the store approves both orders, with their customers and quantities", not seen, seen, lab)
    told = sorted(lab.mailbox["to"])
    is_told = told == sorted(order["email"] for order in ORDERS)
    found.require("each customer gets an e-mail", is_told, f"e-mails went to {', '.join(told) or 'no address'}", lab)


def _not_bytes(result: Any) -> str:
    if not isinstance(result, tuple | list) or [type(each) for each in result] != [bytes, bytes]:
        return f"it returned {shown(result)}"
    is_utf8 = all(each.decode("utf-8", "replace").encode() == each for each in result)
    return "" if is_utf8 else f"it returned {shown(result)}, and the store reads UTF-8 only"


def _reason(lab: Lab) -> str:
    letters = [f"Stock cannot handle the record: {each.error}" for each in dead_letters_of(lab, "stock")]
    rejected = [f"{row.order} is {row.status}: {row.reason}" for row in lab.orders.itertuples() if row.reason]
    return first([*letters, *rejected])


EXERCISE = Exercise(
    "a function of an order, a dictionary",
    (
        "A value is JSON, encoded as UTF-8: json.dumps makes a text of a dictionary, and .encode() bytes of a text.",
        "The store's fields have other names: id, customerName, customerEmail, products and payment. The first cells "
        "of this notebook have such an order.",
        "products is a list: [{'sku': order['sku'], 'quantity': order['quantity']}], and payment is "
        "{'paymentMethod': 'CREDIT'}. The key is order['number'].encode(), without JSON.",
    ),
    examine,
)
