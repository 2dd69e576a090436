"""Probe: recognizes brokers and nothing else."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from checkout.local_kafka.probe import ClusterInfo, describe_cluster, is_serving

CLUSTER = ClusterInfo("AAAAAAAAQAAAAAAAAAAAAA", 1)
ONE_BROKER = (  # as Kafka 4.3.1 answers, its length first
    b"\0\0\0\x41" + b"\0\0\0\1" + bytes(8) + b"\x17AAAAAAAAQAAAAAAAAAAAAA"
    b"\0\0\0\1\2\0\0\0\1\n127.0.0.1\0\0\x72\x08\0\0\x80\0\0\0\0"
)


@contextlib.contextmanager
def server(response: bytes | None) -> Iterator[int]:
    """The port of a server that sends this to its first client, or nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def respond() -> None:
            client, _ = listener.accept()
            with client:
                client.recv(1000)
                client.sendall(response or b"")

        if response is not None:
            threading.Thread(target=respond).start()
        yield listener.getsockname()[1]


def test_a_broker_describes_its_cluster() -> None:
    with server(ONE_BROKER) as port:
        found = describe_cluster(port)

    assert found == CLUSTER


@pytest.mark.parametrize("expected", [CLUSTER._replace(brokers=3), CLUSTER._replace(id="K" * 22)])
def test_a_broker_of_another_cluster_does_not_count_as_serving(expected: ClusterInfo) -> None:
    with server(ONE_BROKER) as port:
        assert not is_serving(port, expected)


@pytest.mark.parametrize("other", [None, b"", b"\0\0\0\5\0\0\0\1\0", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_a_silent_server_and_another_protocol_are_no_broker(other: bytes | None) -> None:
    with server(other) as port, pytest.raises(OSError, match="timed out|not a Kafka broker"):
        describe_cluster(port, timeout=0.1)
