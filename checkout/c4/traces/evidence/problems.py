"""Problems: one sentence for each gap of traces, with its remedy."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice

from checkout.c4.traces.evidence.facts import Facts, MissingParents
from checkout.c4.traces.mapping.context import Context
from checkout.c4.traces.naming.text import clean, count, short_id

SHOWN = 10  # of one kind
DRAFT = "`journal FILE --traces PATH --suggest-map` prints a draft of traces.toml for the names that fit no element"
NO_CALLER = 'requests with which traces begin have no hop: add caller = "NAME" to traces.toml, which --map names'


def describe_problems(
    context: Context, facts: Facts, missing: Mapping[str, MissingParents], partial: Collection[str]
) -> list[str]:
    """What a user can mend: names that fit no element, incomplete traces, ambiguous technologies."""
    names = context.names
    unnamed = Counter(node.alias for node in facts.unnamed_calls)
    links = dict.fromkeys(link.trace for _, link in facts.absent_links)
    is_nameless = bool(facts.unknown_callers) and not context.elements.has_drawing
    is_unmapped = context.elements.has_drawing and bool(names.unmapped_services or facts.peer_counts)
    kinds = (
        (int(is_nameless), iter([NO_CALLER] if is_nameless else [])),
        (len(names.unmapped_services), _unmapped_services(context)),
        (len(facts.peer_counts), _unmapped_peers(context, facts)),
        (int(is_unmapped), iter([DRAFT] if is_unmapped else [])),
        (len(names.nameless), _nameless_services(context)),
        (len(unnamed), _unnamed_systems(unnamed)),
        (len(missing), _incomplete_traces(missing)),
        (len(partial), _partial_traces(partial)),
        (len(links), _absent_links(links)),
        (len(context.technologies.ties), iter(context.technologies.ties)),
    )
    return [line for number, lines in kinds for line in _first(number, lines)]


def _first(number: int, lines: Iterator[str]) -> Iterator[str]:
    yield from islice(lines, SHOWN)
    if number > SHOWN:
        yield f"and {number - SHOWN:,} more like the last line"


def _unmapped_services(context: Context) -> Iterator[str]:
    for name, spans in context.names.unmapped_services.most_common():
        nearest = context.elements.nearest(name)
        remedy = f'add "{clean(name)}" = "ALIAS" under [services] in traces.toml'
        closest = f"; nearest: {nearest}" if nearest else ""
        yield f'service "{clean(name)}" ({count(spans, "span")}) is no element: {remedy}{closest}'


def _nameless_services(context: Context) -> Iterator[str]:
    for name, spans in context.names.nameless.most_common():
        remedy = "set OTEL_SERVICE_NAME where they are written, or map them under [services] in traces.toml"
        yield f'{count(spans, "span")} of no known service ("{clean(name)}"): {remedy}'


def _unmapped_peers(context: Context, facts: Facts) -> Iterator[str]:
    for name, calls in facts.peer_counts.most_common():
        remedy = "draw it, or add it under [peers] or [ignore] in traces.toml"
        nearest = context.elements.nearest(name)
        closest = f"; nearest: {nearest}" if nearest else ""
        yield f'"{name}" ({count(calls, "call")}) is no element: {remedy}{closest}'


def _unnamed_systems(unnamed: Counter[str]) -> Iterator[str]:
    for caller, calls in unnamed.most_common():
        remedy = "set service.peer.name, or a host name as server.address, on its client spans"
        yield f"{count(calls, 'call')} of {caller} {'names' if calls == 1 else 'name'} no system: {remedy}"


def _incomplete_traces(missing: Mapping[str, MissingParents]) -> Iterator[str]:
    for trace, parents in missing.items():
        number = count(len(parents.parents), "parent is", "parents are")
        yield f"trace {short_id(trace)} is incomplete: {number} missing: export the spans of all its services"


def _partial_traces(partial: Collection[str]) -> Iterator[str]:
    for trace in sorted(partial):
        yield f"trace {short_id(trace)} is marked as incomplete by its source: query it again when it has ended"


def _absent_links(traces: Iterable[str]) -> Iterator[str]:
    for trace in traces:
        yield f"links lead to trace {short_id(trace)}, of which spans are not in the files: export it, too"
