"""What the contract suite of the two logs shares: each of its cases runs on a broker in memory and on a real Kafka."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest
from messaging.polling import Broker, Join, Member

from checkout.messaging.kafka_log import KafkaBroker
from checkout.messaging.memory_log import MemoryBroker


@pytest.fixture
def new_kafka_broker(kafka: str) -> Iterator[Callable[[], KafkaBroker]]:
    """Makes runs on Kafka, each with a prefix of its own; at the end what they left is deleted."""
    with ExitStack() as opened:

        def make() -> KafkaBroker:
            broker = KafkaBroker(kafka, f"test-{uuid.uuid4().hex[:8]}--")
            opened.callback(broker.close)
            opened.callback(broker.delete)
            return broker

        yield make


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.kafka)])
def new_broker(request: pytest.FixtureRequest) -> Callable[[], Broker]:
    """Makes brokers that see nothing of each other."""
    made: Callable[[], Broker] = MemoryBroker
    return made if request.param == "memory" else request.getfixturevalue("new_kafka_broker")


@pytest.fixture
def broker(new_broker: Callable[[], Broker]) -> Broker:
    """A broker with nothing on it."""
    return new_broker()


@pytest.fixture
def join(broker: Broker) -> Iterator[Join]:
    """Joins a group of `broker`, and closes all members at the end."""
    with ExitStack() as opened:

        def join_group(group: str, topics: list[str], replica: str, assign: bool = False) -> Member:
            return opened.enter_context(closing(broker.join(group, topics, replica, assign)))

        yield join_group
