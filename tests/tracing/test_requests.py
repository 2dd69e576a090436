"""Requests: the gateway continues a client's trace or begins one; calls to external systems carry their context."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from sample import BODY, FIRST, place_order
from tracing.conftest import WEEK, TracedShop
from worker.outbox_rows import CHARGE, external_call

from checkout.c4.traces.reading import read_traces
from checkout.c4.traces.span import Span
from checkout.journal.hop import utc_now
from checkout.messages import PLACE_ORDER
from checkout.services import gateway
from checkout.services.gateway import Gateway
from checkout.settings import OTLP_JSON_FILE
from checkout.tracing.context import trace_id_of
from checkout.tracing.provider import Tracing
from checkout.worker import hops
from checkout.worker.calls.adapters import HttpAdapter

TRACE, SPAN = "7" * 32, "8" * 16
CLIENT = f"00-{TRACE}-{SPAN}-01"


def pass_on(folder: Path, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]) -> tuple[Span, str | None]:
    """Sends an order to a traced gateway; returns the gateway's span, and the context that Orders receives."""
    tracing = Tracing([OTLP_JSON_FILE], "gateway", "gateway-1", folder / "gateway-1.jsonl", WEEK)
    requests, received = tracing.of_requests(), list[str | None]()
    original = httpx.AsyncClient

    def answer(request: httpx.Request) -> httpx.Response:
        received.append(request.headers.get("traceparent"))
        return httpx.Response(201, json={"id": FIRST})

    def accept(message: Any, about: dict[str, Any]) -> None:
        fields = {name: about[name] for name in ("order", "url", "status", "client")}
        requests.record(hops.http_request(message, "web", "gateway", False, at=utc_now(), **fields))

    monkeypatch.setattr(gateway.httpx, "AsyncClient",
                        lambda **options: original(transport=httpx.MockTransport(answer), **options))  # fmt: skip
    application = Gateway({"orders": "http://orders"}, accept, [requests.add_header]).application(lambda: True)

    async def post() -> httpx.Response:
        transport = httpx.ASGITransport(requests.application(application))
        async with original(transport=transport, base_url="http://gateway") as client:
            return await client.post(PLACE_ORDER, json=BODY, headers=headers)

    assert asyncio.run(post()).status_code == 201
    tracing.close(10.0)
    (span,) = read_traces([folder / "gateway-1.jsonl"]).spans
    return span, received[0]


def test_the_trace_of_a_client_is_continued_with_the_gateway_in_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    span, passed_on = pass_on(tmp_path, monkeypatch, {"traceparent": CLIENT})

    assert (span.trace, span.parent) == (TRACE, SPAN)
    assert passed_on == f"00-{TRACE}-{span.id}-01"


@pytest.mark.parametrize("headers", [{}, {"traceparent": "nonsense"}])
def test_without_a_client_s_trace_the_order_is_the_trace_and_orders_finds_the_parent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str], traced_shop: TracedShop
) -> None:
    span, passed_on = pass_on(tmp_path, monkeypatch, headers)
    traced_shop.place(place_order())

    forwarded = traced_shop.spans()[0]

    assert passed_on is None and span.parent == ""
    assert int(span.trace, 16) == trace_id_of(FIRST)
    assert forwarded["name"] == span.name
    assert (forwarded["traceId"], forwarded["parentSpanId"]) == (FIRST.replace("-", ""), span.id)


@pytest.mark.parametrize("headers", [None, [("traceparent", CLIENT.encode()), ("tracestate", b"checkout=1")]])
def test_a_call_to_an_external_system_carries_its_context(headers: list[tuple[str, bytes]] | None) -> None:
    received: list[httpx.Headers] = []

    def answer(request: httpx.Request) -> httpx.Response:
        received.append(request.headers)
        return httpx.Response(201, content=iter([b"{}"]))

    adapter, row = HttpAdapter("http://provider"), external_call(CHARGE)
    adapter._client = httpx.Client(base_url="http://provider", transport=httpx.MockTransport(answer))
    row.headers = msgspec.msgpack.encode(headers) if headers else None

    adapter.charge(row)

    assert received[0].get("traceparent") == (CLIENT if headers else None)
    assert "tracestate" not in received[0]
