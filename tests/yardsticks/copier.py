"""Copier: a system of one service that copies each record of a topic to another one, and counts the copies by key."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table

from checkout.framework.message import Message, MessageTypes, on_topic
from checkout.framework.service import Service, on
from checkout.framework.sql import fetch, put
from checkout.registry import Registry

KEYS = 1_000
PATH = f"{__name__}:COPIER"  # as CHECKOUT_REGISTRY names it


@on_topic("source.original", sender="source", after={None: (1, 2)})
class Original(Message, frozen=True):
    """The `number`-th message of a key."""

    key: str
    number: int


@on_topic("copier.copy", sender="copier", after={Original: (3, 4)})
class Copy(Message, frozen=True):
    """A copy of an original with the same id, key and number."""

    key: str
    number: int


class Copier(Service):
    """Steps 2-3."""

    name = "copier"
    tables = MetaData()
    COPIES = Table("copies", tables, Column("key", String(20), primary_key=True), Column("copies", Integer))

    def seed(self, db: Connection) -> None:
        put(db, self.COPIES, [{"key": f"key-{number}", "copies": 0} for number in range(KEYS)], replace=False)

    def load(self, db: Connection, messages: Sequence[Any]) -> dict[str, dict[str, Any]]:
        rows = fetch(db, self.COPIES, self.COPIES.c.key, (message.key for message in messages))
        return {row.key: dict(row._mapping) for row in rows}

    def save(self, db: Connection, state: dict[str, dict[str, Any]]) -> None:
        put(db, self.COPIES, list(state.values()))

    @on(Original)
    def copy(self, state: dict[str, dict[str, Any]], original: Original) -> Iterator[Message]:
        """Steps 2-3: count and copy the message."""
        state[original.key]["copies"] += 1
        yield Copy(original.id, original.key, original.number)


COPIER = Registry((Copier,), MessageTypes((Original, Copy)))
