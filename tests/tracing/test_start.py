"""Start: tracing is off, or on as the variables of OpenTelemetry say; a wrong one is an error with the remedy."""

import subprocess
import sys
from pathlib import Path

import pytest

from checkout.settings import Settings, WrongSetting, read_trace_exporters
from checkout.tracing.start import TracingUnavailable, check_tracing, start_tracing

FILE = "otlp_json_file"
ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}


@pytest.mark.parametrize(
    ("variables", "exporters"),
    [
        ({}, []), ({"OTEL_TRACES_EXPORTER": ""}, []), ({"OTEL_TRACES_EXPORTER": "none"}, []),
        ({"OTEL_TRACES_EXPORTER": FILE}, [FILE]), ({"OTEL_TRACES_EXPORTER": f"otlp, {FILE}"}, ["otlp", FILE]),
        (ENDPOINT, ["otlp"]), ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c"}, ["otlp"]),
        (ENDPOINT | {"OTEL_TRACES_EXPORTER": "none"}, []), (ENDPOINT | {"OTEL_SDK_DISABLED": "TRUE"}, []),
        (ENDPOINT | {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, ["otlp"]),
        ({"OTEL_SERVICE_NAME": "shop"}, []),
    ],
)  # fmt: skip
def test_the_variables_of_opentelemetry_turn_tracing_on(variables: dict[str, str], exporters: list[str]) -> None:
    assert read_trace_exporters(variables) == exporters


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "EXPORTER is 'zipkin': write one of otlp, otlp_json_file, none"),
        (ENDPOINT | {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "write http/protobuf"),
    ],
)
def test_a_value_that_is_not_there_is_an_error_with_the_valid_ones(variables: dict[str, str], message: str) -> None:
    with pytest.raises(WrongSetting, match=message):
        read_trace_exporters(variables)


def test_without_opentelemetry_the_error_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", FILE)
    monkeypatch.delitem(sys.modules, "checkout.tracing.provider", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter", None)
    for name in [name for name in sys.modules if name.startswith("opentelemetry.exporter.")]:
        monkeypatch.delitem(sys.modules, name)

    remedy = r"opentelemetry.* is not installed: run `pip install 'checkout\[otel\]'"
    with pytest.raises(TracingUnavailable, match=remedy):
        check_tracing()


@pytest.mark.parametrize(("folder", "expected"), [("", "home/traces"), ("elsewhere", "elsewhere")])
def test_each_replica_has_a_file_in_the_folder_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, expected: str
) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", FILE)
    from checkout.tracing import provider

    made: list[Path] = []
    monkeypatch.setattr(provider, "JsonFileExporter", lambda path, retention: made.append(path))
    traces_folder = str(tmp_path / folder) if folder else ""

    tracing = start_tracing(Settings(home=tmp_path / "home", traces_folder=traces_folder), "stock", "stock-2")

    assert tracing
    assert made == [tmp_path / expected / "stock-2.jsonl"]


def test_a_process_without_tracing_does_not_import_opentelemetry() -> None:
    program = "import checkout.processes.service_process, checkout.processes.supervisor, sys; print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert "checkout.tracing.start" in ended.stdout.split()
    assert not [name for name in ended.stdout.split() if name.startswith("opentelemetry")]
