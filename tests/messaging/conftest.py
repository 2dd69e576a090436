"""Fixtures of the contract suite of both logs: each of its cases runs in memory and on a real Kafka."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import partial

import pytest
from messaging.polling import Join

from checkout.messaging.kafka_log import KafkaBroker
from checkout.messaging.log import Broker, Log
from checkout.messaging.memory_log import MemoryBroker
from checkout.settings import KAFKA_CLIENTS, KAFKA_PYTHON


@pytest.fixture
def new_kafka_broker(kafka: str) -> Iterator[Callable[..., KafkaBroker]]:
    """Makes runs on Kafka, each with a prefix of its own, and deletes them at the end."""
    with ExitStack() as opened:

        def make(client: str = KAFKA_PYTHON, **settings: object) -> KafkaBroker:
            broker = KafkaBroker(kafka, f"test-{uuid.uuid4().hex[:8]}--", settings, client)
            opened.callback(broker.close)
            opened.callback(broker.delete)
            return broker

        yield make


@pytest.fixture(params=["memory", *(pytest.param(name, marks=pytest.mark.kafka) for name in KAFKA_CLIENTS)])
def new_broker(request: pytest.FixtureRequest) -> Callable[[], Broker]:
    """Makes brokers that do not share topics or groups."""
    if request.param == "memory":
        return MemoryBroker
    return partial(request.getfixturevalue("new_kafka_broker"), request.param)


@pytest.fixture
def broker(new_broker: Callable[[], Broker]) -> Broker:
    """A broker without topics."""
    return new_broker()


@pytest.fixture
def join(broker: Broker) -> Iterator[Join]:
    """Joins a group of `broker`, and closes all members at the end."""
    with ExitStack() as opened:

        def join_group(group: str, topics: list[str], replica: str, assign: bool = False) -> Log:
            return opened.enter_context(closing(broker.join(group, topics, replica, assign)))

        yield join_group
