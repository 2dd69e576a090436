"""Context: the header `traceparent` of W3C, and ids that every process derives alike."""

import pytest
from sample import FIRST

from checkout.tracing.context import (
    OutgoingContext,
    TraceContext,
    read_outgoing,
    read_traceparent,
    span_id_of,
    trace_id_of,
)

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def test_a_header_is_read_and_written_as_w3c_has_it() -> None:
    context = read_traceparent(f"00-{TRACE}-{SPAN}-01")

    assert context == TraceContext(int(TRACE, 16), int(SPAN, 16), True)
    assert str(context) == f"00-{TRACE}-{SPAN}-01"


@pytest.mark.parametrize(("flags", "is_sampled"), [("00", False), ("01", True), ("02", False), ("03", True)])
def test_only_the_last_bit_of_the_flags_is_sampling(flags: str, is_sampled: bool) -> None:
    context = read_traceparent(f"00-{TRACE}-{SPAN}-{flags}")

    assert context and context.is_sampled is is_sampled


def test_a_later_version_may_have_more_fields() -> None:
    assert read_traceparent(f"01-{TRACE}-{SPAN}-01-more") == read_traceparent(f"00-{TRACE}-{SPAN}-01")


@pytest.mark.parametrize(
    "header",
    [
        None, "", "00", f"00-{'0' * 32}-{SPAN}-01", f"00-{TRACE}-{'0' * 16}-01", f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE.upper()}-{SPAN}-01", f"00-{TRACE}-{SPAN}-01-more", f"00-{TRACE}-{SPAN}-1",
        f"00-{TRACE}-{SPAN}-01\n",
    ],
)  # fmt: skip
def test_a_header_of_another_form_is_no_context(header: str | None) -> None:
    assert read_traceparent(header) is None


def test_the_headers_of_a_message_keep_its_own_and_its_parents_span() -> None:
    own, parent = TraceContext(7, 8, True), TraceContext(7, 9, True)

    for context in (OutgoingContext(own, parent), OutgoingContext(own, parent._replace(span_id=0))):
        headers = {name: value.decode() for name, value in context.headers}
        assert read_outgoing(headers["traceparent"], headers.get("tracestate")) == context


def test_a_trace_without_a_context_has_the_id_of_its_order() -> None:
    assert f"{trace_id_of(FIRST):032x}" == FIRST.replace("-", "")
    assert 0 < trace_id_of("table-7") < 1 << 128
    assert trace_id_of("table-7") != trace_id_of("table-8")


def test_equal_hops_have_equal_span_ids() -> None:
    assert span_id_of("topic[0]@1/stock") == span_id_of("topic[0]@1/stock") != span_id_of("topic[0]@1/orders")
    assert 0 < span_id_of("") < 1 << 64
