"""Suggestion: a first draft of traces.toml for the names that traces have."""

import json
from collections.abc import Iterator, Mapping

from checkout.c4.traces.naming.names import TraceNames
from checkout.c4.traces.naming.text import clean

HEAD = """\
# traces.toml: names in traces -> aliases of {drawing}. Beside the diagram it is read by default.
# A line with ALIAS has no similar element: complete it and remove the #, draw the system, or move its name to [ignore].
# caller = "ALIAS"  # who calls the services whose traces begin with a request"""
TAIL = """
[technology]
# "POST /as/seen" = "HTTP, POST /as/drawn"

[ignore]
services = []
peers = []
routes = []
topics = []"""


def suggest_map(names: TraceNames, drawing: str = "") -> str:
    """The text of a map file with the names that fit no element of a drawing, or all names without a drawing."""
    elements = names.elements
    known = elements.aliases if elements.has_drawing else frozenset[str]()
    lines = [HEAD.format(drawing=drawing or "the diagram to be drawn")]
    for table, found in {"services": names.services, "peers": names.peers, "brokers": names.brokers}.items():
        unknown = {name: alias for name, alias in found.items() if alias not in known}
        lines += ["", f"[{table}]", *_entries(unknown, names)]
    return "\n".join([*lines, TAIL, ""])


def _entries(found: Mapping[str, str], names: TraceNames) -> Iterator[str]:
    for name, alias in sorted(found.items()):
        suggested = names.elements.nearest(name) if names.elements.has_drawing else alias
        entry = f"{json.dumps(clean(name))} = {json.dumps(suggested or 'ALIAS')}"
        yield entry if suggested else f"# {entry}"
