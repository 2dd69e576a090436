"""Verifier: compares what a test recorded with a diagram, and fails the test where they differ."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from checkout.c4.checks.conformance.results import OrderResult, Verdict
from checkout.c4.checks.verify import verify_orders
from checkout.c4.findings import PreconditionError, display_path
from checkout.c4.journal import group_by_order
from checkout.c4.recorded_hops import Journal, recorded_hops
from checkout.c4.render.renderer import render_file
from checkout.c4.source.arrows import Drawing
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
        journal: Journal,
        *,
        diagram: str | None = None,
        order: str | None = None,
        allow_redelivery: bool | None = None,
        allow_gaps: bool | None = None,
    ) -> list[OrderResult]:
        """Returns the result of each order; fails the test if one does not conform to the diagram.

        `journal` is a file or folder of JSON Lines, or an iterable of hops: `Hop` objects, or mappings with the fields
        of a journal's line. The other arguments take precedence over those of the marker.
        """
        __tracebackhide__ = True
        allowed = {"allow_redelivery": allow_redelivery, "allow_gaps": allow_gaps}
        given: dict[str, Any] = {"diagram": diagram, "order": order, **allowed}
        expected = self._expected._replace(**{name: value for name, value in given.items() if value is not None})
        try:
            results, failure = self._verify(journal, expected), ""
        except (CheckoutError, FileNotFoundError) as error:
            results, failure = [], str(error)
        failure = failure or _failure(expected, results)
        if failure:
            pytest.fail(failure)
        return results

    def _verify(self, journal: Journal, expected: Expectation) -> list[OrderResult]:
        if not expected.diagram:
            raise PreconditionError(NO_DIAGRAM)
        drawing = self._drawings.read(display_path(self._root / expected.diagram))
        hops = recorded_hops(journal)
        return verify_orders(drawing, group_by_order(hops, expected.order), expected.allow_redelivery)


def _failure(expected: Expectation, results: Sequence[OrderResult]) -> str:
    """What is wrong, order by order; empty if all orders conform."""
    accepted = {Verdict.CONFORMS, *([Verdict.UNJUDGED] if expected.allow_gaps else [])}
    wrong = [result for result in results if result.verdict not in accepted]
    summary = f"{len(wrong)} of {len(results)} runs do not conform to {expected.diagram}"
    return "\n".join([summary, *map(str, wrong)]) if wrong else ""
