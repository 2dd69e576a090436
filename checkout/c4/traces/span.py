"""Span: one span of a trace, as every reader of trace files returns it, and what the reading of files found."""

from collections import Counter
from enum import StrEnum
from typing import NamedTuple

import msgspec

Value = str | int | float | bool | list["Value"]


class Kind(StrEnum):
    """The kind of a span, as OpenTelemetry names it. A span without a kind is internal."""

    INTERNAL = "internal"
    SERVER = "server"
    CLIENT = "client"
    PRODUCER = "producer"
    CONSUMER = "consumer"


class SpanId(NamedTuple):
    """What identifies a span: the id of its trace and its own, in lower case hexadecimal where they are numbers."""

    trace: str
    span: str


class Span(msgspec.Struct, kw_only=True):
    """One span. Times are nanoseconds since 1970, 0 where the file has none; `parent` is empty for a root span.

    `service` is empty where the file names none. `attributes` holds those that checkout.c4.traces.attributes names and
    those the caller asked for, of the span and of its resource (`service.namespace`, `service.instance.id`,
    `host.name`, `process.pid`), under the names that the file uses; the attributes of a Zipkin or Jaeger peer are in it
    as `peer.service` and `server.address`.
    `has_error` is None where the file does not have whether the operation failed.
    """

    trace: str
    id: str
    parent: str = ""
    links: tuple[SpanId, ...] = ()
    name: str = ""
    kind: Kind = Kind.INTERNAL
    service: str = ""
    start: int = 0
    end: int = 0
    has_error: bool | None = None
    attributes: dict[str, Value] = {}


class TraceFiles(msgspec.Struct, kw_only=True):
    """What the reading of files found: the spans in file order, unchanged but for ids, times and kinds.

    `left_out` counts what is no span, by a description such as "lines with logs or metrics"; `partial` holds the ids of
    traces that their source marks as incomplete.
    """

    files: int = 0
    spans: list[Span] = []
    left_out: Counter[str] = Counter()
    partial: set[str] = set()
