"""Facts: what the mapping notes about the limits of what spans show, while it looks for hops."""

from collections import Counter

from checkout.c4.traces.mapping.node import Draft, Node
from checkout.c4.traces.naming.text import clean
from checkout.c4.traces.span import SpanId


class Facts:
    """Notes of one mapping; each refers to a draft or a node, whose story is known later."""

    def __init__(self) -> None:
        self.direct = set[str]()  # topics that the view draws without a broker
        self.brokers = set[str]()
        self.absent_links: list[tuple[Draft, Node, SpanId]] = []
        self.lost_messages: list[tuple[Draft, Node]] = []
        self.batches: list[tuple[Draft, Node]] = []
        self.unnamed_calls: list[Node] = []
        self.unmapped_peers: list[tuple[Draft, str]] = []
        self.peer_counts = Counter[str]()

    def add_broker(self, alias: str) -> None:
        """Notes that messages pass a broker."""
        self.brokers.add(alias)

    def add_direct(self, topic: str) -> None:
        """Notes that the messages of a topic are drawn from service to service."""
        self.direct.add(topic)

    def add_absent_link(self, draft: Draft, node: Node, link: SpanId) -> None:
        """Notes a delivery whose publication is not in the files."""
        self.absent_links.append((draft, node, link))

    def add_lost_message(self, draft: Draft, node: Node) -> None:
        """Notes a delivery for which nothing shows who sent its message."""
        self.lost_messages.append((draft, node))

    def add_batch(self, draft: Draft, node: Node) -> None:
        """Notes a delivery of a span with several, but not the first one, to which all that follows belongs."""
        self.batches.append((draft, node))

    def add_unnamed_call(self, node: Node) -> None:
        """Notes a call to a system that the span does not name, or names by an IP address."""
        self.unnamed_calls.append(node)

    def add_unmapped_peer(self, draft: Draft, name: str) -> None:
        """Notes a call to a system that is no element."""
        self.unmapped_peers.append((draft, clean(name)))
        self.peer_counts[clean(name)] += 1
