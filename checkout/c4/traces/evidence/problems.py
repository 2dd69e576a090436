"""Problems: one sentence for each gap of traces, with its remedy."""

from collections.abc import Collection, Iterator, Mapping

from checkout.c4.traces.evidence.facts import Facts, MissingParents
from checkout.c4.traces.mapping.context import Context
from checkout.c4.traces.naming.text import clean, count, short_id

SHOWN = 10  # of one kind


def describe_problems(
    context: Context, facts: Facts, missing: Mapping[str, MissingParents], partial: Collection[str]
) -> list[str]:
    """What a user can mend: names that fit no element, incomplete traces, ambiguous technologies."""
    kinds = (
        list(_unmapped_services(context)),
        list(_nameless_services(context)),
        list(_unmapped_peers(context, facts)),
        list(_incomplete_traces(missing, partial)),
        list(_absent_links(facts)),
        list(context.technologies.ties),
    )
    return [line for lines in kinds for line in _first(lines)]


def _first(lines: list[str]) -> list[str]:
    more = [f"and {len(lines) - SHOWN} more like the last line"] if len(lines) > SHOWN else []
    return lines[:SHOWN] + more


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


def _incomplete_traces(missing: Mapping[str, MissingParents], partial: Collection[str]) -> Iterator[str]:
    for trace, parents in missing.items():
        number = count(len(parents.parents), "parent is", "parents are")
        yield f"trace {short_id(trace)} is incomplete: {number} missing: export its traces of all services"
    for trace in sorted(partial):
        yield f"trace {short_id(trace)} is marked as incomplete by its source: query it again when it has ended"


def _absent_links(facts: Facts) -> Iterator[str]:
    traces = dict.fromkeys(link.trace for _, link in facts.absent_links)
    for trace in traces:
        yield f"links lead to trace {short_id(trace)}, of which spans are not in the files: export it, too"
