"""Kafka consumer: a response that has just arrived is taken at once, and a client that does not return is noticed."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from messaging.polling import ORDERS, STOCK, orders
from waiting import wait_until

from checkout.messaging.clients import kafka_consumer
from checkout.messaging.clients.kafka_consumer import BackgroundConsumer, ConsumerStuck
from checkout.messaging.kafka_log import KafkaBroker


@pytest.mark.kafka
def test_a_poll_takes_a_response_that_has_just_arrived_before_it_sends_another_request(
    new_kafka_broker: Callable[..., KafkaBroker],
) -> None:
    broker = new_kafka_broker(fetch_max_wait_ms=20_000, request_timeout_ms=60_000)
    broker.create({ORDERS: 1, STOCK: 1})
    consumer = BackgroundConsumer(broker.connection, "stock", {ORDERS: 1, STOCK: 1}, None)
    client, sender = consumer._client, broker.join("orders", [], "orders-1", assign=True)
    client.poll(500)
    fetcher = client._fetcher
    wait_until(fetcher.in_flight_fetches, "a fetch request that waits at the broker")
    look, create_requests, requests = fetcher.fetched_records, fetcher._create_fetch_requests, []

    def receive_after_the_first_look(*args: Any, **settings: Any) -> Any:
        found, fetcher.fetched_records = look(*args, **settings), look
        sender.send(orders(1))
        wait_until(lambda: fetcher._completed_fetches, "the response to be buffered")
        return found

    def count_requests() -> Any:
        requests.append(create_requests())
        return requests[-1]

    fetcher.fetched_records, fetcher._create_fetch_requests = receive_after_the_first_look, count_requests

    found = client.poll(20_000)

    assert [record.offset for records in found.values() for record in records] == [0]
    assert requests == []
    consumer.close()
    sender.close()


@pytest.mark.kafka
def test_a_client_that_does_not_return_from_poll_ends_the_process(
    new_kafka_broker: Callable[..., KafkaBroker], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_consumer, "STUCK_SECONDS", 0.3)
    broker, release = new_kafka_broker(), threading.Event()
    broker.create({ORDERS: 1})
    consumer = BackgroundConsumer(broker.connection, "stock", {ORDERS: 1}, "stock-1")
    consumer._client.poll = lambda *_, **__: release.wait(20) and {}

    with pytest.raises(ConsumerStuck, match="has not returned from `poll` for 0 s: start again"):
        wait_until(lambda: consumer.poll(10, 0.1), "no record comes", 10, pause=0)
    release.set()
    consumer.close()


@pytest.mark.kafka
def test_a_consumer_that_only_waits_is_not_stuck(
    new_kafka_broker: Callable[..., KafkaBroker], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_consumer, "STUCK_SECONDS", 0.3)
    broker = new_kafka_broker(fetch_max_wait_ms=50)
    broker.create({ORDERS: 1})
    consumer = BackgroundConsumer(broker.connection, "stock", {ORDERS: 1}, "stock-1")
    wait_until(lambda: consumer.poll(10, 0.1) or consumer.assignment, "the assignment")

    assert [consumer.poll(10, 0.1) for _ in range(10)] == [[]] * 10
    consumer.close()
