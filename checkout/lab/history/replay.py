"""Replay: a recorded run, read from its journal without a broker."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Never

from checkout.journal import journal
from checkout.journal.journal import BrokenJournal
from checkout.lab.engine.clock import is_fixed
from checkout.lab.engine.order_names import OrderNames
from checkout.lab.errors import LabError
from checkout.lab.history.lab_journal import LabJournal
from checkout.lab.history.moment import Moment
from checkout.lab.history.projection import Projection
from checkout.lab.partitions.partition_state import PartitionState
from checkout.lab.views import dataframes

if TYPE_CHECKING:
    import pandas as pd


class Replay:
    """A recorded run. It has the tables and the walk of a lab, but nothing in it can be changed.

    `path`: a journal, whose hops keep their order, or a folder of journals, which are merged.
    Raises LabError if there is no journal, or no hop in it.

    The journal holds no commits: `Moment.lag` follows the rule of checkout.lab.history.lag.AssumedLag.
    """

    def __init__(self, path: str | Path) -> None:
        path, self._names = Path(path), OrderNames()
        try:
            hops = list(journal.read(path) if path.is_dir() else journal.read_file(path))
        except FileNotFoundError as error:
            raise LabError(f"there is no file {path}: lab.journal.save(path) writes the journal of a lab") from error
        except (OSError, BrokenJournal) as error:
            raise LabError(f"{path.name} is no journal of a run: {error}") from error
        if not hops:
            raise LabError(f"{path.name} holds no hop: save one with lab.journal.save({path.name!r})")
        self.journal = LabJournal(Projection(self._names, has_real_times=not is_fixed(hops[0].at)))
        self.journal.write(hops)

    @property
    def moments(self) -> list[Moment]:
        """All hops, oldest first, each with the state after it."""
        return self.journal.projection.moments

    @property
    def view(self) -> str:
        """The name of the diagram view of the last order's story."""
        return self.journal.projection.view()

    @property
    def messages(self) -> pd.DataFrame:
        """The published records, in the order of publication."""
        return dataframes.published_messages(self._names, self.journal)

    @property
    def orders(self) -> pd.DataFrame:
        """The orders at the end of the run."""
        return dataframes.frame("orders", self.moments[-1].state.orders)

    @property
    def stock(self) -> pd.DataFrame:
        """The stock at the end of the run."""
        return dataframes.frame("stock", self.moments[-1].state.stock)

    @property
    def mailbox(self) -> pd.DataFrame:
        """The e-mails to customers."""
        return dataframes.frame("mailbox", self.moments[-1].state.mailbox)

    def journey(self, order: str) -> pd.DataFrame:
        """Returns the hops of one order, given by its name (`order-1`)."""
        return dataframes.journey(moment for moment in self.moments if moment.order == order)

    def fork(self, number: int | None = None, log: str = "") -> Never:
        """Raises LabError: a journal holds what has happened, not what could go on."""
        raise LabError("a replay cannot be forked: a fork repeats what was done to a lab, and a journal holds its hops")

    def partition_state(self, number: int | None = None) -> PartitionState:
        """Returns partitions and consumer groups as of this hop, by default the last; commits are assumed.

        Raises LabError if there is no such hop.
        """
        return self.journal.projection.partitions.at(number)

    def board(self, topic: str = "") -> Any:
        """Returns a widget of the partitions, their records and the offsets of the consumer groups, with a slider.

        `topic`: only this one and its dead letters; empty shows all. Raises LabError if there is none of that name.
        """
        from checkout.lab.widget.board import Board

        return Board(self, topic)

    def walk(self) -> Any:
        """Returns a widget: the diagram, the tables and a slider over all hops."""
        from checkout.lab.widget.walk import Walk

        return Walk(self)

    def __repr__(self) -> str:
        orders = len({moment.order for moment in self.moments if moment.order})
        return f"a replay: {orders} orders, {len(self.moments)} hops"
