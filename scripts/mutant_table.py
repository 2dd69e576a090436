"""Mutant table: puts defects into services and worker at run time; shows which invariants the checker finds broken.

By default those that a store in memory shows. `--kafka`: those that need a broker, or three; `--postgres`: those that
need replicas on PostgreSQL; `--processes`: those that processes under load show. `--all`: all of them.
"""

import argparse
import functools
import itertools
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from mutants.catalogue import BY_NAME, IN_MEMORY  # noqa: E402
from mutants.cluster_shop import ON_A_CLUSTER, LocalCluster  # noqa: E402
from mutants.examination import Databases, Verdict, examine, memory_databases  # noqa: E402
from mutants.kafka_shop import ON_KAFKA, KafkaShop, open_broker  # noqa: E402
from mutants.mutant import Mutant  # noqa: E402
from mutants.observed_shop import ObservedShop  # noqa: E402
from mutants.postgres_shop import ON_POSTGRES, SharedDatabases  # noqa: E402
from mutants.process_runs import MUTANTS, load  # noqa: E402
from mutants.table import Table  # noqa: E402

from checkout.local_kafka import cluster  # noqa: E402
from checkout.processes.postgres import local_postgres  # noqa: E402
from checkout.system.ports import free_port_base  # noqa: E402

Examine = Callable[[Mutant], Verdict]


def of_shops(new_shop: Callable[..., ObservedShop]) -> Examine:
    """Examines a mutant in shops that this function makes."""
    return functools.partial(examine, new_shop=new_shop)


@contextmanager
def kafka_of(brokers: int) -> Iterator[tuple[str, Path, int]]:
    """Runs a local Kafka; gives its bootstrap servers, home folder and port base."""
    with tempfile.TemporaryDirectory() as folder:
        home, base = Path(folder), free_port_base()
        try:
            yield cluster.acquire(home, base, brokers, make_cache=False), home, base
        finally:
            cluster.stop(home)


def on_kafka(table: Table, databases: Databases, chosen: Callable[..., list[Mutant]]) -> None:
    """Examines the mutants that need one broker, then those that need three."""
    numbers = itertools.count()
    if mutants := chosen(ON_KAFKA):
        with kafka_of(1) as (servers, *_), ExitStack() as stack:

            def new_shop(folder: Path, **options: Any) -> KafkaShop:
                broker = stack.enter_context(open_broker(servers, f"mutant-{next(numbers)}--"))
                return KafkaShop(folder, databases, broker=broker, **options)

            table.add(mutants, of_shops(new_shop))
    if mutants := chosen(ON_A_CLUSTER):
        with kafka_of(3) as (_, home, base):
            table.add(mutants, of_shops(LocalCluster(home, base, databases).new_shop))


def on_postgres(table: Table, databases: Databases, chosen: Callable[..., list[Mutant]]) -> None:
    """Examines the mutants that need replicas on PostgreSQL."""
    if mutants := chosen(ON_POSTGRES):
        with (
            tempfile.TemporaryDirectory() as folder,
            local_postgres(Path(folder)) as url,
            SharedDatabases(url, databases) as shared,
        ):
            table.add(mutants, of_shops(shared.new_shop))


def in_processes(table: Table, chosen: Callable[..., list[Mutant]]) -> None:
    """Examines mutants of processes under load: one store without a mutant, then one with each."""
    if mutants := chosen(BY_NAME[name] for name in MUTANTS):
        with kafka_of(1) as (servers, *_):
            twin = load(servers, free_port_base())
            table.add(mutants, lambda mutant: Verdict(twin, load(servers, free_port_base(), mutant.name)))


def main() -> None:
    """Prints the table; exit status 1 if a mutant is not found."""
    parser = argparse.ArgumentParser(prog="scripts/mutants", description=__doc__)
    for option in ("kafka", "postgres", "processes", "all"):
        parser.add_argument(f"--{option}", action="store_true")
    parser.add_argument("name", nargs="?", default="", help="only mutants whose names contain this")
    given = parser.parse_args()
    is_memory_only = not (given.kafka or given.postgres or given.processes)

    def chosen(mutants: Iterable[Mutant]) -> list[Mutant]:
        return [mutant for mutant in mutants if given.name in mutant.name]

    every = [*IN_MEMORY, *ON_KAFKA, *ON_A_CLUSTER, *ON_POSTGRES]
    if not chosen(every):
        parser.error(f"no mutant has {given.name!r} in its name")
    table = Table()
    with memory_databases() as databases:
        if given.all or is_memory_only:
            table.add(chosen(IN_MEMORY), of_shops(functools.partial(ObservedShop, databases=databases)))
        if given.all or given.postgres:
            on_postgres(table, databases, chosen)
        if given.all or given.kafka:
            on_kafka(table, databases, chosen)
    if given.all or given.processes:
        in_processes(table, chosen)
    sys.exit(not table.sum_up())


if __name__ == "__main__":
    main()
