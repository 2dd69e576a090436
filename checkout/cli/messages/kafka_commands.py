"""Kafka commands: `checkout kafka start`, `stop`, `status`, `acls` and `tool`."""

import contextlib
import os
from collections.abc import Sequence
from typing import Any, NoReturn

from checkout.cli import output
from checkout.cli.progress import progress_bar
from checkout.local_kafka import cluster, security, tools
from checkout.processes.shop_file import ShopNotRunning, find_shop
from checkout.settings import PLAINTEXT, WrongSetting, read_settings

SCRIPT_HEAD = """\
#!/bin/sh
# Allows each service what it needs, on a cluster that denies everything else. The user of a service has the name of its
# consumer group. BOOTSTRAP_SERVERS: where the cluster is. COMMAND_CONFIG: a file with the login of an administrator.
set -eu"""


def start(**overrides: Any) -> None:
    """Starts the local Kafka of this home, which then runs until `stop`."""
    home = read_settings().home.absolute()
    with contextlib.suppress(ShopNotRunning):  # a store that has lost its Kafka expects it at the same address
        overrides["port_base"] = find_shop(home).port_base
    settings = read_settings(**overrides)
    if servers := settings.bootstrap_servers:
        raise WrongSetting(f"CHECKOUT_BOOTSTRAP_SERVERS names the Kafka at {servers}: unset it to start a local one")
    with progress_bar() as progress:
        servers = cluster.acquire(
            home, settings.port_base, settings.brokers, progress, keep=True, secured=settings.secured
        )
    login = security.client_security(home)
    how = f" to the user {login.user} (password in {login.password_file})" if login.user else ""
    print(f"Kafka answers at {servers}{how}; stop it with `checkout kafka stop`")


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
        kind = "broker(s) with TLS and users" if found.secured else "broker(s)"
        print(f"{found.brokers} {kind} at {found.bootstrap_servers}, processes {found.processes}, {users}{kept}")
    else:
        print("no Kafka is running here: start one with `checkout kafka start`")
    return 0 if found.processes else 1


def tool(name: str, arguments: Sequence[str]) -> NoReturn:
    """Replaces this process by one of Kafka's own tools: signals reach the tool, and the exit status is its own.

    Without `--bootstrap-server` it gets the address of the settings or of the local Kafka. Raises KafkaUnavailable
    when neither is there, and JarsUnavailable when the tool cannot be downloaded.
    """
    server = _server_options(arguments) if tools.lacks_server(name, arguments) else []
    with progress_bar() as progress:
        command = tools.command_line(name, [*arguments, *server], progress)
    os.execve(command[0], command, tools.environment())


def acls(format: str) -> None:
    """Prints the access rules of every service, as a shell script of Kafka's own tool or as JSON."""
    from checkout.messaging.security.access_rules import commands
    from checkout.processes.kafka_access import access_rules  # imports the services
    from checkout.registry import load_registry

    settings = read_settings()
    rules = access_rules(load_registry(settings.registry), settings.prefix)
    if format == "json":
        output.print_json([rule._asdict() for rule in rules])
    else:
        print(SCRIPT_HEAD)
        print("\n".join(commands(rules, '--bootstrap-server "$BOOTSTRAP_SERVERS" --command-config "$COMMAND_CONFIG"')))


def _server_options(arguments: Sequence[str]) -> list[str]:
    settings = read_settings()
    home, status = settings.home.absolute(), cluster.status(settings.home.absolute())
    if not settings.bootstrap_servers and not status.processes:
        remedy = "start one with `checkout kafka start`, or name one with --bootstrap-server"
        raise cluster.KafkaUnavailable(f"no Kafka is running here: {remedy}")
    login = settings.kafka_security if settings.bootstrap_servers else security.client_security(home)
    options = ["--bootstrap-server", settings.bootstrap_servers or status.bootstrap_servers]
    if login.protocol != PLAINTEXT and tools.lacks_command_config(arguments):
        options += ["--command-config", tools.pass_on(security.client_properties(login))]
    return options
