"""What tests share: a real Kafka, and ports that are free."""

import os
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from checkout.local_kafka import cluster
from checkout.system.ports import is_free

collect_ignore = ["nightly"]  # unless it is named: what takes too long for every push
WaitUntil = Callable[..., None]
STORE_PORTS = (*range(10), 25, 101, 102, 103, *range(11_092, 11_098))  # above the base


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI nothing may be skipped: a part that is missing there is a failure, by name."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = [report.nodeid for report in reporter.stats.get("skipped", [])] if reporter else []
    if os.environ.get("CI") and skipped:
        print(f"\nskipped in CI, which counts as failed: {', '.join(skipped)}")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The bootstrap servers of a started broker, or of those that CHECKOUT_BOOTSTRAP_SERVERS names."""
    given = os.environ.get("CHECKOUT_BOOTSTRAP_SERVERS")
    if given:
        yield given
        return
    home = tmp_path_factory.mktemp("kafka")
    yield cluster.acquire(home, _free_port_base(), make_cache=False)
    cluster.release(home)


@pytest.fixture
def kafka_home(tmp_path: Path) -> Iterator[Path]:
    """A home of its own for a test that starts Kafka; nothing runs in it afterwards."""
    yield tmp_path / "home"
    cluster.stop(tmp_path / "home")


@pytest.fixture(scope="session")
def wait_until() -> WaitUntil:
    """Polls until a condition holds: `wait_until(condition, what, seconds=30)`."""
    return _wait_until


@pytest.fixture(scope="session")
def new_port_base() -> Callable[[], int]:
    """Gives a base whose ports, for a whole store and three brokers, are free."""
    return _free_port_base


@pytest.fixture
def port_base() -> int:
    """Such a base for one test."""
    return _free_port_base()


def _wait_until(condition: Callable[[], object], what: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s until {what}"
        time.sleep(0.02)


def _free_port_base() -> int:
    # all below the ports that systems give away by themselves
    for base in random.Random().sample(range(10_000, 21_600, 200), 50):
        if all(is_free(base + offset) for offset in STORE_PORTS):
            return base
    raise OSError("no free ports for a store on this machine")


@pytest.fixture
def lab_home(kafka_home: Path, port_base: int, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own for labs that start the local Kafka."""
    monkeypatch.setenv("CHECKOUT_HOME", str(kafka_home))
    monkeypatch.setenv("CHECKOUT_PORT_BASE", str(port_base))
    return kafka_home
