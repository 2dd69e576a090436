"""Journeys: what became of an order, from the journal and, where that is silent, from the topics themselves."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from checkout.journal import journal
from checkout.journal.hop import Hop, Outcome, compact, from_milliseconds, text
from checkout.messages import TOPICS
from checkout.messaging.kafka_log import KafkaBroker
from checkout.messaging.log import Record
from checkout.registry import arrows, listeners, story_of
from checkout.worker import hops


class Seen(NamedTuple):
    """A record of a topic, with who sent it and who listens."""

    order: str | None
    record: Record
    type: str
    sender: str
    listeners: list[str]
    payload: Any


def journey(order: str, folder: Path, broker: KafkaBroker | None = None) -> list[Hop]:
    """The order's hops in causal order; a record without its hop is shown as observed. Raises BrokenJournal."""
    told = journal.read(folder, order)
    known = {(hop.topic, hop.partition, hop.offset) for hop in told if hop.to == "kafka"}
    records = broker.read(list(TOPICS)) if broker else iter(())
    observed = [_observed(seen) for seen in look(records) if seen.order == order and seen.record[:3] not in known]
    return journal.merge([*told, *observed])


def look(records: Iterable[Record]) -> Iterator[Seen]:
    """Records as a person wants to see them."""
    for record in records:
        message = TOPICS[record.topic]
        payload = _payload(record)
        order = payload.get("id") if isinstance(payload, dict) else None
        yield Seen(order, record, message.__name__, message.sender, listeners(message), payload)


def _payload(record: Record) -> Any:
    try:
        return msgspec.json.decode(record.value or b"null")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return text((record.value or b"")[:200])


def _observed(seen: Seen) -> Hop:
    record, message = seen.record, TOPICS[seen.record.topic]
    cause = hops.cause_of(record, message)
    return Hop(
        order=seen.order, step=message.step(cause), sender=message.sender, to=message.receiver,
        message=seen.type, technology=record.topic, topic=record.topic, partition=record.partition,
        offset=record.offset, key=text(record.key), cause=cause, at=from_milliseconds(record.timestamp),
        payload=compact(record.value), observed=True,
    )


def missing(told: Iterable[Hop]) -> list[tuple[int, str, str]]:
    """The arrows of its story that an order has not gone yet, as (step, from, to)."""
    gone = [hop for hop in told if hop.outcome == Outcome.APPLIED]
    done = {(hop.step, hop.sender, hop.to) for hop in gone}
    expected = [arrow[:3] for arrow in arrows(story_of(hop.message for hop in gone))]
    return [arrow for arrow in expected if arrow not in done]
