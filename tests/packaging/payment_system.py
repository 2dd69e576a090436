"""Payment system: a small system of others, as a diagram, and one run of it as a journal and as a trace."""

import json
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

from google.protobuf.json_format import ParseDict
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

DIAGRAM = """@startuml
!include <C4/C4_Dynamic>
title Payment
Container(till, "Till")
Container(bank, "Bank")
Container(ledger, "Ledger")
Rel(till, bank, "asks for the payment", "HTTP, POST /payments", $index=1)
Rel(bank, ledger, "books the payment", "HTTP, POST /bookings", $index=2)
@enduml
"""
HOPS = [("till", "bank", "/payments"), ("bank", "ledger", "/bookings")]
CLIENT, SERVER = 3, 2
TRACE = bytes.fromhex("0af7651916cd43dd8448eb211c80319c")
SPANS = [("till", 0, CLIENT, "/payments"), ("bank", 1, SERVER, "/payments"), ("bank", 2, CLIENT, "/bookings"),
         ("ledger", 3, SERVER, "/bookings")]  # fmt: skip


def write_payment(folder: Path) -> None:
    """Writes diagrams/payment.puml, run.jsonl, and the same trace as trace.json and trace.pb."""
    (folder / "diagrams").mkdir()
    (folder / "diagrams" / "payment.puml").write_text(DIAGRAM)
    (folder / "run.jsonl").write_text("".join(f"{json.dumps(hop(*each))}\n" for each in HOPS))
    (folder / "trace.json").write_text(json.dumps(trace(bytes.hex)))
    encoded = ParseDict(trace(lambda id: b64encode(id).decode()), TracesData()).SerializeToString()
    (folder / "trace.pb").write_bytes(encoded)


def hop(sender: str, to: str, path: str) -> dict[str, str]:
    """One line of the journal."""
    ends = {"order": "7", "from": sender, "to": to, "technology": f"HTTP, POST {path}"}
    return ends | {"message": f"POST {path}", "at": "2026-01-01T10:00:01Z"}


def trace(as_text: Callable[[bytes], str]) -> dict[str, Any]:
    """The trace as JSON; `as_text` writes the bytes of ids."""
    return {"resourceSpans": [resource(as_text, number, *span) for number, span in enumerate(SPANS, 1)]}


def resource(
    as_text: Callable[[bytes], str], number: int, service: str, parent: int, kind: int, route: str
) -> dict[str, Any]:
    """One span of a service as OTLP/JSON."""
    times = {"startTimeUnixNano": str(10**18 + number), "endTimeUnixNano": str(10**18 + 10 - number)}
    ids = {"traceId": as_text(TRACE), "spanId": as_text(number.to_bytes(8))}
    ids |= {"parentSpanId": as_text(parent.to_bytes(8))} if parent else {}
    about = [attribute("http.request.method", "POST"), attribute("http.route", route), attribute("url.template", route)]
    span = {"name": f"POST {route}", "kind": kind, "attributes": about, **ids, **times}
    return {"resource": {"attributes": [attribute("service.name", service)]}, "scopeSpans": [{"spans": [span]}]}


def attribute(name: str, value: str) -> dict[str, Any]:
    """An attribute as OTLP/JSON."""
    return {"key": name, "value": {"stringValue": value}}
