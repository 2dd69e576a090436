"""Recording: what a test recorded, as a journal, as spans in memory or as files of traces, in the form of hops."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from checkout.c4.checks.conformance.stories import Entry
from checkout.c4.checks.gaps import Gaps, NoGaps
from checkout.c4.findings import PreconditionError
from checkout.c4.journal import group_by_order
from checkout.c4.recorded_hops import Journal, recorded_hops
from checkout.c4.source.arrows import Drawing
from checkout.c4.testing.sdk_spans import trace_files
from checkout.journal.hop import Hop

Paths = str | Path | Sequence[str | Path]


class Recording(NamedTuple):
    """The hops of each story, what the recording cannot show, and the requests with which stories begin."""

    orders: dict[str, list[Hop]]
    gaps: Gaps
    entries: Mapping[str, Entry] = {}


class Source(NamedTuple):
    """Where a recording comes from; one of the three is given. `spans` is what `trace_files` takes."""

    journal: Journal | None = None
    spans: Any = None
    traces: Paths | None = None

    def read(self, drawing: Drawing, map_file: Path | None, order: str | None) -> Recording:
        """The recording, of one story if `order` names it. Raises the errors of readers, all CheckoutErrors."""
        given = [each for each in self if each is not None]
        if len(given) != 1:
            raise PreconditionError(f"c4_verify has {len(given)} sources: pass one of journal, spans and traces")
        if hasattr(self.journal, "get_finished_spans"):
            raise PreconditionError("the journal is an exporter of spans: pass it as spans=...")
        if self.journal is not None:
            return Recording(group_by_order(recorded_hops(self.journal), order), NoGaps())
        return self._map(drawing, map_file, order)

    def _map(self, drawing: Drawing, map_file: Path | None, order: str | None) -> Recording:
        from checkout.c4.traces.mapping.hops import map_spans, read_spans
        from checkout.c4.traces.naming.trace_map import find_map

        if self.spans is not None:
            spans = trace_files(self.spans, [order.partition("=")[0]] if order and "=" in order else [])
        else:
            paths = [self.traces] if isinstance(self.traces, str | Path) else self.traces or ()
            spans = read_spans([Path(path) for path in paths], order)
        found = map_spans(spans, find_map(map_file, drawing.diagram.file), drawing, order)
        is_named = order is not None and "=" not in order
        return Recording(group_by_order(found.hops), found.gaps, {} if is_named else found.entries)
