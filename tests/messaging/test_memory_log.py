"""Memory log: what only it does - use a given clock, accept calls from many threads."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from messaging.polling import ORDERS, orders

from checkout.messaging.log import CommitRefused
from checkout.messaging.memory_log import MemoryBroker


def test_records_have_the_time_of_the_given_clock() -> None:
    broker = MemoryBroker(clock=lambda: 1_767_261_600.25)
    broker.create({ORDERS: 1})

    broker.join("stock", [ORDERS], "stock-1").send(orders(1))

    (record,) = broker.read([ORDERS])
    assert record.timestamp == 1_767_261_600_250


def test_records_of_many_threads_have_different_offsets() -> None:
    broker = MemoryBroker()
    broker.create({ORDERS: 1})
    members = [broker.join("stock", [ORDERS], f"stock-{n}") for n in range(8)]

    with ThreadPoolExecutor(8) as threads:
        places = [place for sent in threads.map(lambda member: member.send(orders(500)), members) for place in sent]

    assert sorted(places) == [(0, offset) for offset in range(4_000)]
    assert broker.ends([ORDERS]) == {(ORDERS, 0): 4_000}


def test_an_offset_from_before_a_rebalance_does_not_take_back_what_another_member_has_committed() -> None:
    broker = MemoryBroker()
    broker.create({ORDERS: 1})
    first = broker.join("stock", [ORDERS], "stock-1")
    first.send(orders(2))
    first.poll(1, 0)
    second = broker.join("stock", [ORDERS], "stock-2")
    broker.remove_member("stock", "stock-1")
    second.poll(2, 0)
    second.commit({(ORDERS, 0): 2})
    second.close()
    first.poll(1, 0)

    with pytest.raises(CommitRefused, match="stock-1"):
        first.commit({(ORDERS, 0): 1})

    assert first.lag()[ORDERS, 0].committed == 2
