"""Ports: a taken port is named with its process and the remedy."""

import os
import socket

import pytest

from checkout.settings import HOST, Settings
from checkout.system.ports import PortTaken, check_free, taken_ports


@pytest.mark.parametrize(("name", "offset", "listed"), [("orders", 2, "orders"), ("mailbox", 25, "smtp")])
def test_a_taken_port_is_reported_with_its_process(port_base: int, name: str, offset: int, listed: str) -> None:
    with socket.create_server((HOST, port_base + offset)), pytest.raises(PortTaken) as refusal:
        check_free(Settings(port_base=port_base), [name])

    assert str(refusal.value).startswith(f"port {port_base + offset} of {listed} is taken by process {os.getpid()} ")
    assert str(refusal.value).endswith(": end it, or choose others with --port-base")


def test_free_ports_are_accepted(port_base: int) -> None:
    check_free(Settings(port_base=port_base), ["orders", "mailbox"])

    assert taken_ports(port_base) == []


def test_the_ports_of_a_store_include_those_of_kafka(port_base: int) -> None:
    with socket.create_server((HOST, port_base + 11_097)):
        taken = taken_ports(port_base)

    assert taken == [port_base + 11_097]
