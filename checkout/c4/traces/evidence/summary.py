"""Summary: what was understood of traces and what was left out, in a few lines."""

from collections.abc import Mapping

from checkout.c4.traces.evidence.facts import Facts, missing_parents
from checkout.c4.traces.mapping.context import Context
from checkout.c4.traces.mapping.node import Draft
from checkout.c4.traces.mapping.tree import Forest
from checkout.c4.traces.naming.fitting import Match
from checkout.c4.traces.naming.text import count
from checkout.c4.traces.span import TraceFiles

MATCHES = {
    Match.TEXT: "text", Match.TOPIC: "topic", Match.ROUTE: "route", Match.PROTOCOL: "protocol", Match.OPEN: "ends",
}  # fmt: skip


def summarize(
    files: TraceFiles, forest: Forest, context: Context, facts: Facts, stories: Mapping[str, list[Draft]]
) -> list[str]:
    """The summary: the numbers, what was left out, and how technologies were matched with the drawing."""
    services = len({node.span.service for node in forest.nodes})
    traces = list(forest.traces)
    parents = sum(len(each.parents) for each in missing_parents(forest.nodes).values())
    left_out = [f"{reason} ({number:,})" for reason, number in sorted((context.counts + files.left_out).items())]
    parts = [
        f"{count(files.files, 'file')}: {count(len(traces), 'trace')}, {count(len(files.spans), 'span')}, "
        f"{count(services, 'service')}",
        count(sum(map(len, stories.values())), "hop"),
        *([f"left out: {', '.join(left_out)}"] if left_out else []),
        count(parents, "parent") + " missing",
    ]
    notes = {
        "cycles of parents, which were cut": forest.cycles,
        "requests of unknown callers, with which traces begin": len(facts.unknown_callers),
        "calls guessed from internal spans": context.guessed,
    }
    lines = ["; ".join(parts), *(f"{noun}: {number:,}" for noun, number in notes.items() if number)]
    matched = [f"{context.technologies.matches[match]} by {word}" for match, word in MATCHES.items()]
    found = [text for text in matched if not text.startswith("0 ")]
    if context.elements.has_drawing and found:
        unmatched = context.technologies.matches[Match.NONE]
        lines.append(f"technologies as drawn: {', '.join(found)}; {unmatched} as seen")
    return lines
