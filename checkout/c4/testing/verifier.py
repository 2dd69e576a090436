"""Verifier: compares what a test recorded with a diagram, and fails the test where they differ."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from checkout.c4.checks.conformance.reports import as_text
from checkout.c4.checks.conformance.results import OrderResult
from checkout.c4.checks.conformance.stories import require_own, sort_stories
from checkout.c4.checks.conformance.summary import summarize
from checkout.c4.checks.gaps import Gaps
from checkout.c4.checks.verify import numbered_arrows, verify_orders
from checkout.c4.findings import PreconditionError, display_path
from checkout.c4.recorded_hops import Journal
from checkout.c4.render.renderer import render_file
from checkout.c4.source.arrows import Drawing
from checkout.c4.testing.recording import Paths, Source
from checkout.errors import CheckoutError

NO_DIAGRAM = 'there is no diagram to compare with: mark the test with @pytest.mark.c4("FILE"), or pass diagram="FILE"'


class Expectation(NamedTuple):
    """What a test is compared with, and what is accepted: the arguments of the marker `c4`.

    `diagram` is FILE or FILE#NAME, `map_file` the map of traces, both relative to pytest's root folder; `order` is the
    id of one story, by default all are compared. `allow_redelivery` accepts an arrow that was applied more than once,
    `allow_gaps` arrows of which the traces do not show whether they happened.
    """

    diagram: str = ""
    map_file: str = ""
    order: str | None = None
    allow_redelivery: bool = False
    allow_gaps: bool = False


class Drawings:
    """The drawings of one session of pytest."""

    def __init__(self) -> None:
        self._read = dict[str, Drawing]()

    def read(self, file: str) -> Drawing:
        """The drawing FILE or FILE#NAME. Raises DiagramError, PreconditionError or FileNotFoundError."""
        if file not in self._read:
            self._read[file] = render_file(file).drawing
        return self._read[file]


class Verifier:
    """Compares what happened in one test with its diagram."""

    def __init__(self, expected: Expectation, root: Path, drawings: Drawings) -> None:
        self._expected, self._root, self._drawings = expected, root, drawings

    def __call__(
        self,
        journal: Journal | None = None,
        *,
        spans: Any = None,
        traces: Paths | None = None,
        diagram: str | None = None,
        map_file: str | None = None,
        order: str | None = None,
        allow_redelivery: bool | None = None,
        allow_gaps: bool | None = None,
    ) -> list[OrderResult]:
        """Returns the result of each order; fails the test if one does not conform to the diagram.

        Takes one of three: `journal`, a file or folder of JSON Lines, or an iterable of hops (`Hop` objects, or
        mappings with the fields of a journal's line); `spans`, an `InMemorySpanExporter` or an iterable of finished
        spans; `traces`, a file or folder of traces, or several. The others precede the arguments of the marker.
        """
        __tracebackhide__ = True
        allowed = {"allow_redelivery": allow_redelivery, "allow_gaps": allow_gaps}
        given: dict[str, Any] = {"diagram": diagram, "map_file": map_file, "order": order, **allowed}
        expected = self._expected._replace(**{name: value for name, value in given.items() if value is not None})
        try:
            results, gaps = self._verify(Source(journal, spans, traces), expected)
            failure = _failure(expected, results, gaps)
        except (CheckoutError, OSError) as error:
            failure = str(error)
        if failure:
            pytest.fail(failure)
        return results

    def _verify(self, source: Source, expected: Expectation) -> tuple[list[OrderResult], Gaps]:
        if not expected.diagram:
            raise PreconditionError(NO_DIAGRAM)
        drawing = self._drawings.read(display_path(self._root / expected.diagram))
        map_file = self._root / expected.map_file if expected.map_file else None
        recording, arrows = source.read(drawing, map_file, expected.order), numbered_arrows(drawing)
        stories = sort_stories(arrows, recording.orders, recording.entries)
        require_own(stories, drawing)
        return verify_orders(drawing, stories.own, expected.allow_redelivery, recording.gaps), recording.gaps


def _failure(expected: Expectation, results: Sequence[OrderResult], gaps: Gaps) -> str:
    """What is wrong, order by order; empty if all orders conform, or if the gaps are accepted."""
    wrong = [result for result in results if summarize([result]).exit_code(expected.allow_gaps)]
    heading = f"{len(wrong)} of {len(results)} runs do not conform to {expected.diagram}"
    return f"{heading}\n{as_text(summarize(wrong, gaps))}" if wrong else ""
