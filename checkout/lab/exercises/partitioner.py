"""Exercise partitioner: chooses the partition of a record from its key."""

from collections import Counter
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

from checkout.lab.engine.clock import order_id
from checkout.lab.exercises.examination import Examination
from checkout.lab.exercises.exercise import Exercise
from checkout.lab.exercises.learners import lab_with
from checkout.lab.lab import Lab

RECEIVED, KEYS, PARTITIONS = "order.new-order-received", 1000, 4
OTHER_SEED = "another process"
LEAST, MOST = 0.15, 0.35  # of the keys, in each of four partitions
ORDER = (
    '{"id": "%s", "customerName": "Ada", "products": [{"sku": 1, "quantity": %d}], '
    '"payment": {"paymentMethod": "CREDIT"}}'
)
Choose = Callable[[bytes, int], int]


def examine(choose: Choose, found: Examination) -> None:
    """A thousand keys, a second process, and an order that is published three times, with a crashed replica."""
    keys, text = [order_id(number).encode() for number in range(1, KEYS + 1)], "each key gets a partition, 0 to 3"
    chosen = found.attempt(text, lambda: [choose(key, PARTITIONS) for key in keys])
    if chosen is None:
        return
    wrong = [each for each in chosen if not isinstance(each, int) or not 0 <= each < PARTITIONS]
    if not found.require(text, not wrong, f"a key got {wrong[0] if wrong else ''!r}"):
        return
    again = [choose(key, PARTITIONS) for key in reversed(keys)][::-1]
    found.require("the same key gets the same partition each time", chosen == again, _difference(chosen, again))
    there = list(map(_in_another_process(choose), keys))
    found.require("also in another process", chosen == there, f"{_difference(chosen, there)}: Python's hash() of bytes "
                  "differs from process to process")  # fmt: skip
    counts = Counter(chosen)
    is_even = all(LEAST <= counts[each] / KEYS <= MOST for each in range(PARTITIONS))
    shares = ", ".join(f"{counts[each]} in partition {each}" for each in range(PARTITIONS))
    found.require("1,000 order ids spread over four partitions", is_even, shares)
    _require_order(choose, found)


def _difference(chosen: Sequence[int], again: Sequence[int]) -> str:
    one, two = next((pair for pair in zip(chosen, again, strict=True) if pair[0] != pair[1]), (0, 0))
    return f"a key got partition {one}, and then {two}"


def _in_another_process(choose: Choose) -> Callable[[bytes], int]:
    """The function with another `hash`, as a process with another PYTHONHASHSEED has it."""
    if not isinstance(choose, FunctionType):
        return lambda key: choose(key, PARTITIONS)
    names = choose.__globals__ | {"hash": lambda value: hash((value, OTHER_SEED))}
    there: Any = FunctionType(choose.__code__, names, choose.__name__, choose.__defaults__, choose.__closure__)
    return lambda key: int(there(key, PARTITIONS))


def _require_order(choose: Choose, found: Examination) -> None:
    """The first of several records with one key counts, whichever replica of Stock is down."""
    text = "of three records of one order the first is handled first"
    if not all(each.is_met for each in found.requirements):
        found.require(text, False, "tried when the requirements above are met")
        return
    for crashed in ("stock-1", "stock-2"):
        lab = _published_three_times(choose, crashed)
        products = lab.orders["products"].tolist()
        found.require(f"{text}, while {crashed} is down", products == ["1 x Wooden spoon"], f"sold: {products}", lab)


def _published_three_times(choose: Choose, crashed: str) -> Lab:
    lab, id = lab_with(partitions=PARTITIONS), order_id(1)
    lab.scale("stock", 2)
    lab.crash(crashed)
    for quantity in (1, 2, 3):
        lab.send(RECEIVED, ORDER % (id, quantity), key=id, partition=choose(id.encode(), PARTITIONS))
    lab.run()
    lab.wait(seconds=10)
    lab.run()
    return lab


EXERCISE = Exercise(
    "a function of a key (bytes) and a number of partitions, which returns a partition",
    (
        "The partition must depend on all bytes of the key and on nothing else: no counter, no random number.",
        "A checksum is such a function. Which ones does Python's standard library have?",
        "from zlib import crc32. The remainder of crc32(key) divided by the number of partitions is a partition.",
    ),
    examine,
)
