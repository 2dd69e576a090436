"""Journeys: the hops of an order, from the journal and, where it has none, from the records on the topics."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from checkout.journal import journal
from checkout.journal.hop import Hop, compact, from_milliseconds, text
from checkout.messages import TOPICS
from checkout.messaging.kafka_log import KafkaBroker
from checkout.messaging.log import Record
from checkout.registry import arrows, listeners, story_of
from checkout.worker.hops import cause_of


class TopicRecord(NamedTuple):
    """A record with its order, message name, sender, listeners and decoded payload."""

    order: str | None
    record: Record
    message: str
    sender: str
    listeners: list[str]
    payload: Any


def journey(order: str, folder: Path, broker: KafkaBroker | None = None) -> list[Hop]:
    """The hops of an order in causal order; a record that no hop mentions becomes an observed hop.

    Reads the journals in `folder` and, if given, the topics of `broker`. Raises BrokenJournal.
    """
    hops = journal.read(folder, order)
    known = {(hop.topic, hop.partition, hop.offset) for hop in hops if hop.to == "kafka"}
    records = read_records(broker.read(list(TOPICS))) if broker else ()
    observed = [_observed(found) for found in records if found.order == order and found.record[:3] not in known]
    return journal.merge([*hops, *observed])


def read_records(records: Iterable[Record]) -> Iterator[TopicRecord]:
    """Adds to each record what its topic and its value tell; a value that is not JSON becomes text."""
    for record in records:
        message = TOPICS[record.topic]
        payload = _payload(record)
        order = payload.get("id") if isinstance(payload, dict) else None
        yield TopicRecord(order, record, message.__name__, message.sender, listeners(message), payload)


def _payload(record: Record) -> Any:
    try:
        return msgspec.json.decode(record.value or b"null")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return text((record.value or b"")[:200])


def _observed(found: TopicRecord) -> Hop:
    record, message = found.record, TOPICS[found.record.topic]
    cause = cause_of(record, message)
    return Hop(
        order=found.order, step=message.step(cause), sender=message.sender, to=message.receiver,
        message=found.message, technology=record.topic, topic=record.topic, partition=record.partition,
        offset=record.offset, key=text(record.key), cause=cause, at=from_milliseconds(record.timestamp),
        payload=compact(record.value), observed=True,
    )


def missing(hops: Iterable[Hop]) -> list[tuple[int, str, str]]:
    """The arrows of an order's story that have no applied hop yet, as (step, from, to)."""
    applied = journal.applied(hops)
    done = {(hop.step, hop.sender, hop.to) for hop in applied}
    expected = [arrow[:3] for arrow in arrows(story_of(hop.message for hop in applied))]
    return [arrow for arrow in expected if arrow not in done]
