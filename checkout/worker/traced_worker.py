"""Traced worker: a worker whose hops become spans, and whose messages carry the W3C trace context."""

import time
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from checkout.journal.hop import coordinates
from checkout.tracing.context import TRACEPARENT, TRACESTATE, OutgoingContext, read_outgoing
from checkout.tracing.spans import Spans, SpanWriter, harmless
from checkout.worker import hops
from checkout.worker.calls.external_calls import Adapter, CallResult
from checkout.worker.dead_letters import HEADERS
from checkout.worker.deliveries import Delivery
from checkout.worker.outbox import OutboxKind, OutboxRow
from checkout.worker.sending import header_of
from checkout.worker.worker import Worker


class TracedWorker(Worker):
    """A worker with these spans. The trace context of a message is stored in its outbox row, so a crash keeps it."""

    def __init__(self, spans: Spans, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._spans, self.journal = spans, SpanWriter(self.journal, spans)
        self.external_calls.adapters = {
            name: self._timed(adapter) for name, adapter in self.external_calls.adapters.items()
        }

    def handle(self) -> None:
        """Handles the batch."""
        if not self.is_handled:
            self._receive()
        super().handle()

    def publish(self) -> None:
        """Sends the outbox rows of the batch."""
        self._send()
        super().publish()

    def _call_handlers(self, db: Connection, fresh: Sequence[Delivery]) -> list[OutboxRow]:
        rows = super()._call_handlers(db, fresh)
        self._add_contexts(rows)
        return rows

    def _timed(self, adapter: Adapter) -> Adapter:
        def call(row: OutboxRow) -> CallResult:
            start = time.time_ns()
            try:
                return adapter(row)
            finally:
                self._spans.called[hops.call_id(row)] = start, time.time_ns()

        return call

    @harmless
    def _receive(self) -> None:
        self._spans.begin_batch()
        for delivery in self.batch:
            hop_id, order = delivery.hop_id(self.service.name) or "", delivery.id
            if delivery.record:
                header = hops.header(delivery.record, TRACEPARENT)
                self._spans.receive(hop_id, coordinates(*delivery.record[:3]), order, header)
            elif delivery.result:
                self._spans.receive_reply(hop_id, _context(delivery.result.row))
            elif delivery.request and delivery.type:
                request_id = hops.request_id(delivery.type, order, delivery.type.receiver)
                self._spans.receive(hop_id, request_id, order, delivery.request.traceparent, is_forwarded=True)

    @harmless
    def _send(self) -> None:
        for row in self.outgoing:
            if row.kind is not OutboxKind.DEAD_LETTER:
                self._spans.send(hops.call_id(row), _context(row))

    @harmless
    def _add_contexts(self, rows: Sequence[OutboxRow]) -> None:
        for row in rows:
            context = self._spans.new_context(row.cause_id, row.order_id, row.destination)
            headers = HEADERS.decode(row.headers) if row.headers else []
            row.headers = msgspec.msgpack.encode([*headers, *context.headers])


def _context(row: OutboxRow) -> OutgoingContext | None:
    return read_outgoing(header_of(row, TRACEPARENT), header_of(row, TRACESTATE))
