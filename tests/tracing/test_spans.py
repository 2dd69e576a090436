"""Spans: the hops of the services as spans, with the attributes of the conventions, parents and statuses."""

from collections.abc import Callable
from typing import Any

import pytest
from sample import FIRST, order_id, place_order, process_payment
from tracing.conftest import Span, TracedShop, attributes_of
from worker.in_memory_shop import InMemoryShop, new_shop, run_once, shop  # noqa: F401 - fixtures

from checkout.framework.message import encode
from checkout.tracing.context import span_id_of
from checkout.worker.calls.external_calls import Unanswered

SERVER, CLIENT, PRODUCER, CONSUMER = 2, 3, 4, 5
REQUESTED = "order.process-order-payment"


def named(spans: list[Span], name: str, service: str = "") -> Span:
    """The only span of this name, of a service."""
    (found,) = [span for span in spans if span["name"] == name and service in ("", span["service"])]
    return found


def parents(spans: list[Span]) -> dict[tuple[str, str], str]:
    """The name of each span's parent by service and name; of a root empty."""
    names = {span["spanId"]: span["name"] for span in spans}
    return {(span["service"], span["name"]): names.get(span.get("parentSpanId", ""), "") for span in spans}


def test_an_order_is_one_trace_in_which_each_span_is_below_what_led_to_it(traced_shop: TracedShop) -> None:
    traced_shop.place(place_order())
    traced_shop.run()

    spans = traced_shop.spans()

    assert {span["traceId"] for span in spans} == {FIRST.replace("-", "")}
    assert len({span["spanId"] for span in spans}) == len(spans) == 16
    assert parents(spans) == {
        ("orders", "POST /api/v1/order-management/orders"): "",
        ("orders", "send order.new-order-received"): "POST /api/v1/order-management/orders",
        ("stock", "process order.new-order-received"): "send order.new-order-received",
        ("stock", "send stock.order-products-reserved"): "process order.new-order-received",
        ("orders", "process stock.order-products-reserved"): "send stock.order-products-reserved",
        ("orders", f"send {REQUESTED}"): "process stock.order-products-reserved",
        ("payments", f"process {REQUESTED}"): f"send {REQUESTED}",
        ("payments", "POST /charges"): f"process {REQUESTED}",
        ("payments", "send payment.order-payment-processed"): f"process {REQUESTED}",
        ("orders", "process payment.order-payment-processed"): "send payment.order-payment-processed",
        ("orders", "send order.new-order-approved"): "process payment.order-payment-processed",
        ("stock", "process order.new-order-approved"): "send order.new-order-approved",
        ("shipments", "process order.new-order-approved"): "send order.new-order-approved",
        ("shipments", "POST /parcels"): "process order.new-order-approved",
        ("notifications", "process order.new-order-approved"): "send order.new-order-approved",
        ("notifications", "SMTP"): "process order.new-order-approved",
    }


def test_spans_have_the_attributes_of_the_conventions(traced_shop: TracedShop) -> None:
    traced_shop.place(place_order())
    traced_shop.run()
    spans = traced_shop.spans()
    sent, handled = named(spans, f"send {REQUESTED}"), named(spans, f"process {REQUESTED}")
    call, request = named(spans, "POST /charges"), named(spans, "POST /api/v1/order-management/orders")

    assert [span["kind"] for span in (sent, handled, call, request)] == [PRODUCER, CONSUMER, CLIENT, SERVER]
    common = {"messaging.system": "kafka", "messaging.destination.name": REQUESTED, "messaging.kafka.offset": "0",
              "messaging.destination.partition.id": "0", "messaging.kafka.message.key": FIRST}  # fmt: skip
    assert attributes_of(sent).items() >= (common | {"messaging.operation.type": "send"}).items()
    of_group = {"messaging.operation.type": "process", "messaging.consumer.group.name": "payments"}
    assert attributes_of(handled).items() >= (common | of_group).items()
    about = {"http.request.method": "POST", "http.response.status_code": "201", "service.peer.name": "payment_broker"}
    assert attributes_of(call).items() >= about.items()
    about = {"http.request.method": "POST", "http.route": "/api/v1/order-management/orders"}
    assert attributes_of(request).items() >= (about | {"checkout.order.id": FIRST}).items()


def test_spans_have_no_payload(traced_shop: TracedShop) -> None:
    traced_shop.place(place_order())
    traced_shop.run()

    assert "ada@" not in str(traced_shop.spans()).lower()


