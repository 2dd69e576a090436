"""The contract of both logs, groups: every case runs in memory and on Kafka."""

import contextlib
import time

import pytest
from messaging.polling import (
    ORDERS,
    STOCK,
    Join,
    commit_in_time,
    orders,
    poll_until,
    positions,
    settle,
    take,
    take_all,
    values,
)

from checkout.messaging.log import Broker, CommitRefused, Lag, LogUnavailable


def test_several_groups_each_get_every_record(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 2})
    groups = [join(name, [ORDERS], f"{name}-1") for name in ("stock", "shipments", "notifications")]
    groups[0].send(orders(20, partition=None))

    found = [take(member, 20) for member in groups]

    assert [sorted(values(records)) for records in found] == [sorted(values(found[0]))] * 3


def test_two_members_share_the_partitions_and_the_records(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 4})
    one, two = join("stock", [ORDERS], "stock-1"), join("stock", [ORDERS], "stock-2")
    settle(one, two, partitions=4)
    one.send(orders(40, partition=None))

    found = take_all([one, two], 40)

    assert sorted(values(found)) == sorted(values(orders(40)))
    assert one.assignment() | two.assignment() == {(ORDERS, number) for number in range(4)}


def test_commit_moves_the_lag(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 2, STOCK: 1})
    member = join("stock", [ORDERS], "stock-1")
    member.send(orders(5))
    take(member, 5)
    before = member.lag()

    member.commit({(ORDERS, 0): 3})

    assert before == {(ORDERS, 0): Lag(0, 5), (ORDERS, 1): Lag(0, 0)}
    assert member.lag() == {(ORDERS, 0): Lag(3, 5), (ORDERS, 1): Lag(0, 0)}
    assert [lag.records for lag in member.lag().values()] == [2, 0]


def test_lag_and_end_offsets_are_available_without_joining(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 1, STOCK: 1})
    member = join("stock", [ORDERS], "stock-1")
    member.send(orders(5))
    take(member, 5)
    member.commit({(ORDERS, 0): 4})

    lags = broker.lags("stock", [ORDERS, STOCK, "no.such-topic"])

    assert lags == {(ORDERS, 0): Lag(4, 5), (STOCK, 0): Lag(0, 0)}
    assert broker.lags("nobody", [ORDERS]) == {(ORDERS, 0): Lag(0, 5)}
    assert broker.ends([ORDERS, STOCK]) == {(ORDERS, 0): 5, (STOCK, 0): 0}


def test_uncommitted_records_are_redelivered_after_a_close(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 1})
    first = join("stock", [ORDERS], "stock-1")
    first.send(orders(5))
    take(first, 5)
    first.commit({(ORDERS, 0): 2})

    first.close()

    assert [record.offset for record in take(join("stock", [ORDERS], "stock-1"), 3)] == [2, 3, 4]


def test_uncommitted_records_are_redelivered_to_the_restarted_replica(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 2})
    first = join("stock", [ORDERS], "stock-1")
    first.send(orders(3, partition=0) + orders(3, partition=1))
    take(first, 6)
    first.commit({(ORDERS, 0): 1})

    first.abandon()

    again = take(join("stock", [ORDERS], "stock-1"), 5)
    assert positions(again) == {(0, 1), (0, 2), (1, 0), (1, 1), (1, 2)}


def test_uncommitted_records_of_a_crashed_member_are_redelivered_to_others_once_it_is_removed(
    broker: Broker, join: Join
) -> None:
    broker.create({ORDERS: 2})
    one, two = join("stock", [ORDERS], "stock-1"), join("stock", [ORDERS], "stock-2")
    settle(one, two, partitions=2)
    ((_, of_two),) = two.assignment()
    one.send(orders(3, partition=of_two))
    take(two, 3)
    two.abandon()

    broker.remove_member("stock", "stock-2")

    assert [record.offset for record in take(one, 3)] == [0, 1, 2]
    assert one.assignment() == {(ORDERS, 0), (ORDERS, 1)}


def test_member_that_closes_gives_its_partitions_to_the_others_before_the_session_ends(
    broker: Broker, join: Join
) -> None:
    broker.create({ORDERS: 2})
    one, two = join("stock", [ORDERS], "stock-1"), join("stock", [ORDERS], "stock-2")
    settle(one, two, partitions=2)
    started = time.monotonic()

    two.close()

    settle(one, partitions=2)
    assert time.monotonic() - started < 8


