"""Traced worker: a worker whose hops become spans, and whose messages carry the W3C trace context."""

import time
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from checkout.tracing.context import TRACEPARENT
from checkout.tracing.spans import Spans, SpanWriter, harmless
from checkout.worker import hops
from checkout.worker.calls.external_calls import Adapter, CallResult
from checkout.worker.deliveries import Delivery
from checkout.worker.outbox import HEADERS, OutboxKind, OutboxRow, header_of
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
            hop_id, order = delivery.hop_id(self.service.name), delivery.id
            if delivery.record:
                position = hop_id.removesuffix(f"/{self.service.name}") if hop_id else None
                header = hops.header(delivery.record, TRACEPARENT)
                self._spans.receive([hop_id, position], order, header)
            elif delivery.request and delivery.type:
                request = hops.request_id(delivery.type, order, delivery.type.receiver)
                self._spans.receive([hop_id, request], order, delivery.request.traceparent)

    @harmless
    def _send(self) -> None:
        for row in self.outgoing:
            if row.kind is not OutboxKind.DEAD_LETTER and (context := header_of(row, TRACEPARENT)):
                self._spans.send(hops.call_id(row), context)

    @harmless
    def _add_contexts(self, rows: Sequence[OutboxRow]) -> None:
        for row in rows:
            context = self._spans.new_context(row.cause_id, row.order_id, row.destination)
            headers = HEADERS.decode(row.headers) if row.headers else []
            row.headers = msgspec.msgpack.encode([*headers, (TRACEPARENT, str(context).encode())])
