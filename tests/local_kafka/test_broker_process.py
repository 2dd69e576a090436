"""Kafka node: how a broker is configured and its folder formatted."""

from pathlib import Path

import pytest

from checkout.local_kafka import broker_process, cluster, download


def test_three_brokers_keep_three_copies_and_want_two(tmp_path: Path) -> None:
    nodes = broker_process.broker_nodes(tmp_path, 8000, 3)

    lines = [broker_process.properties(node).splitlines() for node in nodes]

    assert [(node.listener, node.controller) for node in nodes] == [(19092, 19093), (19094, 19095), (19096, 19097)]
    for number, own in enumerate(lines, 1):
        assert f"node.id={number}" in own
        assert {"default.replication.factor=3", "offsets.topic.replication.factor=3", "min.insync.replicas=2"} < set(
            own
        )
        assert "controller.quorum.voters=1@127.0.0.1:19093,2@127.0.0.1:19095,3@127.0.0.1:19097" in own


@pytest.mark.kafka
def test_a_folder_is_formatted_as_kafkas_own_tool_does_it(kafka_home: Path, port_base: int, tmp_path: Path) -> None:
    node = broker_process.broker_nodes(kafka_home, port_base, 1)[0]
    jars = download.class_path(cluster.silent)
    broker_process.prepare(node, "K" * 22, download.features(jars))

    theirs = download.format_folder(tmp_path, jars)

    assert sorted(file.name for file in theirs.iterdir()) == sorted(file.name for file in node.data.iterdir())
    assert names_in(theirs / "meta.properties") == names_in(node.data / "meta.properties")


def names_in(file: Path) -> set[str]:
    return {line.partition("=")[0] for line in file.read_text().splitlines() if not line.startswith("#")}
