"""The contract of both logs, commits that are refused: every case runs in memory and on Kafka."""

import pytest
from messaging.polling import ORDERS, Join, commit_in_time, orders, take

from checkout.messaging.log import Broker, CommitRefused, Lag


def test_an_offset_from_before_a_rebalance_does_not_take_back_what_another_member_has_committed(
    broker: Broker, join: Join
) -> None:
    broker.create({ORDERS: 1})
    first = join("stock", [ORDERS], "stock-1")
    first.send(orders(2))
    take(first, 1, limit=1)
    second = join("stock", [ORDERS], "stock-2")
    broker.remove_member("stock", "stock-1")
    take(second, 2)
    second.commit({(ORDERS, 0): 2})
    second.close()
    commit_in_time(first, {(ORDERS, 0): 2})

    with pytest.raises(CommitRefused, match="stock-1"):
        first.commit({(ORDERS, 0): 1})

    assert first.lag()[ORDERS, 0].committed == 2
    first.seek((ORDERS, 0), 0)
    first.commit({(ORDERS, 0): 1})
    assert first.lag()[ORDERS, 0].committed == 1


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
