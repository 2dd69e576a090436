"""Positions: finds the span that sent a message by topic, partition and offset, without a parent or link."""

from collections.abc import Iterable

from checkout.c4.traces import attributes
from checkout.c4.traces.mapping.node import Node, Role
from checkout.c4.traces.span import Span

Position = tuple[str, int, int]  # topic, partition, offset


class Positions:
    """The send spans by the positions of their messages, in one cluster.

    Spans of two services that sent messages to one position are of several clusters or times: none of them is found.
    """

    def __init__(self, nodes: Iterable[Node]) -> None:
        self._senders: dict[Position, list[Node]] = {}
        for node in nodes:
            position = _position(node.span) if node.role is Role.SEND else None
            if position and not (node.outer and node.outer.role is Role.SEND):  # two layers of one client
                self._senders.setdefault(position, []).append(node)

    def find(self, span: Span) -> Node | None:
        """The span that sent the message of a process or receive span; None if it is not known."""
        position = _position(span)
        senders = self._senders.get(position, []) if position else []
        return senders[0] if len(senders) == 1 else None


def _position(span: Span) -> Position | None:
    offset = attributes.offset(span)
    if offset is None:
        return None
    topic, partition = attributes.topic(span), attributes.partition(span)
    return (topic, partition, offset) if topic and partition is not None else None
