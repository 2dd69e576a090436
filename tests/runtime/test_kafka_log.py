"""What only Kafka can do: be away, be large, belong to several runs."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import free_port_base
from runtime.polling import ORDERS, Broker, orders, take

from checkout.runtime import local_kafka
from checkout.runtime.kafka_log import KafkaBroker, KafkaLog
from checkout.runtime.log import LogUnavailable, Outgoing
from checkout.runtime.memory_log import MemoryBroker

NewBroker = Callable[[], KafkaBroker]
AWAY = r"no Kafka answers at 127.0.0.1:\d+: start one with `checkout kafka start`"


@pytest.mark.kafka
def test_kafka_and_memory_give_a_key_the_same_partition(new_kafka_broker: NewBroker) -> None:
    messages = [Outgoing(ORDERS, bytes(range(n)), b"") for n in range(200)]
    brokers: list[Broker] = [new_kafka_broker(), MemoryBroker()]
    for broker in brokers:
        broker.create({ORDERS: 7})
    members = [broker.join("stock", [ORDERS], "stock-1") for broker in brokers]

    on_kafka, in_memory = [[place.partition for place in member.send(messages)] for member in members]

    assert on_kafka == in_memory
    assert len(set(in_memory)) == 7
    members[0].close()


@pytest.mark.parametrize("prefix", ["lab", "lab-", "order.", "--", "lab--x", "lab--x--", "lab 1--"])
def test_prefix_that_another_name_could_begin_with_is_refused(prefix: str) -> None:
    with pytest.raises(ValueError, match="cannot be a prefix: take letters, digits"):
        KafkaBroker("127.0.0.1:9", prefix)


def test_run_without_a_prefix_is_never_deleted() -> None:
    with pytest.raises(ValueError, match="the store without a prefix is not deleted"):
        KafkaBroker("127.0.0.1:9").delete()


@pytest.mark.kafka
def test_run_without_a_prefix_does_not_see_the_others(kafka: str, new_kafka_broker: NewBroker) -> None:
    ours = new_kafka_broker()
    ours.create({ORDERS: 1})
    store = KafkaBroker(kafka)

    seen = store.topics()

    assert not [topic for topic in seen if "--" in topic or topic.startswith("__")]
    store.close()


def test_no_broker_is_told_with_address_and_remedy() -> None:
    broker = KafkaBroker("127.0.0.1:9")
    started = time.monotonic()

    with pytest.raises(LogUnavailable, match=AWAY):
        broker.create({ORDERS: 1})

    assert time.monotonic() - started < 10


@pytest.fixture
def lonely(tmp_path: Path) -> Iterator[tuple[KafkaLog, Callable[[], None]]]:
    """A member with records at hand, and a way to stop its Kafka, which is nobody else's."""
    home = tmp_path / "kafka"
    broker = KafkaBroker(local_kafka.acquire(home, free_port_base(), make_cache=False))
    broker.create({ORDERS: 1})
    member = broker.join("stock", [ORDERS], "stock-1")
    member.send(orders(2))
    take(member, 2)
    yield member, lambda: local_kafka.stop(home)
    member.close()
    broker.close()
    local_kafka.stop(home)


@pytest.mark.kafka
def test_broker_that_goes_away_is_told_in_bounded_time(lonely: tuple[KafkaLog, Callable[[], None]]) -> None:
    member, stop = lonely
    stop()
    took = {}

    for verb, call in {
        "send": lambda: member.send(orders(1)),
        "send again": lambda: member.send(orders(1)),
        "commit": lambda: member.commit({(ORDERS, 0): 2}),
        "lag": member.lag,
    }.items():
        started = time.monotonic()
        with pytest.raises(LogUnavailable, match=AWAY):
            call()
        took[verb] = time.monotonic() - started

    assert max(took.values()) < 12, took
    assert member.poll(10, 0.01) == []
