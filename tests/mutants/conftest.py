"""Fixtures of the mutants: shops in this thread whose witnesses the checker reads."""

import functools
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from mutants.examination import Databases, memory_databases
from mutants.kafka_shop import KafkaShop, open_broker
from mutants.observed_shop import ObservedShop
from mutants.postgres_shop import PostgresShop, SharedDatabases


@pytest.fixture(scope="session")
def memory_tables() -> Iterator[Databases]:
    """The databases of the services, in memory."""
    with memory_databases() as databases:
        yield databases


@pytest.fixture
def new_observed_shop(memory_tables: Databases) -> Callable[..., ObservedShop]:
    """Makes a shop in memory: `new_observed_shop(folder, service=None)`."""
    return functools.partial(ObservedShop, databases=memory_tables)


@pytest.fixture
def new_kafka_shop(kafka: str, memory_tables: Databases) -> Iterator[Callable[..., KafkaShop]]:
    """Makes a shop whose topics are on Kafka."""
    with ExitStack() as stack:

        def make(folder: Path, **options: Any) -> KafkaShop:
            broker = stack.enter_context(open_broker(kafka, f"mutant-{secrets.token_hex(4)}--"))
            return KafkaShop(folder, memory_tables, broker=broker, **options)

        yield make


@pytest.fixture
def new_postgres_shop(postgres: str, memory_tables: Databases) -> Iterator[Callable[..., PostgresShop]]:
    """Makes a shop of which two services have replicas on PostgreSQL."""
    with SharedDatabases(postgres, memory_tables) as shared:
        yield shared.new_shop
