"""Copying: three replicas of a service copy messages while each is killed three times and stopped three times.

In idea the test of Kafka's own transactions (tests/kafkatest/tests/core/group_mode_transactions_test.py): what is
copied equals the original - nothing is lost, nothing is there twice, and each key keeps its order. Here a record may be
on the topic twice, when its sender was killed before it had noted that it was sent; its receiver's inbox drops the
second one by its topic and id. So does this test, and counts how many there were.
"""

import signal
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgspec
from yardsticks import copier
from yardsticks.copier import KEYS, Copy, Original

from checkout.checker.collect.databases import of_databases
from checkout.checker.witnesses import Row
from checkout.framework.message import encode
from checkout.messaging.kafka_log import KafkaBroker
from checkout.messaging.log import ProducerRecord, Record
from checkout.processes.postgres import url_of
from checkout.processes.supervisor import Supervisor
from checkout.settings import Settings, read_settings
from checkout.system.deadline import wait_until

REPLICAS = [f"copier-{number}" for number in (1, 2, 3)]
BOUNCES = [(how, replica) for _ in range(3) for replica in REPLICAS for how in (signal.SIGKILL, signal.SIGTERM)]
STOPS_WITHIN, PROGRESS_WITHIN, DRAINED_WITHIN = 20.0, 120.0, 300.0  # seconds
MESSAGES, PARTITIONS = 100_000, 9
ORIGINALS, COPIES = str(Original.topic), str(Copy.topic)


class Bounce(NamedTuple):
    """A replica that was killed or stopped, and how many messages were waiting to be copied then."""

    replica: str
    signal: signal.Signals
    waiting: int


