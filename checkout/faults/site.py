"""Site: a store on processes of this machine, with a Kafka of its own that faults may end."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from checkout.faults.proxied_kafka import ProxiedKafka, proxied_kafka
from checkout.local_kafka import cluster
from checkout.local_kafka.download import Progress, no_progress
from checkout.processes.postgres import local_postgres
from checkout.processes.supervisor import KAFKA_SERVICES, SIMULATORS, Supervisor
from checkout.settings import read_settings

PARTITIONS = 3


@dataclass(frozen=True)
class Site:
    """A running store, the home folder of its Kafka, and, if clients reach Kafka through a proxy, that Kafka."""

    store: Supervisor
    kafka_home: Path
    proxied: ProxiedKafka | None


@contextmanager
def running_site(
    home: Path, port_base: int, replicas: int = 1, brokers: int = 1, is_proxied: bool = False, stock: int = 0,
    on_progress: Progress = no_progress,
) -> Iterator[Site]:  # fmt: skip
    """Runs a store below `home` until the end of the block; all that was started is stopped.

    `replicas`: of each service, with three partitions; several on a PostgreSQL of their own, one on SQLite. `stock`:
    quantity of each product, as in the setting. Raises KafkaUnavailable, WrongSetting or ShopError.
    """
    kafka_home, proxied = home / "kafka-home", None
    with ExitStack() as stack:
        if is_proxied:
            proxied = stack.enter_context(proxied_kafka(kafka_home, port_base))
        else:
            stack.callback(cluster.stop, kafka_home)
        servers = proxied.bootstrap_servers if proxied else cluster.acquire(
            kafka_home, port_base, brokers, on_progress, make_cache=False
        )  # fmt: skip
        url = stack.enter_context(local_postgres(home)) if replicas > 1 else ""
        settings = read_settings(
            {}, home=home, bootstrap_servers=servers, port_base=port_base, partitions=PARTITIONS, database_url=url,
            stock=stock, brokers=brokers,
        )  # fmt: skip
        store = Supervisor(settings, dict.fromkeys(KAFKA_SERVICES, replicas), on_progress)
        stack.callback(store.stop)
        store.start((*SIMULATORS, *KAFKA_SERVICES, "gateway"))
        yield Site(store, kafka_home, proxied)
