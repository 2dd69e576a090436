"""Entries: the request with which a trace begins is known only if its first span is in the files."""

import pytest
from c4.traces.mapping.written_spans import GET, mapped, process, send, span, view

from checkout.c4.checks.conformance.stories import Entry
from checkout.c4.traces.span import Span

DRAWN = view("reader desk HTTP, GET /books/{isbn}", "desk books HTTP", "desk kafka orders", "kafka mail orders")
ROOT = span("desk/1", kind="server", to=9, http__route="/books/{isbn}", **GET)
CALL = [span("desk/2", "1", "client", at=1), span("books/3", "2", "server", at=2)]
PIECE = [process("mail/6@t2", links="5@t9"), span("mail/7@t2", "6", "client", peer__service="smtp")]


def entries(*spans: Span, caller: str = "") -> dict[str, Entry]:
    return dict(mapped(*spans, drawing=DRAWN, caller=caller).entries)


@pytest.mark.parametrize("caller", ["", "reader"])
def test_a_server_span_at_the_beginning_is_the_drawn_arrow_that_it_fits(caller: str) -> None:
    assert entries(ROOT, *CALL, caller=caller) == {
        "t1": Entry(("reader", "desk", "HTTP, GET /books/{isbn}"), "GET /books/{isbn}")
    }


def test_a_route_that_is_not_drawn_has_no_caller_unless_the_map_names_one() -> None:
    other = span("desk/1", kind="server", to=9, http__route="/version", **GET)

    assert entries(other, *CALL)["t1"] == Entry(("", "desk", "HTTP, GET /version"), "GET /version")
    assert entries(other, *CALL, caller="reader")["t1"].arrow == ("reader", "desk", "HTTP, GET /version")


def test_a_job_begins_with_its_first_hop() -> None:
    spans = [span("desk/1"), send("desk/5", "1"), process("mail/6", "5")]

    assert entries(*spans) == {"t1": Entry(("desk", "kafka", "orders"), "orders")}


@pytest.mark.parametrize(
    "spans",
    [
        [span("desk/1", "0", "server"), *CALL],
        [span("desk/1", kind="server", links="8@t8"), *CALL],
        [ROOT, *CALL, span("desk/8", kind="server")],
        PIECE,
    ],
    ids=["parent is missing", "continues another trace", "two roots", "link is absent"],
)
def test_otherwise_the_beginning_is_unknown(spans: list[Span]) -> None:
    assert entries(*spans) == {}


def test_finding_entries_counts_no_match_of_a_technology() -> None:
    counts = [line for line in mapped(ROOT, *CALL, drawing=DRAWN).summary if line.startswith("technologies")]

    assert counts == ["technologies as drawn: 1 by ends; 0 as seen"]
