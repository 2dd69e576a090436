"""Rest: a store is at rest when two looks find nothing to do, and no new record between them."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from checkout.checker.facts import GROUPS
from checkout.load.rest import Look
from checkout.messaging.log import LogUnavailable, ProducerRecord
from checkout.messaging.memory_log import MemoryBroker
from checkout.processes.shop_file import ShopFile

TOPIC = "order.process-order-payment"


class Store:
    """The databases and topics of a store without services."""

    def __init__(self, home: Path) -> None:
        self.shop = ShopFile("", "", str(home), 8000, 1, "", "", [])
        self._folder, self.broker = home / "databases", MemoryBroker()
        self._folder.mkdir()
        self.execute("orders", "CREATE TABLE orders (status)", "INSERT INTO orders VALUES ('APPROVED')")
        for service in GROUPS:
            self.execute(service, "CREATE TABLE outbox (done_at)", "INSERT INTO outbox VALUES ('2026-01-01')")
        self.broker.create({topic: 1 for topics in GROUPS.values() for topic in topics})
        self._payments = self.broker.join("payments", GROUPS["payments"], "payments-1")

    def execute(self, service: str, *statements: str) -> None:
        with closing(sqlite3.connect(self._folder / f"{service}.db")) as db, db:
            for statement in statements:
                db.execute(statement)

    def send(self) -> None:
        self._payments.send([ProducerRecord(TOPIC, None, b"{}")])

    def read_all(self) -> None:
        for record in self._payments.poll(10, 0):
            self._payments.commit({(TOPIC, 0): record.offset + 1})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


@pytest.fixture
def look(store: Store) -> Look:
    return Look(store.shop, store.broker)


def test_a_store_is_at_rest_at_the_second_look(look: Look) -> None:
    assert [look.is_at_rest() for _ in range(3)] == [False, True, True]
    assert look.left == ""


def test_an_open_order_is_work(store: Store, look: Look) -> None:
    store.execute("orders", "INSERT INTO orders VALUES ('RECEIVED')", "INSERT INTO orders VALUES ('RESERVED')")

    assert [look.is_at_rest() for _ in range(3)] == [False] * 3
    assert look.left == "2 open orders"


def test_an_unsent_message_is_work(store: Store, look: Look) -> None:
    store.execute("stock", "INSERT INTO outbox VALUES (NULL)")

    assert [look.is_at_rest() for _ in range(3)] == [False] * 3
    assert look.left == "1 unsent messages of stock"


def test_an_unhandled_record_is_work(store: Store, look: Look) -> None:
    store.send()

    assert [look.is_at_rest() for _ in range(3)] == [False] * 3
    assert look.left == "1 records that payments has not handled"


def test_a_record_between_two_looks_is_work_although_it_is_handled(store: Store, look: Look) -> None:
    look.is_at_rest()
    store.send()
    store.read_all()

    assert [look.is_at_rest() for _ in range(2)] == [False, True]


def test_a_broker_that_does_not_answer_is_no_rest(store: Store, look: Look) -> None:
    class Away(MemoryBroker):
        def lags(self, group: str, topics: object) -> dict:  # type: ignore[type-arg]
            raise LogUnavailable("no Kafka answers")

    away = Look(store.shop, Away())

    assert [away.is_at_rest() for _ in range(3)] == [False] * 3
    assert away.left == "no Kafka answers"
