"""Pytest plugin with traces: spans in memory and files of traces are compared with a diagram through a map."""

from collections.abc import Callable
from pathlib import Path

import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from checkout.c4.testing.verifier import Drawings, Expectation, Verifier

pytestmark = pytest.mark.slow  # draws with PlantUML

DIAGRAM = """@startuml
!include <C4/C4_Dynamic>
Container(till, "Till")
Container(bank, "Bank")
Rel(till, bank, "asks for the payment", "HTTP, POST /payments", $index=1)
Rel(till, bank, "asks for the receipt", "HTTP, GET /receipts", $index=2)
@enduml
"""
MAP = '[services]\n"bank-v2" = "bank"\n'
Requests = Callable[..., InMemorySpanExporter]


@pytest.fixture
def requests() -> Requests:
    """Records requests of the till, and returns the exporter of both services."""

    def record(*routes: str, answers: bool = True) -> InMemorySpanExporter:
        exporter = InMemorySpanExporter()
        till, bank = (tracer(exporter, service) for service in ("till", "bank-v2"))
        with till.start_as_current_span("sale"):
            for route in routes:
                method, _, path = route.partition(" ")
                about = {"http.request.method": method, "http.route": path, "url.template": path}
                with till.start_as_current_span(route, kind=SpanKind.CLIENT, attributes=about):
                    if answers:
                        bank.start_span(route, kind=SpanKind.SERVER, attributes=about).end()
        return exporter

    return record


def tracer(exporter: InMemorySpanExporter, service: str):  # type: ignore[no-untyped-def]
    provider = TracerProvider(resource=Resource({"service.name": service}))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider.get_tracer("test")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a diagram, and a map beside the tests."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "till.puml").write_text(DIAGRAM)
    (folder / "map.toml").write_text(MAP)
    return folder


@pytest.fixture(scope="module")
def verify(project: Path) -> Verifier:
    """The fixture of the plugin, as a test with a marker gets it."""
    return Verifier(Expectation("till.puml", map_file="map.toml"), project, Drawings())


def failure(verify: Verifier, spans: object, **given: object) -> str:
    with pytest.raises(pytest.fail.Exception) as failed:
        verify(spans=spans, **given)  # type: ignore[arg-type]
    return str(failed.value)


def test_spans_that_conform(verify: Verifier, requests: Requests) -> None:
    exporter = requests("POST /payments", "GET /receipts")

    (result,) = verify(spans=exporter)

    assert result.conforms and len(result.hops) == 2
    assert result.order == f"{exporter.get_finished_spans()[0].context.trace_id:032x}"


def test_a_file_of_the_same_spans_conforms(verify: Verifier, requests: Requests, tmp_path: Path) -> None:
    file = tmp_path / "traces.pb"
    spans = requests("POST /payments", "GET /receipts").get_finished_spans()
    file.write_bytes(encode_spans(spans).SerializeToString())

    (result,) = verify(traces=file)

    assert result.conforms and len(result.hops) == 2


def test_a_missing_request_is_named_with_the_line_of_its_arrow(verify: Verifier, requests: Requests) -> None:
    found = failure(verify, requests("POST /payments"))

    assert "till.puml:6: never happened: 2 till → bank [HTTP, GET /receipts]" in found


def test_an_undrawn_request_is_named_with_its_span(verify: Verifier, requests: Requests) -> None:
    found = failure(verify, requests("POST /payments", "GET /receipts", "DELETE /payments/{id}"))

    assert "is not drawn: till → bank [HTTP, DELETE /payments/{id}]" in found


def test_requests_of_other_stories_are_not_judged_beside_one_of_the_view(verify: Verifier, requests: Requests) -> None:
    other = requests("GET /version").get_finished_spans()
    spans = [*other, *requests("POST /payments", "GET /receipts").get_finished_spans()]

    (result,) = verify(spans=spans)

    assert result.conforms and len(result.hops) == 2
    assert "no trace has the first arrow of till" in failure(verify, other)
    faulty = requests("POST /payments").get_finished_spans()
    assert "never happened: 2 till → bank" in failure(verify, [*other, *faulty])


def test_a_run_that_cannot_be_judged_fails_unless_gaps_are_accepted(
    verify: Verifier, requests: Requests, project: Path
) -> None:
    ledger = 'Container(ledger, "Ledger")\nRel(ledger, bank, "asks for the balance", "HTTP, GET /balance", $index=3)'
    (project / "ledger.puml").write_text(DIAGRAM.replace("@enduml", f"{ledger}\n@enduml"))
    exporter = requests("POST /payments", "GET /receipts")

    found = failure(verify, exporter, diagram="ledger.puml")

    assert "cannot be judged: ledger.puml:8: 3 ledger → bank" in found.replace(f"{project}/", "")
    assert "no span of ledger is in the files" in found
    (result,) = verify(spans=exporter, diagram="ledger.puml", allow_gaps=True)
    assert (result.conforms, len(result.unjudged)) == (False, 1)


def test_the_map_of_a_call_replaces_that_of_the_marker(verify: Verifier, requests: Requests) -> None:
    found = failure(verify, requests("POST /payments"), map_file="gone.toml")

    assert "gone.toml" in found


def test_an_exporter_in_the_place_of_a_journal_is_refused(verify: Verifier, requests: Requests) -> None:
    with pytest.raises(pytest.fail.Exception, match="the journal is an exporter of spans: pass it as spans="):
        verify(requests("POST /payments"))


@pytest.mark.parametrize(("given", "count"), [({}, 0), ({"journal": [], "spans": []}, 2)])
def test_one_source_is_needed(verify: Verifier, given: dict[str, object], count: int) -> None:
    with pytest.raises(pytest.fail.Exception, match=f"has {count} sources: pass one of journal, spans and traces"):
        verify(**given)  # type: ignore[arg-type]
