"""Cluster shop: an observed shop on three brokers, and the mutant that only the loss of a leader shows."""

import contextlib
import itertools
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

from mutants.examination import Databases
from mutants.kafka_shop import RECEIVED, KafkaShop
from mutants.mutant import Mutant
from waiting import wait_until

from checkout.local_kafka import cluster
from checkout.messaging.clients import kafka_producer
from checkout.messaging.kafka_log import KafkaBroker

BROKERS = 3
LONGEST_FETCH = 1.5  # seconds after which the followers' fetch requests that were under way have returned


class LocalCluster:
    """Three brokers on this machine, on which each shop has a run of its own."""

    def __init__(self, home: Path, port_base: int, databases: Databases) -> None:
        self._home, self._port_base, self._databases = home, port_base, databases
        self._numbers = itertools.count(1)

    def new_shop(self, folder: Path, **options: Any) -> "ClusterShop":
        """A shop on all three brokers; those that were killed are started again."""
        servers = cluster.acquire(self._home, self._port_base, BROKERS, make_cache=False)
        broker = KafkaBroker(servers, f"mutant-{next(self._numbers)}--")
        shop = ClusterShop(folder, self._databases, broker=broker, **options)
        shop.home = self._home
        wait_until(lambda: all(len(found.in_sync) == BROKERS for found in shop.replicas()), "all brokers are in sync")
        return shop


class ClusterShop(KafkaShop):
    """A shop on the local Kafka of `home`."""

    home: Path

    def replicas(self) -> Any:
        """The replicas of the topic with new orders."""
        return self.broker.replicas([RECEIVED]).values()

    @contextlib.contextmanager
    def losing_the_leader(self) -> Iterator[None]:
        """Within this block the followers of the topic with new orders are paused; at its end its leader is killed."""
        ((leader, every, _),) = self.replicas()
        processes = cluster.processes(self.home)
        followers = [processes[number].number for number in every if number != leader]
        for number in followers:
            os.kill(number, signal.SIGSTOP)
        try:
            time.sleep(LONGEST_FETCH)  # nothing shows what the followers have in their sockets
            yield
            processes[leader].kill_with_children()
        finally:
            for number in followers:
                os.kill(number, signal.SIGCONT)


def acknowledge_by_one() -> Any:
    """A record counts as sent when the leader of its partition has it."""
    return patch.dict(kafka_producer.PRODUCER_SETTINGS, acks=1, enable_idempotence=False)


def lose_a_leader(shop: ClusterShop) -> None:
    """The leader of a topic dies with the record of the second order, which no other broker has."""
    shop.order()
    shop.run()  # all clients are connected now
    with shop.losing_the_leader():
        shop.order()
    shop.run()


ON_A_CLUSTER = (Mutant("one broker acknowledges", "I1 I3 I17", acknowledge_by_one, lose_a_leader),)
