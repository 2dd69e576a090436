"""Topics: reads the records of all topics of a store, the lag of its consumer groups and its open transactions."""

from typing import Any

from checkout.checker.facts import GROUPS
from checkout.messaging.log import Broker, Lag, Partition


def of_topics(broker: Broker) -> dict[str, Any]:
    """The fields `records`, `lags` and `open_transactions` of the witnesses. Raises LogUnavailable."""
    topics = list(broker.topics())
    return {"records": list(broker.read(topics)), "lags": lags(broker), "open_transactions": _unstable(broker, topics)}


def lags(broker: Broker) -> dict[str, dict[Partition, Lag]]:
    """The lag of each consumer group on the topics that it reads. Raises LogUnavailable."""
    return {group: broker.lags(group, topics) for group, topics in GROUPS.items()}


def _unstable(broker: Broker, topics: list[str]) -> dict[Partition, tuple[int, int]]:
    # Only Kafka has transactions.
    read = getattr(broker, "open_transactions", None)
    return read(topics) if read else {}
