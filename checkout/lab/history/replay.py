"""Replay: a run from its journal, to be walked through without a broker."""

from pathlib import Path
from typing import Any

import pandas as pd

from checkout.journal import journal
from checkout.journal.journal import BrokenJournal
from checkout.lab.engine.order_names import Names
from checkout.lab.errors import LabError
from checkout.lab.history.lab_journal import Book
from checkout.lab.history.projection import Moment, Past, view_of
from checkout.lab.views import dataframes


class Replay:
    """What a journal tells: it can be looked at from every side, and moved through, but not changed."""

    def __init__(self, book: Book, names: Names) -> None:
        dataframes.prepare()
        self.journal, self._names = book, names

    @classmethod
    def open(cls, path: str | Path) -> "Replay":
        """A replay of a file, as written, or of a folder of journals, merged. Raises LabError."""
        path, names = Path(path), Names()
        book = Book(Past(names))
        try:
            book.write(journal.read(path) if path.is_dir() else journal.read_file(path))
        except (OSError, BrokenJournal) as error:
            raise LabError(f"{path.name} is no journal of a run: {error}") from error
        if not book.hops:
            raise LabError(f"{path.name} holds no hop: save one with lab.journal.save({path.name!r})")
        return cls(book, names)

    @property
    def moments(self) -> list[Moment]:
        """Everything that happened, oldest first."""
        return self.journal.past.moments

    @property
    def view(self) -> str:
        """The view that draws what became of the last order."""
        return view_of(self.moments)

    @property
    def messages(self) -> pd.DataFrame:
        """What was published, in order."""
        return dataframes.told_messages(self.moments, self._names)

    @property
    def orders(self) -> pd.DataFrame:
        """How the orders stood at the end."""
        return dataframes.frame("orders", self.moments[-1].scene.orders)

    @property
    def stock(self) -> pd.DataFrame:
        """What was left."""
        return dataframes.frame("stock", self.moments[-1].scene.stock)

    @property
    def mailbox(self) -> pd.DataFrame:
        """The letters to the customers."""
        return dataframes.frame("mailbox", self.moments[-1].scene.mailbox)

    def journey(self, order: str) -> pd.DataFrame:
        """One order's hops."""
        return dataframes.journey(moment for moment in self.moments if moment.order == order)

    def walk(self) -> Any:
        """The diagram, the tables and a slider."""
        from checkout.lab.widget.walk import Walk

        return Walk(self)

    def __repr__(self) -> str:
        orders = len({moment.order for moment in self.moments if moment.order})
        return f"a replay: {orders} orders, {len(self.moments)} hops"
