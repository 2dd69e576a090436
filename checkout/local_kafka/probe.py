"""Probe: asks a broker whether it serves, over a socket and without importing a Kafka client."""

import contextlib
import struct
from typing import NamedTuple

from checkout.messaging.security.login import LoginRefused, connect
from checkout.settings import HOST, KafkaSecurity

DESCRIBE_CLUSTER = struct.pack(">hhih", 60, 0, 1, -1) + bytes(3)  # key, version, correlation, no client id, no tags
MAX_RESPONSE_BYTES = 10_000
PLAIN = KafkaSecurity()


class ClusterInfo(NamedTuple):
    """A cluster as a broker describes it: its id and the number of registered, active brokers."""

    id: str
    brokers: int


def describe_cluster(port: int, timeout: float = 1.0, security: KafkaSecurity = PLAIN) -> ClusterInfo:
    """Sends a DescribeCluster request to the broker on `port` of this machine and returns the response.

    `timeout` in seconds. Raises OSError when there is no response, or none of a Kafka broker, and LoginRefused.
    """
    with connect(HOST, port, security, timeout) as connection, connection.makefile("rb") as response:
        connection.sendall(struct.pack(">i", len(DESCRIBE_CLUSTER)) + DESCRIBE_CLUSTER)
        size = int.from_bytes(response.read(4))
        return _parse(response.read(min(size, MAX_RESPONSE_BYTES)))


def is_serving(port: int, expected: ClusterInfo | None = None, security: KafkaSecurity = PLAIN) -> bool:
    """Whether a broker serves on `port`, of a cluster as `expected` (default: any with an active broker)."""
    with contextlib.suppress(OSError, LoginRefused):
        found = describe_cluster(port, security=security)
        return found == expected if expected else found.brokers > 0
    return False


def _parse(response: bytes) -> ClusterInfo:
    # 11 bytes of correlation id, tags, throttle time and error code, then strings and arrays; each is preceded by its
    # length plus one.
    try:
        start = 12 + max(response[11] - 1, 0)
        end = start + response[start]
        return ClusterInfo(response[start + 1 : end].decode(), response[end + 4] - 1)
    except (IndexError, UnicodeDecodeError) as error:
        raise OSError("the response is not a Kafka broker's") from error
