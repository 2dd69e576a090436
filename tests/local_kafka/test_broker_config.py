"""Broker configuration: ports and server properties."""

from pathlib import Path

from checkout.local_kafka.broker_config import broker_configs


def test_three_brokers_keep_three_replicas_and_require_two(tmp_path: Path) -> None:
    brokers = broker_configs(tmp_path, 8000, 3)

    lines = [broker.properties().splitlines() for broker in brokers]

    assert [(broker.port, broker.controller_port) for broker in brokers] == [
        (19092, 19093), (19094, 19095), (19096, 19097),
    ]
    for number, own in enumerate(lines, 1):
        assert f"node.id={number}" in own
        assert {"default.replication.factor=3", "offsets.topic.replication.factor=3", "min.insync.replicas=2"} < set(
            own
        )
        assert "controller.quorum.voters=1@127.0.0.1:19093,2@127.0.0.1:19095,3@127.0.0.1:19097" in own
