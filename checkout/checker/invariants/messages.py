"""Messages: each is applied once by each group that reads it, in place, and none from nowhere (I12 to I15)."""

import zlib
from collections import Counter
from collections.abc import Iterator, Sequence

from checkout.checker import facts
from checkout.checker.evidence import Evidence
from checkout.checker.invariants.invariant import Finding
from checkout.checker.messages import Message, coordinates
from checkout.checker.witnesses import Row
from checkout.messaging.log import Record


def one_message_per_topic(evidence: Evidence, counts: Counter[str]) -> Iterator[Finding]:
    """I12: an order has one message per topic: it is handled once, and stored once to be sent."""
    for copies in evidence.topics.copies.values():
        counts["messages"] += 1
        counts["copies"] += len(copies) - 1
        counts["copies with another content"] += len({message.record.value for message in copies}) - 1
        for message in copies:
            if len(copies) > 1 and _is_altered(evidence, message):
                yield message.order, f"{message} has another content than what its sender has stored"
    for service in facts.GROUPS:
        handled = Counter((row["source"], row["order_id"]) for row in evidence.rows(service, "inbox"))
        counts["handled"] += len(handled)
        for (source, order), number in handled.items():
            if number > 1:
                yield order, f"{service} has handled {source} {number} times"
        for (destination, order), rows in evidence.outbox(service).items():
            counts["stored"] += 1
            if len(rows) > 1:
                yield order, f"{service} has stored {destination} {len(rows)} times to be sent"


def _is_altered(evidence: Evidence, message: Message) -> bool:
    """Whether a record with the key and on the partition of a message of ours has another content."""
    record, sender = message.record, facts.sender_of(message.record.topic)
    rows = evidence.outbox(sender).get((record.topic, message.order), ())
    is_beside = record.key == message.order.encode() and record.partition in {row["partition"] for row in rows}
    return is_beside and record.value not in {bytes(row["payload"]) for row in rows}


def key_stays_put(evidence: Evidence, counts: Counter[str]) -> Iterator[Finding]:
    """I13: the key of a record is its order, and all copies of a message are on one partition."""
    for (_, order), copies in evidence.topics.copies.items():
        ours = [message for message in copies if evidence.is_own_copy(message)]
        counts["messages" if ours else "of other programs"] += 1
        for message in ours:
            if message.record.key != order.encode():
                yield order, f"{message} has the key {_text(message.record.key)}"
        same = [message for message in copies if ours and message.record[3:5] == ours[0].record[3:5]]
        if len({message.record.partition for message in same}) > 1:
            yield order, f"copies on several partitions: {', '.join(map(str, same))}"


def effect_once(evidence: Evidence, counts: Counter[str]) -> Iterator[Finding]:
    """I14: of each record that a group has received, one copy is applied, the others are repeats or dead letters."""
    for group, topics in facts.GROUPS.items():
        if evidence.why_missing(group):
            continue
        places = {(row["source"], row["partition"], row["position"]) for row in evidence.rows(group, "inbox")}
        for topic in topics:
            for order, copies in evidence.topics.of(topic):
                yield from _unapplied(evidence, counts, group, order, copies)
        for record in evidence.topics.unreadable:
            if record.topic in topics and record[:3] not in places and _is_received(evidence, group, record):
                counts["dead letters"] += 1
                if (group, *record[:3]) not in evidence.buried and not evidence.ages.is_old_record(record):
                    yield None, f"{group} has received {coordinates(record)}, which cannot be read, and dropped it"


def _unapplied(
    evidence: Evidence, counts: Counter[str], group: str, order: str, copies: Sequence[Message]
) -> Iterator[Finding]:
    topic = copies[0].record.topic
    received = [message for message in copies if _is_received(evidence, group, message.record)]
    counts["received"] += len(received)
    if (topic, order) in evidence.inbox(group):
        counts["applied"] += 1
        counts["repeats"] += max(0, len(received) - 1)
        return
    for message in received:
        if (group, *message.place) in evidence.buried:
            counts["dead letters"] += 1
        elif _is_replaced(evidence, group, order):
            counts["received by other programs"] += 1
        elif evidence.is_old(order, counts):
            continue
        else:
            yield order, f"{group} has received {message}, but not applied it"


def _is_received(evidence: Evidence, group: str, record: Record) -> bool:
    # Without an offset of the group every record is one that it must have received.
    lag = evidence.lag_of(group).get((record.topic, record.partition))
    return lag is None or record.offset < lag.committed


def _is_replaced(evidence: Evidence, group: str, order: str) -> bool:
    """Whether another program has answered for this order in the place of a service."""
    topics = [topic for topic in facts.TOPICS if facts.sender_of(topic) == group]
    return any(evidence.message(topic, order) and not evidence.is_ours(topic, order) for topic in topics)


def no_effect_without_record(evidence: Evidence, counts: Counter[str]) -> Iterator[Finding]:
    """I15: what a service has handled is a committed record of its topic, with the same content."""
    for service, topics in facts.GROUPS.items():
        for row in evidence.rows(service, "inbox"):
            if row["source"] in topics:
                counts["handled"] += 1
                if row["position"] >= evidence.begins.get((row["source"], row["partition"]), 0):
                    yield from ((row["order_id"], problem) for problem in _source_problems(evidence, service, row))


def _source_problems(evidence: Evidence, service: str, row: Row) -> Iterator[str]:
    place = row["source"], row["partition"], row["position"]
    copies = evidence.topics.copies.get((row["source"], row["order_id"]), ())
    found = [message.record for message in copies if message.place == place]
    if not found:
        yield f"{service} has handled {place[0]}[{place[1]}]@{place[2]}, where this order has no committed record"
    elif row["digest"] is not None and row["digest"] != zlib.crc32(found[0].value or b""):
        yield f"{service} has handled another content than that of {coordinates(found[0])}"


def _text(key: bytes | None) -> str:
    return "null" if key is None else key.decode(errors="replace")
