"""The TCP proxy: forwards, refuses, holds and delays."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import psutil  # type: ignore[import-untyped]
import pytest

from checkout.faults.tcp_proxy import TcpProxy

WaitUntil = Callable[..., None]
SHORT = 0.2  # seconds in which something would arrive


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server that sends back what it gets."""
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=serve, args=[listener], daemon=True).start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def serve(listener: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            threading.Thread(target=answer, args=[listener.accept()[0]], daemon=True).start()


def answer(connection: socket.socket) -> None:
    with connection, contextlib.suppress(OSError):
        while received := connection.recv(1_000):
            connection.sendall(received)


@pytest.fixture
def proxy(echo: int) -> Iterator[TcpProxy]:
    """A proxy of the echo server."""
    started = TcpProxy(echo)
    yield started
    started.close()


def connect(proxy: TcpProxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=10)


def test_bytes_are_forwarded_both_ways(proxy: TcpProxy) -> None:
    with connect(proxy) as connection:
        connection.sendall(b"spoon")

        assert connection.recv(100) == b"spoon"


def test_a_proxy_that_refuses_closes_connections_and_accepts_none_until_it_listens_again(proxy: TcpProxy) -> None:
    with connect(proxy) as connection:
        connection.sendall(b"spoon")
        connection.recv(100)
        proxy.refuse()

        assert connection.recv(100) == b""
        with pytest.raises(ConnectionRefusedError):
            connect(proxy)
    proxy.listen()
    with connect(proxy) as connection:
        connection.sendall(b"mug")
        assert connection.recv(100) == b"mug"


@pytest.mark.parametrize("responses_only", [False, True])
def test_bytes_that_are_held_arrive_when_they_are_released(proxy: TcpProxy, responses_only: bool) -> None:
    with connect(proxy) as connection:
        proxy.hold(requests=not responses_only)
        connection.sendall(b"spoon")
        connection.settimeout(SHORT)
        with pytest.raises(TimeoutError):
            connection.recv(100)
        connection.settimeout(10)

        proxy.release()

        assert connection.recv(100) == b"spoon"


def test_a_delay_makes_each_direction_late(proxy: TcpProxy) -> None:
    with connect(proxy) as connection:
        proxy.delay = 0.1
        started = time.monotonic()

        connection.sendall(b"spoon")

        assert connection.recv(100) == b"spoon"
        assert time.monotonic() - started >= 0.2


def test_connections_can_be_closed_while_new_ones_are_accepted(proxy: TcpProxy) -> None:
    with connect(proxy) as first:
        first.sendall(b"spoon")
        first.recv(100)
        proxy.close_connections()

        assert first.recv(100) == b""
        with connect(proxy) as second:
            second.sendall(b"mug")
            assert second.recv(100) == b"mug"


def test_a_connection_that_is_still_being_made_when_the_proxy_closes_is_closed(wait_until: WaitUntil) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as busy:
        target = busy.getsockname()
        with socket.create_connection(target):  # the only one that the target lets wait
            proxy = TcpProxy(target[1])
            with connect(proxy) as connection:
                wait_until(lambda: is_connecting(target), "the proxy tries to reach the target")
                proxy.close()
                busy.accept()[0].close()

                assert connection.recv(100) == b""


def is_connecting(address: tuple[str, int]) -> bool:
    found = psutil.Process().net_connections("tcp4")
    return any(each.raddr == address and each.status == psutil.CONN_SYN_SENT for each in found)


def test_a_target_that_is_away_closes_the_connection(proxy: TcpProxy) -> None:
    away = TcpProxy(1)
    with connect(away) as connection:
        assert connection.recv(100) == b""
    away.close()
