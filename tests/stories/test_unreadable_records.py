"""Records that nobody can read, on every topic: set aside with all they came with, and the store goes on."""

import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest
from stories.external_client import Peer

from checkout.messaging.log import Record

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

LISTENERS = {  # as the diagrams draw them
    "order.new-order-received": ["stock"],
    "stock.order-products-reserved": ["orders"],
    "stock.order-products-reservation-failed": ["orders", "notifications"],
    "order.process-order-payment": ["payments"],
    "payment.order-payment-processed": ["orders"],
    "payment.order-payment-failed": ["orders", "stock", "notifications"],
    "order.new-order-approved": ["stock", "shipments", "notifications"],
}
FOREIGN = (b"\xff\x00key", [("__TypeId__", b"org.example.Rubbish"), ("binary", b"\x00\xff")])
ID = str(uuid.uuid4())
MIB = 2**20
VALUES = {
    "not JSON": b"\x00\xff, not JSON",
    "no value": None,
    "not an object": b'"text"',
    "no fields": b"{}",
    "only an id": b'{"id": "%s"}' % ID.encode(),
    "an id that is none": b'{"id": "order 1", "customerName": "Ada", "message": "no"}',
    "1 MiB": b'{"id": "' + b"x" * (MIB - 10) + b'"}',
    "a number beyond measure": b"1e999999999",
    "nested too deeply": b"[" * 100_000,
    "not UTF-8": b'{"id": "%s", "message": "\xff"}' % ID.encode(),
}
AMOUNTS = {
    "order.new-order-received": '"products": [{"sku": 1, "price": 1e999999999}]',
    "stock.order-products-reserved": '"total": 1e999999999',
    "order.process-order-payment": '"payment": {"paymentMethod": "CREDIT", "total": 1e999999999}',
    "order.new-order-approved": '"products": [{"sku": 1}], "total": 1e999999999',
}
Place = tuple[str, int, int]


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_a_record_that_nobody_can_read_is_set_aside_by_all_who_listen(
    shopper: Any, peer: Peer, value: bytes | None
) -> None:
    before = ends(peer, LISTENERS)

    sent, letters = poison(peer, dict.fromkeys(LISTENERS, value), *FOREIGN)

    assert len(letters) == 12
    for letter in letters:
        assert (letter.value, letter.key, list(letter.headers[:2])) == (value, *FOREIGN)
        assert names(letter) == ["dlt_topic", "dlt_partition", "dlt_offset", "dlt_error", "dlt_at"]
        assert place(letter) in sent and letter.topic.startswith(place(letter)[0] + ".")
    assert ends(peer, LISTENERS) == {topic: end + 1 for topic, end in before.items()}
    assert shopper.wait_for_end(shopper.order((1, 1)))[0]["status"] == "APPROVED"


def test_a_record_without_key_and_headers_is_set_aside_as_it_is(peer: Peer) -> None:
    _, letters = poison(peer, dict.fromkeys(LISTENERS, b"rubbish"))

    assert {(letter.value, letter.key, len(letter.headers)) for letter in letters} == {(b"rubbish", None, 5)}


def test_an_amount_beyond_measure_is_set_aside_and_charges_nobody(shopper: Any, peer: Peer) -> None:
    before, id = ends(peer, LISTENERS), str(uuid.uuid4())
    order = {"id": id, "customerName": "Ada", "products": [{"sku": 1}], "payment": {"paymentMethod": "CREDIT"}}
    whole = json.dumps(order)[:-1]

    poison(peer, {topic: f"{whole}, {amount}}}".encode() for topic, amount in AMOUNTS.items()})

    assert ends(peer, LISTENERS) == {topic: end + (topic in AMOUNTS) for topic, end in before.items()}
    assert shopper.charges(id) == shopper.parcels(id) == shopper.mails(id) == []
    assert shopper.wait_for_end(shopper.order((1, 1)))[0]["status"] == "APPROVED"


def test_a_poisoned_partition_is_read_to_its_end_by_every_group(peer: Peer) -> None:
    for topic in LISTENERS:
        peer.send(topic, b"rubbish")

    for group in ("orders", "stock", "payments", "shipments", "notifications"):
        topics = [topic for topic, groups in LISTENERS.items() if group in groups]
        peer.wait_until(lags_end(peer, group, topics), f"{group} has read {topics}")


def lags_end(peer: Peer, group: str, topics: list[str]) -> Callable[[], bool]:
    return lambda: all(lag.records == 0 for lag in peer.broker.lags(group, topics).values())


def ends(peer: Peer, topics: Iterable[str]) -> dict[str, int]:
    return {topic: end for (topic, _), end in peer.broker.ends(list(topics)).items()}


def poison(peer: Peer, values: Mapping[str, bytes | None], *about: Any) -> tuple[list[Place], list[Record]]:
    """Sends the values, waits until everybody has set them aside, and returns their places and the dead letters."""
    letters = [f"{topic}.{group}.dlt" for topic in values for group in LISTENERS[topic]]
    before = dict.fromkeys(letters, 0) | ends(peer, letters)
    sent = [(topic, *peer.send(topic, value, *about)) for topic, value in values.items()]
    expected = {topic: end + 1 for topic, end in before.items()}
    peer.wait_until(lambda: ends(peer, letters) == expected, f"one more letter is on each of {letters}")
    return sent, list(peer.broker.read(letters, {(topic, 0): end for topic, end in before.items()}))


def names(letter: Record) -> list[str]:
    return [name for name, held in letter.headers[2:] if held]


def place(letter: Record) -> Place:
    told = {name: held.decode() for name, held in letter.headers if name.startswith("dlt_")}
    return told["dlt_topic"], int(told["dlt_partition"]), int(told["dlt_offset"])
