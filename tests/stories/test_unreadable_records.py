"""Unreadable records on every topic: dead-lettered with key and headers, and later records are handled."""

import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest
from stories.external_client import ExternalClient

from checkout.messaging.log import Record

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

LISTENERS = {  # as in the diagrams
    "order.new-order-received": ["stock"],
    "stock.order-products-reserved": ["orders"],
    "stock.order-products-reservation-failed": ["orders", "notifications"],
    "order.process-order-payment": ["payments"],
    "payment.order-payment-processed": ["orders"],
    "payment.order-payment-failed": ["orders", "stock", "notifications"],
    "order.new-order-approved": ["stock", "shipments", "notifications"],
}
FOREIGN_KEY_AND_HEADERS = (b"\xff\x00key", [("__TypeId__", b"org.example.Rubbish"), ("binary", b"\x00\xff")])
ID = str(uuid.uuid4())
MIB = 2**20
VALUES = {
    "not JSON": b"\x00\xff, not JSON",
    "no value": None,
    "not an object": b'"text"',
    "no fields": b"{}",
    "only an id": b'{"id": "%s"}' % ID.encode(),
    "an invalid id": b'{"id": "order 1", "customerName": "Ada", "message": "no"}',
    "1 MiB": b'{"id": "' + b"x" * (MIB - 10) + b'"}',
    "a huge number": b"1e999999999",
    "nested too deeply": b"[" * 100_000,
    "not UTF-8": b'{"id": "%s", "message": "\xff"}' % ID.encode(),
}
AMOUNTS = {
    "order.new-order-received": '"products": [{"sku": 1, "price": 1e999999999}]',
    "stock.order-products-reserved": '"total": 1e999999999',
    "order.process-order-payment": '"payment": {"paymentMethod": "CREDIT", "total": 1e999999999}',
    "order.new-order-approved": '"products": [{"sku": 1}], "total": 1e999999999',
}
Position = tuple[str, int, int]


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_an_unreadable_record_is_dead_lettered_by_every_listener(
    shopper: Any, external_client: ExternalClient, value: bytes | None
) -> None:
    before = ends(external_client, LISTENERS)

    sent, dead_letters = publish_unreadable(external_client, dict.fromkeys(LISTENERS, value), *FOREIGN_KEY_AND_HEADERS)

    assert len(dead_letters) == 12
    for dead_letter in dead_letters:
        assert (dead_letter.value, dead_letter.key, list(dead_letter.headers[:2])) == (value, *FOREIGN_KEY_AND_HEADERS)
        assert header_names(dead_letter) == ["dlt_topic", "dlt_partition", "dlt_offset", "dlt_error", "dlt_at"]
        assert position(dead_letter) in sent and dead_letter.topic.startswith(position(dead_letter)[0] + ".")
    assert ends(external_client, LISTENERS) == {topic: end + 1 for topic, end in before.items()}
    assert shopper.wait_for_end(shopper.order((1, 1)))[0]["status"] == "APPROVED"


def test_an_unreadable_record_without_key_and_headers_is_dead_lettered_unchanged(
    external_client: ExternalClient
) -> None:
    _, dead_letters = publish_unreadable(external_client, dict.fromkeys(LISTENERS, b"rubbish"))

    assert {(record.value, record.key, len(record.headers)) for record in dead_letters} == {(b"rubbish", None, 5)}


def test_a_record_with_a_huge_amount_is_dead_lettered_and_nothing_is_charged(
    shopper: Any, external_client: ExternalClient
) -> None:
    before, id = ends(external_client, LISTENERS), str(uuid.uuid4())
    order = {"id": id, "customerName": "Ada", "products": [{"sku": 1}], "payment": {"paymentMethod": "CREDIT"}}
    open_object = json.dumps(order)[:-1]

    values = {topic: f"{open_object}, {amount}}}".encode() for topic, amount in AMOUNTS.items()}
    publish_unreadable(external_client, values)

    assert ends(external_client, LISTENERS) == {topic: end + (topic in AMOUNTS) for topic, end in before.items()}
    assert shopper.charges(id) == shopper.parcels(id) == shopper.mails(id) == []
    assert shopper.wait_for_end(shopper.order((1, 1)))[0]["status"] == "APPROVED"


def test_every_group_reads_a_partition_with_unreadable_records_to_its_end(external_client: ExternalClient) -> None:
    for topic in LISTENERS:
        external_client.send(topic, b"rubbish")

    for group in ("orders", "stock", "payments", "shipments", "notifications"):
        topics = [topic for topic, groups in LISTENERS.items() if group in groups]
        external_client.wait_until(has_no_lag(external_client, group, topics), f"{group} has read {topics}")


def has_no_lag(external_client: ExternalClient, group: str, topics: list[str]) -> Callable[[], bool]:
    return lambda: all(lag.records == 0 for lag in external_client.broker.lags(group, topics).values())


def ends(external_client: ExternalClient, topics: Iterable[str]) -> dict[str, int]:
    return {topic: end for (topic, _), end in external_client.broker.ends(list(topics)).items()}


def publish_unreadable(
    external_client: ExternalClient, values: Mapping[str, bytes | None], *key_and_headers: Any
) -> tuple[list[Position], list[Record]]:
    """Publishes values by topic, waits for one dead letter per listener, and returns positions and dead letters."""
    dlt_topics = [f"{topic}.{group}.dlt" for topic in values for group in LISTENERS[topic]]
    before = dict.fromkeys(dlt_topics, 0) | ends(external_client, dlt_topics)
    sent = [(topic, *external_client.send(topic, value, *key_and_headers)) for topic, value in values.items()]
    expected = {topic: end + 1 for topic, end in before.items()}
    has_all = f"each of {dlt_topics} has one more record"
    external_client.wait_until(lambda: ends(external_client, dlt_topics) == expected, has_all)
    return sent, list(external_client.broker.read(dlt_topics, {(topic, 0): end for topic, end in before.items()}))


def header_names(dead_letter: Record) -> list[str]:
    return [name for name, value in dead_letter.headers[2:] if value]


def position(dead_letter: Record) -> Position:
    headers = {name: value.decode() for name, value in dead_letter.headers if name.startswith("dlt_")}
    return headers["dlt_topic"], int(headers["dlt_partition"]), int(headers["dlt_offset"])
