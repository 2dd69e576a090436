"""Open transactions: the administration sees where a transaction keeps readers of committed records waiting."""

import uuid
from collections.abc import Iterator
from contextlib import closing

import pytest
from confluent_kafka import Producer

from checkout.messaging.kafka_log import KafkaBroker

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
TOPIC = "order.new-order-received"


@pytest.fixture
def broker(kafka: str) -> Iterator[KafkaBroker]:
    with closing(KafkaBroker(kafka, f"open-{uuid.uuid4().hex[:8]}--")) as made:
        made.create({TOPIC: 2})
        yield made
        made.delete()


def test_a_transaction_is_open_until_it_is_committed(broker: KafkaBroker) -> None:
    prefix = broker.connection.prefix
    settings = {"bootstrap.servers": broker.connection.bootstrap_servers, "transactional.id": prefix}
    producer = Producer(settings)
    producer.init_transactions()
    producer.begin_transaction()
    for _ in range(3):
        producer.produce(prefix + TOPIC, b"{}", partition=1)
    producer.flush()

    during, read = broker.open_transactions([TOPIC]), list(broker.read([TOPIC]))
    producer.commit_transaction()
    after = broker.open_transactions([TOPIC])

    assert (during, read) == ({(TOPIC, 1): (0, 3)}, [])
    assert after == {}
    assert len(list(broker.read([TOPIC]))) == 3