def test_a_denial_is_an_answer_and_no_error(traced_shop: TracedShop) -> None:
    traced_shop.place(place_order(sku=4, quantity=2))
    traced_shop.run()

    call = named(traced_shop.spans(), "POST /charges")

    assert (attributes_of(call)["http.response.status_code"], call["status"]) == ("402", {"code": 0})


def test_the_context_of_a_client_is_continued(traced_shop: TracedShop, new_context: Callable[[int], str]) -> None:
    headers = [("traceparent", new_context(7).encode())]
    traced_shop.publish(REQUESTED, encode(process_payment()), headers=headers)
    traced_shop.run()

    spans = traced_shop.spans()

    assert {int(span["traceId"], 16) for span in spans} == {7}
    assert int(named(spans, f"process {REQUESTED}")["parentSpanId"], 16) == 7


def test_what_a_client_does_not_sample_has_no_spans_and_keeps_its_context(
    traced_shop: TracedShop, new_context: Callable[[int], str]
) -> None:
    headers = [("traceparent", new_context(7).removesuffix("1").encode() + b"0")]
    traced_shop.publish(REQUESTED, encode(process_payment()), headers=headers)
    traced_shop.run()

    (record,) = traced_shop.records("payment.order-payment-processed")

    assert traced_shop.spans() == []
    context = dict(record.headers)["traceparent"] or b""
    assert context.startswith(b"00-00000000000000000000000000000007-") and context.endswith(b"-00")


def test_a_failed_attempt_of_a_call_is_a_span_with_an_error(traced_shop: TracedShop) -> None:
    charge = traced_shop.workers["payments"].external_calls.adapters["ChargeCard"]
    failures = [Unanswered("http://127.0.0.1/charges", "HTTP 503")]

    def fail_once(row: Any) -> Any:
        if failures:
            raise failures.pop()
        return charge(row)

    traced_shop.workers["payments"].external_calls.adapters["ChargeCard"] = fail_once
    traced_shop.place(place_order())
    traced_shop.run()

    failed, answered = (span for span in traced_shop.spans() if span["name"] == "POST /charges")

    assert (failed["status"], answered["status"]["code"]) == ({"code": 2, "message": "HTTP 503"}, 0)
    assert failed["parentSpanId"] == answered["parentSpanId"]
    assert failed["spanId"] != answered["spanId"]


def test_a_crash_before_the_publication_loses_no_parent(traced_shop: TracedShop) -> None:
    traced_shop.place(place_order())
    for verb in ("poll", "handle"):
        getattr(traced_shop.workers["stock"], verb)()
    traced_shop.crash("stock")
    run_once(traced_shop.workers["stock"])

    sent = named(traced_shop.spans(), "send stock.order-products-reserved")

    assert int(sent["parentSpanId"], 16) == span_id_of("order.new-order-received[0]@0/stock")


def test_a_crash_after_a_charge_keeps_the_publication_below_the_request(traced_shop: TracedShop) -> None:
    traced_shop.publish(REQUESTED, encode(process_payment()))
    payments = traced_shop.workers["payments"]
    run_once(payments)
    payments.poll()
    payments.handle()  # the answer; its message is in the outbox
    traced_shop.crash("payments")
    run_once(traced_shop.workers["payments"])

    spans = traced_shop.spans()

    handled = named([span for span in spans if span["status"]["code"] == 0][:1], f"process {REQUESTED}")
    assert named(spans, "send payment.order-payment-processed")["parentSpanId"] == handled["spanId"]


def test_an_error_in_tracing_loses_a_span_and_nothing_else(
    traced_shop: TracedShop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: Any) -> None:
        raise ValueError("no span")

    monkeypatch.setattr("checkout.tracing.spans.attributes_of", fail)
    traced_shop.place(place_order(), place_order(order_id(2)))
    traced_shop.run()

    assert traced_shop.spans() == []
    assert len(traced_shop.hops()) == 32
    assert capsys.readouterr().err.count("a hop has no span: ValueError: no span") == 1


def test_without_tracing_records_have_no_context(shop: InMemoryShop) -> None:  # noqa: F811
    shop.place(place_order())
    shop.run()

    (record,) = shop.records("order.new-order-received")

    assert [name for name, _ in record.headers] == ["kafka_correlationId"]
