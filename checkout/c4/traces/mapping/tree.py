"""Tree: joins spans to trees; parents, halves with one id, repeats, cycles and missing parents."""

from collections.abc import Iterable, Iterator

from checkout.c4.traces.mapping.node import Node
from checkout.c4.traces.naming.names import TraceNames
from checkout.c4.traces.span import Kind, Span, SpanId

SECOND_HALVES = (Kind.SERVER, Kind.CONSUMER)


class Twins:
    """The spans of one id: the halves of a call that share it (B3), or spans whose ids happen to be equal."""

    def __init__(self, node: Node) -> None:
        self.first = node
        self.second = node if node.span.kind in SECOND_HALVES else None
        self.by_service = {node.span.service: node}
        self._known = {_repeat_key(node.span)}

    def add(self, node: Node) -> bool:
        """Adds a span; False for an exact repeat, which is dropped."""
        key = _repeat_key(node.span)
        if key in self._known:
            return False
        self._known.add(key)
        self.by_service.setdefault(node.span.service, node)
        if node.span.kind in SECOND_HALVES:
            self.second = self.second or node
        elif self.first.span.kind in SECOND_HALVES:
            self.first = node
        return True

    def parent_of(self, span: Span) -> Node:
        """The one of these spans to which a child belongs: that of its own service, else the callee of the call."""
        return self.by_service.get(span.service) or self.second or self.first


class Forest:
    """The trees of all spans. `nodes` has each parent before its children."""

    def __init__(self, spans: Iterable[Span], names: TraceNames) -> None:
        self.nodes: list[Node] = []
        self.repeats = self.cycles = 0
        self._traces: dict[str, dict[str, Node | Twins]] = {}
        ignored = set[Node]()
        found = [node for span in spans if (node := self._read(span, names, ignored))]
        for node in found:
            self._connect(node)
        for root in self._roots(found):
            self._place(root, ignored)

    def find(self, at: SpanId) -> Node | None:
        """The span with these ids, of several the sender's half; None if it is not in the files."""
        found = self._traces.get(at.trace, {}).get(at.span)
        return found.first if isinstance(found, Twins) else found

    def has_trace(self, trace: str) -> bool:
        """Whether the files have any span of a trace."""
        return trace in self._traces

    @property
    def traces(self) -> Iterable[str]:
        """The ids of all traces."""
        return self._traces.keys()

    def _read(self, span: Span, names: TraceNames, ignored: set[Node]) -> Node | None:
        alias = names.service(span)
        node = Node(span, alias)
        spans = self._traces.setdefault(span.trace, {})
        known = spans.get(span.id)
        if isinstance(known, Node):
            known = spans[span.id] = Twins(known)
        if known is None:
            spans[span.id] = node
        elif not known.add(node):
            self.repeats += 1
            return None
        if alias is None:
            ignored.add(node)
        return node

    def _connect(self, node: Node) -> None:
        """Finds the parent of a node among all spans."""
        span = node.span
        spans = self._traces[span.trace]
        half = spans[span.id]
        if isinstance(half, Twins) and half.first is not node and half.second and half.first is not half.second and span.kind in SECOND_HALVES:
            node.up = half.first
        elif span.parent and span.parent != span.id:
            parent = spans.get(span.parent)
            node.up = parent.parent_of(span) if isinstance(parent, Twins) else parent
            node.missing = "" if parent else span.parent
        if node.up:
            node.up.add(node)

    def _roots(self, found: list[Node]) -> Iterator[Node]:
        """The roots; then one node of each cycle of parents, which is cut there."""
        yield from [node for node in found if node.up is None]
        for node in found:
            at: Node | None = node
            path = dict[Node, None]()
            while at and not at.is_placed and at not in path:
                path[at] = None
                at = at.up
            if at and not at.is_placed and at.up:
                self.cycles += 1
                at.up.children.remove(at)
                at.up = None
                yield at

    def _place(self, root: Node, ignored: set[Node]) -> None:
        waiting = [root]
        while waiting:
            node = waiting.pop()
            node.is_placed = True
            waiting.extend(reversed(node.children))
            up = node.up
            if up in ignored:
                node.missing = up.missing
                node.up = up = up.up
                if up and node not in ignored:
                    up.add(node)
            if node not in ignored:
                self.nodes.append(node)


def _repeat_key(span: Span) -> tuple[Kind, int, str]:
    return span.kind, span.start, span.service

