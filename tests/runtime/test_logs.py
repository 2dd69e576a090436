"""The contract of the two logs, records: every case by name on both, so what holds in memory holds on Kafka."""

import re
import time
from collections import Counter
from collections.abc import Callable

import pytest
from runtime.polling import (
    ORDERS,
    SECONDS,
    STOCK,
    Broker,
    Join,
    orders,
    places,
    poll_until,
    settle,
    take,
    values,
    wait_until,
)

from checkout.runtime.log import Lag, LogUnavailable, Outgoing, Place, Record


def test_records_of_a_key_go_to_one_partition_and_keys_to_all(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 3})
    member = join("stock", [ORDERS], "stock-1")

    stand = member.send(orders(60, partition=None) * 2)

    assert stand[:60] == [Place(partition, stand[n].offset) for n, (partition, _) in enumerate(stand[60:])]
    assert {place.partition for place in stand} == {0, 1, 2}


def test_records_without_a_key_are_spread(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 3})

    stand = join("stock", [ORDERS], "stock-1").send([Outgoing(ORDERS, None, b"keyless")] * 60)

    assert Counter(place.partition for place in stand).keys() == {0, 1, 2}


def test_given_partition_is_taken(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 3})
    member = join("stock", [ORDERS], "stock-1")

    stand = member.send([Outgoing(ORDERS, b"order-1", b"", (), partition) for partition in (2, 0, 1)])

    assert [place.partition for place in stand] == [2, 0, 1]


@pytest.mark.parametrize("missing", [2, 99, -1])
def test_partition_that_the_topic_does_not_have_is_chosen_by_the_key(broker: Broker, join: Join, missing: int) -> None:
    broker.create({ORDERS: 2})
    member = join("stock", [ORDERS], "stock-1")

    by_key, by_number = member.send([*orders(1, partition=None), *orders(1, partition=missing)])

    assert by_number == Place(by_key.partition, 1)


def test_offsets_start_at_0_and_rise_by_1_in_each_partition(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 2})
    member = join("stock", [ORDERS], "stock-1")

    stand = member.send([*orders(3, partition=0), *orders(2, partition=1)]) + member.send(orders(1, partition=0))

    assert stand == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (0, 3)]


def test_places_come_in_the_order_given_over_several_topics(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 1, STOCK: 1})
    member = join("stock", [ORDERS, STOCK], "stock-1")

    stand = member.send([Outgoing(topic, None, b"") for topic in (ORDERS, STOCK, STOCK, ORDERS)])

    assert stand == [(0, 0), (0, 0), (0, 1), (0, 1)]


def test_nothing_to_send_is_no_trouble(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 1})

    stand = join("stock", [ORDERS], "stock-1").send([])

    assert stand == []


@pytest.mark.parametrize(
    "message",
    [
        Outgoing(ORDERS, b"order-1", b"wooden spoon", [("kafka_correlationId", "späti".encode())]),
        Outgoing(ORDERS, None, b"keyless"),
        Outgoing(ORDERS, b"", b"", [("", b"")]),
        Outgoing(ORDERS, b"order-1", None),
        Outgoing(ORDERS, b"order-1", b"twice", [("a", b"1"), ("a", b"2")]),
    ],
    ids=["all", "no key", "empty", "no value", "a header twice"],
)
def test_key_value_and_headers_survive(broker: Broker, join: Join, message: Outgoing) -> None:
    broker.create({ORDERS: 1})
    member = join("stock", [ORDERS], "stock-1")
    before = time.time()

    member.send([message])

    (record,) = take(member, 1)
    assert record[:6] == (ORDERS, 0, 0, message.key, message.value, list(message.headers))
    assert before - 1 < record.timestamp / 1000 < time.time() + 1


def test_value_of_1_MiB_survives_between_small_ones(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 1})
    member = join("stock", [ORDERS], "stock-1")
    large = Outgoing(ORDERS, b"order-1", b"x" * 1024 * 1024, [("kafka_correlationId", b"c" * 36)])

    member.send([*orders(1), large, *orders(1)])

    assert [len(value or b"") for value in values(take(member, 3))] == [14, 1024 * 1024, 14]


@pytest.mark.parametrize("size", [1_300_000, 3_000_000])
def test_record_too_large_is_refused_by_name_and_stops_nothing(broker: Broker, join: Join, size: int) -> None:
    broker.create({ORDERS: 1})
    member = join("stock", [ORDERS], "stock-1")

    with pytest.raises(ValueError, match=f"{ORDERS} takes 1,114,112 bytes, this record has {size:,}"):
        member.send([Outgoing(ORDERS, None, b"x" * size)])

    assert member.send(orders(1)) == [(0, 0)]


