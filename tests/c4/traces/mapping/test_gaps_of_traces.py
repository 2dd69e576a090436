"""Gaps of traces: absence that is proof, and absence that is not."""

import pytest
from c4.traces.mapping.written_spans import GET, mapped, process, send, span, view

from checkout.c4.source.arrows import Drawing
from checkout.c4.traces.mapping.hops import map_spans
from checkout.c4.traces.span import Span, TraceFiles

VIEW = view("shop stock HTTP", "stock bank HTTP", "shop kafka orders", "kafka mail orders")
TO_STOCK, TO_BANK, TO_KAFKA, TO_MAIL = VIEW.arrows
SHOP, STOCK = span("shop/1", kind="server"), span("stock/2", "1", "server", **GET)
MAIL_ELSEWHERE = (send("shop/1@t9"), process("mail/2@t9", "1"))


def reason(arrow: object, *spans: Span, drawing: Drawing = VIEW, **names: object) -> str:
    return mapped(*spans, drawing=drawing, **names).gaps.reason("t1", arrow)  # type: ignore[arg-type]


@pytest.mark.parametrize("arrow", [TO_BANK, TO_KAFKA, TO_MAIL])
def test_absence_is_proof_where_the_source_has_spans_and_nothing_is_missing(arrow: object) -> None:
    assert reason(arrow, SHOP, STOCK, *MAIL_ELSEWHERE) == ""


def test_a_source_without_spans_proves_nothing() -> None:
    assert reason(TO_BANK, SHOP) == "no span of stock is in the files"
    assert reason(TO_BANK, SHOP, span("stock/1@t2", kind="server")) == "no span of stock is in this trace"


def test_a_consumer_without_spans_in_any_trace_may_have_received_the_message() -> None:
    assert reason(TO_MAIL, SHOP, send("shop/3", "1")) == "no span of mail is in the files"
    assert reason(TO_MAIL, SHOP, send("shop/3", "1"), *MAIL_ELSEWHERE) == ""


def test_a_missing_parent_in_the_middle_of_a_trace_may_hide_any_arrow() -> None:
    lost = span("stock/3", "4f2a0000", "server")

    assert reason(TO_KAFKA, SHOP, lost) == "parent 4f2a0000 of stock is missing"


def test_a_missing_beginning_hides_only_the_call_of_the_first_service() -> None:
    first = span("stock/2", "4f2a0000", "server")

    assert reason(TO_BANK, first) == ""
    assert reason(TO_STOCK, first, span("shop/3", "2")) == "parent 4f2a0000 of stock is missing"


def test_a_delivery_with_a_link_needs_no_parent() -> None:
    consumer = process("mail/3", "poll", links="2")

    assert reason(TO_STOCK, SHOP, send("shop/2", "1"), consumer) == ""


def test_a_trace_that_is_marked_as_partial_proves_nothing() -> None:
    found = map_spans(TraceFiles(spans=[SHOP, STOCK], partial={"t1"}), drawing=VIEW)

    assert found.gaps.reason("t1", TO_BANK) == "trace t1 is marked as incomplete by its source"
    assert found.gaps.problems == ["trace t1 is marked as incomplete by its source: query it again when it has ended"]


def test_a_link_to_an_absent_span_proves_nothing_about_its_story() -> None:
    found = mapped(process("mail/1@t2", links="7@gone"), drawing=VIEW)

    assert found.gaps.reason("gone", TO_KAFKA) == "a link leads to span 7 of trace gone, which is not in the files"
    assert "links lead to trace gone" in found.gaps.problems[0]


def test_a_delivery_without_parent_and_link_proves_nothing_about_its_message() -> None:
    assert reason(TO_KAFKA, process("mail/1")) == "span 1 of mail names no span that sent its message"


def test_spans_of_an_unknown_service_may_be_any_arrow() -> None:
    found = mapped(SHOP, span("unknown_service:java/2", "1", "server"), drawing=VIEW)

    assert found.gaps.reason("t1", TO_STOCK) == "trace t1 has spans of an unknown service"
    assert "calls from or to unknown services (1)" in found.summary[0]
    assert found.gaps.problems[0].startswith('1 span of no known service ("unknown_service:java"): set OTEL_SERVICE_NAME')


def test_an_unmapped_service_may_be_an_element_that_has_no_spans() -> None:
    found = mapped(SHOP, span("stok/2", "1", "server"), drawing=VIEW)

    assert found.gaps.reason("t1", TO_STOCK) == 'service "stok" is no element and may be stock'
    line = 'service "stok" (1 span) is no element: add "stok" = "ALIAS" under [services] in traces.toml; nearest: stock'
    assert found.gaps.problems[0] == line


def test_an_unmapped_peer_may_be_an_element_that_has_no_spans() -> None:
    call = span("stock/3", "2", "client", server__address="psp.example", **GET)

    assert 'it may be the call to "psp.example"' in reason(TO_BANK, SHOP, STOCK, call)
    assert reason(TO_BANK, SHOP, STOCK, call, peers={"psp.*": "elsewhere"}) == ""
    assert reason(TO_KAFKA, SHOP, STOCK, span("shop/4", "1", "client", server__address="psp.example", **GET)) == ""


def test_a_call_that_names_no_system_may_be_an_element_that_has_no_spans() -> None:
    call = span("stock/3", "2", "client", server__address="10.0.0.7", **GET)

    assert reason(TO_BANK, SHOP, STOCK, call) == "span 3 of stock calls a system that it does not name"


def test_what_follows_from_a_batch_belongs_to_its_first_story_and_cannot_be_judged_in_others() -> None:
    sent = [send("shop/1@a"), send("shop/1@b")]
    found = mapped(*sent, process("stock/1@c", links="1@a 1@b"), drawing=VIEW)

    assert found.gaps.reason("a", TO_BANK) == ""
    assert found.gaps.reason("b", TO_BANK) == "span 1 of stock handles messages of several stories together"


def test_a_mapped_caller_has_no_spans_of_its_own() -> None:
    drawing = view("customer shop HTTP", "customer stock HTTP")
    arrow = drawing.arrows[1]

    assert reason(arrow, SHOP, drawing=drawing) == "no span of customer is in the files"
    assert reason(arrow, SHOP, drawing=drawing, caller="customer") == ""


def test_messages_drawn_directly_need_spans_of_their_consumer() -> None:
    drawing = view("shop mail orders", "shop stock HTTP", queues="")

    assert reason(drawing.arrows[0], SHOP, send("shop/2", "1"), drawing=drawing) == "no span of mail is in the files"


def test_many_problems_of_one_kind_are_counted() -> None:
    found = mapped(*[span(f"s{n}/{n}", "" if n == 0 else "0") for n in range(40)], drawing=VIEW)

    assert found.gaps.problems[10] == "and 30 more like the last line"
