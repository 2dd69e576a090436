"""Simulators as processes: ready, stopped by a signal, refused a taken port."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx
import pytest

from checkout.framework.http_server import listen


def free_ports(count: int) -> list[int]:
    sockets = [listen(0, "a test") for _ in range(count)]
    ports = [listening.getsockname()[1] for listening in sockets]
    for listening in sockets:
        listening.close()
    return ports


def command(module: str, *ports: int) -> list[str]:
    run = f"from checkout.simulators.{module}_http import main; main{ports}"
    return [sys.executable, "-W", "error", "-c", run]


@contextmanager
def process(module: str, *ports: int) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(command(module, *ports), stderr=subprocess.PIPE, text=True) as started:
        try:
            wait_until_ready(ports[0])
            yield started
        finally:
            started.kill()


def wait_until_ready(port: int) -> None:
    deadline = time.monotonic() + 20
    with httpx.Client() as client:
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                assert client.get(f"http://127.0.0.1:{port}/health-check").status_code == 200
                return
            threading.Event().wait(0.02)
    raise AssertionError(f"port {port} did not become ready within 20 s")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "ports", "stop"),
    [
        ("payment_broker", 1, signal.SIGTERM),
        ("shipment_company", 1, signal.SIGINT),
        ("mailbox", 2, signal.SIGTERM),
    ],
)
def test_a_process_becomes_ready_and_stops_quietly(module: str, ports: int, stop: signal.Signals) -> None:
    with process(module, *free_ports(ports)) as started:
        started.send_signal(stop)

        assert started.wait(timeout=5) == 0
        assert started.stderr and started.stderr.read() == ""


@pytest.mark.slow
def test_a_process_with_an_open_slow_request_stops_in_time() -> None:
    (port,) = free_ports(1)
    with process("payment_broker", port) as started, httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        client.put("/switches", json={"delay": 30})
        body, key = {"order": "order-1", "amount": 1}, {"Idempotency-Key": "key"}
        with pytest.raises(httpx.ReadTimeout):
            client.post("/charges", json=body, headers=key, timeout=0.2)

        started.send_signal(signal.SIGTERM)

        assert started.wait(timeout=10) == 0
        assert started.stderr and started.stderr.read() == ""


@pytest.mark.slow
@pytest.mark.parametrize(("module", "taken"), [("payment_broker", 0), ("mailbox", 0), ("mailbox", 1)])
def test_a_taken_port_ends_the_process_with_one_line(module: str, taken: int) -> None:
    with listen(0, "a test") as listening:
        ports = free_ports(2 if module == "mailbox" else 1)
        ports[taken] = listening.getsockname()[1]

        ended = subprocess.run(command(module, *ports), capture_output=True, text=True, timeout=20)

    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1 and f"cannot listen on port {ports[taken]}: " in ended.stderr
