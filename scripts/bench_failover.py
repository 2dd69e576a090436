"""Bench failover: the leader among three brokers is killed; seconds until another one serves, and until it is back.

A thread sends one record after the other, as a service does, and another one reads the partition.
"""

import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from checkout.local_kafka import cluster  # noqa: E402
from checkout.messaging.kafka_admin import Replicas  # noqa: E402
from checkout.messaging.kafka_log import KafkaBroker  # noqa: E402
from checkout.messaging.log import LogUnavailable, ProducerRecord  # noqa: E402
from checkout.system.deadline import wait_until  # noqa: E402
from checkout.system.ports import free_port_base  # noqa: E402

TOPIC, SECONDS = "records", 60.0
COLUMNS = ("new leader", "acknowledged", "read", "in sync again")


class Round(NamedTuple):
    """Seconds after the kill until another broker is the leader, and then acknowledges a record, and a record is read.

    `in_sync_again`: seconds after the killed broker was started until it is in sync.
    """

    new_leader: float
    acknowledged: float
    read: float
    in_sync_again: float


class Traffic:
    """Sends numbered records and reads them, each in a thread; notes when each was acknowledged and read."""

    def __init__(self, broker: KafkaBroker) -> None:
        self._broker, self._stopping = broker, threading.Event()
        self.acknowledged: dict[int, float] = {}
        self.read: dict[int, float] = {}
        self.threads = [threading.Thread(target=each, daemon=True) for each in (self._send, self._read)]

    @contextmanager
    def running(self) -> Iterator[None]:
        """Sends and reads inside of the block; every acknowledged record is read before its end."""
        for thread in self.threads:
            thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            for thread in self.threads:
                thread.join()

    def _send(self) -> None:
        with closing(self._broker.join("sender", [TOPIC], "sender-1", True)) as log:
            number = 0
            while not self._stopping.is_set():
                try:
                    log.send([ProducerRecord(TOPIC, b"key", str(number).encode())])
                except LogUnavailable:
                    continue  # a service sends its outbox again
                self.acknowledged[number] = time.monotonic()
                number += 1
                time.sleep(0.01)

    def _read(self) -> None:
        with closing(self._broker.join("reader", [TOPIC], "reader-1", True)) as log:
            while not self._stopping.is_set() or self.acknowledged.keys() - self.read.keys():
                for record in log.poll(500, 0.1):
                    self.read.setdefault(int(record.value or b"0"), time.monotonic())


def replicas(broker: KafkaBroker) -> Replicas:
    """The brokers of the partition; without a leader while no broker answers."""
    try:
        return broker.replicas([TOPIC])[TOPIC, 0]
    except LogUnavailable:
        return Replicas(None, [], [])


def first_after(times: dict[int, float], moment: float) -> float:
    """The first of these times after a moment; waits for it."""
    return min(wait_until(lambda: [at for at in list(times.values()) if at > moment], SECONDS))


def run_round(home: Path, port_base: int, broker: KafkaBroker, traffic: Traffic) -> Round:
    """Kills the leader, waits for another one, starts the killed broker, and waits until it is in sync."""
    leader = wait_until(lambda: replicas(broker).leader, SECONDS)
    killed_at = time.monotonic()
    cluster.processes(home)[leader].kill_with_children()
    wait_until(lambda: replicas(broker).leader not in (None, leader), SECONDS)
    new_leader = time.monotonic() - killed_at
    acknowledged, read = (
        first_after(times, killed_at + new_leader) - killed_at for times in (traffic.acknowledged, traffic.read)
    )
    started_at = time.monotonic()
    cluster.acquire(home, port_base, brokers=3)
    cluster.release(home)
    wait_until(lambda: leader in replicas(broker).in_sync, SECONDS)
    return Round(new_leader, acknowledged, read, time.monotonic() - started_at)


def main() -> None:
    """Prints the seconds of each round, their median and maximum, and the number of records that were lost."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    port_base = free_port_base()
    with tempfile.TemporaryDirectory() as folder:
        home, measured = Path(folder), list[Round]()
        servers = cluster.acquire(home, port_base, brokers=3)
        try:
            with closing(KafkaBroker(servers)) as broker:
                broker.create({TOPIC: 1}, chooses_brokers=True)
                traffic = Traffic(broker)
                with traffic.running():
                    wait_until(lambda: len(traffic.read) > 10, SECONDS)
                    for _ in range(rounds):
                        measured.append(run_round(home, port_base, broker, traffic))
                        print(*(f"{name} {each:.1f} s" for name, each in zip(COLUMNS, measured[-1], strict=True)))
        finally:
            cluster.stop(home)
    for name, values in zip(COLUMNS, zip(*measured, strict=True), strict=True):
        print(f"{name}: median {statistics.median(values):.1f} s, at most {max(values):.1f} s")
    lost = traffic.acknowledged.keys() - traffic.read.keys()
    print(f"{len(traffic.acknowledged):,} records acknowledged, {len(lost)} lost")


if __name__ == "__main__":
    main()
