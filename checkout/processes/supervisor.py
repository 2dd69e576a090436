"""Supervisor: starts the processes of the store, waits until they are ready, reports crashes and stops them."""

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import httpx
import msgspec

from checkout.local_kafka import cluster, security
from checkout.local_kafka.download import Progress
from checkout.messaging.kafka_log import KafkaBroker
from checkout.processes.checks_before_start import check_groups, check_settings
from checkout.processes.kafka_access import access_rules, user_of
from checkout.processes.postgres import create_databases
from checkout.processes.shop_file import ShopError, ShopFile, ShopProcess
from checkout.registry import STORE, load_registry
from checkout.settings import HOST, PORTS, KafkaSecurity, Settings, as_environment
from checkout.system.deadline import wait_until
from checkout.system.log_files import keep_small
from checkout.system.pid import Pid
from checkout.system.ports import check_free, free_port
from checkout.tracing.start import check_tracing

KAFKA_SERVICES, SIMULATORS = tuple(STORE.by_name), STORE.external_systems
READY_WITHIN = 60.0  # seconds


class Supervisor:
    """Starts and stops the system of the registry in the settings; its processes end with this one."""

    def __init__(self, settings: Settings, scale: Mapping[str, int], on_progress: Progress) -> None:
        self._registry = load_registry(settings.registry)
        self.scale = {name: scale.get(name, 1) for name in self._registry.by_name}
        token = settings.operator_token or secrets.token_urlsafe(24)
        home = settings.home.absolute()
        self.settings = msgspec.structs.replace(settings, home=home, operator_token=token)
        self._on_progress = on_progress
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self.processes: dict[str, ShopProcess] = {}  # by replica
        self._has_started_kafka = False
        self._units: int | None = None  # of each product in a new database of Stock

    def start(self, containers: Sequence[str] = ()) -> None:
        """Starts Kafka, creates topics and databases, starts containers (all by default), waits until they are ready.

        Raises WrongSetting, PortTaken, KafkaUnavailable or ShopError; what was started is stopped again.
        """
        registry = self._registry
        containers = containers or (*registry.external_systems, *registry.by_name, *registry.front)
        check_settings(self.settings, self.scale)
        check_tracing()
        check_free(self.settings, [name for name in containers if name in PORTS])
        self._start_kafka()
        try:
            self._create_topics_and_databases([name for name in containers if name in registry.by_name])
            self._create_users()
            for name in containers:
                for number in range(1, self.scale.get(name, 1) + 1):
                    self.launch(f"{name}-{number}")
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def _create_topics_and_databases(self, services: Sequence[str]) -> None:
        self._on_progress("creating topics and databases", 0.0)
        with closing(self._broker()) as broker:
            has_ended_without_stop = (self.settings.home / "store.json").exists()
            if not self._has_started_kafka and not has_ended_without_stop:
                check_groups(broker, services)
            topics = dict.fromkeys(self._registry.topics, self.settings.partitions)
            broker.create(topics, self.settings.retention_seconds)
        is_new = not (self.settings.home / "databases" / "stock.db").exists()
        if self.settings.database_url:
            is_new = "stock" in create_databases(self.settings, self._registry.by_name)
        if is_new and self.settings.registry == Settings().registry:  # others may have products of their own
            self._units = self.settings.stock

    def _create_users(self) -> None:
        if self._has_started_kafka and self._registry.services and security.is_secured(self.settings.home):
            home, prefix = self.settings.home, self.settings.prefix
            users = [user_of(name, prefix) for name in self._registry.by_name]
            with closing(self._broker()) as broker:
                broker.set_passwords({user: security.make_password(home, user) for user in users})
                broker.set_rules(access_rules(self._registry, prefix))

    def launch(self, replica: str, **changes: str) -> None:
        """Starts the process of one replica, such as `stock-2`, without waiting for it; `changes` override settings."""
        name, _, number = replica.rpartition("-")
        port = self.settings.port(name) if number == "1" and name in PORTS else free_port()
        settings = msgspec.structs.replace(self.settings.with_security(self._security_of(name)), **changes)
        path = self.settings.home / "logs" / f"{replica}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        keep_small(path)
        with open(path, "ab") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "checkout.processes.service_process", name, replica, str(port)],
                env=os.environ | as_environment(settings),
                stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True,
            )
        _reap(self._children.get(replica))
        self._children[replica] = child
        self.processes[replica] = ShopProcess(name, replica, f"http://{HOST}:{port}", Pid.of(child.pid), str(path))
        self._write_shop_file()

    def restart(self, replica: str, **changes: str) -> None:
        """Kills the process of a replica, if it runs, and starts another in its place, as `launch` does."""
        self.processes[replica].pid.kill_with_children()
        self.launch(replica, **changes)

    def wait_until_ready(self, replicas: Sequence[str] = ()) -> None:
        """Waits until these replicas (all by default) answer and have their partitions. Raises ShopError."""
        waiting = list(replicas or self.processes)
        total = len(waiting)
        with httpx.Client(timeout=1.0, trust_env=False) as client:

            def are_ready() -> bool:
                self._on_progress("waiting for " + ", ".join(waiting[:3]), 1 - len(waiting) / total)
                self._raise_if_ended(waiting)
                waiting[:] = [replica for replica in waiting if not _is_ready(client, self.processes[replica].address)]
                return not waiting

            try:
                wait_until(are_ready, READY_WITHIN, pause=0.05)
            except TimeoutError:
                late = waiting[0]
                raise ShopError(f"{late} is not ready after {READY_WITHIN:.0f} s: {self.last_lines(late)}") from None

    def crashed(self) -> Iterator[tuple[str, int]]:
        """The replicas whose process has ended, with its exit status; a negative status is a signal."""
        for replica, child in list(self._children.items()):
            if (status := child.poll()) is not None:
                yield replica, status

    def brokers(self) -> tuple[int, int]:
        """How many brokers of the local Kafka are running, of how many; (0, 0) for a Kafka it did not start."""
        if not self._has_started_kafka:
            return 0, 0
        found = cluster.status(self.settings.home)
        return len(found.processes), found.brokers

    def last_lines(self, replica: str, count: int = 5) -> str:
        """The last lines of a replica's log."""
        lines = Path(self.processes[replica].log).read_text(errors="replace").splitlines()[-count:]
        return "\n".join(lines) or "its log is empty"

    def stop(self) -> None:
        """Stops all processes, web and gateway first, removes `store.json` and releases Kafka."""
        for group in (self._registry.front, self._registry.by_name, self._registry.external_systems):
            self._stop([replica for replica, process in self.processes.items() if process.name in group])
        (self.settings.home / "store.json").unlink(missing_ok=True)
        cluster.release(self.settings.home)

    def _stop(self, replicas: Sequence[str]) -> None:
        children = [self._children.pop(replica) for replica in replicas if replica in self._children]
        for child in children:
            child.send_signal(signal.SIGTERM)
        for child in children:
            try:
                child.wait(timeout=10)
            except subprocess.TimeoutExpired:
                child.kill()
            _reap(child)

    def _start_kafka(self) -> None:
        if not self.settings.bootstrap_servers:
            settings = self.settings
            servers = cluster.acquire(
                settings.home, settings.port_base, settings.brokers, self._on_progress, secured=settings.secured
            )
            operator = settings.with_security(security.client_security(settings.home))
            self.settings = msgspec.structs.replace(operator, bootstrap_servers=servers)
            self._has_started_kafka = True

    def _broker(self) -> KafkaBroker:
        settings = self.settings
        return KafkaBroker(settings.bootstrap_servers, settings.prefix, security=settings.kafka_security)

    def _security_of(self, name: str) -> KafkaSecurity:
        # Each process gets only what it needs: a service its own password, any other none.
        if name not in self._registry.by_name:
            return KafkaSecurity()
        if self._has_started_kafka:
            return security.client_security(self.settings.home, user_of(name, self.settings.prefix))
        return self.settings.kafka_security

    def _raise_if_ended(self, replicas: Sequence[str]) -> None:
        for replica, status in self.crashed():
            if replica in replicas:
                raise ShopError(f"{replica} ended with exit status {status} at its start: {self.last_lines(replica)}")

    def _write_shop_file(self) -> None:
        settings = self.settings
        content = ShopFile(
            settings.bootstrap_servers, settings.prefix, str(settings.home), settings.port_base, settings.partitions,
            settings.database_url, settings.operator_token, list(self.processes.values()), settings.kafka_security,
            self._units, settings.reservation_seconds, settings.retention_seconds,
        )
        path = settings.home / "store.json"
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(content)))


def _reap(child: subprocess.Popen[bytes] | None) -> None:
    # Closing standard input ends a child that is still alive: it follows its parent.
    if child and child.stdin:
        child.stdin.close()
        child.wait()


def _is_ready(client: httpx.Client, address: str) -> bool:
    try:
        return client.get(f"{address}/health-check").status_code == 200
    except httpx.HTTPError:
        return False
