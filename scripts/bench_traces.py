"""Bench traces: time and memory of reading generated spans, which lie in shuffled order in lines of a collector."""

import json
import multiprocessing
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from checkout.c4.traces.reading import read_traces  # noqa: E402

SPANS, BATCH = 200_000, 100  # spans in the file, spans in a line
MB, MILLISECOND, START = 1_000_000, 1_000_000, 1_780_000_000_000_000_000  # bytes, nanoseconds, nanoseconds
SERVER, CLIENT, PRODUCER, CONSUMER = 2, 3, 4, 5
HTTP = {"http.request.method": "POST", "url.scheme": "http", "server.port": 8080, "user_agent.original": "curl/8.5.0"}
KAFKA = {"messaging.system": "kafka", "messaging.destination.name": "order.placed", "messaging.client_id": "client-1"}
# Of each span: service, kind, name, position of its parent, attributes.
STORY: list[tuple[str, int, str, int | None, dict[str, Any]]] = [
    ("web", SERVER, "POST /orders", None, {**HTTP, "http.route": "/orders", "http.response.status_code": 201}),
    ("web", CLIENT, "POST", 0, {**HTTP, "server.address": "orders", "url.full": "http://orders:8080/orders?dry=false"}),
    ("orders", SERVER, "POST /orders", 1, {**HTTP, "http.route": "/orders", "http.response.status_code": 201}),
    ("orders", CLIENT, "INSERT orders", 2, {"db.system.name": "postgresql", "db.query.text": "INSERT INTO orders ..."}),
    ("orders", PRODUCER, "send order.placed", 2, {**KAFKA, "messaging.operation.type": "send"}),
    ("stock", CONSUMER, "process order.placed", 4, {**KAFKA, "messaging.operation.type": "process"}),
    ("stock", CLIENT, "UPDATE products", 5, {"db.system.name": "postgresql", "db.query.text": "UPDATE products ..."}),
    ("shipping", CONSUMER, "process order.placed", 4, {**KAFKA, "messaging.operation.type": "process"}),
    ("shipping", CLIENT, "POST", 7, {**HTTP, "server.address": "parcels.example", "http.response.status_code": 200}),
    ("mail", CONSUMER, "process order.placed", 4, {**KAFKA, "messaging.operation.type": "process"}),
]


def generate(path: Path, spans: int, seed: int = 1) -> None:
    """Writes spans of whole traces in shuffled order, as the file exporter of a collector does."""
    numbers = list(range(spans))
    random.Random(seed).shuffle(numbers)
    write_lines(path, ((STORY[number % len(STORY)][0], span(number)) for number in numbers))


def write_lines(path: Path, spans: Iterable[tuple[str, dict[str, Any]]], host: str = "node-1") -> None:
    """Writes spans with their services, BATCH in a line. `{service}` in the name of the host is that of the service."""
    remaining = iter(spans)
    with path.open("w") as file:
        while batch := list(islice(remaining, BATCH)):
            by_service: dict[str, list[dict[str, Any]]] = {}
            for service, found in batch:
                by_service.setdefault(service, []).append(found)
            resources = [
                resource_spans(service, found, host.format(service=service)) for service, found in by_service.items()
            ]
            file.write(json.dumps({"resourceSpans": resources}, separators=(",", ":")) + "\n")


def span(number: int) -> dict[str, Any]:
    """One span of OTLP/JSON."""
    trace, position = divmod(number, len(STORY))
    _, kind, name, parent, attributes = STORY[position]
    start = START + trace * 1_000 * MILLISECOND + position * 5 * MILLISECOND
    return {
        "traceId": f"{(trace + 1) * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128:032x}",
        "spanId": f"{number + 1:016x}",
        "parentSpanId": "" if parent is None else f"{number + 1 - position + parent:016x}",
        "name": name,
        "kind": kind,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + 4 * MILLISECOND),
        "attributes": key_values(attributes),
        "status": {},
    }


def resource_spans(service: str, spans: list[dict[str, Any]], host: str) -> dict[str, Any]:
    """Spans of one service, which runs on a host."""
    attributes = {
        "service.name": service, "service.instance.id": f"{service}-1", "telemetry.sdk.language": "python",
        "telemetry.sdk.name": "opentelemetry", "host.name": host, "process.pid": 4_711,
    }  # fmt: skip
    scope = {"scope": {"name": "opentelemetry.instrumentation"}, "spans": spans}
    return {"resource": {"attributes": key_values(attributes)}, "scopeSpans": [scope]}


def key_values(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    """Attributes in the form of OTLP/JSON."""
    return [
        {"key": name, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}}
        for name, value in attributes.items()
    ]


def main() -> None:
    """Prints the size of the file, the time of reading it, and the peak memory of this process."""
    spans = int(sys.argv[1]) if len(sys.argv) > 1 else SPANS
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "traces.jsonl")
        # In a process of its own, so that generating does not count as memory of reading.
        generating = multiprocessing.get_context("spawn").Process(target=generate, args=(path, spans))
        generating.start()
        generating.join()
        started, cpu_started = time.perf_counter(), time.process_time()
        found = read_traces([path])
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu_started
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        size = path.stat().st_size
    took = f"{seconds:.1f} s ({cpu:.1f} s of CPU), at most {memory / MB:,.0f} MB of memory"
    print(f"{len(found.spans):,} spans, {size / MB:,.0f} MB: {took}")


if __name__ == "__main__":
    main()
