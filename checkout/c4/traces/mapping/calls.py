"""Calls: the arrows of requests, from one service into another and to systems outside."""

from checkout.c4.traces import attributes
from checkout.c4.traces.evidence.facts import Facts
from checkout.c4.traces.mapping.context import Context
from checkout.c4.traces.mapping.node import DELIVERIES, PUBLICATIONS, Draft, Node, Role
from checkout.c4.traces.mapping.tree import Forest
from checkout.c4.traces.naming.elements import fold
from checkout.c4.traces.naming.seeing import see_call
from checkout.c4.traces.span import Span

NESTED = 16  # client spans around another one that are looked at


class Calls:
    """Finds requests in a forest: `enter` for each span, parents first; then `leave`, children first; then `call`."""

    def __init__(self, context: Context, forest: Forest, facts: Facts) -> None:
        self._context, self._forest, self._facts = context, forest, facts
        self._answered: dict[Node, set[str]] = {}

    def enter(self, node: Node) -> None:
        """Places a span in its service, and adds the request by which the service was entered here."""
        up = node.up
        if up is None:
            self._enter_root(node)
            return
        node.is_muted = up.is_muted
        if node.is_inner:
            _stay(node, up)
        elif up.role in PUBLICATIONS:
            node.role = node.role if node.role in DELIVERIES else Role.PROCESS
        elif node.role not in DELIVERIES and not node.is_muted:
            self._enter_from(node, up)

    def _enter_root(self, node: Node) -> None:
        if node.role is not Role.SERVER:
            return
        seen = see_call(node.span)
        left_out = self._context.ignored_route(seen, is_first=True)
        node.is_muted = bool(left_out)
        self._context.leave_out(left_out)
        found = map(self._forest.find, node.span.links)
        is_continued = any(linked and linked.alias == node.alias for linked in found)
        if left_out or node.missing or is_continued:
            return
        if not self._context.caller:
            self._facts.add_unknown_caller(node)
            return
        node.entry = Draft(node.span.trace)
        self._context.add_hop(node.entry, node, (self._context.caller, node.alias), seen)

    def _enter_from(self, node: Node, up: Node) -> None:
        client = up if up.role is Role.CLIENT else None
        is_own = node.role is not Role.CLIENT or _is_callee(node)
        spans = [*([node.span] if is_own else []), *([client.span] if client else [])]
        seen = see_call(*spans or [Span(trace="", id="")])
        left_out = self._context.ignored_route(seen, is_first=_is_first(up))
        node.is_muted = bool(left_out)
        self._context.leave_out(left_out)
        node.entry = Draft(node.span.trace, owner=up)
        if not left_out:
            self._context.add_hop(node.entry, node, (up.alias, node.alias), seen, clock=client)
        around = client or up.outer
        for _ in range(NESTED):
            if around:
                self._answered.setdefault(around, set()).add(node.alias)
                around = around.outer

    def leave(self, node: Node) -> None:
        """Notes for the parent of a span what happened below it."""
        up = node.up
        if up is None:
            return
        if not node.is_inner:
            up.has_answer = up.has_answer or up.role not in PUBLICATIONS
            return
        up.has_answer = up.has_answer or node.has_answer
        is_named = node.role is Role.SEND
        if node.role is Role.CLIENT:
            is_named = node.has_answer or bool(attributes.peers(node.span))
        up.has_named_call = up.has_named_call or node.has_named_call or is_named

    def call(self, node: Node) -> None:
        """Adds the request of a client span that no span of another service answered."""
        is_request = node.role is Role.INTERNAL and _is_request(node)
        if node.is_muted or not (is_request or node.role is Role.CLIENT) or node.has_answer or node.has_named_call:
            return
        peer, is_known = self._peer(node)
        if peer == node.alias or _is_callee(node) or self._is_part_of_outer(node, peer):
            return
        if not peer:
            self._context.leave_out("calls to ignored systems" if peer is None else "calls to unnamed systems")
            if peer is not None:
                self._facts.add_unnamed_call(node)
            return
        elements = self._context.elements
        is_database = bool(attributes.database(node.span))
        if is_request and (node.children or not (is_database or node.is_inner)):
            self._facts.add_unclear_call(node)
            return
        if is_database and elements.has_drawing and not elements.has_databases and peer not in elements.ends:
            self._context.leave_out("database calls, which the view does not draw")
            return
        draft = Draft(node.span.trace, owner=node)
        if self._context.add_hop(draft, node, (node.alias, peer), see_call(node.span)):
            self._context.guessed += is_request
            if not is_known:
                self._facts.add_unmapped_peer(draft, attributes.peers(node.span)[0])

    def _peer(self, node: Node) -> tuple[str | None, bool]:
        span = node.span
        return self._context.names.peer(attributes.peers(span), node.alias, bool(attributes.database(span)))

    def _is_part_of_outer(self, node: Node, peer: str | None) -> bool:
        """Whether a span around this one stands for the same call: an SDK over HTTP, a name lookup, a connection."""
        outer = node.outer
        for _ in range(NESTED):
            if outer is None:
                return False
            if outer.role is Role.RECEIVE:
                # A receive span also surrounds the handling of messages, so only the call to the broker is part of it.
                return not peer or not {*attributes.brokers(outer.span)}.isdisjoint(attributes.peers(node.span))
            if outer.role is not Role.CLIENT or peer in self._answered.get(outer, ()):
                return True
            if not peer and (outer.has_answer or attributes.peers(outer.span)):
                return True
            outer = outer.outer
        return False


def _stay(node: Node, up: Node) -> None:
    """Takes over from the parent what surrounds a span of the same service."""
    node.local = up.local
    if up.role is Role.PROCESS:
        node.handler = up
        return
    node.handler, node.batch = up.handler, up if up.role is Role.RECEIVE else up.batch
    is_call = up.role in (Role.CLIENT, Role.CREATE, Role.SEND, Role.RECEIVE, Role.SETTLE)
    node.outer = up if is_call else up.outer


def _is_callee(node: Node) -> bool:
    """Whether a client span below a span of another service stands for the called service, as in OpenTracing."""
    if node.up is None or node.is_inner:
        return False
    peers = attributes.peers(node.span)
    return not peers or any(fold(name) in (node.alias, fold(node.span.service)) for name in peers)


def _is_request(node: Node) -> bool:
    """Whether an internal span may be a request to a database or, by its own service, to a system that it names."""
    span = node.span
    if attributes.database(span):
        return True
    is_call = bool(attributes.http_method(span) or attributes.rpc_system(span)) and "http.route" not in span.attributes
    return is_call and (node.up is None or node.is_inner) and bool(attributes.peers(span))


def _is_first(up: Node) -> bool:
    """Whether a request from this span is the first of its trace: it is a root, alone or below client spans."""
    return up.up is None and len(up.children) == 1
