"""Messages: the arrows of publications and deliveries, through the broker or, where none is drawn, directly."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence

from checkout.c4.traces import attributes
from checkout.c4.traces.evidence.facts import Facts
from checkout.c4.traces.mapping.context import Context, distinct
from checkout.c4.traces.mapping.node import PUBLICATIONS, Draft, Node, Role
from checkout.c4.traces.mapping.positions import Positions
from checkout.c4.traces.mapping.tree import Forest
from checkout.c4.traces.naming.seeing import see_message
from checkout.c4.traces.naming.text import clean
from checkout.c4.traces.span import Span, SpanId


class Messages:
    """Finds messages in a forest: `publish` and `create` for all spans, then `process`, then `receive`."""

    def __init__(self, context: Context, forest: Forest, facts: Facts) -> None:
        self._context, self._forest, self._facts = context, forest, facts
        self._same: dict[Node, Node] = {}  # a create span -> the send span of its message
        self._origins: dict[Node, list[Node]] = {}  # a process span -> the spans that sent its messages
        self._handled = set[tuple[str, Node | SpanId]]()
        self._claimed = set[Node]()  # the send spans in _same
        self._receives: dict[Node, list[Node]] = {}  # by parent, in the order of their start
        self._waiting: dict[Node, list[Node]] = {}  # a receive span -> process spans that name no message
        self._positions = Positions([])
        self._processed = Counter[str]()  # by service: process spans less the messages of receive spans

    def publish(self, node: Node) -> None:
        """Adds the publications of a send span: one for each span of a message that it links to, else one."""
        outer = node.outer
        if outer and outer.role is Role.SEND and outer not in self._claimed and _is_same_topic(outer, node):
            self._claim(node, outer)  # two layers of one client
            return
        linked = [each for each in self._linked(node.span) if each.alias == node.alias and each is not node]
        created = [each for each in linked if each.role in PUBLICATIONS]
        for message in distinct(created) or [node]:
            if message.publication is None:
                message.publication = Draft(node.span.trace, owner=node)
                self._add_publication(message.publication, message, node)
        node.publication = node.publication or created[0].publication

    def create(self, node: Node) -> None:
        """Finds the send span of a create span to which none links; without one the create span is the publication."""
        if node.publication:
            return
        up = node.up if node.is_inner else None
        around = [*([up] if up else []), *node.children, *(up.children if up and len(up.children) < 9 else ())]
        sends = (each for each in around if each.role is Role.SEND and each not in self._claimed)
        send = next((each for each in sends if _is_same_topic(each, node)), None)
        if send:
            self._claim(node, send)
        else:
            node.publication = Draft(node.span.trace, owner=node)
            self._add_publication(node.publication, node, node)

    def _claim(self, node: Node, send: Node) -> None:
        self._same[node], node.publication = send, send.publication
        self._claimed.add(send)

    def _add_publication(self, draft: Draft, message: Node, send: Node) -> None:
        topic = attributes.topic(message.span) or attributes.topic(send.span)
        if send.is_muted or self._context.ignores_topic(topic):
            return
        broker = self._context.names.broker(send.span, topic)
        if self._is_direct(broker):
            self._facts.add_direct(clean(topic))
            return
        self._facts.add_broker(broker)
        seen = see_message(attributes.system(send.span), topic)
        if self._context.add_hop(draft, message, (send.alias, broker), seen, clock=send) and draft.hop:
            _add_record(draft, send.span, topic)

    def _is_direct(self, broker: str) -> bool:
        """Whether the view draws messages from service to service, without this broker."""
        return self._context.elements.has_drawing and broker not in self._context.elements.ends

    def process(self, nodes: Sequence[Node]) -> None:
        """Adds the deliveries of process spans. A process span within another one for the same message adds none."""
        self._positions = Positions(nodes)
        self._sort_receives(nodes)
        for node in nodes:
            if not node.is_muted and self._is_process(node):
                node.batch = node.batch or self._receive_beside(node)
                self._process(node)
        for receive, waiting in self._waiting.items():
            self._share_out(receive, waiting)

    def _sort_receives(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            if node.role is Role.RECEIVE and node.up:
                self._receives.setdefault(node.up, []).append(node)
        for receives in self._receives.values():
            receives.sort(key=_start)

    def _receive_beside(self, node: Node) -> Node | None:
        """The last receive span that began before a process span and has the same parent."""
        receives = self._receives.get(node.up, []) if node.up and node.is_inner else []
        at = bisect_right(receives, node.span.start, key=_start)
        return receives[at - 1] if at else None

    def _is_process(self, node: Node) -> bool:
        if node.role is Role.INTERNAL and node.span.links and not node.is_inner:
            # Consumers that are instrumented by hand may have no kind and no attributes of messages.
            is_process = any(each.role in PUBLICATIONS and each.alias != node.alias for each in self._linked(node.span))
            node.role = Role.PROCESS if is_process else node.role
        return node.role is Role.PROCESS

    def _process(self, node: Node) -> None:
        origins, absent = self._messages_of(node)
        handler = node.handler
        if handler and _is_same_topic(handler, node) and set(origins) <= {*self._origins.get(handler, origins)}:
            return
        if origins or absent:
            self._deliver(node, origins, absent)
        elif node.batch:
            self._waiting.setdefault(node.batch, []).append(node)
        elif not (attributes.topic(node.span) or attributes.system(node.span) or (node.up and not node.is_inner)):
            self._context.leave_out("consumer spans without a message")
            self._facts.silent.add(node.alias)
        else:
            self._deliver(node, [node.up] if node.up and not node.is_inner else [], [])

    def _share_out(self, receive: Node, waiting: list[Node]) -> None:
        """Gives the messages of a receive span to its process spans that link to none, in the order of their start."""
        origins, absent = self._messages_of(receive)
        free = [each for each in origins if (receive.alias, each) not in self._handled]
        for at, node in enumerate(sorted(waiting, key=_start)):
            own = free[min(at, len(free) - 1)] if free else None
            story = f"{node.span.trace}:{node.span.id}" if len(waiting) > 1 else ""
            self._deliver(node, [own] if own else [], [] if own else absent[:1], story)

    def receive(self, node: Node) -> None:
        """Adds the deliveries of a receive span for the messages that no process span of its service handles."""
        if node.is_muted:
            return
        origins, absent = self._messages_of(node)
        free = [each for each in origins if (node.alias, each) not in self._handled]
        lost = [each for each in absent if (node.alias, each) not in self._handled]
        is_silent = not origins and not absent and node not in self._waiting
        if free or lost:
            self._deliver(node, free, lost)
        elif is_silent and (number := _number_received(node.span)):
            self._processed[node.alias] -= number
            if self._processed[node.alias] < 0:  # no process span handled one of them
                self._deliver(node, [], [])
        elif is_silent:
            self._context.leave_out("receive spans without a message")
            self._facts.silent.add(node.alias)

    def _messages_of(self, node: Node) -> tuple[list[Node], list[SpanId]]:
        """The spans that sent the messages of a span, from its parent, links or position; links to absent spans."""
        up = [node.up] if node.up and node.up.role in PUBLICATIONS else []
        origins = [*up, *self._linked(node.span)]
        absent = [] if up else [link for link in node.span.links if self._forest.find(link) is None]
        sent = [each for each in origins if each.role in PUBLICATIONS]
        if not sent and len(absent) < 2 and (found := self._positions.find(node.span)):
            return [found], []
        sent = sent or origins
        return distinct([self._same.get(each, each) for each in sent]), absent

    def _deliver(self, node: Node, origins: list[Node], absent: list[SpanId], story: str = "") -> None:
        """Adds a delivery for each message; the first one is the entry, to which what follows belongs.

        `story` is that of a message of which nothing is known, by default its trace.
        """
        self._origins[node] = origins
        self._processed[node.alias] += node.role is Role.PROCESS
        drafts = [self._add_delivery(node, origin) for origin in origins]
        for link in absent:
            drafts.append(self._add_delivery(node, None, link.trace))
            self._handled.add((node.alias, link))
            self._facts.add_absent_link(drafts[-1], link)
        if not drafts:
            drafts.append(self._add_delivery(node, None))
            drafts[0].owner, drafts[0].story = node.up if node.is_inner else None, story
            if node.local.up is None and node.local.role is not Role.SERVER:
                self._facts.add_lost_message(drafts[0], node)
        node.entry = drafts[0]
        for draft in drafts[1:]:
            self._facts.add_batch(draft, node)

    def _add_delivery(self, node: Node, origin: Node | None, story: str = "") -> Draft:
        sent = origin.span if origin and origin.role in PUBLICATIONS else None
        draft = Draft(node.span.trace, origin, origin.publication if origin else None, story)
        topic = attributes.topic(node.span) or (attributes.topic(sent) if sent else "")
        if origin:
            self._handled.add((node.alias, origin))
            self._facts.add_known_delivery(node, origin)
        if self._context.ignores_topic(topic):
            return draft
        spoken = node.span if attributes.is_messaging(node.span) or not sent else sent
        source = self._context.names.broker(spoken, topic)
        if self._is_direct(source):
            source = origin.alias if origin else ""
        else:
            self._facts.add_broker(source)
        seen = see_message(attributes.system(spoken), topic)
        if self._context.add_hop(draft, node, (source, node.alias), seen):
            _add_record(draft, node.span, topic)
            if draft.hop:
                draft.hop.group = clean(attributes.group(node.span)) or node.alias
        return draft

    def _linked(self, span: Span) -> list[Node]:
        return [node for link in span.links if (node := self._forest.find(link))]


def _add_record(draft: Draft, span: Span, topic: str) -> None:
    if draft.hop:
        draft.hop.topic = clean(topic) or None
        draft.hop.partition, draft.hop.offset = attributes.partition(span), attributes.offset(span)
        draft.hop.key = clean(attributes.key(span)) or None


def _number_received(span: Span) -> int:
    return attributes.message_count(span) or int(attributes.offset(span) is not None)


def _start(node: Node) -> int:
    return node.span.start


def _is_same_topic(one: Node, other: Node) -> bool:
    """Whether two spans may be about one topic."""
    topics = {attributes.topic(one.span), attributes.topic(other.span)} - {""}
    return len(topics) < 2
