"""Tidy: drops spans that were delivered twice, and gives every span an id of its own.

Zipkin's server halves have the id of their client half, with the B3 headers; other spans share one by mistake. Zipkin's
reporters may send a span in parts, of which only one has the time.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence

from checkout.c4.traces.found_spans import FoundSpans
from checkout.c4.traces.span import Kind, Span, SpanId

MICROSECOND = 1_000  # nanoseconds: the precision of some formats
NewIds = dict[SpanId, list[tuple[Span, str]]]


def tidy(found: FoundSpans) -> None:
    """Drops exact repeats and counts them; a server half becomes the child of its client half.

    Children of a shared id belong to the span of their own service, by preference to the server half. Without such a
    span they belong to the span that keeps the id: the client half, else the first one by time.
    """
    shared = _spans_of_shared_ids(found.spans)
    if not shared:
        return
    repeated = {id(span) for spans in shared.values() for span in _repeats(spans)}
    found.left_out.update({"repeated spans": len(repeated)} if repeated else {})
    found.spans[:] = [span for span in found.spans if id(span) not in repeated]
    remaining = {key: [span for span in spans if id(span) not in repeated] for key, spans in shared.items()}
    new_ids = {key: _new_ids(spans) for key, spans in remaining.items() if len(spans) > 1}
    if new_ids:
        _assign_children(found.spans, new_ids)
        _separate(new_ids)


def _spans_of_shared_ids(spans: Sequence[Span]) -> dict[SpanId, list[Span]]:
    """The spans with ids that occur several times, by trace and id; a set of ids alone needs little memory."""
    seen: set[str] = set()
    again: set[str] = set()
    for span in spans:
        (again if span.id in seen else seen).add(span.id)
    groups: dict[SpanId, list[Span]] = defaultdict(list)
    for span in spans:
        if span.id in again:
            groups[SpanId(span.trace, span.id)].append(span)
    return {key: group for key, group in groups.items() if len(group) > 1}


def _repeats(spans: Sequence[Span]) -> list[Span]:
    """The spans that report another one again, or a part of it, whose attributes go to the whole one."""
    whole: dict[tuple[str, Kind, int], Span] = {}
    by_kind: dict[tuple[str, Kind], Span] = {}
    repeats = []
    for span in sorted(spans, key=lambda span: span.start == 0):
        same = whole.get((span.service, span.kind, span.start // MICROSECOND))
        if same is None and not span.start:
            kinds = Kind if span.kind is Kind.INTERNAL else (span.kind,)
            same = next((by_kind[span.service, kind] for kind in kinds if (span.service, kind) in by_kind), None)
        if same is None:
            whole[span.service, span.kind, span.start // MICROSECOND] = span
            by_kind.setdefault((span.service, span.kind), span)
        else:
            same.attributes = {**span.attributes, **same.attributes}
            repeats.append(span)
    return repeats


def _new_ids(spans: Sequence[Span]) -> list[tuple[Span, str]]:
    """The spans that share an id with the ids they get. The first one keeps it: the client half, else the earliest."""
    first, *rest = sorted(spans, key=lambda span: (span.kind is not Kind.CLIENT, span.start, span.service))
    numbers: Counter[str] = Counter()
    ids = [(first, first.id)]
    for span in rest:
        numbers[span.kind] += 1
        number = numbers[span.kind]
        ids.append((span, f"{span.id}:{span.kind}" + (f"-{number}" if number > 1 else "")))
    return ids


def _assign_children(spans: Sequence[Span], new_ids: NewIds) -> None:
    owners = {key: _owners(ids) for key, ids in new_ids.items()}
    for span in spans:
        if ids := owners.get(SpanId(span.trace, span.parent)):
            span.parent = ids.get(span.service, span.parent)


def _owners(ids: Sequence[tuple[Span, str]]) -> dict[str, str]:
    """The id that has the children of a service."""
    by_preference = sorted(ids, key=lambda each: each[0].kind is not Kind.SERVER)
    return {span.service: new for span, new in reversed(by_preference)}


def _separate(new_ids: NewIds) -> None:
    for (first, shared_id), *rest in new_ids.values():
        for span, new in rest:
            if first.kind is Kind.CLIENT and span.kind is Kind.SERVER:
                span.parent = shared_id
            span.id = new
