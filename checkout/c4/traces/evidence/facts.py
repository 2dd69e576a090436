"""Facts: what the mapping notes about the limits of what spans show, while it looks for hops."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from checkout.c4.traces.mapping.node import DELIVERIES, Draft, Node, Role
from checkout.c4.traces.naming.text import clean, short_id
from checkout.c4.traces.span import SpanId


class MissingParents(NamedTuple):
    """The parents that the spans of one trace name and that are not in the files.

    `parents` are their ids; `above` the aliases of the services below them, and `within` of those whose own spans they
    are as far as kinds show. `is_top`: only the beginning of the trace is missing.
    """

    parents: frozenset[str]
    above: frozenset[str]
    within: frozenset[str]
    is_top: bool


class Facts:
    """Notes of one mapping; each refers to a draft or a node, whose story is known later."""

    def __init__(self) -> None:
        self.direct = set[str]()  # topics that the view draws without a broker
        self.brokers = set[str]()
        self.silent = set[str]()  # services with spans that receive, but name no message
        self.joined = set[str]()  # services with deliveries in the trace of their message
        self.linked = set[str]()  # services with deliveries in another trace
        self.absent_links: list[tuple[Draft, SpanId]] = []
        self.lost_messages: list[tuple[Draft, Node]] = []
        self.batches: list[tuple[Draft, Node]] = []
        self.unnamed_calls: list[Node] = []
        self.unknown_callers: list[Node] = []
        self.unclear_calls: list[Node] = []
        self.unmapped_peers: list[tuple[Draft, str]] = []
        self.peer_counts = Counter[str]()

    def add_unknown_caller(self, node: Node) -> None:
        """Notes a request at the beginning of a trace, whose caller the map does not name."""
        self.unknown_callers.append(node)

    def add_broker(self, alias: str) -> None:
        """Notes that messages pass a broker."""
        self.brokers.add(alias)

    def add_known_delivery(self, node: Node, origin: Node) -> None:
        """Notes whether a delivery is in the trace of its message."""
        (self.joined if node.span.trace == origin.span.trace else self.linked).add(node.alias)

    def add_direct(self, topic: str) -> None:
        """Notes that the messages of a topic are drawn from service to service."""
        self.direct.add(topic)

    def add_absent_link(self, draft: Draft, link: SpanId) -> None:
        """Notes a delivery whose publication is not in the files."""
        self.absent_links.append((draft, link))

    def add_lost_message(self, draft: Draft, node: Node) -> None:
        """Notes a delivery at the root of a trace that names no message."""
        self.lost_messages.append((draft, node))

    def add_batch(self, draft: Draft, node: Node) -> None:
        """Notes a delivery of a span with several, but not the first one, to which all that follows belongs."""
        self.batches.append((draft, node))

    def add_unnamed_call(self, node: Node) -> None:
        """Notes a call to a system that the span does not name, or names by an IP address."""
        self.unnamed_calls.append(node)

    def add_unclear_call(self, node: Node) -> None:
        """Notes a span without a kind that may be a call, or the handling of one."""
        self.unclear_calls.append(node)

    def add_unmapped_peer(self, draft: Draft, name: str) -> None:
        """Notes a call to a system that is no element."""
        self.unmapped_peers.append((draft, clean(name)))
        self.peer_counts[clean(name)] += 1


def missing_parents(nodes: Iterable[Node]) -> dict[str, MissingParents]:
    """The missing parents by trace. Deliveries whose message is known do not count: their links take the place."""
    orphans: dict[str, list[Node]] = {}
    complete = set[str]()
    for node in nodes:
        if node.up is None and not node.missing:
            complete.add(node.span.trace)
        elif node.up is None and not (node.role in DELIVERIES and node.span.links):
            orphans.setdefault(node.span.trace, []).append(node)
    found = dict[str, MissingParents]()
    for trace, spans in orphans.items():
        parents = frozenset(short_id(node.missing) for node in spans)
        is_top = trace not in complete and len(parents) == 1
        within = frozenset(node.alias for node in spans if node.role is not Role.SERVER)
        found[trace] = MissingParents(parents, frozenset(node.alias for node in spans), within, is_top)
    return found
