"""Same hops: one run of each system, written in every format that the toolkit reads, gives the same hops."""

import gzip
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from systems.instrumented.kafka_client import Style as KafkaStyle
from systems.recorded_runs import FOLDER, run_lending, run_rental, run_trips
from systems.trace_formats import FORMATS, zipkin, zipkin_shared

from checkout.c4.traces.mapping.hops import TraceHops, read_hops
from checkout.journal.hop import Hop

RUNS: dict[str, Callable[[], list[ReadableSpan]]] = {
    "lending": lambda: run_lending(style=KafkaStyle.BOTH), "trips": run_trips, "rental": run_rental
}  # fmt: skip
HOPS = {"lending": 11, "trips": 7, "rental": 11}  # with the tries that failed, and both of two queries


def read(system: str, file: Path) -> TraceHops:
    return read_hops([file], FOLDER / system / "traces.toml", None, None)


def by_id(hops: list[Hop]) -> dict[str | None, Hop]:
    return {hop.id: hop for hop in hops}


@pytest.mark.parametrize("system", RUNS)
def test_every_format_of_a_trace_has_the_same_hops(system: str, tmp_path: Path) -> None:
    spans, found = RUNS[system](), {}

    for name, write in FORMATS.items():
        (tmp_path / name).write_bytes(write(spans))
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(write(spans)))
        found[name] = by_id(read(system, tmp_path / name).hops)
        assert by_id(read(system, tmp_path / f"{name}.gz").hops) == found[name]

    assert len(found["otlp_json"]) == HOPS[system]
    assert found == dict.fromkeys(FORMATS, found["otlp_json"])


@pytest.mark.parametrize("style", [KafkaStyle.LINKS, KafkaStyle.SIBLINGS])
def test_every_format_that_has_links_has_the_same_hops(style: KafkaStyle, tmp_path: Path) -> None:
    spans = run_lending(style=style, loans=2)

    found = {}
    for name in FORMATS.keys() - {zipkin.__name__}:
        (tmp_path / name).write_bytes(FORMATS[name](spans))
        found[name] = by_id(read("lending", tmp_path / name).hops)

    assert len(found["otlp_json"]) == 2 * HOPS["lending"]
    assert found == dict.fromkeys(found, found["otlp_json"])


def test_a_file_of_each_service_has_the_hops_of_one_file(tmp_path: Path) -> None:
    spans = run_lending()
    (tmp_path / "all.json").write_bytes(FORMATS["otlp_json"](spans))
    (tmp_path / "services").mkdir()

    for number, name in enumerate({span.resource.attributes["service.name"] for span in spans}):
        write = list(FORMATS.values())[number % 5]
        own = [span for span in spans if span.resource.attributes["service.name"] == name]
        (tmp_path / "services" / f"{name}.json").write_bytes(write(own))

    assert by_id(read("lending", tmp_path / "services").hops) == by_id(read("lending", tmp_path / "all.json").hops)


@pytest.mark.parametrize("system", RUNS)
def test_halves_of_a_call_that_share_an_id_are_the_same_arrows(system: str, tmp_path: Path) -> None:
    spans = RUNS[system]()
    (tmp_path / "own").write_bytes(zipkin(spans))
    (tmp_path / "shared").write_bytes(zipkin_shared(spans))

    own, shared = (read(system, tmp_path / name).hops for name in ("own", "shared"))

    assert b'"shared"' in (tmp_path / "shared").read_bytes()
    assert [(hop.arrow, hop.message, hop.outcome, hop.at) for hop in shared] == [
        (hop.arrow, hop.message, hop.outcome, hop.at) for hop in own
    ]


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
def test_what_the_exporter_sends_to_a_collector_has_the_same_hops(compression: Compression, tmp_path: Path) -> None:
    spans = run_lending()
    (tmp_path / "all.json").write_bytes(FORMATS["otlp_json"](spans))
    (tmp_path / "received").mkdir()

    with collector(tmp_path / "received") as endpoint:
        exporter = OTLPSpanExporter(endpoint=endpoint, compression=compression)
        for service in {span.resource for span in spans}:
            exporter.export([span for span in spans if span.resource == service])
        exporter.shutdown()

    assert len(list((tmp_path / "received").iterdir())) == 5
    assert by_id(read("lending", tmp_path / "received").hops) == by_id(read("lending", tmp_path / "all.json").hops)


@contextmanager
def collector(folder: Path) -> Iterator[str]:
    """An endpoint that stores the body of each request as a file."""

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            (folder / f"{len(list(folder.iterdir()))}.pb").write_bytes(body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.005,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1/traces"
        server.shutdown()
        thread.join()
