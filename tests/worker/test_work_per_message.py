"""Work per message: SQL statements of a turn and function calls of a message, counted, so that a slower worker fails.

A ceiling is a tenth above what was counted when it was set; whoever needs more raises it, and says why.
"""

import sys
from collections import Counter
from typing import Any

import pytest
from sample import order_id, order_received, process_payment, products_reserved
from worker.in_memory_shop import InMemoryShop, run_once
from worker.statements import executed_statements

from checkout.framework.message import encode
from checkout.messages import Message

STATEMENTS = {"stock": 9, "orders": 7, "payments": 7}  # BEGIN; inbox and tables read; tables, inbox and outbox written
# Of Python and C functions for each message. Stock notes when a reservation was made, and whether it was cancelled.
# Raised by about 10 for the ids of hops and of their causes.
CALLS = {"stock": 155, "orders": 150, "payments": 128}
MANY = 200


def messages(service: str, count: int) -> list[Message]:
    make: Any = {"stock": order_received, "orders": products_reserved, "payments": process_payment}[service]
    return [make(id=order_id(number)) for number in range(1, count + 1)]


def deliver(shop: InMemoryShop, batch: list[Message]) -> None:
    for message in batch:
        shop.publish(str(message.topic), encode(message), key=message.id.encode())


def counted_calls(shop: InMemoryShop, service: str) -> int:
    """The number of function calls of one turn of a service."""
    counts: Counter[str] = Counter()
    sys.setprofile(lambda frame, kind, argument: counts.update([kind]))
    try:
        run_once(shop.workers[service])
    finally:
        sys.setprofile(None)
    return counts["call"] + counts["c_call"]


@pytest.mark.parametrize("service", CALLS)
def test_a_turn_has_as_many_statements_for_one_message_as_for_many(shop: InMemoryShop, service: str) -> None:
    batches = messages(service, MANY + 2)
    counts = []
    for batch in (batches[:1], batches[1:2], batches[2:]):  # the first turn also looks for rows left open
        deliver(shop, batch)
        with executed_statements(shop.databases[service].engine) as seen:
            run_once(shop.workers[service])
        counts.append(len(seen))

    assert counts[1:] == [STATEMENTS[service]] * 2


@pytest.mark.parametrize("service", CALLS)
def test_the_calls_for_a_message_stay_below_their_ceiling(shop: InMemoryShop, service: str) -> None:
    deliver(shop, messages(service, 1))
    run_once(shop.workers[service])
    deliver(shop, messages(service, 2 * MANY)[1:])

    calls = counted_calls(shop, service) / (2 * MANY - 1)

    assert 0 < calls <= CALLS[service]
