"""Kafka probe: what it takes for a broker."""

import socket

import pytest

from checkout.runtime.kafka_probe import describe_cluster


def test_what_is_silent_or_speaks_otherwise_is_no_broker() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(OSError, match="timed out"):
        describe_cluster(silent.getsockname()[1], patience=0.1)
