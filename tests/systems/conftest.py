"""Fixtures: the drawings of the systems, and the verdict of the toolkit on a recorded run."""

from collections.abc import Callable
from pathlib import Path

import pytest
from systems.expected_findings import Read, Verify
from systems.recorded_runs import VIEWS
from systems.trace_formats import Spans, otlp_lines

from checkout.c4.checks.conformance.results import OrderResult
from checkout.c4.checks.conformance.stories import sort_stories
from checkout.c4.checks.verify import numbered_arrows, verify_orders
from checkout.c4.journal import group_by_order
from checkout.c4.render.cache import Cache
from checkout.c4.render.renderer import open_renderer
from checkout.c4.source.arrows import Drawing
from checkout.c4.source.diagrams import find_diagram
from checkout.c4.traces.mapping.hops import TraceHops, read_hops


@pytest.fixture(scope="session")
def drawings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Drawing]:
    """The drawings by name."""
    diagrams = [find_diagram(str(file)) for file in VIEWS.values()]
    with open_renderer(list(VIEWS.values()), Cache(tmp_path_factory.mktemp("cache"))) as renderer:
        return {diagram.name: renderer.render(diagram).checked().drawing for diagram in diagrams}


@pytest.fixture
def read(drawings: dict[str, Drawing], tmp_path: Path) -> Read:
    """Reads the hops of spans, by default exported as OTLP/JSON lines, with the map of a view."""

    def read_spans(
        view: str, spans: Spans, with_steps: bool = False, write: Callable[[Spans], bytes] = otlp_lines
    ) -> TraceHops:
        file = tmp_path / "traces"
        file.write_bytes(write(spans))
        return read_hops([file], VIEWS[view].parent / "traces.toml", drawings[view], None, with_steps)

    return read_spans


@pytest.fixture
def verify(read: Read, drawings: dict[str, Drawing]) -> Verify:
    """Verifies spans against a view: one result for each trace that is one of its stories."""

    def verify_spans(view: str, spans: Spans, write: Callable[[Spans], bytes] = otlp_lines) -> list[OrderResult]:
        found = read(view, spans, write=write)
        drawing = drawings[view]
        stories = sort_stories(numbered_arrows(drawing), group_by_order(found.hops), found.entries)
        return verify_orders(drawing, stories.own, gaps=found.gaps)

    return verify_spans
