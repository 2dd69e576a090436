"""Tree: joins spans to trees: parents, missing parents, cycles of parents, and ignored services."""

from collections.abc import Iterable, Iterator

from checkout.c4.traces.mapping.node import Node
from checkout.c4.traces.naming.names import TraceNames
from checkout.c4.traces.span import Span, SpanId


class Forest:
    """The trees of all spans, whose ids are unique. `nodes` has each parent before its children."""

    def __init__(self, spans: Iterable[Span], names: TraceNames) -> None:
        self.nodes: list[Node] = []
        self.cycles = 0
        self._traces: dict[str, dict[str, Node]] = {}
        self._ignored = set[Node]()
        found = [self._read(span, names) for span in spans]
        for node in found:
            self._connect(node)
        for root in self._roots(found):
            self._place(root)

    def find(self, at: SpanId) -> Node | None:
        """The span with these ids, or None if it is not in the files."""
        return self._traces.get(at.trace, {}).get(at.span)

    @property
    def traces(self) -> Iterable[str]:
        """The ids of all traces, in the order of the files."""
        return self._traces.keys()

    def _read(self, span: Span, names: TraceNames) -> Node:
        alias = names.service(span)
        node = Node(span, alias)
        self._traces.setdefault(span.trace, {}).setdefault(span.id, node)
        if alias is None:
            self._ignored.add(node)
        return node

    def _connect(self, node: Node) -> None:
        span = node.span
        if span.parent and span.parent != span.id:
            node.up = self._traces[span.trace].get(span.parent)
            node.missing = "" if node.up else span.parent
        if node.up:
            node.up.add(node)

    def _roots(self, found: list[Node]) -> Iterator[Node]:
        """The roots; when they are placed, one node of each cycle of parents, which is cut there."""
        yield from [node for node in found if node.up is None]
        for node in found:
            at: Node | None = node
            path = set[Node]()
            while at and not at.is_placed and at not in path:
                path.add(at)
                at = at.up
            if at and not at.is_placed and at.up:
                self.cycles += 1
                at.up.children.remove(at)
                at.up = None
                yield at

    def _place(self, root: Node) -> None:
        waiting = [root]
        while waiting:
            node = waiting.pop()
            node.is_placed = True
            waiting.extend(reversed(node.children))
            self._skip_ignored(node)
            if node not in self._ignored:
                self.nodes.append(node)

    def _skip_ignored(self, node: Node) -> None:
        """Replaces a parent of an ignored service by its parent."""
        up = node.up
        if up in self._ignored:
            node.missing, node.up = up.missing, up.up
