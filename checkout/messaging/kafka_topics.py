"""Kafka topics: the settings with which the topics of the store are created."""

from collections.abc import Mapping, Sequence
from typing import Any

from kafka import errors
from kafka.admin import ConfigResource, ConfigResourceType

from checkout.messaging.log import max_record_bytes

SEGMENT_BYTES, SHORTEST_SEGMENT = 64 * 1024 * 1024, 10.0  # of a file with records; in seconds
COMPRESSION, UNCOMPRESSED = "compression.type", "uncompressed"


def topic_options(topic: str, partitions: int, brokers: int, retention: float | None) -> dict[str, Any]:
    """Returns the options with which kafka-python creates a topic on so many brokers.

    On three brokers it has three replicas, two of which must acknowledge. `retention`: seconds; None is for ever.
    """
    # The broker decompresses what other producers compress: kafka-python reads lz4, snappy and zstd only with more
    # packages, and polls forever without.
    replicas = min(3, brokers)
    configs: dict[str, object] = {"max.message.bytes": max_record_bytes(topic), COMPRESSION: UNCOMPRESSED}
    configs["min.insync.replicas"] = 2 if replicas == 3 else 1
    configs["retention.ms"] = -1 if retention is None else round(retention * 1_000)
    if retention is not None:  # a segment is deleted as a whole, when its newest record is too old
        configs |= {"segment.bytes": SEGMENT_BYTES, "segment.ms": round(max(retention / 8, SHORTEST_SEGMENT) * 1_000)}
    return {
        "num_partitions": partitions,
        "replication_factor": replicas,
        "configs": {name: str(value) for name, value in configs.items()},
    }


def choose_brokers(options: dict[str, Any], brokers: Sequence[int], first: int) -> None:
    """Changes the options of a topic so that its replicas are on these brokers in turn, from the `first` on."""
    partitions, replicas = options.pop("num_partitions"), options.pop("replication_factor")
    options["assignments"] = {
        number: [brokers[(first + number + each) % len(brokers)] for each in range(replicas)]
        for number in range(partitions)
    }


def create_topics(admin: Any, topics: Mapping[str, Mapping[str, object]]) -> list[str]:
    """Creates topics, given with their options; returns the names of those that exist already."""
    existing = []
    for created in admin.create_topics(topics, raise_errors=False)["topics"]:
        if created["error_code"] == errors.TopicAlreadyExistsError.errno:
            existing.append(created["name"])
        elif created["error_code"]:
            raise errors.for_code(created["error_code"])(created["error_message"])
    return existing


def set_compression(admin: Any, names: Sequence[str]) -> None:
    """Sets the compression of existing topics, where they have another one."""
    asked = [ConfigResource(ConfigResourceType.TOPIC, name, {COMPRESSION: None}) for name in names]
    found = admin.describe_configs(asked, config_filter="all")["topic"]
    wrong = [name for name in names if found[name][COMPRESSION]["value"] != UNCOMPRESSED]
    if wrong:
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, n, {COMPRESSION: UNCOMPRESSED}) for n in wrong])
