"""Kafka probe: asks a broker for its cluster over a bare socket, before any client is imported."""

import contextlib
import socket
import struct
from typing import NamedTuple

from checkout.settings import HOST

DESCRIBE_CLUSTER = struct.pack(">hhih", 60, 0, 1, -1) + bytes(3)  # key, version, correlation, no client id, no tags


class ClusterInfo(NamedTuple):
    """What a broker says of its cluster: its id, and how many brokers are registered and serving."""

    id: str
    brokers: int


def describe_cluster(port: int, patience: float = 1.0) -> ClusterInfo:
    """The answer to Kafka's DescribeCluster request. Raises OSError when none comes, or not in Kafka's words."""
    with socket.create_connection((HOST, port), patience) as connection, connection.makefile("rb") as answer:
        connection.sendall(struct.pack(">i", len(DESCRIBE_CLUSTER)) + DESCRIBE_CLUSTER)
        size = int.from_bytes(answer.read(4))
        return _parse(answer.read(min(size, 10_000)))


def answers(port: int, expected: ClusterInfo | None = None) -> bool:
    """Whether a broker serves on this port, and says of its cluster what is expected."""
    with contextlib.suppress(OSError):
        found = describe_cluster(port)
        return found == expected if expected else found.brokers > 0
    return False


def _parse(answer: bytes) -> ClusterInfo:
    # 11 bytes of correlation id, tags, throttle time and error; then texts and lists, each after its length plus one
    try:
        start = 12 + max(answer[11] - 1, 0)
        end = start + answer[start]
        return ClusterInfo(answer[start + 1 : end].decode(), answer[end + 4] - 1)
    except (IndexError, UnicodeDecodeError) as error:
        raise OSError("what answers is not a Kafka broker") from error
