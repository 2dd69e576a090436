"""What tests share: a real Kafka, and ports that are free."""

import os
import random
import socket
from collections.abc import Iterator

import pytest

from checkout.runtime import local_kafka

STORE_PORTS = (*range(10), 25, 101, 102, 103, *range(11_092, 11_098))  # above the base


def pytest_configure(config: pytest.Config) -> None:
    # kafka-python reads its message schemas by a function that Python 3.11 deprecated and 3.13 took back.
    config.addinivalue_line("filterwarnings", "ignore:(read|open)_text is deprecated:DeprecationWarning")


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The bootstrap servers of a started broker, or of those that CHECKOUT_BOOTSTRAP_SERVERS names."""
    given = os.environ.get("CHECKOUT_BOOTSTRAP_SERVERS")
    if given:
        yield given
        return
    home = tmp_path_factory.mktemp("kafka")
    yield local_kafka.acquire(home, free_port_base())
    local_kafka.release(home)


@pytest.fixture
def port_base() -> int:
    """A base whose ports, for a whole store and three brokers, are free."""
    return free_port_base()


def free_port_base() -> int:
    """Such a base, below the ports that systems give away by themselves."""
    for base in random.Random().sample(range(10_000, 21_600, 200), 50):
        if all(_is_free(base + offset) for offset in STORE_PORTS):
            return base
    raise OSError("no free ports for a store on this machine")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
