"""Messages command: `checkout messages`, the records on the topics as a table, JSON or CSV."""

import csv
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from checkout.cli import journeys, output
from checkout.cli.journeys import TopicRecord
from checkout.messages import TOPICS
from checkout.messaging.kafka_log import KafkaBroker
from checkout.messaging.log import Record
from checkout.processes.supervisor import ShopNotRunning, find_shop
from checkout.settings import WrongSetting, read_settings

POLL_EVERY = 0.3  # seconds
COLUMNS = ("topic", "partition", "offset", "key", "message", "from", "to", "order", "payload")
Format = Literal["table", "json", "csv"]


def show_messages(order: str | None, topic: str | None, follow: bool, format: Format) -> None:
    """Prints the records of all topics or one, oldest first; with `follow` also those that arrive, until Ctrl-C."""
    if topic and topic not in TOPICS:
        raise WrongSetting(f"there is no topic {topic}: choose one of {', '.join(TOPICS)}")
    broker = connect_to_kafka(read_settings().home)
    if broker is None:
        remedy = "start one with `checkout up`, or name another Kafka in CHECKOUT_BOOTSTRAP_SERVERS"
        raise ShopNotRunning(f"no store is running here: {remedy}")
    topics = [topic] if topic else list(TOPICS)
    records = _follow(broker, topics) if follow else sorted(broker.read(topics), key=lambda record: record.timestamp)
    found = (record for record in journeys.read_records(records) if order in (None, record.order))
    _print(found, format, follow)


def connect_to_kafka(home: Path) -> KafkaBroker | None:
    """The Kafka that the settings name, or that of the store running below `home`; None where there is neither."""
    settings = read_settings()
    if settings.bootstrap_servers:
        return KafkaBroker(settings.bootstrap_servers, settings.prefix)
    try:
        shop = find_shop(home)
    except ShopNotRunning:
        return None
    return KafkaBroker(shop.bootstrap_servers, shop.prefix)


def _follow(broker: KafkaBroker, topics: Sequence[str]) -> Iterator[Record]:
    offsets = {partition: 0 for partition in broker.ends(topics)}
    while True:
        for record in sorted(broker.read(topics, offsets), key=lambda record: record.timestamp):
            offsets[record.topic, record.partition] = record.offset + 1
            yield record
        time.sleep(POLL_EVERY)


def _print(records: Iterable[TopicRecord], format: Format, follow: bool) -> None:
    if format == "csv":
        writer = csv.writer(sys.stdout)
        writer.writerow(COLUMNS)
        for record in records:
            writer.writerow((_columns(record) | {"payload": output.payload(record)}).values())
    elif format == "json" and not follow:
        output.print_json([_columns(record) for record in records])
    elif format == "json":
        for record in records:
            print(msgspec.json.encode(_columns(record)).decode(), flush=True)
    elif follow:
        for record in records:
            output.out.print(*(str(cell).replace("\n", ", ") for cell in output.message_row(record)), markup=False)
    else:
        output.out.print(output.messages(records))


def _columns(found: TopicRecord) -> dict[str, Any]:
    record = found.record
    key = record.key.decode("utf-8", "replace") if record.key else None
    values = (record.topic, record.partition, record.offset, key, found.message, found.sender,
              ", ".join(found.listeners), found.order, found.payload)  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))
