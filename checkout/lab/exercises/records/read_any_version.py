"""Exercise read-any-version: reads records of an old, a new and a later version of a message."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from checkout.lab.exercises.examination import Examination
from checkout.lab.exercises.exercise import Exercise
from checkout.lab.exercises.learners import differs_from, shown

Read = Callable[[bytes], Any]
ZOE = {"id": "order-2", "customer": "Zoë", "total": 8.5, "currency": "SEK"}
TWO = {"id": "order-2", "customerName": "Zoë", "total": 8.5, "currency": "SEK"}
READABLE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {  # by requirement: the record, and what it is read as
    "version 1 has no currency: it is EUR": (
        {"id": "order-1", "customer": "Ada", "total": 10.0},
        {"id": "order-1", "customer": "Ada", "total": 10.0, "currency": "EUR"},
    ),
    "version 2 has customerName in place of customer, and a currency": (TWO, ZOE),
    "version 2 may be without a currency": (
        {"id": "order-3", "customerName": "Grace", "total": 1.0},
        {"id": "order-3", "customer": "Grace", "total": 1.0, "currency": "EUR"},
    ),
    "fields of a later version are left out": (TWO | {"giftWrap": True, "points": 8}, ZOE),
}
UNREADABLE = {  # by requirement: the value, and a word that the reason has
    "a value that is not JSON raises a ValueError": (b"two spoons, please", ""),
    "JSON that is not an object raises a ValueError": (b'["order-2", "Ada"]', ""),
    "a message without an id raises a ValueError whose text names the id": (b'{"customer": "Ada", "total": 5}', "id"),
}


def examine(read: Read, found: Examination) -> None:
    """Records of three versions, and three values that cannot be read."""
    for text, (record, expected) in READABLE.items():
        found.judge(text, partial(read, json.dumps(record).encode()), differs_from(expected))
    for text, (value, word) in UNREADABLE.items():
        found.judge(text, partial(_error_or_result, read, value), partial(_not_refused, word))


def _error_or_result(read: Read, value: bytes) -> Any:
    try:
        return read(value)
    except ValueError as error:
        return error


def _not_refused(word: str, result: Any) -> str:
    if not isinstance(result, ValueError):
        return f"it returned {shown(result)}"
    return "" if str(result).strip() and word in str(result) else f"the text of the ValueError is {str(result)!r}"


EXERCISE = Exercise(
    "a function of the value of a record, which is bytes",
    (
        "json.loads takes bytes, and raises a ValueError for what is not JSON. Build the result field by field.",
        "message.get('currency', 'EUR') is the value of a field, or the default. A renamed field has two names to try.",
        "if not isinstance(message, dict) or 'id' not in message: raise ValueError('the message is no object with an "
        "id'). The customer is message.get('customerName', message.get('customer')).",
    ),
    examine,
)
