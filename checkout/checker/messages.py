"""Messages: the records of the store's topics, decoded without the services' message types."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, NamedTuple

import msgspec

from checkout.checker.facts import LARGEST_AMOUNT, LARGEST_ORDER, TOPICS
from checkout.messaging.log import Record

Identity = tuple[str, str]  # topic, or other source, and order
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
DECODER = msgspec.json.Decoder(float_hook=Decimal)
CENT = Decimal("0.01")


class Message(NamedTuple):
    """A record that names an order, with its decoded value."""

    record: Record
    order: str
    value: Mapping[str, Any]

    @property
    def place(self) -> tuple[str, int, int]:
        """Topic, partition and offset."""
        return self.record[:3]

    def __str__(self) -> str:
        return coordinates(self.record)


class Topics:
    """The records of the store's topics.

    `copies`: the messages by topic and order in the order of their offsets, usually one. `unreadable`: records that
    name no order.
    """

    def __init__(self, records: Iterable[Record]) -> None:
        copies: dict[Identity, list[Message]] = defaultdict(list)
        by_topic: dict[str, dict[str, Sequence[Message]]] = {topic: {} for topic in TOPICS}
        self.unreadable: list[Record] = []
        for record in records:
            if record.topic not in TOPICS:
                continue
            if (value := _decode(record.value)) is None:
                self.unreadable.append(record)
            else:
                known = copies[record.topic, value["id"]]
                known.append(Message(record, value["id"], value))
                by_topic[record.topic][value["id"]] = known
        self.copies: Mapping[Identity, Sequence[Message]] = dict(copies)
        self._by_topic = by_topic

    def of(self, topic: str) -> Iterable[tuple[str, Sequence[Message]]]:
        """The messages of a topic: orders and copies."""
        return self._by_topic[topic].items()


def _json(value: bytes | str) -> Any:
    try:
        return DECODER.decode(value)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, InvalidOperation):
        return None


def _decode(value: bytes | None) -> Any:
    decoded = _json(value or b"")
    is_message = isinstance(decoded, dict) and isinstance(decoded.get("id"), str)
    return decoded if is_message and UUID.fullmatch(decoded["id"]) else None


def coordinates(record: Record) -> str:
    """The place of a record as text, such as `order.new-order-received[0]@12`."""
    return f"{record.topic}[{record.partition}]@{record.offset}"


def amount(value: object) -> Decimal | None:
    """A JSON value as an amount in EUR, rounded half up to cents; None for what is not a finite number."""
    try:
        number = Decimal(value) if isinstance(value, int | float | str | Decimal) else None
        return number.quantize(CENT, ROUND_HALF_UP) if number is not None and number.is_finite() else None
    except InvalidOperation:
        return None


def lines_of(value: object) -> list[Mapping[str, Any]]:
    """The lines of an order, given as its message or as the JSON text of a database; what is no line is left out."""
    found = value.get("products") if isinstance(value, Mapping) else value
    if isinstance(found, bytes | str):
        found = _json(found)
    return [line for line in found if isinstance(line, dict)] if isinstance(found, list) else []


def quantities(lines: Iterable[Mapping[str, Any]]) -> dict[Any, int]:
    """The quantity of each SKU; a line without a quantity counts as one. What is no SKU is given as JSON text."""
    found: dict[Any, int] = defaultdict(int)
    for line in lines:
        sku, quantity = line.get("sku"), line.get("quantity", 1)
        name = sku if isinstance(sku, int | float | Decimal) else msgspec.json.encode(sku).decode()
        found[name] += quantity if isinstance(quantity, int) else 0
    return dict(found)


def contents(value: object) -> list[tuple[Any, int]]:
    """SKUs and quantities of an order, sorted as texts: others may mix numbers and texts."""
    return sorted(quantities(lines_of(value)).items(), key=str)


def is_priced(value: Mapping[str, Any]) -> bool:
    """Whether Orders accepts a reservation: its total and prices are amounts, and it has not too many lines."""
    lines = lines_of(value)
    prices = [line["price"] for line in lines if line.get("price") is not None]
    found = [amount(each) for each in (value.get("total"), *prices)]
    return len(lines) <= LARGEST_ORDER and all(each is not None and abs(each) <= LARGEST_AMOUNT for each in found)
