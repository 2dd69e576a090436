"""Fixtures of the tracing tests: the five services in this thread, each with a trace file."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from worker.in_memory_shop import InMemoryShop, databases  # noqa: F401 - a fixture

from checkout.settings import OTLP_JSON_FILE
from checkout.tracing.provider import Tracing
from checkout.worker.database import ServiceDatabase
from checkout.worker.traced_worker import TracedWorker
from checkout.worker.worker import Worker

WEEK = 7 * 86_400.0
Span = dict[str, Any]


def attributes_of(span: Span) -> dict[str, Any]:
    """The attributes of a span in OTLP/JSON, as a dictionary."""
    return {each["key"]: next(iter(each["value"].values())) for each in span["attributes"]}


class TracedShop(InMemoryShop):
    """A shop whose workers write traces."""

    def __init__(self, folder: Path, databases: Mapping[str, ServiceDatabase]) -> None:  # noqa: F811
        self.traces, self.tracings = folder / "traces", list[Tracing]()
        super().__init__(folder, databases)

    def new_worker(self, *parts: Any, **options: Any) -> Worker:
        """Makes a worker with spans of its own."""
        service, replica = parts[0].name, parts[-1]
        path = self.traces / f"{replica}.jsonl"
        self.tracings.append(Tracing([OTLP_JSON_FILE], service, replica, path, WEEK))
        return TracedWorker(self.tracings[-1].spans, *parts, **options)

    def spans(self) -> list[Span]:
        """The spans of all services, in the order of their start, each with the resource attribute `service`."""
        for tracing in self.tracings:
            tracing.close(10.0)
        lines = [line for path in self.traces.glob("*.jsonl") for line in path.read_bytes().splitlines()]
        resources = [each for line in lines for each in msgspec.json.decode(line)["resourceSpans"]]
        found = [
            span | {"service": attributes_of(each["resource"])["service.name"]}
            for each in resources
            for scope in each["scopeSpans"]
            for span in scope["spans"]
        ]
        return sorted(found, key=lambda span: int(span["startTimeUnixNano"]))


@pytest.fixture
def traced_shop(tmp_path: Path, databases: Mapping[str, ServiceDatabase]) -> Iterator[TracedShop]:  # noqa: F811
    """A shop whose workers write traces."""
    shop = TracedShop(tmp_path, databases)
    yield shop
    shop.close()


@pytest.fixture
def new_context() -> Callable[[int], str]:
    """Makes the header `traceparent` of a client."""
    return lambda number: f"00-{number:032x}-{number:016x}-01"
