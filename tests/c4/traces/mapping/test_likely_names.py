"""Likely names: what a gap names as the caller, the peer or the service that may be an arrow."""

from c4.traces.mapping.written_spans import GET, mapped, span, view

from checkout.c4.source.arrows import Drawing
from checkout.c4.traces.evidence.problems import NO_CALLER
from checkout.c4.traces.span import Span

VIEW = view("shop stock HTTP", "stock bank HTTP")
TO_BANK = VIEW.arrows[1]
SHOP, STOCK = span("shop/1", kind="server"), span("stock/2", "1", "server", **GET)


def reason(arrow: object, *spans: Span, drawing: Drawing = VIEW) -> str:
    return mapped(*spans, drawing=drawing).gaps.reason("t1", arrow)  # type: ignore[arg-type]


def test_a_caller_without_spans_is_a_gap_with_the_line_for_the_map() -> None:
    drawn = view("reader shop HTTP", "shop stock HTTP", "robot stock HTTP")
    remedy = ': if reader sends the requests with which traces begin, add caller = "reader" to traces.toml'

    assert reason(drawn.arrows[0], SHOP, STOCK, drawing=drawn) == f"no span of reader is in the files{remedy}"
    assert reason(drawn.arrows[2], SHOP, STOCK, drawing=drawn) == "no span of robot is in the files"


def test_the_unknown_peer_of_the_source_may_be_the_arrow_rather_than_an_unknown_service() -> None:
    payment = span("stock/4", "2", "client", peer__service="psp.example")
    spans = [SHOP, STOCK, span("audit/3", "2", "server"), payment]

    assert reason(TO_BANK, *spans).startswith('it may be the call to "psp.example"')


def test_of_unknown_services_the_one_with_a_similar_name_may_be_the_arrow() -> None:
    spans = [SHOP, STOCK, span("audit/3", "1", "server"), span("the-bank/4", "1", "server")]

    assert reason(TO_BANK, *spans) == 'service "the-bank" is no element and may be bank'


def test_requests_without_a_caller_are_counted() -> None:
    assert "requests of unknown callers, with which traces begin: 1" in mapped(SHOP, STOCK).summary
    assert mapped(SHOP, STOCK).gaps.problems == [NO_CALLER]
    assert not any("callers" in line for line in mapped(SHOP, STOCK, caller="reader").summary)
