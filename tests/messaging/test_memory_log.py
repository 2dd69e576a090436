"""Memory log: what only it does - use a given clock, accept calls from many threads."""

from concurrent.futures import ThreadPoolExecutor

from messaging.polling import ORDERS, orders

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
