"""What goes over the wire, read by Kafka's own console consumer: the author's topics, field names and header."""

import json
import os
import re
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import pytest
from jgo.maven import MavenContext
from kafka.partitioner.default import murmur2
from stories.shopper import Shopper

from checkout.messaging.kafka_log import KafkaBroker
from checkout.processes.supervisor import OUTSIDE, WORKERS, Supervisor
from checkout.system.java import JAVA, KAFKA, fetch_jars

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

HAPPY = {
    "order.new-order-received": {"id", "customerName", "customerEmail", "products", "payment"},
    "stock.order-products-reserved": {"id", "customerName", "customerEmail", "products", "payment", "total"},
    "order.process-order-payment": {"id", "customerName", "customerEmail", "payment"},
    "payment.order-payment-processed": {"id"},
    "order.new-order-approved": {"id", "customerName", "customerEmail", "products", "payment", "total"},
}
CORRELATION = "c-1, said twice"
FAILED = "payment.order-payment-failed"
ORDER = {"customerName": "Ada", "customerEmail": "ada@example.org", "payment": {"paymentMethod": "DEBIT"},
         "products": [{"sku": 1, "name": "Wooden spoon", "price": 5.00, "quantity": 1}]}
REFUSED = {
    "stock.order-products-reservation-failed": {"id", "message", "customerName", "customerEmail"},
    "payment.order-payment-failed": {"id", "message", "customerName", "customerEmail"},
}


class Printed(NamedTuple):
    """One record as the console consumer printed it."""

    topic: str
    partition: str
    headers: str
    key: str
    text: str

    @property
    def value(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.text)
        return found


@pytest.fixture(scope="module")
def store(new_store: Callable[..., Supervisor]) -> Supervisor:
    """A store whose topics have three partitions."""
    return new_store((*OUTSIDE, *WORKERS, "gateway"), partitions=3)


@pytest.fixture(scope="module")
def shown(store: Supervisor, wait_until: Callable[..., None]) -> dict[str, list[Printed]]:
    """Everything that seven orders have left on the topics, by the id of the order."""
    shopper = Shopper(store, wait_until)
    with shopper.http:
        ids = [shopper.order((1, 2)) for _ in range(4)] + [shopper.order((3, 1)), shopper.order((4, 2))]
        ids.append(shopper.post(ORDER, headers={"CID": CORRELATION}).json()["id"])
        shopper.wait_for_end(*ids)
    console = console_consumer()  # once: jgo cannot fetch a jar in two threads
    with ThreadPoolExecutor() as pool:
        printed = [record for found in pool.map(partial(read, store, console), (*HAPPY, *REFUSED)) for record in found]
    return {id: [record for record in printed if record.value["id"] == id] for id in ids}


def read(store: Supervisor, console: list[str], topic: str) -> list[Printed]:
    """A whole topic, as the console consumer prints it."""
    settings = store.settings
    broker = KafkaBroker(settings.bootstrap_servers, settings.prefix)
    count = sum(broker.ends([topic]).values())
    broker.close()
    options = {"bootstrap-server": settings.bootstrap_servers, "topic": settings.prefix + topic,
               "group": settings.prefix + "console-" + topic, "max-messages": str(count), "timeout-ms": "20000"}
    arguments = [word for name, value in options.items() for word in (f"--{name}", value)]
    printing = [f"--formatter-property=print.{what}=true" for what in ("partition", "headers", "key")]
    command = [*console, *arguments, *printing, "--from-beginning"]
    ended = subprocess.run(command, capture_output=True, check=True)
    return [Printed(topic, *line.split("\t")) for line in ended.stdout.decode().splitlines()]


def console_consumer() -> list[str]:
    version = KAFKA.split("+")[0].rpartition(":")[2]
    tools = MavenContext().project("org.apache.kafka", "kafka-tools").at_version(version).artifact().resolve()
    jars = os.pathsep.join(map(str, [*fetch_jars(KAFKA), tools]))
    quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"
    flags = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dfile.encoding=UTF-8", quiet, "-cp", jars]
    return [JAVA, *flags, "org.apache.kafka.tools.consumer.ConsoleConsumer"]


def test_the_console_shows_each_topic_with_the_authors_fields(shown: Any) -> None:
    fields = {record.topic: set(record.value) for told in shown.values() for record in told}

    assert fields == HAPPY | REFUSED


def test_amounts_are_numbers_with_two_decimals(shown: Any) -> None:
    texts = [record.text for told in shown.values() for record in told if "total" in record.text]

    assert len(texts) == 3 * 5 + 2
    assert all(re.search(r'"total":(10|5|1900)\.00[,}]', text) for text in texts)


def test_the_key_is_the_orders_id_and_the_header_its_correlation(shown: Any) -> None:
    *ids, last = shown

    keys = {(id, record.key) for id, records in shown.items() for record in records}
    headers = {
        (id, record.headers) for id, records in shown.items() for record in records if record.topic != FAILED
    }

    assert keys == {(id, id) for id in shown}
    assert headers == {(id, f"kafka_correlationId:{id}") for id in ids} | {
        (last, f"kafka_correlationId:{CORRELATION}")
    }


def test_only_a_failed_payment_has_a_second_header_its_cause(shown: Any) -> None:
    failed = [record for records in shown.values() for record in records if record.topic == FAILED]

    assert [record.headers.partition(",")[2] for record in failed] == ["cause:ChargeCard"]


def test_what_the_customer_saw_is_passed_on_as_it_came(shown: Any) -> None:
    first, *_ = list(shown.values())[-1]

    assert first.value["products"] == ORDER["products"]
    assert first.value["payment"] == {"paymentMethod": "DEBIT"}


def test_an_order_stays_in_one_partition_of_every_topic(shown: Any) -> None:
    partitions = {id: {record.partition for record in told} for id, told in shown.items()}

    assert [len(told) for told in shown.values()] == [5, 5, 5, 5, 2, 4, 5]
    assert partitions == {id: {f"Partition:{kafkas_choice(id, of=3)}"} for id in shown}


def kafkas_choice(key: str, of: int) -> int:
    return (murmur2(key.encode()) & 0x7FFFFFFF) % of
