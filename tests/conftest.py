"""Fixtures of all tests: a running Kafka, home folders, and free ports."""

import gc
import os
import random
import signal
import socket
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import waiting
from kafka.net.inet import KafkaNetSocket

from checkout.local_kafka import cluster
from checkout.processes.postgres import create_databases, local_postgres, url_of
from checkout.settings import Settings
from checkout.system.ports import is_free

collect_ignore = ["nightly"]  # too slow for every push; runs only when it is named
WaitUntil = Callable[..., None]
STORE_PORTS = (*range(10), 25, 101, 102, 103, *range(11_092, 11_098))  # above the base


class SocketOfKafkaPython(socket.socket):
    """A socket that the warning about unclosed sockets names, so that pyproject.toml ignores those of kafka-python."""


def pytest_configure() -> None:
    """Makes Ctrl-C reach the processes that tests start: a shell starts its background jobs with SIGINT ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    KafkaNetSocket.socket = lambda _self, *address: SocketOfKafkaPython(*address)


def pytest_collection_finish() -> None:
    """Keeps the garbage collector from visiting modules and collected tests again and again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fails a CI run in which tests were skipped, and names them."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = [report.nodeid for report in reporter.stats.get("skipped", [])] if reporter else []
    if os.environ.get("CI") and skipped:
        print(f"\nskipped in CI, which counts as failed: {', '.join(skipped)}")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The bootstrap servers of a broker started for the tests, or CHECKOUT_BOOTSTRAP_SERVERS."""
    given = os.environ.get("CHECKOUT_BOOTSTRAP_SERVERS")
    if given:
        yield given
        return
    home = tmp_path_factory.mktemp("kafka")
    yield cluster.acquire(home, _free_port_base(), make_cache=False)
    cluster.release(home)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL server started for the tests."""
    with local_postgres(tmp_path_factory.mktemp("postgres")) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.db'}"
    settings = Settings(database_url=request.getfixturevalue("postgres"), prefix=f"test-{uuid.uuid4().hex[:12]}-")
    create_databases(settings, ["service"])
    return url_of(settings, "service").render_as_string(hide_password=False)


@pytest.fixture
def kafka_home(tmp_path: Path) -> Iterator[Path]:
    """A home folder for a test that starts Kafka; afterwards its cluster is stopped."""
    yield tmp_path / "home"
    cluster.stop(tmp_path / "home")


@pytest.fixture(scope="session")
def wait_until() -> WaitUntil:
    """Polls until a condition is true: `wait_until(condition, what, seconds=30)`."""
    return waiting.wait_until


@pytest.fixture(scope="session")
def new_port_base() -> Callable[[], int]:
    """Returns port bases whose ports for a store with three brokers are free."""
    return _free_port_base


@pytest.fixture
def port_base() -> int:
    """A free port base for one test."""
    return _free_port_base()


def _free_port_base() -> int:
    # Below the ephemeral ports, which the operating system assigns to clients; of three test runs each has every third.
    lane = int(os.environ.get("CHECKOUT_TEST_PORTS", "0"))
    for base in random.Random().sample(range(10_000 + 140 * lane, 21_600, 400), 25):
        if all(is_free(base + offset) for offset in STORE_PORTS):
            return base
    raise OSError("no free ports for a store on this machine")


@pytest.fixture
def lab_home(kafka_home: Path, port_base: int, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder for labs that start the local Kafka."""
    monkeypatch.setenv("CHECKOUT_HOME", str(kafka_home))
    monkeypatch.setenv("CHECKOUT_PORT_BASE", str(port_base))
    return kafka_home
