"""Wrong messages: the checker reads what other programs write on the topics, and does not stop at it."""

import json
from typing import Any

import pytest
from checker.breaking import more_records, record_of
from checker.good_run import APPROVED, FOREIGN
from sample import order_id

from checkout.checker.check import check
from checkout.checker.facts import ORDER_APPROVED, ORDER_RECEIVED, TOPICS
from checkout.checker.messages import contents, lines_of, quantities
from checkout.checker.witnesses import Witnesses

STRANGER = order_id(99)
WRONG = [
    {"products": "none"},
    {"products": '[{"sku": 1}'},
    {"products": "\ud800"},
    {"products": [{"sku": [1]}, {"sku": {"a": 1}}]},
    {"products": [{"sku": 1}, {"sku": "x"}, {"sku": None}, {"sku": 1.5}]},
    {"products": [1, None, [{}]]},
    {"products": [{"sku": 1, "quantity": "two", "price": [1]}]},
    {"products": {"sku": 1}, "payment": [], "total": {}},
    {"customerName": ["Ada"], "customerEmail": {"at": 1}},
]


@pytest.mark.parametrize("fields", WRONG, ids=str)
@pytest.mark.parametrize("key", [None, b"key"])
def test_a_message_with_wrong_fields_does_not_stop_the_checker(
    good: Witnesses, fields: dict[str, Any], key: bytes | None
) -> None:
    record = record_of(good, ORDER_RECEIVED, FOREIGN)
    values = [json.dumps({"id": id} | fields).encode() for id in (STRANGER, APPROVED)]
    wrong = [
        record._replace(topic=topic, key=key, offset=1_000 + number, value=value)
        for number, value in enumerate(values) for topic in TOPICS
    ]  # fmt: skip

    report = check(more_records(good, *wrong))

    assert len(report.results) == 23


def test_a_sold_order_with_wrong_lines_does_not_stop_the_checker(good: Witnesses) -> None:
    record = record_of(good, ORDER_APPROVED, APPROVED)
    value = json.dumps({"id": APPROVED, "products": "none"}).encode()
    records = [record._replace(value=value) if each == record else each for each in good.records]

    assert "I9" in check(Witnesses(records=records, databases=good.databases)).broken


def test_lines_that_are_none_are_left_out() -> None:
    assert lines_of({"products": "none"}) == lines_of("none") == lines_of(b"\xff") == []
    assert quantities([{"sku": 1}, {"sku": 1, "quantity": 2}, {"sku": "1"}, {"sku": [1]}]) == {1: 3, '"1"': 1, "[1]": 1}
    assert contents([{"sku": 2}, {"sku": "x"}, {"sku": 1}]) == [('"x"', 1), (1, 1), (2, 1)]
