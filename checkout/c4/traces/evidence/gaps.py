"""Gaps: why the absence of an arrow in a trace is no proof that it never happened."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence

from checkout.c4.source.arrows import Arrow
from checkout.c4.traces.evidence.facts import Facts, MissingParents, missing_parents
from checkout.c4.traces.evidence.pieces import Pieces
from checkout.c4.traces.evidence.problems import describe_problems
from checkout.c4.traces.mapping.context import Context
from checkout.c4.traces.mapping.node import Draft, Node, Role
from checkout.c4.traces.mapping.stories import story_of
from checkout.c4.traces.naming.text import short_id


class TraceGaps:
    """The gaps of mapped traces: absence of an arrow is proof only without any of them.

    Proof needs spans of its source in the story (of its target in the files, where a broker delivers); all parents;
    traces that are not partial; links that lead to spans in the files; and no span that may be the arrow under another
    name. `problems` has one sentence for each gap that a user can close.
    """

    def __init__(
        self, context: Context, facts: Facts, nodes: Sequence[Node], drafts: Sequence[Draft], partial: Collection[str]
    ) -> None:
        self._partial, self._missing = frozenset(partial), missing_parents(nodes)
        self._unmapped = context.names.unmapped_aliases
        self._brokers, self._direct = facts.brokers | context.elements.queues, facts.direct
        self._present: dict[str, set[str]] = defaultdict(set)
        self._traces: dict[str, set[str]] = defaultdict(set)
        self._nameless = set[str]()
        for node in nodes:
            story = story_of(node)
            self._present[story].add(node.alias)
            self._traces[story].add(node.span.trace)
            if not node.alias:
                self._nameless.add(node.span.trace)
        for draft in drafts:  # a caller has no spans: those of the service that it calls take their place
            if draft.hop and draft.hop.sender == context.caller:
                self._present[draft.order].add(context.caller)
        self._elements = frozenset(alias for present in self._present.values() for alias in present)
        consumers = {arrow.target for arrow in context.elements.arrows if arrow.source in self._brokers}
        self._pieces = Pieces(nodes, facts, self._present, frozenset(consumers))
        self._happened: dict[str, Counter[tuple[str, str, str]]] = {}
        for draft in drafts if self._pieces.aliases else ():
            if draft.hop:
                self._happened.setdefault(draft.order, Counter())[draft.hop.arrow] += 1
        self._drawn = Counter(arrow.key for arrow in context.elements.arrows)
        self._untraced = facts.silent - facts.linked - facts.joined
        self._stories = self._pieces.stories | _story_reasons(facts)
        self._lost = {link.trace: short_id(link.span) for _, link in facts.absent_links}
        self._mixed = {(draft.order, node.alias): node for draft, node in facts.batches}
        self._unclear = _unclear_calls(facts)
        self._called = {node.alias for node in facts.unknown_callers}
        self._nearest = {name: context.elements.nearest(name) for name in self._unmapped.values()}
        self._callers = _unknown_callers(context, nodes, self._missing)
        self.problems: Sequence[str] = describe_problems(context, facts, self._missing, self._partial)

    def reason(self, order: str, arrow: Arrow) -> str:
        """Why the absence of this arrow in this story cannot be judged; empty where it is proof."""
        if order in self._stories:
            return self._stories[order]
        by_trace = (self._trace_reason(trace, arrow) for trace in sorted(self._traces.get(order, ())))
        return next(filter(None, by_trace), "") or self._end_reason(order, arrow) or self._name_reason(order, arrow)

    def is_unseen(self, order: str, arrow: Arrow) -> bool:
        """Whether the arrow may be in a piece of this story, so that what led to it is not seen either."""
        return bool(self._piece_reason(order, arrow))

    def order_reason(self, order: str) -> str:
        """Which service of this story was called by an unknown one; empty where all callers are known."""
        by_trace = (self._callers.get(trace, "") for trace in sorted(self._traces.get(order, ())))
        return next(filter(None, by_trace), "")

    def _trace_reason(self, trace: str, arrow: Arrow) -> str:
        if trace in self._partial:
            return f"trace {short_id(trace)} is marked as incomplete by its source"
        if trace in self._nameless:
            return f"trace {short_id(trace)} has spans of an unknown service"
        if trace in self._lost:
            return f"span {self._lost[trace]} of trace {short_id(trace)}, to which a link leads, is missing"
        missing = self._missing.get(trace)
        if missing and (not missing.is_top or arrow.target in missing.above or arrow.source in missing.within):
            return f"parent {min(missing.parents)} of {', '.join(sorted(missing.above))} is missing"
        return ""

    def _end_reason(self, order: str, arrow: Arrow) -> str:
        """Why the spans that would show the arrow are not there: those of its source, for a delivery of its target."""
        if (order, arrow.source) in self._mixed:
            node = self._mixed[order, arrow.source]
            return f"span {short_id(node.span.id)} of {node.alias} handles messages of several stories together"
        is_delivery = self._is_delivery(arrow)
        if is_delivery and arrow.target not in self._elements:
            return f"no span of {arrow.target} is in the files"
        if is_delivery and arrow.target in self._untraced:
            return f"no span of {arrow.target} names the messages that it receives"
        if detached := self._piece_reason(order, arrow):
            return detached
        if arrow.source in self._brokers or arrow.source in self._present.get(order, ()):
            return ""
        if arrow.source in self._elements:
            return f"no span of {arrow.source} is in this trace"
        return f"no span of {arrow.source} is in the files{self._caller_remedy(arrow)}"

    def _caller_remedy(self, arrow: Arrow) -> str:
        if arrow.target not in self._called:
            return ""
        remedy = f'add caller = "{arrow.source}" to traces.toml'
        return f": if {arrow.source} sends the requests with which traces begin, {remedy}"

    def _is_delivery(self, arrow: Arrow) -> bool:
        is_direct = any(topic and topic in arrow.technology for topic in self._direct)
        return is_direct or arrow.source in self._brokers

    def _piece_reason(self, order: str, arrow: Arrow) -> str:
        """Which piece of a story, in a trace of its own, the arrow may be in or before."""
        ends = [arrow.target] if self._is_delivery(arrow) else []
        ends += [] if arrow.source in self._brokers else [arrow.source]
        sent = arrow.technology if arrow.target in self._brokers else ""
        return self._pieces.reason(ends, self._is_complete(order), sent)

    def _is_complete(self, order: str) -> Callable[[tuple[str, str, str]], bool]:
        """Whether an arrow happened in this story as often as it is drawn, so that it begins no other part of it."""
        happened = self._happened.get(order, Counter())
        return lambda key: happened[key] >= max(self._drawn[key], 1)

    def _name_reason(self, order: str, arrow: Arrow) -> str:
        """Whether spans may be the arrow under a name that fits no element."""
        if arrow.target in self._elements or arrow.target in self._brokers:
            return ""
        if (order, arrow.source) in self._unclear:
            return self._unclear[order, arrow.source]
        names = sorted(self._unmapped[each] for each in self._present[order] if each in self._unmapped)
        name = next((each for each in names if self._nearest[each] == arrow.target), next(iter(names), ""))
        return f'service "{name}" is no element and may be {arrow.target}' if name else ""


def _story_reasons(facts: Facts) -> dict[str, str]:
    reasons: dict[str, str] = {}
    for draft, link in facts.absent_links:
        place = f"span {short_id(link.span)} of trace {short_id(link.trace)}"
        reasons[draft.order] = f"a link leads to {place}, which is not in the files"
    for draft, node in facts.lost_messages:
        reasons[draft.order] = f"span {short_id(node.span.id)} of {node.alias} names no span that sent its message"
    return reasons


def _unknown_callers(context: Context, nodes: Sequence[Node], missing: Mapping[str, MissingParents]) -> dict[str, str]:
    called = {arrow.target for arrow in context.elements.arrows}
    return {
        node.span.trace: f"{node.alias} was called by a service whose span {short_id(node.missing)} is missing"
        for node in nodes
        if node.missing and node.up is None and node.role is Role.SERVER and not node.is_muted
        if node.alias in called or not missing[node.span.trace].is_top
    }


def _unclear_calls(facts: Facts) -> dict[tuple[str, str], str]:
    reasons: dict[tuple[str, str], str] = {}
    for node in facts.unclear_calls:
        reasons[story_of(node), node.alias] = f"span {short_id(node.span.id)} of {node.alias} may be the call"
    for node in facts.unnamed_calls:
        reason = f"span {short_id(node.span.id)} of {node.alias} calls a system that it does not name"
        reasons[story_of(node), node.alias] = reason
    for draft, name in facts.unmapped_peers:
        if draft.hop:
            remedy = "add it under [peers] or [ignore] in traces.toml"
            reasons[draft.order, draft.hop.sender] = f'it may be the call to "{name}": {remedy}'
    return reasons
