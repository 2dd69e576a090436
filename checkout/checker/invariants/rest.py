"""Rest: when nothing moves any more, nothing waits, and everything that was to be sent is there (I16, I17)."""

from collections import Counter
from collections.abc import Iterator, Mapping

from checkout.checker import facts
from checkout.checker.evidence import Evidence
from checkout.checker.invariants.invariant import Finding
from checkout.checker.messages import Message
from checkout.checker.witnesses import Row
from checkout.messaging.log import Partition


def nothing_hangs(evidence: Evidence, counts: Counter[str]) -> Iterator[Finding]:
    """I16: no consumer group has lag, and no transaction is open."""
    for group, lags in evidence.witnesses.lags.items():
        if evidence.witnesses.databases and evidence.why_missing(group):
            counts["groups without their service"] += 1
            continue
        counts["groups"] += 1
        for (topic, partition), lag in lags.items():
            counts["partitions"] += 1
            if lag.records:
                yield None, f"group {group} has lag {lag.records} on {topic}[{partition}]: {lag.committed} of {lag.end}"
    for (topic, partition), (stable, end) in evidence.witnesses.open_transactions.items():
        yield None, f"{topic}[{partition}] is readable up to {stable} of {end}: a transaction is open"


def outbox_drained(evidence: Evidence, counts: Counter[str]) -> Iterator[Finding]:
    """I17: every message of an outbox is sent, and a record with its content is where its row says."""
    for service in facts.GROUPS:
        for row in evidence.rows(service, "outbox"):
            counts[f"rows of kind {str(row['kind'])!r}"] += 1
            if row["done_at"] is None and _is_published(evidence, row):
                counts["sent, not marked yet"] += 1
            elif row["done_at"] is None:
                yield row["order_id"], f"{service} has not sent {row['destination']}"
            elif row["kind"] == "topic" and (problem := _record_problem(evidence, row, evidence.begins)):
                yield row["order_id"], f"{service} has sent {row['destination']}, but {problem}"
    for (topic, order), copies in evidence.topics.copies.items():
        sender = facts.sender_of(topic)
        is_missing = evidence.is_ours(topic, order) and (topic, order) not in evidence.outbox(sender)
        if is_missing and not evidence.is_old(order, counts):
            yield order, f"{copies[0]} was published, but is not in the outbox of {sender}"


def _is_published(evidence: Evidence, row: Row) -> bool:
    # A worker marks sent rows with its next transaction; if it crashes before, they are sent again.
    return row["kind"] == "topic" and evidence.message(row["destination"], row["order_id"]) is not None


def _record_problem(evidence: Evidence, row: Row, begins: Mapping[Partition, int]) -> str:
    if row["position"] is None:
        return f"as {row['status']}"
    if row["position"] < begins.get((row["destination"], row["partition"]), 0):
        return ""  # Kafka has deleted it
    place = row["destination"], row["partition"], row["position"]
    copies = evidence.topics.copies.get((row["destination"], row["order_id"]), ())
    found: list[Message] = [message for message in copies if message.place == place]
    if not found:
        return f"not at {place[0]}[{place[1]}]@{place[2]}"
    return "" if found[0].record.value == bytes(row["payload"]) else f"{found[0]} has another content"
