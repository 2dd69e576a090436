"""Suggestion: a first draft of traces.toml for the names that traces have."""

import json
from collections.abc import Iterable, Iterator, Mapping

from checkout.c4.traces.naming.names import TraceNames
from checkout.c4.traces.naming.text import clean

HEAD = """\
# traces.toml: names in traces -> aliases of {drawing}. Beside the diagram it is read by default.
# Check each line. One with ALIAS has no similar element: complete it and remove the #, draw the system, or move its
# name to [ignore].
{caller}  # sends the requests with which traces begin"""
TAIL = """
[technology]
# "POST /as/seen" = "HTTP, POST /as/drawn"

[ignore]
services = []
peers = []
routes = []
topics = []"""


def suggest_map(names: TraceNames, drawing: str = "", entered: Iterable[str] = ()) -> str:
    """The text of a map file with the names that fit no element of a drawing, or all names without a drawing.

    `entered` has the aliases of the services that requests of unknown callers enter.
    """
    elements = names.elements
    known = elements.aliases if elements.has_drawing else frozenset[str]()
    caller = _only(names, (source for alias in entered for source in elements.sources(alias)))
    line = f"caller = {json.dumps(caller)}" if caller else '# caller = "ALIAS"'
    lines = [HEAD.format(drawing=drawing or "the diagram to be drawn", caller=line)]
    for table, found in {"services": names.services, "peers": names.peers, "brokers": names.brokers}.items():
        unknown = {name: alias for name, alias in found.items() if alias not in known}
        lines += ["", f"[{table}]", *_entries(unknown, names)]
    return "\n".join([*lines, TAIL, ""])


def _entries(found: Mapping[str, str], names: TraceNames) -> Iterator[str]:
    for name, alias in sorted(found.items()):
        suggested = _similar(names, name) if names.elements.has_drawing else alias
        entry = f"{json.dumps(clean(name))} = {json.dumps(suggested or 'ALIAS')}"
        yield entry if suggested else f"# {entry}"


def _similar(names: TraceNames, name: str) -> str:
    """The element with a similar name, else the only one without spans to which an arrow of its callers leads."""
    elements = names.elements
    called = (target for alias in names.callers_of(name) for target in elements.targets(alias, elements.aliases))
    return elements.nearest(name) or _only(names, called)


def _only(names: TraceNames, found: Iterable[str]) -> str:
    """The only one of some elements that is neither a traced service nor a broker or database, else empty."""
    elements = names.elements
    traced = {alias if alias in elements.aliases else elements.nearest(name) for name, alias in names.services.items()}
    rest = {alias for alias in found if alias not in traced | elements.queues | elements.databases}
    return rest.pop() if len(rest) == 1 else ""
