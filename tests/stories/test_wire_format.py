"""Wire format: topics, keys, headers and JSON fields, as Kafka's own console consumer prints them."""

import json
import re
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import pytest
from kafka.partitioner.default import murmur2
from stories.shopper import Shopper

from checkout.local_kafka.tools import command_line
from checkout.messaging.kafka_log import KafkaBroker
from checkout.processes.supervisor import KAFKA_SERVICES, SIMULATORS, Supervisor

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

FIELDS_OF_APPROVED = {
    "order.new-order-received": {"id", "customerName", "customerEmail", "products", "payment"},
    "stock.order-products-reserved": {"id", "customerName", "customerEmail", "products", "payment", "total"},
    "order.process-order-payment": {"id", "customerName", "customerEmail", "payment"},
    "payment.order-payment-processed": {"id"},
    "order.new-order-approved": {"id", "customerName", "customerEmail", "products", "payment", "total"},
}
CORRELATION = "c-1, with a comma"
FAILED = "payment.order-payment-failed"
ORDER = {"customerName": "Ada", "customerEmail": "ada@example.org", "payment": {"paymentMethod": "DEBIT"},
         "products": [{"sku": 1, "name": "Wooden spoon", "price": 5.00, "quantity": 1}]}
FIELDS_OF_REFUSED = {
    "stock.order-products-reservation-failed": {"id", "message", "customerName", "customerEmail"},
    "payment.order-payment-failed": {"id", "message", "customerName", "customerEmail"},
}


class PrintedRecord(NamedTuple):
    """One record, as the console consumer prints it."""

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
    return new_store((*SIMULATORS, *KAFKA_SERVICES, "gateway"), partitions=3)


@pytest.fixture(scope="module")
def records_by_order(store: Supervisor, wait_until: Callable[..., None]) -> dict[str, list[PrintedRecord]]:
    """The records of seven orders on all topics, by order id."""
    shopper = Shopper(store, wait_until)
    with shopper.http:
        ids = [shopper.order((1, 2)) for _ in range(4)] + [shopper.order((3, 1)), shopper.order((4, 2))]
        ids.append(shopper.post(ORDER, headers={"CID": CORRELATION}).json()["id"])
        shopper.wait_for_end(*ids)
    console = command_line("console-consumer", [])  # once, because jgo cannot fetch a jar in two threads
    with ThreadPoolExecutor() as pool:
        topics = (*FIELDS_OF_APPROVED, *FIELDS_OF_REFUSED)
        printed = [record for found in pool.map(partial(read, store, console), topics) for record in found]
    return {id: [record for record in printed if record.value["id"] == id] for id in ids}


def read(store: Supervisor, console: list[str], topic: str) -> list[PrintedRecord]:
    """The records of a topic, as the console consumer prints them."""
    settings = store.settings
    broker = KafkaBroker(settings.bootstrap_servers, settings.prefix)
    count = sum(broker.ends([topic]).values())
    broker.close()
    options = {"bootstrap-server": settings.bootstrap_servers, "topic": settings.prefix + topic,
               "group": settings.prefix + "console-" + topic, "max-messages": str(count), "timeout-ms": "20000"}
    arguments = [word for name, value in options.items() for word in (f"--{name}", value)]
    print_options = [f"--formatter-property=print.{what}=true" for what in ("partition", "headers", "key")]
    command = [*console, *arguments, *print_options, "--from-beginning"]
    result = subprocess.run(command, capture_output=True, check=True)
    return [PrintedRecord(topic, *line.split("\t")) for line in result.stdout.decode().splitlines()]


def test_the_values_of_each_topic_have_the_fields_of_the_contract(records_by_order: Any) -> None:
    fields = {record.topic: set(record.value) for records in records_by_order.values() for record in records}

    assert fields == FIELDS_OF_APPROVED | FIELDS_OF_REFUSED


def test_amounts_are_numbers_with_two_decimals(records_by_order: Any) -> None:
    texts = [record.text for records in records_by_order.values() for record in records if "total" in record.text]

    assert len(texts) == 3 * 5 + 2
    assert all(re.search(r'"total":(10|5|1900)\.00[,}]', text) for text in texts)


def test_the_key_is_the_order_id_and_the_header_its_correlation(records_by_order: Any) -> None:
    *ids, last = records_by_order

    keys = {(id, record.key) for id, records in records_by_order.items() for record in records}
    headers = {
        (id, record.headers) for id, records in records_by_order.items() for record in records if record.topic != FAILED
    }

    assert keys == {(id, id) for id in records_by_order}
    assert headers == {(id, f"kafka_correlationId:{id}") for id in ids} | {
        (last, f"kafka_correlationId:{CORRELATION}")
    }


def test_only_a_failed_payment_has_a_second_header_with_its_cause(records_by_order: Any) -> None:
    failed = [record for records in records_by_order.values() for record in records if record.topic == FAILED]

    assert [record.headers.partition(",")[2] for record in failed] == ["cause:ChargeCard"]


def test_names_and_prices_from_the_client_are_published_unchanged(records_by_order: Any) -> None:
    first, *_ = list(records_by_order.values())[-1]

    assert first.value["products"] == ORDER["products"]
    assert first.value["payment"] == {"paymentMethod": "DEBIT"}


def test_all_records_of_an_order_are_in_the_same_partition_number(records_by_order: Any) -> None:
    partitions = {id: {record.partition for record in records} for id, records in records_by_order.items()}

    assert [len(records) for records in records_by_order.values()] == [5, 5, 5, 5, 2, 4, 5]
    assert partitions == {id: {f"Partition:{partition_of(id, partitions=3)}"} for id in records_by_order}


def partition_of(key: str, partitions: int) -> int:
    return (murmur2(key.encode()) & 0x7FFFFFFF) % partitions
