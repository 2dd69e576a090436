"""Store: the SQLite database of one service - state, inbox, outbox - and the start and end of its process."""

import contextlib
import gc
import itertools
import os
import signal
import sqlite3
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import messages
import msgspec
import rules
from messages import CALLS, Delivery, Message, Order, OutboxRow, Passed, Reply, encode

CATALOGUE = [(1, "Wooden spoon", 500, 100), (2, "Enamel mug", 850, 40), (3, "Garden gnome", 3_000, 0)]
CATALOGUE += [(4, "Oak table", 95_000, 5), (5, "Copper kettle", 6_490, 10)]  # SKU, name, price in cents, on hand
HANDLERS = {  # by service and source: the type of the message and its handler, causes before effects
    "orders": {
        messages.RESERVED: (Passed, rules.request_payment),
        messages.PAID: (Message, rules.approve),
        messages.UNAVAILABLE: (Message, rules.reject),
        messages.UNPAID: (Message, rules.reject),
    },
    "stock": {
        messages.RECEIVED: (Order, rules.reserve),
        messages.APPROVED: (Message, rules.end_reservation),
        messages.UNPAID: (Message, rules.end_reservation),
    },
    "payments": {messages.REQUESTED: (Message, rules.charge), messages.CHARGE: (Reply, rules.settle)},
    "shipments": {messages.APPROVED: (Order, rules.book), messages.BOOK: (Reply, rules.note_parcel)},
    "notifications": {
        messages.APPROVED: (Order, rules.notify),
        messages.UNAVAILABLE: (Message, rules.notify),
        messages.UNPAID: (Message, rules.notify),
        messages.SEND: (Reply, rules.note_mail),
    },
}
SCHEMA = """
CREATE TABLE IF NOT EXISTS inbox (order_id TEXT, source TEXT, partition INTEGER, position INTEGER, at TEXT,
    PRIMARY KEY (order_id, source));
CREATE TABLE IF NOT EXISTS outbox (number INTEGER PRIMARY KEY, order_id TEXT, destination TEXT, payload BLOB,
    correlation TEXT, wanted_partition INTEGER, partition INTEGER, position INTEGER, url TEXT, status TEXT,
    done_at TEXT);
CREATE INDEX IF NOT EXISTS outbox_open ON outbox (number) WHERE done_at IS NULL;
"""
CUSTOMER = "customer_name TEXT, customer_email TEXT"
TABLES = {
    "orders": f"""CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, {CUSTOMER}, payment_method TEXT,
        status TEXT, reason TEXT, total INTEGER, products BLOB);""",
    "stock": """CREATE TABLE IF NOT EXISTS products (sku INTEGER PRIMARY KEY, name TEXT, price INTEGER,
        on_hand INTEGER, reserved INTEGER);
        CREATE TABLE IF NOT EXISTS reservations (order_id TEXT PRIMARY KEY, quantities TEXT, status TEXT);""",
    "payments": f"""CREATE TABLE IF NOT EXISTS payments (order_id TEXT PRIMARY KEY, {CUSTOMER}, total INTEGER,
        method TEXT, status TEXT, reason TEXT);""",
    "shipments": "CREATE TABLE IF NOT EXISTS shipments (order_id TEXT PRIMARY KEY, status TEXT, parcel TEXT);",
    "notifications": """CREATE TABLE IF NOT EXISTS mails (order_id TEXT, kind TEXT, status TEXT,
        PRIMARY KEY (order_id, kind));""",
}
HANDLED = f"SELECT order_id, source FROM inbox WHERE order_id {rules.AMONG}"
COLUMNS = "number, order_id, destination, payload, correlation, wanted_partition"
INTO_OUTBOX = f"INSERT INTO outbox ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"
OPEN_ROWS = f"SELECT {COLUMNS} FROM outbox WHERE done_at IS NULL ORDER BY number"
MARK_SENT = "UPDATE outbox SET done_at = ?, partition = ?, position = ? WHERE number = ?"
MARK_ANSWERED = "UPDATE outbox SET url = ?, status = ?, done_at = ? WHERE number = ?"


