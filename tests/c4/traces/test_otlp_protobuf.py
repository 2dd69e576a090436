"""OTLP protobuf: messages of logs and metrics, and bytes that look like JSON."""

from pathlib import Path

import pytest
from c4.traces.sample_trace import sample_request, sample_spans
from c4.traces.trace_files import read
from google.protobuf.message import Message
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, LogsData, ResourceLogs, ScopeLogs
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric, MetricsData, ResourceMetrics, ScopeMetrics
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, TracesData

LOGS = LogsData(resource_logs=[ResourceLogs(scope_logs=[ScopeLogs(log_records=[LogRecord(time_unix_nano=1)])])])
METRICS = MetricsData(
    resource_metrics=[ResourceMetrics(scope_metrics=[ScopeMetrics(metrics=[Metric(name="size", description="of it")])])]
)


def behind_length(message: Message) -> bytes:
    content = message.SerializeToString()
    return len(content).to_bytes(4, "big") + content


@pytest.mark.parametrize("other", [LOGS, METRICS])
def test_messages_of_logs_and_metrics_are_counted(tmp_path: Path, other: Message) -> None:
    found = read(tmp_path, behind_length(other) + behind_length(sample_request()))

    assert len(found.spans) == len(sample_spans())
    assert found.left_out == {"messages with logs or metrics": 1}


@pytest.mark.parametrize("length", [ord("{"), ord("[")])
def test_bytes_that_begin_like_json_are_protobuf(tmp_path: Path, length: int) -> None:
    span = Span(trace_id=bytes(15) + b"1", span_id=bytes(7) + b"1", name="")
    message = ResourceSpans(scope_spans=[ScopeSpans(spans=[span])])
    message.scope_spans[0].spans[0].name = "x" * (length - message.ByteSize() - 2)
    content = TracesData(resource_spans=[message]).SerializeToString()
    assert content[:2] == b"\n" + bytes([length])

    assert len(read(tmp_path, content).spans) == 1
