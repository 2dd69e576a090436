"""Ports: which of a store's ports are free, and who holds one that is not."""

import socket
from collections.abc import Iterable

from checkout.errors import CheckoutError
from checkout.settings import HOST, PORTS, Settings
from checkout.system.pid import listener_on

OF_KAFKA = range(11_092, 11_098)  # above the base


class PortTaken(CheckoutError):
    """A port that is needed is another program's; the message names both and the remedy."""


def claim(settings: Settings, names: Iterable[str]) -> None:
    """Makes sure that the ports of these containers and outside systems are free. Raises PortTaken."""
    for name in names:
        for wanted in ("mailbox", "smtp") if name == "mailbox" else (name,):
            port = settings.port(wanted)
            if not is_free(port):
                taker = listener_on(port)
                remedy = "end it, or choose others with --port-base"
                raise PortTaken(f"port {port} of {wanted} is taken by {taker}: {remedy}")


def is_free(port: int) -> bool:
    """Whether a server could listen on this port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def taken_ports(base: int) -> list[int]:
    """The ports of a store with this base that something listens on already."""
    return [base + above for above in (*PORTS.values(), *OF_KAFKA) if not is_free(base + above)]


def free_port_base() -> int:
    """A base above which every port of a store is free just now. Raises PortTaken."""
    for base in range(12_000, 21_600, 200):
        if not taken_ports(base):
            return base
    raise PortTaken("no free ports between 12,000 and 33,000: stop other programs")


def free_port() -> int:
    """Some port that is free just now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
