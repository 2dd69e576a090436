"""Kafka shop: an observed shop on a real Kafka, and the mutants that only a real Kafka shows."""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any
from unittest.mock import patch

from confluent_kafka import Producer
from mutants.mutant import Mutant
from mutants.observed_shop import ObservedShop
from sample import line, order_id, order_received
from waiting import wait_until
from worker.in_memory_shop import run_once

from checkout.checker.facts import GROUPS
from checkout.framework.message import encode
from checkout.messaging.clients import kafka_consumer
from checkout.messaging.kafka_log import KafkaBroker
from checkout.messaging.log import LogUnavailable
from checkout.system import deadline

RECEIVED = "order.new-order-received"
QUIET_TURNS = 3  # of all workers, after which nothing is on its way
REST_SECONDS = 60.0
NOTICE_SECONDS = 2.0  # in which an offset would be committed; with the mutant it is waited for
POLL_SECONDS = 0.02


class KafkaShop(ObservedShop):
    """An observed shop whose topics are on a real Kafka."""

    def run(self) -> None:
        """Runs all workers until none has work left, and no group has lag."""
        quiet = 0

        def is_at_rest() -> bool:
            nonlocal quiet
            quiet = 0 if any([self._turn(worker) for worker in self.workers.values()]) else quiet + 1
            self._skip_pauses()
            return quiet >= QUIET_TURNS and not self.lag()

        wait_until(is_at_rest, "no worker has work, and no group has lag", REST_SECONDS, pause=0)

    def work(self, *names: str) -> None:
        """Runs some workers once, in this order."""
        for name in names:
            self._turn(self.workers[name])

    def _turn(self, worker: Any) -> bool:
        with suppress(LogUnavailable):  # the next turn tries again
            worker.poll(POLL_SECONDS)
            return run_once(worker)
        return True

    def lag(self) -> int:
        """The records that some group has not committed yet; 1 while Kafka does not say."""
        with suppress(LogUnavailable):
            found = [self.broker.lags(group, topics) for group, topics in GROUPS.items()]
            return sum(lag.records for lags in found for lag in lags.values())
        return 1

    def poll(self, name: str) -> None:
        """Polls a worker until it has a batch."""
        wait_until(lambda: self.workers[name].poll(POLL_SECONDS), f"{name} has a record")


@contextmanager
def open_broker(servers: str, prefix: str) -> Iterator[KafkaBroker]:
    """A run of its own on a Kafka, whose topics and groups are deleted at the end."""
    with closing(KafkaBroker(servers, prefix)) as broker:
        yield broker
        broker.delete()


def read_uncommitted() -> Any:
    """Consumers receive records of transactions that were aborted."""
    return patch.dict(kafka_consumer.CONSUMER_SETTINGS, isolation_level="read_uncommitted")


def commit_automatically() -> Any:
    """The client library commits what it has returned, ten times a second."""
    return patch.dict(kafka_consumer.CONSUMER_SETTINGS, enable_auto_commit=True, auto_commit_interval_ms=100)


def abort_a_transaction(shop: KafkaShop) -> None:
    """Another program writes an order in a transaction that it aborts; then a customer orders."""
    connection = shop.broker.connection
    producer = Producer({"bootstrap.servers": connection.bootstrap_servers, "transactional.id": connection.prefix})
    producer.init_transactions(30)
    producer.begin_transaction()
    phantom = order_id(13)
    value = encode(order_received(line(1, 1), id=phantom))
    producer.produce(connection.add_prefix(RECEIVED), value, phantom.encode(), partition=0)
    producer.flush(30)
    producer.abort_transaction(30)
    shop.order()
    shop.run()


def crash_with_a_polled_record(shop: KafkaShop) -> None:
    """Stock crashes with an order that it has polled some time ago, and not handled."""
    shop.order()
    shop.work("orders")
    shop.poll("stock")
    is_mutant = kafka_consumer.CONSUMER_SETTINGS["enable_auto_commit"]
    seconds = REST_SECONDS if is_mutant else NOTICE_SECONDS
    with suppress(TimeoutError):  # as it should be
        deadline.wait_until(lambda: shop.broker.lags("stock", [RECEIVED])[RECEIVED, 0].committed, seconds, 0.05)
    shop.crash("stock")
    shop.run()


ON_KAFKA = (
    Mutant("aborted records are read", "I15 I2", read_uncommitted, abort_a_transaction),
    Mutant("offsets are committed automatically", "I3 I14", commit_automatically, crash_with_a_polled_record),
)
