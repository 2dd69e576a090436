"""Stepping log: one record at a time, in the order of sending over all topics and partitions."""

from collections.abc import Iterator

import pytest

from checkout.lab.engine.stepping_log import SentRecords, SteppingLog
from checkout.messaging.log import CommitRefused, ProducerRecord, Record
from checkout.messaging.memory_log import MemoryBroker

TOPICS = {"letters": 2, "parcels": 1}


def put(log: SteppingLog, topic: str, value: bytes, partition: int = 0) -> None:
    log.send([ProducerRecord(topic, b"key", value, (), partition)])


def take(log: SteppingLog) -> list[bytes | None]:
    log.is_open = True
    found: list[Record] = log.poll(1, 0.0)
    return [record.value for record in found]


@pytest.fixture
def broker() -> MemoryBroker:
    made = MemoryBroker()
    made.create(TOPICS)
    return made


@pytest.fixture
def log(broker: MemoryBroker) -> Iterator[SteppingLog]:
    opened = SteppingLog(broker.join("readers", list(TOPICS), "readers-1", assign=True), SentRecords())
    yield opened
    opened.close()


def test_records_come_in_the_order_in_which_they_were_sent(log: SteppingLog) -> None:
    put(log, "parcels", b"1")
    put(log, "letters", b"2", 1)
    put(log, "letters", b"3", 0)
    put(log, "parcels", b"4")

    assert [take(log) for _ in range(5)] == [[b"1"], [b"2"], [b"3"], [b"4"], []]


def test_a_closed_log_hands_out_nothing_and_knows_what_waits(log: SteppingLog) -> None:
    put(log, "letters", b"1", 1)

    assert log.poll(1, 0.0) == []
    assert log.waiting() == (1, ("letters", 1, 0))


def test_uncommitted_records_are_redelivered_to_the_next_member(log: SteppingLog, broker: MemoryBroker) -> None:
    put(log, "letters", b"1")
    put(log, "letters", b"2")
    take(log)
    log.commit({("letters", 0): 1})
    take(log)

    log.abandon()
    after = SteppingLog(broker.join("readers", list(TOPICS), "readers-1", assign=True), log._sent)

    assert [take(after), take(after)] == [[b"2"], []]


def test_a_group_that_seeks_back_gets_its_records_again(log: SteppingLog) -> None:
    put(log, "letters", b"1")
    put(log, "letters", b"2")
    take(log)

    log.seek(("letters", 0), 0)

    assert [take(log) for _ in range(3)] == [[b"1"], [b"2"], []]


def test_after_a_refused_commit_the_records_are_redelivered(log: SteppingLog, broker: MemoryBroker) -> None:
    put(log, "letters", b"1")
    take(log)
    member = broker.join("readers", list(TOPICS), "readers-2")

    with pytest.raises(CommitRefused):
        log.commit({("letters", 0): 1})
    member.close()

    assert take(log) == [b"1"]


def test_positions_are_reported_also_when_the_partition_goes_to_another_member(broker: MemoryBroker) -> None:
    seen: list[tuple[object, ...]] = []
    joined, sent = broker.join("readers", ["parcels"], "readers-1"), SentRecords()
    one = SteppingLog(joined, sent, on_position=lambda partition, position: seen.append((*partition, position)))
    put(one, "parcels", b"1")
    take(one)
    SteppingLog(broker.join("readers", ["parcels"], "readers-0"), sent)
    broker.remove_member("readers", "readers-1")
    one._update_assignment()

    assert seen == [("parcels", 0, 0), ("parcels", 0, 1), ("parcels", 0, None)]


def test_a_member_that_has_lost_its_partitions_continues_at_the_offset_of_another(broker: MemoryBroker) -> None:
    sent, calls = SentRecords(), list[str]()
    one = SteppingLog(broker.join("readers", ["parcels"], "readers-1"), sent, rebalance_all=lambda: calls.append("all"))
    put(one, "parcels", b"1")
    put(one, "parcels", b"2")
    two = SteppingLog(broker.join("readers", ["parcels"], "readers-2"), sent)
    broker.remove_member("readers", "readers-1")
    two.fetch(0.0)
    take(two)
    two.commit({("parcels", 0): 1})
    two.close()

    found = take(one)

    assert (found, calls) == ([b"2"], ["all"])


def test_records_of_a_revoked_partition_are_left_to_its_new_owner(broker: MemoryBroker) -> None:
    sent = SentRecords()
    one = SteppingLog(broker.join("readers", ["letters"], "readers-1"), sent)
    put(one, "letters", b"1", 0)
    put(one, "letters", b"2", 1)

    two = SteppingLog(broker.join("readers", ["letters"], "readers-2"), sent)
    one.fetch(0.0)

    assert sorted([take(one), take(two), take(one), take(two)]) == [[], [], [b"1"], [b"2"]]