@dataclass
class Copying:
    """What a run has left: the records of both topics and of dead letters, the counts by key, and the bounces."""

    messages: int
    originals: Sequence[Record]
    copies: Sequence[Record]
    dead_letters: int
    counted: Sequence[Row]
    bounces: Sequence[Bounce]

    def figures(self) -> dict[str, object]:
        """What the yardstick asks for."""
        sent, copied = _firsts(self.originals), _firsts(self.copies)
        return {
            "messages": len(_ids(sent)), "kills": self._bounces(signal.SIGKILL), "stops": self._bounces(signal.SIGTERM),
            "lost": len(_ids(sent) - _ids(copied)), "invented": len(_ids(copied) - _ids(sent)),
            "in two partitions": sum(map(len, copied.values())) - len(_ids(copied)),
            "counted twice or not": sum(abs(row["copies"] - self.messages // KEYS) for row in self.counted),
            "keys out of order": _keys_out_of_order(self.copies), "dead letters": self.dead_letters,
            "partitions out of order": sum(copied.get(each, []) != ids for each, ids in sent.items()),
        }  # fmt: skip

    def _bounces(self, how: signal.Signals) -> int:
        return sum(bounce.signal is how and bounce.waiting > 0 for bounce in self.bounces)

    @property
    def repeated_records(self) -> int:
        """Copies that are on the topic once more, which a receiver's inbox drops."""
        return len(self.copies) - len(_ids(_firsts(self.copies)))


def expected(messages: int) -> dict[str, object]:
    """The figures of a run without a fault."""
    wrong = ("lost", "invented", "in two partitions", "counted twice or not", "keys out of order", "dead letters",
             "partitions out of order")  # fmt: skip
    return {"messages": messages, "kills": 9, "stops": 9} | dict.fromkeys(wrong, 0)


def settings_of(home: Path, servers: str, port_base: int, database_url: str) -> Settings:
    """The settings of a run: nine partitions, no journal."""
    own: dict[str, object] = {"home": home, "bootstrap_servers": servers, "port_base": port_base}
    return read_settings(
        {}, prefix="copy--", partitions=PARTITIONS, journal="none",
        database_url=database_url, registry=copier.PATH, **own,
    )  # fmt: skip


def run_copying(settings: Settings, messages: int, report: Callable[[str], None] = lambda line: None) -> Copying:
    """Copies so many messages, a multiple of KEYS, in as many parts as there are bounces, each in the midst of one."""
    store, records = Supervisor(settings, {"copier": len(REPLICAS)}, lambda what, share: None), originals(messages)
    store.start()
    broker = KafkaBroker(store.settings.bootstrap_servers, store.settings.prefix)
    try:
        with closing(broker.join("source", [ORIGINALS], "source-1", assign=True)) as source:
            parts = [len(records) * number // len(BOUNCES) for number in range(len(BOUNCES) + 1)]
            bounces = []
            for (how, replica), start, end in zip(BOUNCES, parts, parts[1:], strict=False):
                sending = threading.Thread(target=source.send, args=(records[start:end],))
                waiting = _start_copying(broker, sending, end - start)
                _bounce(store, replica, how)
                sending.join()
                bounces.append(Bounce(replica, how, waiting))
                report(f"{end:>8,} sent, {replica} got {how.name} while {waiting:,} were not copied")
        wait_until(lambda: _is_drained(broker, settings), DRAINED_WITHIN, pause=0.2)
        letters = [topic for topic in broker.topics() if topic not in (ORIGINALS, COPIES)]
        read, copies = list(broker.read([ORIGINALS])), list(broker.read([COPIES]))
        dead_letters = sum(broker.ends(letters).values())
        return Copying(messages, read, copies, dead_letters, _tables(settings)["copies"], bounces)
    finally:
        store.stop()
        broker.delete()
        broker.close()


def originals(messages: int) -> list[ProducerRecord]:
    """The records to copy: the numbers of each key grow in the order in which they are sent."""
    names = ((f"key-{number % KEYS}", number // KEYS) for number in range(messages))
    numbered = [Original(f"{key}/{number}", key, number) for key, number in names]
    return [ProducerRecord(ORIGINALS, each.key.encode(), encode(each)) for each in numbered]


def _start_copying(broker: KafkaBroker, sending: threading.Thread, messages: int) -> int:
    # Waits until a tenth is copied; returns how many are not.
    wait_until(lambda: not _lag(broker), DRAINED_WITHIN, pause=0.05)  # the part before is copied
    before = _count(broker)
    sending.start()
    copied = wait_until(lambda: max(0, _count(broker) - before - messages // 10), PROGRESS_WITHIN, pause=0.01)
    return messages - messages // 10 - copied


def _count(broker: KafkaBroker) -> int:
    return sum(broker.ends([COPIES]).values())


def _bounce(store: Supervisor, replica: str, how: signal.Signals) -> None:
    pid = store.processes[replica].pid
    if how is signal.SIGKILL:
        pid.kill_with_children()
    else:
        pid.terminate()
    wait_until(lambda: not pid.is_alive(), STOPS_WITHIN)
    store.launch(replica)
    store.wait_until_ready([replica])


def _is_drained(broker: KafkaBroker, settings: Settings) -> bool:
    return not _lag(broker) and all(row["done_at"] for row in _tables(settings)["outbox"])


def _lag(broker: KafkaBroker) -> int:
    return sum(lag.records for lag in broker.lags("copier", [ORIGINALS]).values())


def _tables(settings: Settings) -> dict[str, Sequence[Row]]:
    return dict(of_databases({"copier": url_of(settings, "copier")})["copier"])


def _firsts(records: Iterable[Record]) -> dict[int, list[str]]:
    # The ids in each partition without repeats, in the order of the records.
    found: dict[int, dict[str, None]] = {}
    for record in records:
        found.setdefault(record.partition, {})[msgspec.json.decode(record.value or b"")["id"]] = None
    return {partition: list(ids) for partition, ids in found.items()}


def _ids(by_partition: dict[int, list[str]]) -> set[str]:
    return {id for ids in by_partition.values() for id in ids}


def _keys_out_of_order(copies: Iterable[Record]) -> int:
    numbers: dict[str, dict[int, None]] = {}
    for record in copies:
        copy = msgspec.json.decode(record.value or b"", type=Copy)
        numbers.setdefault(copy.key, {})[copy.number] = None
    return sum(list(each) != sorted(each) for each in numbers.values())

