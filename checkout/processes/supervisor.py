"""Processes: the store as processes - starts them in order, waits until they are ready, watches and stops them."""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import httpx
import msgspec

from checkout.errors import CheckoutError
from checkout.local_kafka import cluster
from checkout.messages import TOPICS
from checkout.messaging.kafka_log import KafkaBroker
from checkout.processes.postgres import make_databases
from checkout.settings import HOST, Settings, WrongSetting, as_environment
from checkout.system.pid import Pid
from checkout.system.ports import check_free, free_port

WORKERS = ("orders", "stock", "payments", "shipments", "notifications")
OUTSIDE = ("payment_broker", "shipment_company", "mailbox")
FRONT = ("gateway", "web")
READY_WITHIN = 60.0  # seconds
STOPPED_WITHIN = 10.0  # seconds

Progress = Callable[[str, float], None]


class ShopError(CheckoutError):
    """The store cannot start or go on; the message names the part and the remedy."""


class ShopNotRunning(ShopError):
    """There is no store to look at."""

    exit_code = 3


class Part(msgspec.Struct):
    """One process of the store, as `store.json` tells it."""

    name: str
    replica: str
    address: str
    pid: Pid
    log: str


class ShopFile(msgspec.Struct):
    """`store.json`: where everything of a running store is."""

    bootstrap_servers: str
    prefix: str
    home: str
    port_base: int
    partitions: int
    database_url: str
    operator_token: str
    processes: list[Part]

    def address(self, name: str) -> str:
        """Where a container or an outside system answers. Raises ShopError."""
        for part in self.processes:
            if part.name == name:
                return part.address
        raise ShopError(f"this store has no {name}")


def find_shop(home: Path) -> ShopFile:
    """The store that runs below this home. Raises ShopNotRunning when there is none."""
    path = home / "store.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=ShopFile)
    except FileNotFoundError:
        raise ShopNotRunning(f"no store runs below {home}: start one with `checkout up`") from None
    except msgspec.MsgspecError as error:
        raise ShopError(f"{path} cannot be read ({error}): stop the store and remove it") from error


