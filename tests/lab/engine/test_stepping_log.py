"""Gate: one record at a time, the earliest sent first, over all topics and partitions."""

from collections.abc import Iterator

import pytest

from checkout.lab.engine.stepping_log import Gate, Sent
from checkout.messaging.log import CommitRefused, ProducerRecord, Record
from checkout.messaging.memory_log import MemoryBroker

TOPICS = {"letters": 2, "parcels": 1}


def put(gate: Gate, topic: str, value: bytes, partition: int = 0) -> None:
    gate.send([ProducerRecord(topic, b"key", value, (), partition)])


def take(gate: Gate) -> list[bytes | None]:
    gate.is_open = True
    found: list[Record] = gate.poll(1, 0.0)
    return [record.value for record in found]


@pytest.fixture
def broker() -> MemoryBroker:
    made = MemoryBroker()
    made.create(TOPICS)
    return made


@pytest.fixture
def gate(broker: MemoryBroker) -> Iterator[Gate]:
    opened = Gate(broker.join("readers", list(TOPICS), "readers-1", assign=True), Sent())
    yield opened
    opened.close()


def test_records_come_in_the_order_in_which_they_were_sent(gate: Gate) -> None:
    put(gate, "parcels", b"1")
    put(gate, "letters", b"2", 1)
    put(gate, "letters", b"3", 0)
    put(gate, "parcels", b"4")

    assert [take(gate) for _ in range(5)] == [[b"1"], [b"2"], [b"3"], [b"4"], []]


def test_a_closed_gate_gives_nothing_and_knows_what_waits(gate: Gate) -> None:
    put(gate, "letters", b"1", 1)

    assert gate.poll(1, 0.0) == []
    assert gate.waiting() == (1, ("letters", 1, 0))


def test_what_was_taken_and_not_committed_comes_again_to_whoever_joins_next(gate: Gate, broker: MemoryBroker) -> None:
    put(gate, "letters", b"1")
    put(gate, "letters", b"2")
    take(gate)
    gate.commit({("letters", 0): 1})
    take(gate)

    gate.abandon()
    after = Gate(broker.join("readers", list(TOPICS), "readers-1", assign=True), gate._sent)

    assert [take(after), take(after)] == [[b"2"], []]


def test_a_group_that_goes_back_gets_its_records_again(gate: Gate) -> None:
    put(gate, "letters", b"1")
    put(gate, "letters", b"2")
    take(gate)

    gate.seek(("letters", 0), 0)

    assert [take(gate) for _ in range(3)] == [[b"1"], [b"2"], []]


def test_after_a_refused_commit_the_records_come_again(gate: Gate, broker: MemoryBroker) -> None:
    put(gate, "letters", b"1")
    take(gate)
    member = broker.join("readers", list(TOPICS), "readers-2")

    with pytest.raises(CommitRefused):
        gate.commit({("letters", 0): 1})
    member.close()

    assert take(gate) == [b"1"]


def test_who_has_lost_its_partitions_unheard_goes_on_where_another_has_read_to(broker: MemoryBroker) -> None:
    sent, met = Sent(), list[str]()
    one = Gate(broker.join("readers", ["parcels"], "readers-1"), sent, lambda: met.append("all"))
    put(one, "parcels", b"1")
    put(one, "parcels", b"2")
    two = Gate(broker.join("readers", ["parcels"], "readers-2"), sent)
    broker.remove_member("readers", "readers-1")
    two.settle(0.0)
    take(two)
    two.commit({("parcels", 0): 1})
    two.close()

    found = take(one)

    assert (found, met) == ([b"2"], ["all"])


def test_records_of_a_partition_that_went_to_another_are_left_to_it(broker: MemoryBroker) -> None:
    sent = Sent()
    one = Gate(broker.join("readers", ["letters"], "readers-1"), sent)
    put(one, "letters", b"1", 0)
    put(one, "letters", b"2", 1)

    two = Gate(broker.join("readers", ["letters"], "readers-2"), sent)
    one.settle(0.0)

    assert sorted([take(one), take(two), take(one), take(two)]) == [[], [], [b"1"], [b"2"]]
