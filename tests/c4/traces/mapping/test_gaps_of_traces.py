"""Gaps of traces: absence that is proof, and absence that is not."""

import pytest
from c4.traces.mapping.written_spans import GET, mapped, process, receive, send, span, view

from checkout.c4.source.arrows import Drawing
from checkout.c4.traces.mapping.hops import map_spans
from checkout.c4.traces.span import Span, TraceFiles

VIEW = view("shop stock HTTP", "stock bank HTTP", "shop kafka orders", "kafka mail orders")
TO_STOCK, TO_BANK, TO_KAFKA, TO_MAIL = VIEW.arrows
SHOP, STOCK = span("shop/1", kind="server"), span("stock/2", "1", "server", **GET)
MAIL_ELSEWHERE = span("mail/1@t9", kind="server")


def reason(arrow: object, *spans: Span, drawing: Drawing = VIEW, **names: object) -> str:
    return mapped(*spans, drawing=drawing, **names).gaps.reason("t1", arrow)  # type: ignore[arg-type]


@pytest.mark.parametrize("arrow", [TO_BANK, TO_KAFKA, TO_MAIL])
def test_absence_is_proof_where_the_source_has_spans_and_nothing_is_missing(arrow: object) -> None:
    assert reason(arrow, SHOP, STOCK, MAIL_ELSEWHERE) == ""


def test_a_source_without_spans_proves_nothing() -> None:
    assert reason(TO_BANK, SHOP) == "no span of stock is in the files"
    assert reason(TO_BANK, SHOP, span("stock/1@t2", kind="server")) == "no span of stock is in this trace"


def test_a_consumer_without_spans_in_any_trace_may_have_received_the_message() -> None:
    assert reason(TO_MAIL, SHOP, send("shop/3", "1")) == "no span of mail is in the files"
    assert reason(TO_MAIL, SHOP, send("shop/3", "1"), MAIL_ELSEWHERE) == ""


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


def test_a_message_without_its_sender_may_be_that_of_any_story() -> None:
    piece = [process("mail/1@t2", links="7@gone"), span("mail/2@t2", "1", "client", peer__service="bank")]
    drawing = view("shop kafka orders", "kafka mail orders", "mail bank HTTP", "stock bank HTTP")
    found = mapped(SHOP, span("stock/2", "1"), send("shop/3", "1"), *piece, drawing=drawing)

    reasons = [found.gaps.reason("t1", arrow) for arrow in drawing.arrows]

    missing = "the sender of a message in trace t2 is missing, and what followed may belong to this trace"
    assert reasons == [missing, missing, missing, ""]
    assert [found.gaps.is_unseen("t1", arrow) for arrow in drawing.arrows] == [True, True, True, False]


def test_a_piece_does_not_belong_to_a_story_that_has_its_first_delivery() -> None:
    piece = [process("mail/1@t2", links="7@gone")]
    drawing = view("shop kafka orders", "kafka mail orders", "mail bank HTTP")

    found = mapped(SHOP, send("shop/3", "1"), process("mail/4", "3"), *piece, drawing=drawing)

    assert found.gaps.reason("t1", drawing.arrows[2]) == ""


def test_a_missing_entry_span_leaves_open_what_else_its_service_did() -> None:
    call = span("shop/2", "lost", "client", server__address="bank.example")

    assert reason(TO_STOCK, call, span("stock/1@t2", kind="server")) == "parent lost of shop is missing"


def test_a_link_to_a_lost_span_shows_that_its_trace_is_incomplete() -> None:
    lost = [process("stock/1@t2", links="3"), process("mail/1@t3", links="9@t2")]

    found = mapped(SHOP, send("shop/3", "1"), *lost, drawing=VIEW)

    assert found.gaps.reason("t1", TO_BANK) == "span 9 of trace t2, to which a link leads, is missing"


CASES = [(True, False, True), (True, True, False), (False, True, False)]


@pytest.mark.parametrize("orphan", [span("mail/2@c", "lost"), process("mail/2@c", "lost")])
@pytest.mark.parametrize(("joined", "linked", "is_proof"), CASES)
def test_spans_without_their_parent_may_be_of_any_story_if_messages_have_traces_of_their_own(
    joined: bool, linked: bool, is_proof: bool, orphan: Span
) -> None:
    others = [send("shop/1@a"), *([process("mail/2@a", "1")] if joined else [])]
    others += [process("mail/1@b", links="1@a")] if linked else []

    assert (reason(TO_MAIL, SHOP, *others, orphan) == "") is is_proof
    assert reason(TO_MAIL, SHOP, *others, span("mail/2@c", "lost", "server"), MAIL_ELSEWHERE) == ""