class Supervisor:
    """The seven services and the outside systems, each in a process that ends with this one."""

    def __init__(self, settings: Settings, scale: Mapping[str, int], on_progress: Progress) -> None:
        self.scale = {name: scale.get(name, 1) for name in WORKERS}
        token = settings.operator_token or secrets.token_urlsafe(24)
        home = settings.home.absolute()
        self.settings = msgspec.structs.replace(settings, home=home, operator_token=token)
        self._on_progress = on_progress
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self.parts: dict[str, Part] = {}
        self._has_started_kafka = False

    def start(self, parts: Sequence[str] = (*OUTSIDE, *WORKERS, *FRONT)) -> None:
        """Starts broker, topics, databases, outside systems and services, and waits until all are ready."""
        _check(self.settings, self.scale)
        check_free(self.settings, parts)
        self._start_kafka()
        try:
            self._prepare()
            for name in parts:
                for number in range(1, self.scale.get(name, 1) + 1):
                    self.launch(f"{name}-{number}")
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def _prepare(self) -> None:
        self._on_progress("creating topics and databases", 0.0)
        broker = KafkaBroker(self.settings.bootstrap_servers, self.settings.prefix)
        broker.create(dict.fromkeys(TOPICS, self.settings.partitions))
        broker.close()
        if self.settings.database_url:
            make_databases(self.settings, WORKERS)

    def launch(self, replica: str, **changes: str) -> None:
        """Starts one process, with changed settings if given; does not wait for it."""
        name, _, number = replica.rpartition("-")
        port = self.settings.port(name) if number == "1" else free_port()
        settings = msgspec.structs.replace(self.settings, **changes)
        path = self.settings.home / "logs" / f"{replica}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "ab") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "checkout.processes.service_process", name, replica, str(port)],
                env=os.environ | as_environment(settings),
                stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True,
            )
        _forget(self._children.get(replica))
        self._children[replica] = child
        self.parts[replica] = Part(name, replica, f"http://{HOST}:{port}", Pid.of(child.pid), str(path))
        self._write_file()

    def wait_until_ready(self, replicas: Sequence[str] = ()) -> None:
        """Waits until these, or all, have their partitions and answer. Raises ShopError."""
        waiting, deadline = list(replicas or self.parts), time.monotonic() + READY_WITHIN
        total = len(waiting)
        with httpx.Client(timeout=1.0) as client:
            while waiting:
                self._on_progress("waiting for " + ", ".join(waiting[:3]), 1 - len(waiting) / total)
                self._fail_if_ended(waiting)
                if time.monotonic() > deadline:
                    late = waiting[0]
                    raise ShopError(f"{late} is not ready after {READY_WITHIN:.0f} s: {self.last_lines(late)}")
                waiting = [replica for replica in waiting if not _is_ready(client, self.parts[replica].address)]
                time.sleep(0.05 if waiting else 0)

    def crashed(self) -> Iterator[tuple[str, int]]:
        """The replicas whose process has ended, and their exit status; a negative one is a signal."""
        for replica, child in list(self._children.items()):
            if (status := child.poll()) is not None:
                yield replica, status

    def brokers(self) -> tuple[int, int]:
        """How many brokers of the local Kafka run, and of how many; (0, 0) where Kafka is somebody else's."""
        if not self._has_started_kafka:
            return 0, 0
        found = cluster.status(self.settings.home)
        return len(found.processes), found.brokers

    def kill(self, replica: str) -> None:
        """`kill -9`s one process and waits until it is gone."""
        child = self._children[replica]
        child.kill()
        child.wait()

    def last_lines(self, replica: str, count: int = 5) -> str:
        """The end of a replica's log."""
        lines = Path(self.parts[replica].log).read_text(errors="replace").splitlines()[-count:]
        return "\n".join(lines) or "its log is empty"

    def stop(self) -> None:
        """Stops all of it, the shop front first, and leaves no process."""
        for group in (FRONT, WORKERS, OUTSIDE):
            self._stop([replica for replica, part in self.parts.items() if part.name in group])
        (self.settings.home / "store.json").unlink(missing_ok=True)
        cluster.release(self.settings.home)

    def _stop(self, replicas: Sequence[str]) -> None:
        children = [self._children.pop(replica) for replica in replicas if replica in self._children]
        for child in children:
            child.send_signal(signal.SIGTERM)
        for child in children:
            try:
                child.wait(STOPPED_WITHIN)
            except subprocess.TimeoutExpired:
                child.kill()
            _forget(child)

    def _start_kafka(self) -> None:
        if not self.settings.bootstrap_servers:
            settings = self.settings
            servers = cluster.acquire(settings.home, settings.port_base, settings.brokers, self._on_progress)
            self.settings = msgspec.structs.replace(settings, bootstrap_servers=servers)
            self._has_started_kafka = True

    def _fail_if_ended(self, replicas: Sequence[str]) -> None:
        for replica, status in self.crashed():
            if replica in replicas:
                raise ShopError(f"{replica} ended with {status} while it started: {self.last_lines(replica)}")

    def _write_file(self) -> None:
        settings = self.settings
        told = ShopFile(
            settings.bootstrap_servers, settings.prefix, str(settings.home), settings.port_base, settings.partitions,
            settings.database_url, settings.operator_token, list(self.parts.values()),
        )
        path = settings.home / "store.json"
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(told)))


def _forget(child: subprocess.Popen[bytes] | None) -> None:
    if child and child.stdin:
        child.stdin.close()
        child.wait()


def _check(settings: Settings, scale: Mapping[str, int]) -> None:
    for name, count in scale.items():
        if count > 1 and not settings.database_url:
            raise WrongSetting(f"{name} is to have {count} replicas, and SQLite serves one: add --postgres")
    path = settings.home / "store.json"
    if path.exists() and any(part.pid.is_alive() for part in find_shop(settings.home).processes):
        raise ShopError(f"a store runs already below {settings.home}: stop it, or set CHECKOUT_HOME")


def _is_ready(client: httpx.Client, address: str) -> bool:
    try:
        return client.get(f"{address}/health-check").status_code == 200
    except httpx.HTTPError:
        return False
