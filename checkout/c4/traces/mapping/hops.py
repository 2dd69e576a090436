"""Hops: reads trace files and maps their spans to hops, with the gaps that the spans leave."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from checkout.c4.checks.conformance.stories import Entry
from checkout.c4.findings import PreconditionError
from checkout.c4.source.arrows import Drawing
from checkout.c4.traces.evidence.facts import Facts
from checkout.c4.traces.evidence.gaps import TraceGaps
from checkout.c4.traces.evidence.summary import summarize
from checkout.c4.traces.mapping.calls import Calls
from checkout.c4.traces.mapping.context import Context
from checkout.c4.traces.mapping.durations import Durations, measure_durations
from checkout.c4.traces.mapping.entries import find_entries
from checkout.c4.traces.mapping.messages import Messages
from checkout.c4.traces.mapping.node import Draft, Role
from checkout.c4.traces.mapping.steps import number_steps
from checkout.c4.traces.mapping.stories import choose_stories, find_causes, group_by_story
from checkout.c4.traces.mapping.tree import Forest
from checkout.c4.traces.naming.elements import DrawnElements
from checkout.c4.traces.naming.names import TraceNames
from checkout.c4.traces.naming.text import clean, count
from checkout.c4.traces.naming.trace_map import TraceMap, find_map
from checkout.c4.traces.reading import read_traces
from checkout.c4.traces.span import TraceFiles
from checkout.journal.hop import Hop


@dataclass(frozen=True)
class TraceHops:
    """The hops of traces, story by story, causes first; what they cannot show; and the summary in lines.

    `names` has the names that were met, and what became of them. `entries` has the request with which a story begins,
    where that is known. `entered` are the services that requests of unknown callers enter.
    """

    hops: list[Hop]
    gaps: TraceGaps
    summary: list[str]
    names: TraceNames
    durations: Durations = Durations({}, {})
    entries: Mapping[str, Entry] = field(default_factory=dict)
    entered: frozenset[str] = frozenset()


def read_hops(
    paths: Sequence[Path], map_file: Path | None, drawing: Drawing | None, order: str | None, with_steps: bool = False
) -> TraceHops:
    """The hops of trace files. With a drawing, ends and technologies are named as it names them.

    `order` is a trace id, its beginning, or ATTRIBUTE=VALUE. Hops have steps without a drawing, or if asked for.
    Raises PreconditionError if the files have no span, or no service that is an element of the drawing, and
    TraceMapError for a map file that cannot be used.
    """
    trace_map = find_map(map_file, drawing.diagram.file if drawing else None)
    return map_spans(read_spans(paths, order), trace_map, drawing, order, with_steps)


def read_spans(paths: Sequence[Path], order: str | None = None) -> TraceFiles:
    """The spans of trace files, with the attribute that `order` names. Raises PreconditionError without any."""
    attribute = order.partition("=")[0] if order and "=" in order else ""
    return read_traces(paths, keep=[attribute] if attribute else [])


def map_spans(
    files: TraceFiles,
    trace_map: TraceMap | None = None,
    drawing: Drawing | None = None,
    order: str | None = None,
    with_steps: bool = False,
    *,
    may_be_empty: bool = False,
) -> TraceHops:
    """The hops of spans; see `read_hops`. `may_be_empty`: no error where no name is known or no arrow happened."""
    trace_map, elements = trace_map or TraceMap(), DrawnElements(drawing)
    names = TraceNames(trace_map, elements, files.spans)
    forest = Forest(files.spans, names)
    context, facts = Context(trace_map, elements, names), Facts()
    _find_hops(context, forest, facts)
    find_causes(forest.nodes, context.drafts)
    stories = group_by_story(context.drafts)
    if order is not None:
        chosen = choose_stories(stories, forest.nodes, order)
        stories = {story: drafts for story, drafts in stories.items() if story in chosen}
    if not may_be_empty:
        _require_hops(drawing, elements, forest, stories)
    gaps = TraceGaps(context, facts, forest.nodes, context.drafts, files.partial)
    hops = _in_order(stories, forest, with_steps or drawing is None)
    entries = find_entries(context, forest.nodes, stories)
    entered = frozenset(node.alias for node in facts.unknown_callers)
    summary = summarize(files, forest, context, facts, stories)
    durations = measure_durations(draft for drafts in stories.values() for draft in drafts)
    return TraceHops(hops, gaps, summary, names, durations, entries, entered)


def _find_hops(context: Context, forest: Forest, facts: Facts) -> None:
    calls, messages = Calls(context, forest, facts), Messages(context, forest, facts)
    nodes = forest.nodes
    for node in nodes:
        calls.enter(node)
        if node.role is Role.SEND:
            messages.publish(node)
    for node in reversed(nodes):
        calls.leave(node)
    for node in nodes:
        calls.call(node)
        if node.role is Role.CREATE:
            messages.create(node)
    messages.process(nodes)
    for node in nodes:
        if node.role is Role.RECEIVE:
            messages.receive(node)


def _in_order(stories: dict[str, list[Draft]], forest: Forest, with_steps: bool) -> list[Hop]:
    places = {clean(trace): at for at, trace in enumerate(forest.traces)}
    hops = list[Hop]()
    for story in sorted(stories, key=lambda each: places.get(each, len(places))):
        found = [draft.hop for draft in number_steps(stories[story]) if draft.hop]
        for hop in found:
            hop.step = hop.step if with_steps else None
        hops += found
    return hops


def _require_hops(
    drawing: Drawing | None, elements: DrawnElements, forest: Forest, stories: dict[str, list[Draft]]
) -> None:
    services = Counter(node.span.service for node in forest.nodes)
    if drawing and not any(node.alias in elements.aliases for node in forest.nodes):
        named = ", ".join(f'"{clean(name)}"' for name, _ in services.most_common(3)) or "none"
        remedy = "map them in traces.toml, of which `journal --traces ... --suggest-map` prints a draft"
        raise PreconditionError(f"no service of the traces ({named}) is an element of {drawing.name}: {remedy}")
    if not stories:
        numbers = f"{count(len(forest.nodes), 'span')} of {count(len(services), 'service')}"
        remedy = "export traces in which a service calls another one, a broker or a system outside"
        raise PreconditionError(f"no arrow happened in the traces ({numbers}): {remedy}")
