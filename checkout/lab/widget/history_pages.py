"""History pages: what the browser receives of a run - its last page of hops, what is new, and pages on request."""

from bisect import bisect_right
from collections.abc import Iterable
from typing import Any

from checkout.framework.message import KAFKA
from checkout.journal.causality import causes
from checkout.lab.engine.replica import pretty
from checkout.lab.history.moment import Moment
from checkout.lab.history.projection import Projection
from checkout.lab.history.row_versions import RowVersions
from checkout.lab.views.pictures import arrow_lines

PAGE = 64  # hops; a page begins after a multiple of it
ROWS = 12  # of each table, those changed last
HOP_FIELDS = ("step", "to", "message", "technology", "topic", "group", "replica", "cause", "outcome")
MOMENT_FIELDS = ("number", "order", "place", "lag", "sentence")
JsonObject = dict[str, Any]


class HistoryPages:
    """The moments of a projection as messages to the browser: each says what its hop has changed in the tables.

    A page has in addition the rows before its first hop, so that the state at each of its hops can be summed up.
    """

    def __init__(self, projection: Projection) -> None:
        self.projection = projection
        self._records = RowVersions()
        self._about: list[str] = []  # the order that is shown at each moment
        self._by_id: dict[str, int] = {}  # the number of a hop
        self._sent_count = 0
        self._last_sent: Moment | None = None

    def news(self, whole: bool = False) -> JsonObject:
        """What has changed since the last call, of that the last page; with `whole` the last page."""
        self._read_on()
        moments = self.projection.moments
        keep = 0 if whole else self._kept()
        first = max(keep, (len(moments) - 1) // PAGE * PAGE) + 1
        self._sent_count, self._last_sent = len(moments), moments[-1] if moments else None
        page, first_order = self._page(first, len(moments)), next(iter(self.projection.order_names), "")
        page["views"] |= self._views([first_order])
        page["real_times"] = self.projection.has_real_times
        return page | {"keep": keep, "count": len(moments), "first": first_order, "view": self.projection.view()}

    def page(self, first: int, last: int, at: int) -> JsonObject:
        """The moments `first` to `last` of one page, and the others of the order that is shown at `at` (0: none)."""
        self._read_on()
        count = len(self.projection.moments)
        first = max(first, 1)
        last = min(last, (first - 1) // PAGE * PAGE + PAGE, count)
        order = self._about_at(min(at, count)) if at and count else ""
        numbers = [number for number in self.projection.numbers_of(order) if not first <= number <= last]
        others = [self._message(number) for number in numbers]
        return self._page(first, last) | {"others": others, "views": self._views([order])}

    def _kept(self) -> int:
        # A later commit replaces the last moment: its lag has changed. All before it stay.
        if not self._sent_count:
            return 0
        is_same = self.projection.moments[self._sent_count - 1] is self._last_sent
        return self._sent_count if is_same else self._sent_count - 1

    def _page(self, first: int, last: int) -> JsonObject:
        moments = [self._message(number) for number in range(first, last + 1)]
        begins_page = bool(moments) and first % PAGE == 1
        base = {name: _rows(table, first - 1) for name, table in self._tables()} if begins_page else None
        return {"from": first, "base": base, "moments": moments,
                "views": self._views(moment["about"] for moment in moments)}  # fmt: skip

    def _views(self, orders: Iterable[str]) -> dict[str, str]:
        return {order: self.projection.view(order) for order in dict.fromkeys(orders) if order}

    def _tables(self) -> list[tuple[str, RowVersions]]:
        return [*self.projection.tables.items(), ("messages", self._records)]

    def _read_on(self) -> None:
        for moment in self.projection.moments[len(self._about) :]:
            hop, before = moment.hop, self._about[-1] if self._about else ""
            self._about.append(moment.order or before)
            if hop.id:
                self._by_id.setdefault(hop.id, moment.number)
            if hop.topic:
                self._records.put(moment.number, moment.place, _record_row(moment, self._records.latest(moment.place)))

    def _about_at(self, number: int) -> str:
        return self._about[number - 1] or next(iter(self.projection.order_names), "")

    def _message(self, number: int) -> JsonObject:
        moment = self.projection.moments[number - 1]
        hop, about = moment.hop, self._about_at(number)
        payload = pretty(bytes(hop.payload))
        if hop.order:
            payload = payload.replace(hop.order, moment.order)
        fields = {name: getattr(hop, name) for name in HOP_FIELDS}
        fields |= {name: getattr(moment, name) for name in MOMENT_FIELDS}
        start = self.projection.moments[0].hop.at
        return fields | {
            "from": hop.sender, "key": moment.order if hop.key == hop.order else hop.key, "lines": arrow_lines(moment),
            "payload": payload, "about": about, "nth": bisect_right(self.projection.numbers_of(about), number),
            "time": (hop.at - start).total_seconds() * 1_000, "transaction": self._transaction(moment),
            "changes": {name: changed for name, table in self._tables() if (changed := _changed(table, number))},
        }  # fmt: skip

    def _transaction(self, moment: Moment) -> int | None:
        # A message is written to the outbox in the transaction that has handled its cause; web and gateway have none.
        hop = moment.hop
        if hop.sender == KAFKA or (hop.sender == "gateway" and hop.to == "orders"):
            return moment.number
        if hop.id is not None:
            return self._by_id.get(hop.cause_id or "")
        earlier = [each for each in self.projection.numbers_of(moment.order) if each < moment.number]  # an old journal
        return next((each for each in reversed(earlier) if causes(self.projection.moments[each - 1].hop, hop)), None)


def _rows(table: RowVersions, number: int) -> JsonObject:
    return {"count": table.count(number), "rows": table.last_changed(number, ROWS)}


def _changed(table: RowVersions, number: int) -> dict[str, Any]:
    return {str(index): row for index, row in table.changed(number).items()}


def _record_row(moment: Moment, before: JsonObject) -> JsonObject:
    """A record with those who have read it so far."""
    hop = moment.hop
    reader = "" if hop.to == KAFKA else hop.to if hop.is_applied else f"{hop.to} ({hop.outcome})"
    if before:
        readers = [*before["readers"], reader] if reader and reader not in before["readers"] else before["readers"]
        return before | {"readers": readers, "hops": before["hops"] + 1}
    key = moment.order if hop.key == hop.order else hop.key
    sender = "" if hop.sender == KAFKA else hop.sender  # published before the journal begins
    return {"step": hop.step, "place": moment.place, "key": key, "message": hop.message, "from": sender,
            "readers": [reader] if reader else [], "hops": 1}  # fmt: skip
