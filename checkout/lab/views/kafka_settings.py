"""Kafka settings: the number of settings of brokers, topics and clients, counted in the code that sets them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from checkout.lab.views import dataframes
from checkout.local_kafka.broker_config import broker_configs
from checkout.messages import TOPICS
from checkout.messaging.clients.kafka_consumer import CONSUMER_SETTINGS, MEMBER_SETTINGS
from checkout.messaging.clients.kafka_producer import PRODUCER_SETTINGS
from checkout.messaging.kafka_topics import topic_options
from checkout.settings import RETENTION_SECONDS

if TYPE_CHECKING:
    import pandas as pd

BROKERS = 3


def kafka_settings() -> pd.DataFrame:
    """Returns the number of settings of one broker of three, of one topic, a producer and a consumer, by purpose.

    The purposes of a broker's settings are the comments in its properties file, up to a semicolon.
    """
    [first, *_] = broker_configs(Path(), 1, BROKERS)
    topic = topic_options(next(iter(TOPICS)), 1, BROKERS, RETENTION_SECONDS)
    rows = [("broker", purpose, count) for purpose, count in _count_by_comment(first.properties())]
    rows += [
        ("topic", "partitions and replicas", len(topic) - 1),
        ("topic", "size, compression, retention", len(topic["configs"])),
        ("producer", "acknowledgement, batches, time limits", len(PRODUCER_SETTINGS)),
        ("consumer", "offsets, group, time limits", len(CONSUMER_SETTINGS | MEMBER_SETTINGS)),
    ]
    return dataframes.library().DataFrame(rows, columns=["of", "purpose", "settings"])


def _count_by_comment(properties: str) -> Iterator[tuple[str, int]]:
    purpose, count = "the node, its listeners, its data", 0
    for line in properties.splitlines():
        if line.startswith("#"):
            yield purpose, count
            purpose, count = line.strip("# ").partition(";")[0], 0
        else:
            count += 1
    yield purpose, count
