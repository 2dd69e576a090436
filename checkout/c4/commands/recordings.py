"""Recordings: the options that name what ran, as journals or traces, and the hops that a command gets from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import BadParameter, Option

if TYPE_CHECKING:
    from checkout.c4.checks.conformance.stories import Entry
    from checkout.c4.checks.gaps import Gaps
    from checkout.c4.source.arrows import Drawing
    from checkout.c4.source.elements import ElementKind
    from checkout.journal.hop import Hop

Journal = Annotated[
    list[Path] | None, Option("--journal", metavar="JOURNAL", help="Journal file or folder; repeatable.")
]
Journals = Annotated[
    list[Path] | None, Option("--journals", metavar="JOURNAL", help="Journal file or folder; repeatable.")
]
TRACES = Option("--traces", metavar="PATH", help="Trace file or folder, - for stdin; repeatable.")
Traces = Annotated[list[Path] | None, TRACES]
MapFile = Annotated[
    Path | None, Option("--map", metavar="FILE", help="Map of names in traces, by default traces.toml by the diagram.")
]
Order = Annotated[
    str | None, Option(metavar="ID", help="Consider this order only; of traces an id or ATTRIBUTE=VALUE.")
]


@dataclass(frozen=True)
class Recorded:
    """The hops of a recording by order, causes first, and why some arrows cannot be judged by it.

    `entries` has the requests with which orders begin, where known. It has none if --order names an order by its id.
    `kinds` are those of the elements that have no spans.
    """

    orders: "dict[str, list[Hop]]"
    gaps: "Gaps"
    entries: "Mapping[str, Entry]" = field(default_factory=dict)
    kinds: "Mapping[str, ElementKind]" = field(default_factory=dict)

    @property
    def hops(self) -> "list[Hop]":
        """The hops of all orders."""
        return [hop for hops in self.orders.values() for hop in hops]


class Recording:
    """What the options of a command name. Reads the files at once, so that errors come before a diagram is rendered.

    Raises BadParameter for options that exclude each other, and PreconditionError for files without hops or spans.
    """

    def __init__(
        self,
        journal: Sequence[Path] | None,
        traces: Sequence[Path] | None,
        map_file: Path | None = None,
        order: str | None = None,
        *,
        option: str = "--journal",
    ) -> None:
        if bool(journal) == bool(traces):
            raise BadParameter(f"use either {option} or --traces")
        if map_file and not traces:
            raise BadParameter("needs --traces", param_hint="--map")
        self._map_file, self._order = map_file, order
        self._journal, self._spans = None, None
        if traces:
            from checkout.c4.traces.mapping.hops import read_spans

            self._spans = read_spans(traces, order)
        elif journal:
            from checkout.c4.journal import group_by_order, read_journal

            self._journal = group_by_order(read_journal(journal), order)

    def read(
        self, drawing: "Drawing | None" = None, *, with_steps: bool = False, with_problems: bool = True
    ) -> Recorded:
        """The hops, those of traces as the drawing names them; logs what was understood of traces.

        `with_steps` numbers the hops of traces; without a drawing they are always numbered.
        """
        from checkout.c4.checks.conformance.stories import entries_of
        from checkout.c4.checks.gaps import NoGaps

        is_named = self._order is not None and (self._spans is None or "=" not in self._order)
        if self._spans is None:
            orders = self._journal or {}
            return Recorded(orders, NoGaps(), {} if is_named else entries_of(orders))
        from checkout.c4.findings import log
        from checkout.c4.journal import group_by_order
        from checkout.c4.traces.mapping.hops import map_spans
        from checkout.c4.traces.naming.trace_map import find_map

        trace_map = find_map(self._map_file, drawing.diagram.file if drawing else None)
        found = map_spans(self._spans, trace_map, drawing, self._order, with_steps)
        for line in (*found.summary, *(found.gaps.problems if with_problems else ())):
            log(line)
        entries, kinds = {} if is_named else found.entries, found.names.kinds(trace_map.caller)
        return Recorded(group_by_order(found.hops), found.gaps, entries, kinds)