def test_removed_member_rejoins_by_polling(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 2})
    member = join("stock", [ORDERS], "stock-1")
    settle(member, partitions=2)

    broker.remove_member("stock", "stock-1")

    member.send(orders(1))
    commit_in_time(member, {(ORDERS, 0): 1})
    assert broker.lags("stock", [ORDERS])[ORDERS, 0] == Lag(1, 1)


def test_rebalance_within_a_batch_loses_no_record(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 2})
    one = join("stock", [ORDERS], "stock-1")
    sent = set(one.send(orders(30, partition=0) + orders(30, partition=1)))
    held = take(one, 10, limit=10)

    two = join("stock", [ORDERS], "stock-2")
    found = held + settle(one, two, partitions=2)
    with contextlib.suppress(CommitRefused):
        one.commit({(record.topic, record.partition): record.offset + 1 for record in held})
    poll_until([one, two], lambda: sent <= positions(found), "every record", found)

    ends = {(ORDERS, 0): 30, (ORDERS, 1): 30}
    for member in (one, two):
        commit_in_time(member, {partition: ends[partition] for partition in member.assignment()}, one, two)
    assert one.lag() == {partition: Lag(30, 30) for partition in ends}


def test_commit_of_a_lost_partition_is_refused_and_of_a_kept_one_accepted(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 2})
    one = join("stock", [ORDERS], "stock-1")
    one.send(orders(3, partition=0) + orders(3, partition=1))
    take(one, 6)
    two = join("stock", [ORDERS], "stock-2")
    again = settle(one, two, partitions=2)

    ((_, kept),) = one.assignment()
    ((_, lost),) = two.assignment()
    again += commit_in_time(one, {(ORDERS, kept): 1}, two)

    with pytest.raises(CommitRefused, match="stock-1"):
        one.commit({(ORDERS, kept): 3, (ORDERS, lost): 3})

    assert broker.lags("stock", [ORDERS]) == {(ORDERS, kept): Lag(3, 3), (ORDERS, lost): Lag(0, 3)}
    poll_until([two], lambda: {(lost, 0), (lost, 1), (lost, 2)} <= positions(again), "the lost records", again)


def test_kept_partition_continues_at_its_position(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 2})
    one = join("stock", [ORDERS], "stock-1")
    one.send(orders(3, partition=0) + orders(3, partition=1))
    take(one, 6)

    settle(one, join("stock", [ORDERS], "stock-2"), partitions=2)

    ((_, kept),) = one.assignment()
    one.send(orders(1, partition=kept))
    assert [(record.partition, record.offset) for record in take(one, 1)] == [(kept, 3)]


def test_members_that_poll_seldom_still_share_the_partitions(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 4})
    members = [join("stock", [ORDERS], f"stock-{n}") for n in range(4)]

    settle(*members, partitions=4, wait=0.15)

    assert [len(member.assignment()) for member in members] == [1, 1, 1, 1]


def test_a_fenced_replica_can_neither_commit_nor_poll(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 1})
    earlier = join("stock", [ORDERS], "stock-1")
    earlier.send(orders(2))
    take(earlier, 2)
    successor = join("stock", [ORDERS], "stock-1")
    settle(successor, partitions=1)

    with pytest.raises(CommitRefused, match="stock-1"):
        earlier.commit({(ORDERS, 0): 2})

    with pytest.raises(LogUnavailable, match="another process is stock-1 now"):
        earlier.poll(10, 0)
    earlier.close()
    successor.commit({(ORDERS, 0): 1})
    assert broker.lags("stock", [ORDERS]) == {(ORDERS, 0): Lag(1, 2)}


def test_commit_of_an_assigned_reader_is_refused_while_its_group_has_members(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 1})
    reader = join("stock", [ORDERS], "lab", assign=True)
    reader.send(orders(2))
    take(reader, 2)
    member = join("stock", [ORDERS], "stock-1")
    take(member, 2)

    with pytest.raises(CommitRefused, match="lab"):
        reader.commit({(ORDERS, 0): 2})

    assert [record.offset for record in take(reader, 2)] == [0, 1]
    member.close()
    reader.commit({(ORDERS, 0): 2})
    assert reader.lag() == {(ORDERS, 0): Lag(2, 2)}
