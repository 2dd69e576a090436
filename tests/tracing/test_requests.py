"""Requests: the gateway continues the trace of a client, or begins one, and passes the context on."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from sample import BODY, FIRST
from tracing.conftest import WEEK

from checkout.c4.traces.reading import read_traces
from checkout.journal.hop import utc_now
from checkout.messages import PLACE_ORDER
from checkout.services import gateway
from checkout.services.gateway import Gateway
from checkout.settings import OTLP_JSON_FILE
from checkout.tracing.context import read_traceparent
from checkout.tracing.provider import Tracing
from checkout.worker import hops

TRACE, SPAN = "7" * 32, "8" * 16
CLIENT = f"00-{TRACE}-{SPAN}-01"


@pytest.mark.parametrize("sent", ["", CLIENT, "nonsense"])
def test_the_gateway_is_between_the_client_and_orders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: str
) -> None:
    tracing = Tracing([OTLP_JSON_FILE], "gateway", "gateway-1", tmp_path / "gateway-1.jsonl", WEEK)
    requests, received = tracing.of_requests(), list[str]()
    original = httpx.AsyncClient

    def answer(request: httpx.Request) -> httpx.Response:
        received.append(request.headers["traceparent"])
        return httpx.Response(201, json={"id": FIRST})

    def accept(message: Any, about: dict[str, Any]) -> None:
        fields = {name: about[name] for name in ("order", "url", "status", "client")}
        requests.record(hops.http_request(message, "web", "gateway", False, at=utc_now(), **fields))

    monkeypatch.setattr(gateway.httpx, "AsyncClient",
                        lambda **options: original(transport=httpx.MockTransport(answer), **options))  # fmt: skip
    application = Gateway({"orders": "http://orders"}, accept, [requests.add_header]).application(lambda: True)
    transport = httpx.ASGITransport(requests.application(application))

    async def post() -> httpx.Response:
        async with original(transport=transport, base_url="http://gateway") as client:
            return await client.post(PLACE_ORDER, json=BODY, headers={"traceparent": sent} if sent else {})

    response = asyncio.run(post())
    tracing.close(10.0)

    (span,) = read_traces([tmp_path / "gateway-1.jsonl"]).spans
    context = read_traceparent(received[0])
    assert response.status_code == 201 and context
    assert (f"{context.trace_id:032x}", f"{context.span_id:016x}") == (span.trace, span.id)
    assert ((span.trace, span.parent) == (TRACE, SPAN)) is (sent == CLIENT)
