"""Ports: checks that the store's TCP ports are free, and finds free ones."""

import random
import socket
from collections.abc import Iterable

from checkout.errors import CheckoutError
from checkout.settings import HOST, KAFKA_PORTS, PORTS, Settings
from checkout.system.pid import describe_listener


class PortTaken(CheckoutError):
    """Another program listens on a port that is needed; the message names both and the remedy."""


def check_free(settings: Settings, names: Iterable[str]) -> None:
    """Raises PortTaken when a port of these containers and external systems is taken."""
    for name in names:
        for each in ("mailbox", "smtp") if name == "mailbox" else (name,):
            port = settings.port(each)
            if not is_free(port):
                remedy = "end it, or choose others with --port-base"
                raise PortTaken(f"port {port} of {each} is taken by {describe_listener(port)}: {remedy}")


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of the loopback interface now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def taken_ports(base: int) -> list[int]:
    """Returns the ports of a store with this port base that are taken, those of Kafka included."""
    return [base + offset for offset in (*PORTS.values(), *KAFKA_PORTS) if not is_free(base + offset)]


def free_port_base() -> int:
    """Returns a port base with which all ports of a store are free now. Raises PortTaken when there is none."""
    bases = list(range(12_000, 21_600, 200))
    random.shuffle(bases)  # stores that start at the same time then rarely choose the same
    for base in bases:
        if not taken_ports(base):
            return base
    raise PortTaken("no free ports between 12,000 and 33,000: stop other programs")


def free_port() -> int:
    """Returns a port that is free now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
