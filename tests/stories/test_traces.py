"""Traces: a store that writes traces gets from them the verdict that its journal gives."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from stories.shopper import open_shopper

from checkout.c4.checks.verify import verify_orders
from checkout.c4.journal import group_by_order, read_journal
from checkout.c4.render.renderer import open_renderer
from checkout.c4.source.arrows import Drawing
from checkout.c4.source.diagrams import find_diagram
from checkout.c4.traces.mapping.hops import read_hops
from checkout.processes.supervisor import Supervisor
from checkout.settings import OTLP_JSON_FILE

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
VIEWS = ["ordering", "ordering-sold-out", "ordering-payment-denied"]
DIAGRAMS = Path(__file__).parents[2] / "diagrams"


@pytest.fixture
def traced_orders(
    new_store: Callable[..., Supervisor], wait_until: Callable[..., None], monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Iterator[tuple[Path, list[str]]]:  # fmt: skip
    """The home of a store that wrote traces and has stopped, and an order of each view."""
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", OTLP_JSON_FILE)
    store = new_store()
    for shopper in open_shopper(store, wait_until, request):
        orders = [shopper.order(line) for line in ((1, 2), (3, 1), (4, 2))]
        shopper.wait_for_end(*orders)
    store.stop()
    yield store.settings.home, orders


def test_traces_and_journal_give_the_same_verdicts(traced_orders: tuple[Path, list[str]]) -> None:
    """Each order against each view: the one of its story, to which it conforms, and the two others."""
    home, orders = traced_orders
    journal = group_by_order(read_journal([home / "journal"]))

    for view in VIEWS:
        drawing = draw(view)
        for order in orders:
            traces = read_hops([home / "traces"], None, drawing, f"checkout.order.id={order}")
            (by_journal,) = verify_orders(drawing, {order: journal[order]})
            (by_traces,) = verify_orders(drawing, group_by_order(traces.hops), gaps=traces.gaps)

            assert by_traces.verdict == by_journal.verdict, str(by_traces)
            assert by_traces.hops.keys() == by_journal.hops.keys()
            assert by_journal.conforms is (VIEWS.index(view) == orders.index(order))


def draw(view: str) -> Drawing:
    """A view of the store, as PlantUML draws it."""
    diagram = find_diagram(str(DIAGRAMS / f"{view}.puml"))
    with open_renderer([diagram.file]) as renderer:
        return renderer.render(diagram).checked().drawing
