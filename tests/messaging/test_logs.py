"""The contract of both logs, reading: every case runs in memory and on Kafka."""

import re
import threading
import time
from collections import Counter
from collections.abc import Callable

import pytest
from messaging.polling import (
    ORDERS,
    SECONDS,
    STOCK,
    Join,
    orders,
    poll_until,
    positions,
    settle,
    take,
)

from checkout.messaging.log import Broker, Lag, ProducerRecord, Record


def test_poll_without_records_ends_after_its_timeout(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 1})
    member = join("stock", [ORDERS], "stock-1")
    settle(member, partitions=1)
    started = time.monotonic()

    found = member.poll(10, 0.1)

    assert found == []
    assert time.monotonic() - started < 1


def test_waiting_poll_is_woken_by_a_record(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 1})
    member, other = join("stock", [ORDERS], "stock-1"), join("shipments", [ORDERS], "shipments-1")
    settle(member, partitions=1)
    other.send(orders(1))
    take(member, 1)
    started = time.monotonic()
    threading.Timer(0.2, other.send, [orders(1)]).start()

    found: list[Record] = []
    while not found and time.monotonic() < started + SECONDS:
        found = member.poll(10, SECONDS)

    assert [record.offset for record in found] == [1]
    assert time.monotonic() - started < SECONDS / 4


def test_wake_ends_a_waiting_poll(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 1})
    member = join("stock", [ORDERS], "stock-1")
    settle(member, partitions=1)
    member.poll(10, 0.1)
    started = time.monotonic()
    threading.Timer(0.2, member.wake).start()

    found = member.poll(10, SECONDS)

    assert found == []
    assert time.monotonic() - started < SECONDS / 4


def test_wake_before_a_poll_ends_only_that_poll(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 1})
    member = join("stock", [ORDERS], "stock-1")
    settle(member, partitions=1)
    member.poll(10, 0.1)
    member.wake()
    started = time.monotonic()

    member.poll(10, SECONDS)
    woken = time.monotonic()
    member.poll(10, 0.5)

    assert woken - started < SECONDS / 4
    assert time.monotonic() - woken > 0.4


def test_poll_never_exceeds_its_limit_and_loses_nothing(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 3})
    member = join("stock", [ORDERS], "stock-1")
    sent_to = member.send([ProducerRecord(ORDERS, None, b"%d" % n, (), n % 3) for n in range(200)])
    batches: list[list[Record]] = []

    deadline = time.monotonic() + SECONDS
    while sum(map(len, batches)) < 200 and time.monotonic() < deadline:
        batches.append(member.poll(7, 0.02))

    found = [record for batch in batches for record in batch]
    assert max(map(len, batches)) == 7
    assert Counter((record.partition, record.offset) for record in found) == Counter(sent_to)
    for partition in range(3):
        offsets = [record.offset for record in found if record.partition == partition]
        assert offsets == sorted(offsets)


def test_no_partition_starves_behind_a_full_one(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 2})
    member = join("stock", [ORDERS], "stock-1")
    member.send([ProducerRecord(ORDERS, None, b"x" * 1_000, (), 0)] * 4_000 + orders(1, partition=1))

    found: list[Record] = []
    poll_until([member], lambda: (1, 0) in positions(found), "the record of the other partition", found, limit=50)

    assert len(found) < 4_000


def test_member_gets_what_was_sent_before_it_joined(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 1})
    join("stock", [ORDERS], "stock-1").send(orders(3))

    found = take(join("shipments", [ORDERS], "shipments-1"), 3)

    assert [record.offset for record in found] == [0, 1, 2]


def test_assigned_readers_each_take_all_partitions(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 2})
    one, two = [join("stock", [ORDERS], "stock-1", assign=True) for _ in range(2)]
    one.send(orders(4, partition=0) + orders(4, partition=1))

    found = [take(member, 8) for member in (one, two)]

    assert [len(records) for records in found] == [8, 8]
    assert one.assignment() == two.assignment() == {(ORDERS, 0), (ORDERS, 1)}


