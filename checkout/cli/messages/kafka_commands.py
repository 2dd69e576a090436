"""Kafka commands: `checkout kafka start`, `stop`, `status` and `tool`."""

import contextlib
import os
from collections.abc import Sequence
from typing import Any, NoReturn

from checkout.cli import output
from checkout.cli.progress import progress_bar
from checkout.local_kafka import cluster, tools
from checkout.processes.shop_file import ShopNotRunning, find_shop
from checkout.settings import read_settings


def start(**overrides: Any) -> None:
    """Starts the local Kafka of this home, which then runs until `stop`."""
    home = read_settings().home.absolute()
    with contextlib.suppress(ShopNotRunning):  # a store that has lost its Kafka expects it at the same address
        overrides["port_base"] = find_shop(home).port_base
    settings = read_settings(**overrides)
    with progress_bar() as progress:
        servers = cluster.acquire(home, settings.port_base, settings.brokers, progress, keep=True)
    print(f"Kafka answers at {servers}; stop it with `checkout kafka stop`")


def stop() -> None:
    """Stops the local Kafka of this home, even while processes use it."""
    home = read_settings().home.absolute()
    before = cluster.status(home)
    cluster.stop(home)
    users = f", and process {before.users[0]} waits for it" if before.users else ""
    print(f"Kafka is stopped; its topics stay on disk{users}" if before.processes else "no Kafka is running here")


def status(as_json: bool) -> int:
    """Prints brokers and users of the local Kafka; returns 0 when it is running, else 1."""
    found = cluster.status(read_settings().home.absolute())
    if as_json:
        output.print_json(found._asdict())
    elif found.processes:
        users = f"used by processes {found.users}" if found.users else "not in use"
        kept = ", running until `checkout kafka stop`" if found.kept else ""
        print(f"{found.brokers} broker(s) at {found.bootstrap_servers}, processes {found.processes}, {users}{kept}")
    else:
        print("no Kafka is running here: start one with `checkout kafka start`")
    return 0 if found.processes else 1


def tool(name: str, arguments: Sequence[str]) -> NoReturn:
    """Replaces this process by one of Kafka's own tools: signals reach the tool, and the exit status is its own.

    Without `--bootstrap-server` it gets the address of the settings or of the local Kafka. Raises KafkaUnavailable
    when neither is there, and JarsUnavailable when the tool cannot be downloaded.
    """
    server = ["--bootstrap-server", _servers()] if tools.lacks_server(name, arguments) else []
    with progress_bar() as progress:
        command = tools.command_line(name, [*arguments, *server], progress)
    os.execve(command[0], command, tools.environment())


def _servers() -> str:
    settings = read_settings()
    status = cluster.status(settings.home.absolute())
    if settings.bootstrap_servers or status.processes:
        return settings.bootstrap_servers or status.bootstrap_servers
    remedy = "start one with `checkout kafka start`, or name one with --bootstrap-server"
    raise cluster.KafkaUnavailable(f"no Kafka is running here: {remedy}")
