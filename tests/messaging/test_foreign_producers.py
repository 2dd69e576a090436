"""Foreign producers: records as Kafka allows them and this store does not write them, for both client libraries."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from kafka import KafkaAdminClient, KafkaProducer
from messaging.polling import ORDERS, take
from sample import order_received

from checkout.framework.message import encode
from checkout.journal.journal import Journal
from checkout.messages import MESSAGE_TYPES, TOPICS
from checkout.messaging.clients import confluent_producer, kafka_producer
from checkout.messaging.kafka_log import KafkaBroker
from checkout.services.stock import Stock
from checkout.settings import KAFKA_CLIENTS, KAFKA_PYTHON
from checkout.system.deadline import wait_until
from checkout.worker.calls.external_calls import ExternalCalls
from checkout.worker.database import ServiceDatabase
from checkout.worker.worker import Worker

pytestmark = pytest.mark.kafka
NewBroker = Callable[..., KafkaBroker]
FLUSH_SECONDS, POLL_SECONDS = 10.0, 20.0


def produce(broker: KafkaBroker, values: list[bytes | None], **settings: Any) -> list[Any]:
    """Sends values with librdkafka to the first partition; returns the error of each, or None."""
    headers = settings.pop("headers", None)
    settings = {name.replace("_", "."): value for name, value in settings.items()}
    producer = Producer({"bootstrap.servers": broker.connection.bootstrap_servers, "linger.ms": 50} | settings)
    errors: list[Any] = []
    for value in values:
        topic = broker.connection.add_prefix(ORDERS)
        producer.produce(topic, value, b"k", 0, lambda error, _: errors.append(error), headers=headers)
    assert producer.flush(FLUSH_SECONDS) == 0
    return errors


@pytest.mark.parametrize("client", KAFKA_CLIENTS)
@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_compressed_batches_are_received(new_kafka_broker: NewBroker, client: str, codec: str) -> None:
    broker = new_kafka_broker(client)
    broker.create({ORDERS: 1})
    values: list[bytes | None] = [b"wooden spoon %d " % number * 50 for number in range(200)]

    errors = produce(broker, values, compression_type=codec)
    member = broker.join("stock", [ORDERS], "stock-1")

    assert [record.value for record in take(member, 200)] == values
    assert set(errors) == {None}
    member.close()


@pytest.mark.parametrize("client", KAFKA_CLIENTS)
def test_records_of_an_aborted_transaction_are_not_received(new_kafka_broker: NewBroker, client: str) -> None:
    broker = new_kafka_broker(client)
    broker.create({ORDERS: 1})
    name, servers = broker.connection.add_prefix(ORDERS), broker.connection.bootstrap_servers
    producer = KafkaProducer(bootstrap_servers=servers, transactional_id=name)
    producer.init_transactions()
    for value, end in ((b"aborted", producer.abort_transaction), (b"committed", producer.commit_transaction)):
        producer.begin_transaction()
        producer.send(name, value)
        producer.flush()
        end()
    producer.close()

    member = broker.join("stock", [ORDERS], "stock-1")

    assert [record.value for record in take(member, 1)] == [b"committed"]
    member.close()


@pytest.mark.parametrize("client", KAFKA_CLIENTS)
def test_records_are_acknowledged_by_all_replicas(new_kafka_broker: NewBroker, client: str) -> None:
    found = {"kafka-python": kafka_producer.PRODUCER_SETTINGS, "confluent": confluent_producer.PRODUCER_SETTINGS}

    assert found[client]["acks"] == "all"


def test_a_topic_of_others_gets_the_compression_setting(new_kafka_broker: NewBroker) -> None:
    broker = new_kafka_broker()
    with contextlib.closing(KafkaAdminClient(bootstrap_servers=broker.connection.bootstrap_servers)) as admin:
        admin.create_topics({broker.connection.add_prefix(ORDERS): {"num_partitions": 2, "replication_factor": 1}})
        admin.wait_for_topics([broker.connection.add_prefix(ORDERS)])
    broker.create({ORDERS: 1})

    produce(broker, [b"wooden spoon " * 50], compression_type="zstd")
    member = broker.join("stock", [ORDERS], "stock-1")

    assert [record.value for record in take(member, 1)] == [b"wooden spoon " * 50]
    assert broker.topics()[ORDERS] == 2
    member.close()


@pytest.mark.parametrize("client", KAFKA_CLIENTS)
def test_a_batch_that_is_too_large_when_decompressed_is_refused(new_kafka_broker: NewBroker, client: str) -> None:
    broker = new_kafka_broker(client)
    broker.create({ORDERS: 1})
    bomb = b"x" * 20_000_000

    errors = produce(broker, [bomb], compression_type="zstd", message_max_bytes=30_000_000)
    produce(broker, [b"the next"])
    member = broker.join("stock", [ORDERS], "stock-1")

    assert errors[0].name() == "MSG_SIZE_TOO_LARGE"
    assert [record.value for record in take(member, 1)] == [b"the next"]
    member.close()


@pytest.mark.parametrize("client", KAFKA_CLIENTS)
def test_headers_without_a_value_are_received(new_kafka_broker: NewBroker, client: str) -> None:
    broker = new_kafka_broker(client)
    broker.create({ORDERS: 1})
    headers = [("kafka_correlationId", None), ("theirs", b""), ("other", None)]

    produce(broker, [b"{}", None], headers=headers)
    member = broker.join("stock", [ORDERS], "stock-1")

    assert [list(record.headers) for record in take(member, 2)] == [headers, headers]
    member.close()


class Latin1(str):
    """A header name that a producer encodes in another way than UTF-8."""

    def encode(self, encoding: str = "", errors: str = "") -> bytes:
        return super().encode("latin-1")


@pytest.mark.parametrize("client", KAFKA_CLIENTS)
def test_a_header_whose_name_is_not_utf_8_is_received(new_kafka_broker: NewBroker, client: str) -> None:
    broker = new_kafka_broker(client)
    broker.create({ORDERS: 1})
    with contextlib.closing(KafkaProducer(bootstrap_servers=broker.connection.bootstrap_servers)) as producer:
        producer.send(broker.connection.add_prefix(ORDERS), b"{}", headers=[(Latin1("größe"), b"1")], partition=0)
        producer.send(broker.connection.add_prefix(ORDERS), b"next", headers=[("größe", b"2")], partition=0)
        producer.flush()
    member = broker.join("stock", [ORDERS], "stock-1")

    first, second = take(member, 2)
    assert list(first.headers) == ([(r"gr\xf6\xdfe", b"1")] if client == KAFKA_PYTHON else [])
    assert (list(second.headers), second.value) == ([("größe", b"2")], b"next")
    member.close()


@pytest.mark.parametrize("client", KAFKA_CLIENTS)
def test_an_unreadable_record_with_null_headers_is_dead_lettered_and_the_next_is_handled(
    new_kafka_broker: NewBroker, tmp_path: Path, client: str
) -> None:
    broker, service = new_kafka_broker(client), Stock()
    broker.create(dict.fromkeys(TOPICS, 1))
    produce(broker, [b"hello", encode(order_received())], headers=[("kafka_correlationId", None), ("theirs", None)])
    log = broker.join("stock", list(service.topics()), "stock-1")
    database = ServiceDatabase(f"sqlite:///{tmp_path / 'stock.db'}", service)
    worker = Worker(service, MESSAGE_TYPES, log, database, Journal(None), ExternalCalls({}, 0))

    def is_handled() -> bool:
        worker.poll(0.1)
        worker.handle()
        worker.publish()
        worker.commit()
        return broker.lags("stock", [ORDERS])[ORDERS, 0].committed == 2

    wait_until(is_handled, POLL_SECONDS)

    (dead_letter,) = broker.read([f"{ORDERS}.stock.dlt"])
    assert dead_letter.value == b"hello"
    assert dict(dead_letter.headers)["dlt_null_headers"] == b"kafka_correlationId, theirs"
    worker.close()
