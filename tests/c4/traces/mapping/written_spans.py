"""Written spans: spans and views in one line each, for tests of the rules of the mapping."""

from pathlib import Path
from typing import Any

from checkout.c4.source.arrows import Arrow, Drawing
from checkout.c4.source.elements import Element
from checkout.c4.source.files import DiagramSource, SourceLine
from checkout.c4.traces.mapping.hops import TraceHops, map_spans
from checkout.c4.traces.naming.trace_map import TraceMap
from checkout.c4.traces.span import Kind, Span, SpanId, TraceFiles

MILLISECOND = 1_000_000
MESSAGE = {"messaging.system": "kafka", "messaging.destination.name": "orders"}
GET = {"http.request.method": "GET"}


def span(
    name: str, parent: str = "", kind: str = "internal", at: float = 0, to: float = 0, links: str = "",
    error: bool | None = None, **attributes: Any,
) -> Span:  # fmt: skip
    """A span from "SERVICE/ID", or "SERVICE/ID@TRACE"; its parent and links are ids, links with @TRACE. Times in ms."""
    service, _, place = name.partition("/")
    identifier, _, trace = place.partition("@")
    return Span(
        trace=trace or "t1", id=identifier, parent=parent, kind=Kind(kind), service=service, has_error=error,
        start=round((1000 + at) * MILLISECOND), end=round((1000 + (to or at + 1)) * MILLISECOND),
        links=tuple(SpanId(link.partition("@")[2] or "t1", link.partition("@")[0]) for link in links.split()),
        attributes={key.replace("__", "."): value for key, value in attributes.items()},
    )  # fmt: skip


def send(name: str, parent: str = "", kind: str = "producer", **more: Any) -> Span:
    return span(name, parent, kind, **{"messaging.operation.type": "send", **MESSAGE, **more})


def receive(name: str, parent: str = "", kind: str = "client", **more: Any) -> Span:
    return span(name, parent, kind, **{"messaging.operation.type": "receive", **MESSAGE, **more})


def process(name: str, parent: str = "", kind: str = "consumer", **more: Any) -> Span:
    return span(name, parent, kind, **{"messaging.operation.type": "process", **MESSAGE, **more})


def view(*arrows: str, queues: str = "kafka", databases: str = "", file: str = "view.puml") -> Drawing:
    """A view of arrows written as "SOURCE TARGET TECHNOLOGY", numbered in their order."""
    source = Path(file)
    drawn, ends = list[Arrow](), dict[str, None]()
    for number, text in enumerate(arrows, 1):
        start, end, technology = (text + "  ").split(" ", 2)
        drawn.append(Arrow(str(number), start, end, "", technology.strip(), SourceLine(text, source, number)))
        ends |= dict.fromkeys((start, end))
    shapes = dict.fromkeys(queues.split(), "queue") | dict.fromkeys(databases.split(), "database")
    line = SourceLine("", source, 1)
    elements = [Element(alias, "", shapes.get(alias, "rectangle"), "", line) for alias in ends]
    return Drawing(DiagramSource(source, "view", "uml", (line,)), tuple(elements), tuple(drawn))


def mapped(*spans: Span, drawing: Drawing | None = None, order: str | None = None, **names: Any) -> TraceHops:
    """What spans are mapped to; `names` are the tables of a map file."""
    files = TraceFiles(files=1, spans=list(spans))
    return map_spans(files, TraceMap(**names), drawing, order, may_be_empty=True)


def arrows(found: TraceHops) -> list[str]:
    """The hops as "SOURCE → TARGET [TECHNOLOGY]", sorted."""
    return sorted(f"{hop.sender} → {hop.to} [{hop.technology}]" for hop in found.hops)


def chain(found: TraceHops) -> dict[str, str]:
    """The causes of hops, by their arrows."""
    names = {hop.id: f"{hop.sender} → {hop.to}" for hop in found.hops}
    return {names[hop.id]: names.get(hop.cause_id, "") for hop in found.hops}