def test_a_piece_without_its_beginning_proves_nothing_about_its_own_story() -> None:
    drawing = view("shop kafka orders", "kafka mail orders", "kafka audit orders")

    found = mapped(span("mail/2@c", "lost"), send("mail/3@c", "2"), span("audit/1@d", kind="server"), drawing=drawing)

    assert found.gaps.reason("c", drawing.arrows[2]) == "parent lost of mail is missing"


def test_messages_that_are_lost_within_their_trace_concern_no_other_trace() -> None:
    assert reason(TO_MAIL, SHOP, process("mail/1@t2", links="7@t2")) == ""
    assert reason(TO_MAIL, SHOP, process("mail/1@t2")).startswith("the sender of a message in trace t2 is missing")


def test_a_message_within_a_service_has_no_sender_that_could_be_missing() -> None:
    assert reason(TO_BANK, SHOP, STOCK, process("shop/5", "1")) == ""


def test_a_consumer_that_never_names_a_message_proves_nothing() -> None:
    poll = span("mail/1@t2", kind="client", messaging__system="kafka", messaging__operation__type="receive")

    for others in ([], [receive("stock/1@t3", links="7@gone")]):
        assert reason(TO_MAIL, SHOP, poll, *others) == "no span of mail names the messages that it receives"
    assert reason(TO_MAIL, SHOP, poll, send("shop/1@a"), process("mail/2@a", "1")) == ""


def test_a_delivery_without_parent_and_link_proves_nothing_about_its_message() -> None:
    assert reason(TO_KAFKA, process("mail/1")) == "span 1 of mail names no span that sent its message"


def test_spans_of_an_unknown_service_may_be_any_arrow() -> None:
    found = mapped(SHOP, span("unknown_service:java/2", "1", "server"), drawing=VIEW)

    assert found.gaps.reason("t1", TO_STOCK) == "trace t1 has spans of an unknown service"
    assert "calls from or to unknown services (1)" in found.summary[0]
    problem = '1 span of no known service ("unknown_service:java"): set OTEL_SERVICE_NAME'
    assert found.gaps.problems[0].startswith(problem)


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


@pytest.mark.parametrize(("span_name", "parent", "inner", "more", "is_proof"), [
    ("stock/3", "2", [span("stock/4", "3")], {}, False),
    ("stock/3", "", [], {}, False),
    ("stock/3", "2", [span("stock/4", "3")], {"http.route": "/items"}, True),
    ("stock/3", "1", [], {}, True),
])  # fmt: skip
def test_a_request_without_a_kind_that_may_be_a_call_leaves_its_arrow_open(
    span_name: str, parent: str, inner: list[Span], more: dict[str, str], is_proof: bool
) -> None:
    request = span(span_name, parent, server__address="psp.example", **GET, **more)

    expected = "" if is_proof else "span 3 of stock may be the call"
    assert reason(TO_BANK, SHOP, STOCK, request, *inner) == expected


def test_calls_that_name_no_system_are_counted_with_a_remedy() -> None:
    calls = [span(f"stock/{n}", "2", "client", server__address="10.0.0.7", **GET) for n in (3, 4)]

    assert mapped(SHOP, STOCK, *calls, drawing=VIEW).gaps.problems == [
        "2 calls of stock name no system: set service.peer.name, or a host name as server.address, on its client spans"
    ]


@pytest.mark.parametrize(("service", "others", "is_known"), [
    ("stock", [], False), ("stock", [SHOP], False), ("shop", [], True), ("shop", [STOCK, SHOP], False),
])  # fmt: skip
def test_a_request_of_an_unknown_caller_leaves_its_story_open(
    service: str, others: list[Span], is_known: bool
) -> None:
    found = mapped(span(f"{service}/7", "4f2a0000", "server"), *others, drawing=VIEW)

    reason = f"{service} was called by a service whose span 4f2a0000 is missing"
    assert found.gaps.order_reason("t1") == ("" if is_known else reason)
    assert found.gaps.order_reason("t2") == ""


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
