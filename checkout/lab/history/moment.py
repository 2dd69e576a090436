"""Moment: one hop of a run, and the state of the store after it."""

from collections.abc import Mapping, Sequence

import msgspec

from checkout.journal.hop import Hop
from checkout.lab.history.row_versions import Row, RowVersions
from checkout.lab.history.sentences import place_of, sentence

TABLES = ("orders", "stock", "mailbox", "parcels")


class StoreState:
    """The state of the store after a hop, as rows for display: amounts are text, orders have names.

    The rows are computed when they are read, so that a moment costs no copy of the store.
    """

    def __init__(self, tables: Mapping[str, RowVersions], number: int) -> None:
        self._tables, self._number = tables, number

    @property
    def orders(self) -> list[Row]:
        """The orders, in the order of their arrival at Orders."""
        return self._tables["orders"].rows(self._number)

    @property
    def stock(self) -> list[Row]:
        """The products of the catalogue."""
        return self._tables["stock"].rows(self._number)

    @property
    def mailbox(self) -> list[Row]:
        """The e-mails to customers."""
        return self._tables["mailbox"].rows(self._number)

    @property
    def parcels(self) -> list[Row]:
        """The booked parcels."""
        return self._tables["parcels"].rows(self._number)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StoreState) and all(getattr(self, name) == getattr(other, name) for name in TABLES)

    __hash__ = None  # type: ignore[assignment]


class Moment(msgspec.Struct, eq=False):
    """One hop and the state after it.

    `lag`: of the receiving group on the record's partition, in records; None where no group receives a record.
    `totals`: the lag of each group over all partitions. Both are as of the hop; in the last moment of a lab they follow
    later commits. `tables`: the rows of the store over the whole run.
    """

    number: int
    hop: Hop
    order: str
    lag: int | None
    totals: tuple[tuple[str, int], ...]
    tables: Mapping[str, RowVersions]

    @property
    def place(self) -> str:
        """The coordinates of the record, or technology and status of a call."""
        return place_of(self.hop)

    @property
    def sentence(self) -> str:
        """The hop in words."""
        return sentence(self.hop, self.order)

    @property
    def state(self) -> StoreState:
        """The state of the store after the hop."""
        return StoreState(self.tables, self.number)

    @property
    def group_lags(self) -> dict[str, int]:
        """The lag of each group over all partitions, in records."""
        return dict(self.totals)

    def __repr__(self) -> str:
        return f"{self.sentence} {self.place}".rstrip()


def moments_of(moments: Sequence[Moment], order: str = "") -> list[Moment]:
    """The moments of an order; without an order, of the one that moved last."""
    order = order or next((moment.order for moment in reversed(moments) if moment.order), "")
    return [moment for moment in moments if order and moment.order == order]
