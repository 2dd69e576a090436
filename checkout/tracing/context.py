"""Context: the W3C trace context of a message, as the header `traceparent` carries it."""

import hashlib
import re
import uuid
from typing import NamedTuple

TRACEPARENT, TRACESTATE = "traceparent", "tracestate"
OURS = "checkout="  # our entry of the trace state: the span to which a message that we send belongs
_FORM = re.compile(r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


class TraceContext(NamedTuple):
    """A span as others refer to it. The span id is 0 where there is a trace and no span yet."""

    trace_id: int
    span_id: int
    is_sampled: bool

    def __str__(self) -> str:
        return f"00-{self.trace_id:032x}-{self.span_id:016x}-{self.is_sampled:02x}"


class OutgoingContext(NamedTuple):
    """The context of a message to send, and that of the span to which it belongs."""

    own: TraceContext
    parent: TraceContext

    @property
    def headers(self) -> list[tuple[str, bytes]]:
        """The headers of the message. The parent is in them, since they are all that a crash leaves."""
        state = [(TRACESTATE, f"{OURS}{self.parent.span_id:016x}".encode())] if self.parent.span_id else []
        return [(TRACEPARENT, str(self.own).encode()), *state]


def read_outgoing(traceparent: str | None, tracestate: str | None) -> OutgoingContext | None:
    """The context in the headers of a message that this service sends."""
    own = read_traceparent(traceparent)
    parent_id = int((tracestate or "").removeprefix(OURS) or "0", 16)
    return OutgoingContext(own, own._replace(span_id=parent_id)) if own else None


def read_traceparent(text: str | None) -> TraceContext | None:
    """The context of a header; None where there is none, or none of the form that W3C specifies."""
    found = _FORM.fullmatch(text or "")
    if found is None or (found[1] == "00" and found[5]):
        return None
    return TraceContext(int(found[2], 16), int(found[3], 16), bool(int(found[4], 16) & 1))


def span_id_of(hop_id: str) -> int:
    """The span id of a hop: the same in every process, so that a cause needs no state to be named."""
    return int.from_bytes(hashlib.blake2b(hop_id.encode(), digest_size=8).digest()) or 1


def trace_id_of(order: str) -> int:
    """The trace id of what begins without a context: the order's id where that is a UUID, else its hash."""
    try:
        found = uuid.UUID(order).int
    except ValueError:
        found = 0
    return found or int.from_bytes(hashlib.blake2b(order.encode(), digest_size=16).digest())
