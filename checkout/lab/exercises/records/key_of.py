"""Exercise key-of: a key that keeps the changes of a customer in sequence, and spreads customers over partitions."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from checkout.lab.exercises.examination import Examination
from checkout.lab.exercises.exercise import Exercise
from checkout.lab.exercises.learners import first, shown
from checkout.messaging.log import ProducerRecord
from checkout.messaging.memory_log import MemoryBroker

TOPIC, PARTITIONS, CUSTOMERS, CHANGES = "customer.address-changed", 4, 40, 3
COUNTRIES = ("NL", "NL", "NL", "NL", "BE")  # most customers live in one country
Places = dict[int, list[int]]  # the partitions of the changes of each customer


def examine(key_of: Callable[[dict[str, Any]], Any], found: Examination) -> None:
    """Changes of forty customers, published to a topic with four partitions."""
    keys: list[Any] = []
    if not found.judge(
        "it returns the key of a change, a text or bytes",
        lambda: keys.extend(key_of(change) for change in _changes()),
        lambda _: first(f"it returned {shown(key)}" for key in keys if not isinstance(key, str | bytes)),
    ):
        return
    places = _published(keys)
    seen = _out_of_sequence(places)
    found.require("all changes of one customer are on one partition, so that they stay in sequence", not seen, seen)
    seen = _crowded(places)
    found.require("customers spread over the four partitions: none has more than half of them", not seen, seen)


def _changes() -> list[dict[str, Any]]:
    """Each customer moves twice, to another town with another address; every customer changes the e-mail address."""
    return [
        {"id": f"change-{number * CUSTOMERS + customer}", "customer": f"customer-{customer}",
         "email": f"{'private' if number else 'work'}-{customer}@example.org",
         "country": COUNTRIES[customer % len(COUNTRIES)], "town": f"town-{(customer + 7 * number) % 11}"}
        for number in range(CHANGES) for customer in range(1, CUSTOMERS + 1)
    ]  # fmt: skip


def _published(keys: list[str | bytes]) -> Places:
    broker = MemoryBroker()
    broker.create({TOPIC: PARTITIONS})
    log = broker.join("customers", [TOPIC], "customers-1", assign=True)
    values = [key if isinstance(key, bytes) else key.encode("utf-8", "replace") for key in keys]
    sent = log.send([ProducerRecord(TOPIC, value, b"{}") for value in values])
    places: Places = {}
    for number, each in enumerate(sent):
        places.setdefault(number % CUSTOMERS + 1, []).append(each.partition)
    return places


def _out_of_sequence(places: Places) -> str:
    return first(
        f"changes of customer-{customer} are on the partitions {', '.join(map(str, sorted(set(found))))}"
        for customer, found in places.items() if len(set(found)) > 1
    )  # fmt: skip


def _crowded(places: Places) -> str:
    partition, count = Counter(found[0] for found in places.values()).most_common(1)[0]
    return f"{count} of {CUSTOMERS} customers are on partition {partition}" if count > CUSTOMERS / 2 else ""


EXERCISE = Exercise(
    "a function of a change, a dictionary",
    (
        "Records with the same key go to the same partition, and records in different partitions have no order.",
        "The key must be equal in all changes of a customer, and different for different customers. Which fields of a "
        "change can a customer change?",
        "Only the field customer never changes: return change['customer'].",
    ),
    examine,
)
