"""Story spans: spans of stories that follow rows of arrows, and drawings of these rows with elements."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from c4.traced_runs import FILE, arrow, drawing

from checkout.c4.source.arrows import Drawing
from checkout.c4.source.elements import Element
from checkout.c4.source.files import SourceLine
from checkout.c4.traces.span import Kind, Span, TraceFiles

Rows = Sequence[tuple[str, str, str]]  # from, to, technology

SELL: Rows = (
    ("web", "orders", "HTTP, POST /orders"),
    ("orders", "kafka", "order.placed"),
    ("kafka", "stock", "order.placed"),
    ("kafka", "mail", "order.placed"),
    ("stock", "warehouse", "HTTP, POST /parcels"),
)
CANCEL: Rows = (
    ("web", "orders", "HTTP, POST /cancellations"),
    ("orders", "kafka", "order.cancelled"),
    ("kafka", "mail", "order.cancelled"),
)
MILLISECOND = 1_000_000
START = 1_780_000_000_000 * MILLISECOND


def view(rows: Rows, name: str = "sell", shape: str = "queue") -> Drawing:
    """The view of rows, each with its number as step; kafka has a shape of its own."""
    made = drawing(*(arrow(number, *row) for number, row in enumerate(rows, 1)))
    ends = dict.fromkeys(end for row in rows for end in row[:2])
    line = SourceLine("", FILE, 1)
    elements = tuple(Element(end, end, shape if end == "kafka" else "rectangle", "", line) for end in ends)
    return replace(made, diagram=replace(made.diagram, name=name), elements=elements, title=f"How we {name}")


class Story:
    """The spans of one story, each a millisecond after the one before; a service has a clock and a host of its own."""

    def __init__(self, trace: str, rows: Rows, length: float = 10, hosts: str = "") -> None:
        self.trace, self.length, self.hosts = trace, length, hosts
        self.spans = list[Span]()
        entries = {rows[0][0]: ""} if rows else {}
        for source, target, technology in rows:
            parent = entries.get(technology if source == "kafka" else source)
            if parent is not None:
                self._tell(source, target, technology, parent, entries)

    def _tell(self, source: str, target: str, technology: str, parent: str, entries: dict[str, str]) -> None:
        topic = {"messaging.system": "kafka", "messaging.destination.name": technology}
        if target == "kafka":
            sent = {**topic, "messaging.operation.type": "send"}
            entries[technology] = self.add(source, Kind.PRODUCER, f"send {technology}", parent, sent)
        elif source == "kafka":
            group = {**topic, "messaging.operation.type": "process", "messaging.consumer.group.name": target}
            entries[target] = self.add(target, Kind.CONSUMER, f"process {technology}", parent, group)
        else:
            method, _, route = technology.removeprefix("HTTP, ").partition(" ")
            request = {"http.request.method": method, "url.path": route}
            called = self.add(source, Kind.CLIENT, method, parent, {**request, "server.address": target})
            entries[target] = called
            if target != "warehouse":  # which has no spans
                entries[target] = self.add(target, Kind.SERVER, method, called, {**request, "http.route": route})

    def add(self, service: str, kind: Kind, name: str, parent: str, attributes: dict[str, Any]) -> str:
        """Adds a span; returns its id."""
        identifier = f"{len(self.spans) + 1:016x}"
        start = START + len(self.spans) * MILLISECOND
        own = {"service.instance.id": f"{service}-1", "host.name": self.hosts or f"node-{service}"}
        self.spans.append(Span(
            trace=self.trace, id=identifier, parent=parent, name=name, kind=kind, service=service, start=start,
            end=start + int(self.length * MILLISECOND), attributes={**own, **attributes},
        ))  # fmt: skip
        return identifier


def files(stories: Iterable[Story]) -> TraceFiles:
    """The spans of stories as one file has them."""
    return TraceFiles(files=1, spans=[span for story in stories for span in story.spans])


def repeated(count: int, rows: Rows, first: int = 1, **more: Any) -> list[Story]:
    """Stories with the same rows, whose traces are numbered."""
    return [Story(f"{number:032x}", rows, **more) for number in range(first, first + count)]


def without(rows: Rows, *targets: str) -> Rows:
    """The rows without those that lead to some elements."""
    return [row for row in rows if row[1] not in targets]


def otlp(stories: Iterable[Story]) -> str:
    """The spans of stories as lines of OTLP/JSON, one span a line."""
    return "".join(json.dumps(_line(span)) + "\n" for story in stories for span in story.spans)


def _line(span: Span) -> dict[str, Any]:
    own = ("service.instance.id", "host.name")
    resource = {"service.name": span.service, **{name: span.attributes[name] for name in own}}
    kind = list(Kind).index(span.kind) + 1
    written = {
        "traceId": span.trace, "spanId": span.id, "parentSpanId": span.parent, "name": span.name, "kind": kind,
        "startTimeUnixNano": str(span.start), "endTimeUnixNano": str(span.end),
        "attributes": _key_values({key: value for key, value in span.attributes.items() if key not in own}),
    }  # fmt: skip
    scopes = [{"spans": [written]}]
    return {"resourceSpans": [{"resource": {"attributes": _key_values(resource)}, "scopeSpans": scopes}]}


def _key_values(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": name, "value": {"stringValue": str(value)}} for name, value in attributes.items()]


def source(rows: Rows, name: str, title: str = "A view") -> str:
    """A dynamic view of rows in C4-PlantUML."""
    ends = dict.fromkeys(end for row in rows for end in row[:2])
    boxes = [f'{"ContainerQueue" if end == "kafka" else "Container"}({end}, "{end}", "Python")' for end in ends]
    arrows = [f'Rel({a}, {b}, "calls", "{technology}", $index={at})' for at, (a, b, technology) in enumerate(rows, 1)]
    head = [f"@startuml {name}", "!include <C4/C4_Dynamic>", f"title {title}"]
    return "\n".join([*head, *boxes, *arrows, "@enduml", ""])
