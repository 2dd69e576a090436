"""Differences: what two hops do not have in common, apart from their times and the ids of orders."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from checkout.journal.hop import Hop, Outcome
from checkout.lab.history.moment import Moment

MESSAGE = ("sender", "to", "message", "group")  # with the order, what two hops have in common to be compared at all
FIELDS = ("outcome", "status", "step", "key", "topic", "partition", "offset", "replica", "cause", "technology", "url")
TIMES = {"placedAt"}
NOTHING = "nothing"
PAYLOAD = msgspec.json.Decoder(float_hook=Decimal)


class FieldDifference(NamedTuple):
    """A field that two hops have with different values. `field`: its name; of the message's payload, its path."""

    field: str
    first: Any
    second: Any


def field_differences(first: Moment, second: Moment) -> Iterator[FieldDifference]:
    """The fields in which two hops differ, those of their payload first."""
    if first.hop == second.hop:
        return
    for name in ("order", *MESSAGE):
        yield from _difference(name, _value(first, name), _value(second, name))
    yield from _payload_differences(first, second)
    for name in FIELDS:
        yield from _difference(name, _value(first, name), _value(second, name))


def _difference(name: str, first: Any, second: Any) -> Iterator[FieldDifference]:
    if first != second:
        yield FieldDifference(name, first, second)


def _value(moment: Moment, name: str) -> Any:
    if name == "order" or (name == "key" and moment.hop.key == moment.hop.order):
        return moment.order
    value = getattr(moment.hop, name)
    return NOTHING if value is None else str(value) if isinstance(value, Outcome) else value


def _payload_differences(first: Moment, second: Moment) -> Iterator[FieldDifference]:
    if _payload(first) == _payload(second):
        return
    one, other = (dict(_leaves(PAYLOAD.decode(_payload(each)))) for each in (first, second))
    for path in dict.fromkeys([*one, *other]):
        if path.rpartition(".")[2] not in TIMES:
            yield from _difference(path, one.get(path, NOTHING), other.get(path, NOTHING))


def _payload(moment: Moment) -> bytes:
    hop: Hop = moment.hop
    payload = bytes(hop.payload)
    return payload.replace(hop.order.encode(), moment.order.encode()) if hop.order else payload


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for name, each in value.items():
            yield from _leaves(each, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and value:
        for at, each in enumerate(value):
            yield from _leaves(each, f"{path}[{at}]")
    else:
        yield path or "payload", value