def test_assigned_reader_starts_at_the_committed_offset_of_its_group(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 1})
    one = join("stock", [ORDERS], "stock-1", assign=True)
    one.send(orders(3))
    take(one, 3)
    one.commit({(ORDERS, 0): 2})
    one.abandon()

    found = take(join("stock", [ORDERS], "stock-1", assign=True), 1)

    assert [record.offset for record in found] == [2]


def test_seek_back_redelivers_records_and_leaves_the_committed_offset(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 1})
    member = join("stock", [ORDERS], "stock-1")
    member.send(orders(5))
    take(member, 5)
    member.commit({(ORDERS, 0): 5})

    member.seek((ORDERS, 0), 3)

    assert [record.offset for record in take(member, 2)] == [3, 4]
    assert member.lag() == {(ORDERS, 0): Lag(committed=5, end=5)}


def test_seek_of_a_partition_that_is_not_assigned_is_refused(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 1})
    member = join("stock", [ORDERS], "stock-1")

    with pytest.raises(ValueError, match=re.escape(f"{ORDERS}[7] is not assigned to stock-1")):
        member.seek((ORDERS, 7), 0)


def test_reading_without_a_group_returns_all_records_to_the_end_offsets(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 2, STOCK: 1})
    member = join("stock", [ORDERS], "stock-1")
    sent_to = member.send([*orders(30, partition=0), *orders(30, partition=1)])
    member.send([ProducerRecord(STOCK, b"order-1", b"reserved")])

    found = list(broker.read([ORDERS, STOCK, "no.such-topic"]))

    assert Counter((r.partition, r.offset) for r in found if r.topic == ORDERS) == Counter(sent_to)
    assert [record[:5] for record in found if record.topic == STOCK] == [(STOCK, 0, 0, b"order-1", b"reserved")]
    assert member.lag()[ORDERS, 0] == Lag(0, 30)


def test_reading_from_earlier_end_offsets_returns_only_new_records(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 2})
    member = join("stock", [ORDERS], "stock-1")
    member.send(orders(3, partition=0))
    ends = broker.ends([ORDERS])
    nothing = list(broker.read([ORDERS], ends))
    member.send(orders(2, partition=1) + orders(1, partition=0))

    found = list(broker.read([ORDERS], ends))

    assert nothing == []
    assert sorted((record.partition, record.offset) for record in found) == [(0, 3), (1, 0), (1, 1)]


def test_creating_twice_leaves_the_topic_as_it_is(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 3})
    join("stock", [ORDERS], "stock-1").send(orders(2))

    broker.create({ORDERS: 3, STOCK: 1})

    assert broker.topics() == {ORDERS: 3, STOCK: 1}
    assert broker.ends([ORDERS])[ORDERS, 0] == 2


def test_two_runs_do_not_see_each_other(new_broker: Callable[[], Broker]) -> None:
    ours, theirs = new_broker(), new_broker()
    ours.create({ORDERS: 1})
    theirs.create({ORDERS: 2, STOCK: 1})
    our_member, their_member = [each.join("stock", [ORDERS], "stock-1") for each in (ours, theirs)]

    their_member.send(orders(3))
    take(their_member, 3)
    their_member.commit({(ORDERS, 0): 3})

    assert (ours.topics(), theirs.topics()) == ({ORDERS: 1}, {ORDERS: 2, STOCK: 1})
    assert list(ours.read([ORDERS])) == []
    assert ours.lags("stock", [ORDERS]) == {(ORDERS, 0): Lag(0, 0)}
    our_member.close()
    their_member.close()


def test_delete_removes_only_topics_and_groups_of_this_run(
    new_broker: Callable[[], Broker], wait_until: Callable[..., None]
) -> None:
    ours, theirs = new_broker(), new_broker()
    for each in (ours, theirs):
        each.create({ORDERS: 1})
        member = each.join("stock", [ORDERS], "stock-1")
        member.send(orders(2))
        take(member, 2)
        member.commit({(ORDERS, 0): 2})
        member.abandon()

    ours.delete()

    wait_until(lambda: ours.topics() == {}, "our topics to be gone")
    assert list(theirs.read([ORDERS]))[1].offset == 1
    assert theirs.lags("stock", [ORDERS]) == {(ORDERS, 0): Lag(2, 2)}
    ours.create({STOCK: 1})
    assert ours.topics() == {STOCK: 1}
