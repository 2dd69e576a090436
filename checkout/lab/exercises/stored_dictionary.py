"""Stored dictionary: a service of a learner, whose state is one dictionary in its own database."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Column, Connection, MetaData, Table, Text, delete, select

from checkout.framework.service import Service
from checkout.framework.sql import put

DATA = MetaData()
ENTRIES = Table("entries", DATA, Column("key", Text, primary_key=True), Column("value", Text, nullable=False))


class StoredDictionary(Service):
    """A service whose handlers get a dictionary, `stored`, and change it.

    The worker reads it before the handlers of a batch and writes it after them, in the transaction of the inbox. Keys
    are texts; values are what JSON has: texts, numbers, lists, dictionaries.
    """

    tables = DATA

    def load(self, db: Connection, messages: Sequence[Any]) -> dict[str, Any]:
        """The whole dictionary."""
        return {row.key: msgspec.json.decode(row.value) for row in db.execute(select(ENTRIES))}

    def save(self, db: Connection, state: dict[str, Any]) -> None:
        """Stores the dictionary. Keys that are gone are deleted."""
        db.execute(delete(ENTRIES).where(ENTRIES.c.key.not_in(list(state))))
        texts = {str(key): msgspec.json.encode(value).decode() for key, value in state.items()}
        put(db, ENTRIES, [{"key": key, "value": value} for key, value in texts.items()])
