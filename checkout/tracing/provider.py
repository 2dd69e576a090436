"""Provider: the OpenTelemetry SDK of one process, set up from the variables `OTEL_...`."""

import threading
from collections.abc import Sequence
from pathlib import Path

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter

from checkout.settings import OTLP
from checkout.tracing.json_file import JsonFileExporter
from checkout.tracing.problems import report_problems
from checkout.tracing.requests import TracedRequests
from checkout.tracing.spans import GivenIds, Spans

LAST_EXPORT = 2.0  # seconds that a process waits for its last spans


class Tracing:
    """The tracing of one process: its spans, and the exporters that send them in a thread of their own.

    `exporters`: names from OTEL_TRACES_EXPORTER. `path`: the file of `otlp_json_file`, whose older parts are deleted
    after `retention` seconds. OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES take precedence over `service` and
    `replica`; the SDK itself reads sampler, limits, batch sizes, endpoint and headers.
    """

    def __init__(self, exporters: Sequence[str], service: str, replica: str, path: Path, retention: float) -> None:
        report_problems(replica)
        own = {"service.name": service, "service.instance.id": replica}
        given = OTELResourceDetector().detect().attributes
        resource = Resource.create({name: value for name, value in own.items() if name not in given})
        ids = GivenIds()
        self._provider = TracerProvider(resource=resource, id_generator=ids, shutdown_on_exit=False)
        for name in exporters:
            exporter: SpanExporter = OTLPSpanExporter() if name == OTLP else JsonFileExporter(path, retention)
            self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self.spans = Spans(self._provider, ids)

    def of_requests(self) -> TracedRequests:
        """The tracing of HTTP requests that are passed on."""
        return TracedRequests(self.spans)

    def close(self, timeout: float = LAST_EXPORT) -> None:
        """Exports the last spans; those that are not exported within `timeout` seconds are lost."""
        last = threading.Thread(target=self._provider.shutdown, daemon=True)
        last.start()
        last.join(timeout)