class Store:
    """The database of one service, written by one process. `sent` are the outbox rows to mark as done."""

    def __init__(self, service: str, folder: Path, stock: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{service}.db"
        self._db = db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;" + SCHEMA + TABLES[service])
        if service == "stock":
            catalogue = [(sku, name, price, stock or on_hand, 0) for sku, name, price, on_hand in CATALOGUE]
            db.executemany("INSERT OR IGNORE INTO products VALUES (?, ?, ?, ?, ?)", catalogue)
        self.handlers = HANDLERS[service]
        self._decoders = {source: msgspec.json.Decoder(kind) for source, (kind, _) in self.handlers.items()}
        self._numbers = itertools.count(db.execute("SELECT ifnull(max(number), 0) + 1 FROM outbox").fetchone()[0])
        self.sent: list[tuple[int, int, int]] = []  # partition, offset, number

    @property
    def topics(self) -> list[str]:
        """The topics that the service reads."""
        return [source for source in self.handlers if source not in CALLS]

    def open_rows(self) -> list[OutboxRow]:
        """The outbox rows that no result is known of: to be sent, or called, again."""
        return [OutboxRow(*row) for row in self._db.execute(OPEN_ROWS)]

    def decode(self, topic: str, value: bytes, correlation: str | None, partition: int, position: int) -> Delivery:
        """The delivery of a record."""
        body = self._decoders[topic].decode(value)
        return Delivery(topic, body.id, body, correlation or body.id, partition, position)

    def handle(self, deliveries: Sequence[Delivery]) -> list[OutboxRow]:
        """Handles a batch in one transaction, in which sent rows are marked too; returns the rows to send."""
        at = _now()
        with self._transaction() as db:
            fresh = self._drop_repeats(deliveries)
            answers = (
                answer
                for source, (_, handle) in self.handlers.items()
                if source in fresh
                for answer in handle(db, fresh[source]) or ()
            )
            rows = [
                OutboxRow(next(self._numbers), d.id, destination, encode(message), d.correlation, d.partition)
                for d, destination, message in answers
            ]
            handled = [(d.id, d.source, d.partition, d.position, at) for batch in fresh.values() for d in batch]
            db.executemany("INSERT INTO inbox VALUES (?, ?, ?, ?, ?)", handled)
            db.executemany(INTO_OUTBOX, rows)
            answered = [(d.body.url, d.body.status, at, d.call) for d in deliveries if d.call]
            db.executemany(MARK_ANSWERED, answered)
            self._mark_sent(at)
        self.sent = []
        return rows

    def mark(self) -> None:
        """Marks the sent rows in a transaction of their own."""
        if self.sent:
            with self._transaction():
                self._mark_sent(_now())
            self.sent = []

    def close(self) -> None:
        """Closes the database."""
        self._db.close()

    def _drop_repeats(self, deliveries: Sequence[Delivery]) -> dict[str, list[Delivery]]:
        handled = set(self._db.execute(HANDLED, (encode([delivery.id for delivery in deliveries]),)))
        fresh = defaultdict[str, list[Delivery]](list)
        for delivery in deliveries:
            identity = delivery.id, delivery.source
            if identity not in handled:
                handled.add(identity)
                fresh[delivery.source].append(delivery)
        return fresh

    def _mark_sent(self, at: str) -> None:
        self._db.executemany(MARK_SENT, [(at, *place) for place in self.sent])

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._db.execute("BEGIN IMMEDIATE")
        with self._db:  # commits, or rolls back
            yield self._db


class Settings(NamedTuple):
    """What the environment says; `prefix` is put before the names of topics and groups."""

    service: str
    servers: str
    prefix: str
    databases: Path
    stock: int
    batch: int


def read_settings() -> Settings:
    """The settings of this process: its only argument is the name of the service."""
    env, stock = os.environ, os.environ.get("CHECKOUT_STOCK") or 0
    databases = Path(env["CHECKOUT_HOME"]) / "databases"
    servers, prefix = env["CHECKOUT_BOOTSTRAP_SERVERS"], env.get("CHECKOUT_PREFIX", "")
    return Settings(sys.argv[1], servers, prefix, databases, int(stock), int(env.get("CHECKOUT_BATCH") or 500))


def until_stopped() -> threading.Event:
    """An event that SIGTERM sets."""
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    return stopping


def prepare_process() -> None:
    """Sends SIGTERM to this process when its standard input ends; makes garbage collections rare."""
    threading.Thread(target=_stop_with_parent, daemon=True).start()
    gc.freeze()
    gc.set_threshold(50_000, 20, 1_000)  # what a batch allocates is freed by reference counts


def _stop_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 1_024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
