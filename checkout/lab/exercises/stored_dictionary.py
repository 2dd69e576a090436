"""Stored dictionary: a service of a learner, whose state is one dictionary in its own database."""

import functools
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Column, Connection, MetaData, Table, Text, delete, select

from checkout.domain import DomainError
from checkout.framework.message import Message
from checkout.framework.service import Handler, Service
from checkout.framework.sql import put
from checkout.lab.errors import in_words

DATA = MetaData()
ENTRIES = Table("entries", DATA, Column("key", Text, primary_key=True), Column("value", Text, nullable=False))


class StoredDictionary(Service):
    """A service whose handlers get a dictionary, `stored`, and change it.

    The worker reads it before the handlers of a batch and writes it after them, in the transaction of the inbox. Keys
    are texts; values are what JSON has: texts, numbers, lists, dictionaries.
    """

    tables = DATA

    def __init_subclass__(cls) -> None:
        """Collects the handlers; an error in one of them has the line of the learner's code in its text."""
        super().__init_subclass__()
        cls.handlers = {message: _with_line(handler) for message, handler in cls.handlers.items()}

    def load(self, db: Connection, messages: Sequence[Any]) -> dict[str, Any]:
        """The whole dictionary."""
        return {row.key: msgspec.json.decode(row.value) for row in db.execute(select(ENTRIES))}

    def save(self, db: Connection, state: dict[str, Any]) -> None:
        """Stores the dictionary. Keys that are gone are deleted."""
        db.execute(delete(ENTRIES).where(ENTRIES.c.key.not_in(list(state))))
        texts = {str(key): msgspec.json.encode(value).decode() for key, value in state.items()}
        put(db, ENTRIES, [{"key": key, "value": value} for key, value in texts.items()])


def _with_line(handler: Handler) -> Handler:
    @functools.wraps(handler)
    def call(service: Any, stored: Any, message: Any) -> Iterable[Message]:
        try:
            return list(handler(service, stored, message) or ())
        except DomainError:
            raise
        except Exception as error:
            raise RuntimeError(in_words(error)) from error

    return call
