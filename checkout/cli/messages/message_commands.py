"""Message commands: `checkout messages`, the records on the topics as a table, JSON or CSV."""

import csv
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

import msgspec

from checkout.cli import output
from checkout.cli.orders.journeys import TopicRecord, connect_to_kafka, read_records
from checkout.journal.hop import compact
from checkout.messages import TOPICS
from checkout.messaging.log import Broker, Record
from checkout.processes.shop_file import ShopNotRunning
from checkout.settings import WrongSetting, read_settings

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
    found = (record for record in read_records(records) if order in (None, record.order))
    _print(found, format, follow)


def _follow(broker: Broker, topics: Sequence[str]) -> Iterator[Record]:
    offsets = {partition: 0 for partition in broker.ends(topics)}
    while True:
        for record in sorted(broker.read(topics, offsets), key=lambda record: record.timestamp):
            offsets[record.topic, record.partition] = record.offset + 1
            yield record
        time.sleep(0.3)


def _print(records: Iterable[TopicRecord], format: Format, follow: bool) -> None:
    if format == "csv":
        writer = csv.writer(sys.stdout)
        writer.writerow(COLUMNS)
        for record in records:
            writer.writerow((_columns(record) | {"payload": _payload(record)}).values())
    elif format == "json" and not follow:
        output.print_json([_columns(record) for record in records])
    elif format == "json":
        for record in records:
            print(msgspec.json.encode(_columns(record)).decode(), flush=True)
    elif follow:
        for record in records:
            output.out.print(*(cell.replace("\n", ", ") for cell in _row(record)), markup=False)
    else:
        columns = ("topic[partition]@offset", "message", "from", "to", "key and payload")
        output.out.print(output.table("Messages", columns, map(_row, records)))


def _columns(found: TopicRecord) -> dict[str, Any]:
    record = found.record
    key = record.key.decode("utf-8", "replace") if record.key else None
    values = (record.topic, record.partition, record.offset, key, found.message, found.sender,
              ", ".join(found.listeners), found.order, found.payload)  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def _row(found: TopicRecord) -> tuple[str, ...]:
    record = found.record
    place = f"{record.topic}[{record.partition}]@{record.offset}"
    key = record.key.decode("utf-8", "replace") if record.key else "no key"
    return place, found.message, found.sender, "\n".join(found.listeners), f"{key}: {_payload(found)}"


def _payload(found: TopicRecord) -> str:
    # The value as JSON on one line; a value that is not JSON becomes a JSON string.
    return bytes(compact(found.record.value)).decode()
