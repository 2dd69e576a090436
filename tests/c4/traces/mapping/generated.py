"""Generated traces: the spans of a run as different instrumentations write them, shuffled, with skewed clocks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from c4.traces.mapping.plans import Call, Planned, services_of

from checkout.c4.traces.span import Kind, Span, SpanId, TraceFiles, Value

SECOND = 1_000_000_000
START = 1_767_261_600 * SECOND
SKEW = 5.0  # seconds
STYLES = (
    "parent", "parent and link", "link", "receive and process", "sibling receive", "receive only", "batch", "create",
)  # fmt: skip


class Here(NamedTuple):
    """Where a service is executing: its trace, the current span, and its alias."""

    trace: str
    span: str
    service: str


@dataclass
class Run:
    """Writes the spans of one run. Times are seconds of a true clock; each service's clock differs from it."""

    calls: Sequence[Call]
    random: Random
    style: str = ""  # how messages are traced; empty: each in another way
    names_instances: bool = False  # without, only some services name their process, and thereby their clock
    spans: list[Span] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.services = services_of(self.calls)
        self.skews = {name: self.random.uniform(-SKEW, SKEW) for name in sorted(self.services)}
        chosen = {name: self.random.random() < 0.7 for name in sorted(self.services)}
        self.has_instances = dict.fromkeys(chosen, True) if self.names_instances else chosen
        self.trace, self.is_new = self._id(32), self.random.random() < 0.5

    def write(self, roots: Sequence[Planned]) -> list[Span]:
        """The spans of a run that begins with the calls of `roots`, in any order."""
        now = 0.0
        for source in dict.fromkeys(root.call.source for root in roots):
            here, begun = Here(self.trace, self._id(16), source), now
            now = self.work(here, [root for root in roots if root.call.source == source], now)
            self.add(here.trace, here.span, "", source, "job", Kind.INTERNAL, (begun, now + 0.01))
        self.random.shuffle(self.spans)
        return self.spans

    def work(self, here: Here, effects: Sequence[Planned], now: float) -> float:
        """Makes calls one after the other, of one step in any order; returns when the last one has ended."""
        for effect in self._one_step_in_any_order(effects):
            now += self.random.uniform(0.001, 0.01)
            make = self.publish if effect.call.kind == "publication" else self.request
            now = make(here, effect, now)
        return now + 0.001

    def request(self, here: Here, planned: Planned, now: float) -> float:
        """A request; nested client spans stand for an SDK around it and for connecting."""
        call, client, outer = planned.call, self._id(16), here.span
        begun = now
        if call.kind == "http" and self.random.random() < 0.3:
            outer = self._id(16)
        about = self._about_call(call)
        ended = now + 0.02
        if call.target in self.services:
            parent = client if outer == here.span else self.random.choice((client, outer))
            ended = self._serve(here, planned, parent, now)
        else:
            about |= {self._either("service.peer.name", "peer.service"): call.target}
        self.add(here.trace, client, outer, here.service, "HTTP POST", Kind.CLIENT, (now, ended), **about)
        if self.random.random() < 0.3:
            for name in ("dns.lookup", "tls.connect"):
                about, time = {"net.peer.ip": "10.0.0.7"}, (now, now + 0.001)
                self.add(here.trace, self._id(16), client, here.service, name, Kind.CLIENT, time, **about)
        if outer != here.span:
            self.add(here.trace, outer, here.span, here.service, "sdk", Kind.CLIENT, (begun, ended + 0.001))
        return ended + 0.002

    def _serve(self, here: Here, planned: Planned, parent: str, now: float) -> float:
        call, server = planned.call, self._id(16)
        inner, begun = Here(here.trace, server, call.target), now + 0.002
        ended = self.work(inner, planned.effects, begun)
        method, _, route = call.technology.removeprefix("HTTP, ").partition(" ")
        about = {self._either("http.request.method", "http.method"): method, "http.route": route or "/"}
        self.add(here.trace, server, parent, call.target, f"{method} {route}", Kind.SERVER, (begun, ended), **about)
        return ended + 0.002

    def publish(self, here: Here, planned: Planned, now: float) -> float:
        """A message, and its deliveries, which may begin before the sender has its acknowledgement."""
        call, send = planned.call, self._id(16)
        about, ended = self._about_message(call.technology, "send"), now + 0.01
        sent, time = SpanId(here.trace, send), (now, ended)
        style = self.style or self.random.choice(STYLES)
        if style == "create":
            sent = SpanId(here.trace, self._id(16))
            created = self._about_message(call.technology, "create")
            self.add(here.trace, sent.span, here.span, here.service, "create", Kind.PRODUCER, (now, now), **created)
            self.add(here.trace, send, here.span, here.service, "send", Kind.CLIENT, time, links=(sent,), **about)
        else:
            self.add(here.trace, send, here.span, here.service, "send", Kind.PRODUCER, time, **about)
        for effect in self._one_step_in_any_order(planned.effects):
            self.deliver(style, sent, effect, now + self.random.uniform(0.002, 0.1))
        return ended

    def deliver(self, style: str, sent: SpanId, planned: Planned, now: float) -> None:
        """A delivery: a process span with or without a receive span, in the sender's trace or in one of its own."""
        call, process = planned.call, self._id(16)
        about = self._about_message(call.technology, "process")
        trace, parent, links = self._id(32), "", (sent,)
        if style in ("parent", "parent and link", "create"):
            trace, parent, links = sent.trace, sent.span, links if style != "parent" else ()
        elif style != "link":
            receive, loop = self._id(16), self._id(16)
            got = self._about_message(call.technology, "receive")
            time = (now - 0.001, now)
            known = links if style in ("receive only", "batch", "receive and process") else ()
            self.add(trace, loop, "", call.target, "poll loop", Kind.INTERNAL, (now - 0.002, now + 9.0))
            self.add(trace, receive, loop, call.target, "poll", Kind.CLIENT, time, links=known, **got)
            if style == "receive only":
                self.work(Here(trace, receive, call.target), planned.effects, now)
                return
            parent = loop if style == "sibling receive" else receive
            links = () if style == "batch" else links
        ended = self.work(Here(trace, process, call.target), planned.effects, now)
        self.add(trace, process, parent, call.target, "process", Kind.CONSUMER, (now, ended), links=links, **about)

    def add(
        self, trace: str, id: str, parent: str, service: str, name: str, kind: Kind, time: tuple[float, float],
        links: tuple[SpanId, ...] = (), **about: Value,
    ) -> None:  # fmt: skip
        """Adds a span, with the times of its service's clock."""
        start, end = (START + round((each + self.skews[service]) * SECOND) for each in time)
        instance: dict[str, Value] = {"service.instance.id": f"{service}-1"} if self.has_instances[service] else {}
        self.spans.append(
            Span(
                trace=trace, id=id, parent=parent, links=links, name=name, kind=kind, service=service.replace("_", "-"),
                start=start, end=end, attributes=about | instance,
            )
        )  # fmt: skip

    def _about_call(self, call: Call) -> dict[str, Value]:
        if call.kind == "mail":
            return {"network.protocol.name": "smtp", "server.address": "10.0.0.25"}
        method, _, route = call.technology.removeprefix("HTTP, ").partition(" ")
        path = route.replace("{id}", str(self.random.randrange(1000)))
        url = f"http://{call.target.replace('_', '-')}.prod.svc:8080{path}"
        return {self._either("http.request.method", "http.method"): method, self._either("url.full", "http.url"): url}

    def _about_message(self, topic: str, operation: str) -> dict[str, Value]:
        old = {"send": "publish"}.get(operation, operation)
        kinds: dict[str, Value] = {"messaging.operation": old}
        if self.is_new:
            kinds = {"messaging.operation.type": operation}
        name = "messaging.destination.name" if self.is_new else "messaging.destination"
        return kinds | {"messaging.system": "kafka", name: topic}

    def _one_step_in_any_order(self, effects: Sequence[Planned]) -> list[Planned]:
        """The effects in their order, but neighbours with equal steps shuffled."""
        ordered, group = list[Planned](), list[Planned]()
        for effect in effects:
            if group and group[0].call.step != effect.call.step:
                self.random.shuffle(group)
                ordered, group = ordered + group, []
            group.append(effect)
        self.random.shuffle(group)
        return ordered + group

    def _either(self, new: str, old: str) -> str:
        return new if self.is_new else old

    def _id(self, digits: int) -> str:
        return f"{self.random.getrandbits(4 * digits):0{digits}x}"


def trace_files(*runs: list[Span]) -> TraceFiles:
    """Runs as one file would give them."""
    return TraceFiles(files=1, spans=[span for run in runs for span in run])

