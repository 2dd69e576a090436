"""Bench growth: many orders through one store whose old rows, records and journals are deleted; its disk and memory."""

import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import psutil

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from checkout.bench.load import Load  # noqa: E402
from checkout.cli.running.up import SIMULATED, running_shop  # noqa: E402
from checkout.local_kafka import cluster  # noqa: E402
from checkout.messaging.kafka_log import KafkaBroker  # noqa: E402
from checkout.processes.supervisor import KAFKA_SERVICES, Supervisor  # noqa: E402
from checkout.registry import STORE  # noqa: E402
from checkout.system.deadline import wait_until  # noqa: E402
from checkout.system.ports import free_port_base  # noqa: E402

MB = 1_000_000
FOLDERS = ("databases", "journal", "kafka", "logs")


class Sizes(NamedTuple):
    """Megabytes on disk by folder, and in memory (PSS) of the services and of Kafka."""

    disk: dict[str, float]
    services: float
    kafka: float

    def __str__(self) -> str:
        disk = ", ".join(f"{name} {size:,.0f}" for name, size in self.disk.items())
        return f"disk: {disk} MB; memory: services {self.services:,.0f}, Kafka {self.kafka:,.0f} MB"


def sizes(supervisor: Supervisor) -> Sizes:
    """The present sizes of a running store."""
    home = supervisor.settings.home
    disk = {name: folder_size(home / name) for name in FOLDERS}
    services = sum(pss(process.pid.number) for process in supervisor.processes.values())
    return Sizes(disk, services, sum(pss(number) for number in cluster.status(home).processes))


def folder_size(folder: Path) -> float:
    """The blocks that its files take on disk: SQLite and Kafka reserve more than they have written."""
    total = 0
    for file in folder.rglob("*"):
        try:
            total += file.stat().st_blocks * 512
        except FileNotFoundError:  # deleted meanwhile
            continue
    return total / MB


def pss(number: int) -> float:
    """The memory of a process, shared pages divided by their users."""
    return float(psutil.Process(number).memory_full_info().pss) / MB


def settle(broker: KafkaBroker) -> None:
    """Waits until every service has handled every record."""
    for service in STORE.services:
        topics = list(service.topics())
        wait_until(lambda topics=topics, name=service.name: not any(
            lag.records for lag in broker.lags(name, topics).values()
        ), 120, pause=0.5)  # fmt: skip


def main() -> None:
    """Prints the sizes after each tenth of the orders, and after the last retention: ORDERS, RETENTION in seconds."""
    orders, retention = (int(argument) for argument in [*sys.argv[1:], *("200000", "120")[len(sys.argv) - 1 :]])
    with tempfile.TemporaryDirectory() as folder:
        own = {"home": Path(folder), "port_base": free_port_base(), "retention_seconds": float(retention)}
        with running_shop((), False, KAFKA_SERVICES, stock=1_000_000, **SIMULATED, **own) as supervisor:
            settings = supervisor.settings
            load = Load(settings.bootstrap_servers, settings.prefix, 1, 1, lambda: None)
            broker = KafkaBroker(settings.bootstrap_servers, settings.prefix)
            with closing(load), closing(broker):
                print(f"{0:>9,} orders: {sizes(supervisor)}", flush=True)
                started = time.monotonic()
                for tenth in range(1, 11):
                    for _ in range(max(1, orders // 10 // 2_000)):
                        load.burst(min(2_000, orders // 10))
                    settle(broker)
                    rate = tenth * orders / 10 / (time.monotonic() - started)
                    print(f"{tenth * orders // 10:>9,} orders: {sizes(supervisor)}; {rate:,.0f} orders/s", flush=True)
            time.sleep(retention + 60)
            print(f"{retention + 60} s later: {sizes(supervisor)}", flush=True)


if __name__ == "__main__":
    main()