def test_dead_letter_topic_is_created_when_first_needed_and_takes_a_large_record(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 3})
    dead = f"{ORDERS}.stock.dlt"
    before = broker.topics()

    stand = join("stock", [ORDERS], "stock-1").send([Outgoing(dead, b"order-1", b"x" * 1_900_000, (), 2)] * 2)

    assert stand == [(0, 0), (0, 1)]
    assert broker.topics() == before | {dead: 1}


def test_unknown_topic_is_named(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 1})
    member = join("stock", [ORDERS], "stock-1")

    with pytest.raises(LogUnavailable, match=f"no topic {STOCK}: create it first"):
        member.send([Outgoing(STOCK, None, b"")])
    with pytest.raises(LogUnavailable, match=f"no topic {STOCK}: create it first"):
        join("stock", [STOCK], "stock-2")


def test_idle_poll_ends_after_its_wait(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 1})
    member = join("stock", [ORDERS], "stock-1")
    settle(member, partitions=1)
    started = time.monotonic()

    found = member.poll(10, 0.1)

    assert found == []
    assert time.monotonic() - started < 1


def test_poll_never_exceeds_its_limit_and_loses_nothing(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 3})
    member = join("stock", [ORDERS], "stock-1")
    stand = member.send([Outgoing(ORDERS, None, b"%d" % n, (), n % 3) for n in range(200)])
    batches: list[list[Record]] = []

    deadline = time.monotonic() + SECONDS
    while sum(map(len, batches)) < 200 and time.monotonic() < deadline:
        batches.append(member.poll(7, 0.02))

    found = [record for batch in batches for record in batch]
    assert max(map(len, batches)) == 7
    assert Counter((record.partition, record.offset) for record in found) == Counter(stand)
    for partition in range(3):
        offsets = [record.offset for record in found if record.partition == partition]
        assert offsets == sorted(offsets)


def test_no_partition_starves_behind_a_full_one(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 2})
    member = join("stock", [ORDERS], "stock-1")
    member.send([*orders(5_000, partition=0), *orders(1, partition=1)])

    found: list[Record] = []
    poll_until([member], lambda: (1, 0) in places(found), "the record of the other partition", found, limit=50)

    assert len(found) < 5_000


def test_member_gets_what_was_sent_before_it_joined(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 1})
    join("stock", [ORDERS], "stock-1").send(orders(3))

    found = take(join("shipments", [ORDERS], "shipments-1"), 3)

    assert [record.offset for record in found] == [0, 1, 2]


def test_assigned_reader_takes_all_partitions_whoever_else_does(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 2})
    one, two = [join("stock", [ORDERS], "stock-1", assign=True) for _ in range(2)]
    one.send(orders(4, partition=0) + orders(4, partition=1))

    found = [take(member, 8) for member in (one, two)]

    assert [len(records) for records in found] == [8, 8]
    assert one.assignment() == two.assignment() == {(ORDERS, 0), (ORDERS, 1)}


def test_assigned_reader_goes_on_where_its_group_has_committed(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 1})
    one = join("stock", [ORDERS], "stock-1", assign=True)
    one.send(orders(3))
    take(one, 3)
    one.commit({(ORDERS, 0): 2})
    one.abandon()

    found = take(join("stock", [ORDERS], "stock-1", assign=True), 1)

    assert [record.offset for record in found] == [2]


def test_rewind_by_seek_brings_records_again_and_leaves_the_commit(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 1})
    member = join("stock", [ORDERS], "stock-1")
    member.send(orders(5))
    take(member, 5)
    member.commit({(ORDERS, 0): 5})

    member.seek((ORDERS, 0), 3)

    assert [record.offset for record in take(member, 2)] == [3, 4]
    assert member.lag() == {(ORDERS, 0): Lag(committed=5, end=5)}


def test_seek_of_a_partition_of_another_is_refused_by_name(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 1})
    member = join("stock", [ORDERS], "stock-1")

    with pytest.raises(ValueError, match=re.escape(f"stock-1 does not own {ORDERS}[7]")):
        member.seek((ORDERS, 7), 0)


def test_reading_without_a_group_gives_all_to_the_present_end(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 2, STOCK: 1})
    member = join("stock", [ORDERS], "stock-1")
    stand = member.send([*orders(30, partition=0), *orders(30, partition=1)])
    member.send([Outgoing(STOCK, b"order-1", b"reserved")])

    found = list(broker.read([ORDERS, STOCK, "no.such-topic"]))

    assert Counter((r.partition, r.offset) for r in found if r.topic == ORDERS) == Counter(stand)
    assert [record[:5] for record in found if record.topic == STOCK] == [(STOCK, 0, 0, b"order-1", b"reserved")]
    assert member.lag()[ORDERS, 0] == Lag(0, 30)


def test_reading_on_from_the_last_ends_gives_only_what_is_new(broker: Broker, join: Join) -> None:
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


def test_delete_removes_only_what_is_of_this_run(new_broker: Callable[[], Broker]) -> None:
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
