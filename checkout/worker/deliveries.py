"""Deliveries: the input of a worker - records, HTTP requests, replies to external calls, timers - in one form."""

import math
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from checkout.domain import DomainError
from checkout.framework.intake import Intake, PendingRequest
from checkout.framework.message import Message, MessageTypes, encode
from checkout.framework.service import Handler, NoReply, Service, Tick
from checkout.framework.sql import utc_text
from checkout.journal.hop import Hop, Outcome, compact
from checkout.messaging.log import Log, Record
from checkout.worker import hops
from checkout.worker.calls.external_calls import CallResult, ExternalCalls
from checkout.worker.hops import CORRELATION_HEADER
from checkout.worker.inbox import InboxRow, find_handled
from checkout.worker.outbox import OutboxKind, OutboxResult, OutboxRow

CHANGED = "other content than the first"  # the status of a hop


class Unreadable(DomainError):
    """The record is not a message of its topic."""


@dataclass(slots=True)
class Delivery:
    """One message to handle. `source` is its topic, the purpose of its call, or the name of the request or timer."""

    source: str
    id: str
    message: Any
    handler: Handler
    type: type[Message] | None  # None for a timer; its name is the cause of what the handler returns
    cause: str | None
    correlation: str
    record: Record | None = None
    result: CallResult | None = None
    request: PendingRequest | None = None
    error: Exception | None = None
    outcome: Outcome | None = None
    is_changed: bool = False  # a repeat whose value differs from the one that was handled
    is_settled: bool = False  # its transaction is committed, or it will not be handled
    _hop_id: str | None = None  # kept, because each message that the handler returns has it, too

    @property
    def identity(self) -> tuple[str, str]:
        """The key of the inbox: a second delivery with the same identity is a repeat."""
        return self.source, self.id

    def inbox_row(self) -> InboxRow:
        """The row that marks this message as handled."""
        partition, offset = (self.record.partition, self.record.offset) if self.record else (None, None)
        return InboxRow(self.source, self.id, partition, offset, self.cause, self.correlation, digest=self.digest)

    @property
    def digest(self) -> int | None:
        """The CRC-32 of the record's value; None where there is no record."""
        return zlib.crc32(self.record.value or b"") if self.record else None

    def hop_id(self, service: str) -> str | None:
        """The id of the hop of this delivery to a service; None for a timer, which has no hop."""
        if self.record:
            self._hop_id = self._hop_id or hops.delivery_id(self.record, service)
            return self._hop_id
        if self.result:
            return hops.call_id(self.result.row)
        return hops.request_id(self.type, self.id, service) if self.type else None

    def outbox_row(self, message: Message, service: str) -> OutboxRow:
        """The row of a message that a handler returned. It keeps the partition number of the consumed record."""
        partition = self.record.partition if self.record else None
        if self.result:
            partition = self.result.row.wanted_partition
        kind = type(message)
        return OutboxRow(
            kind=OutboxKind.TOPIC if message.topic else OutboxKind.EXTERNAL_CALL, order_id=message.id,
            destination=message.purpose, message=kind.__name__, payload=encode(message),
            correlation=self.correlation or message.id, cause=self.type.__name__ if self.type else None,
            cause_id=self.hop_id(service), wanted_partition=partition, key=message.id.encode(),
            headers=hops.version_headers(kind) if kind.major_version != 1 else None,
        )

    def call_done(self, at: datetime) -> OutboxResult:
        """Marks the outbox row of the external call that this delivery answers."""
        assert self.result
        result = self.result
        return OutboxResult(result.row.number, utc_text(at), url=result.url, status=result.status)

    def hop(self, service: str, outcome: Outcome, replica: str, at: datetime) -> Hop | None:
        """The journal entry; None for a timer, which no diagram draws."""
        if self.type is None:
            return None
        if self.result:
            outcome = Outcome.FAILED if self.result.given_up else outcome
            return hops.external_call(self.type, self.result, outcome, replica, at)
        order, correlation = self.id or None, self.correlation or None
        if self.record:
            return hops.delivery(
                self.type, self.record, service, outcome, self.hop_id(service), order=order, correlation=correlation,
                cause=self.cause, replica=replica, at=at, status=CHANGED if self.is_changed else None,
            )  # fmt: skip
        assert self.request
        fields: dict[str, Any] = {"order": order, "correlation": correlation, "cause": self.cause, "at": at}
        fields |= {"replica": replica, "url": self.request.url, "client": self.request.client, "outcome": outcome}
        is_answered = outcome in (Outcome.APPLIED, Outcome.DUPLICATE)
        fields |= {"status": "201" if is_answered else None, "payload": compact(encode(self.message))}
        return hops.http_request(self.type, self.type.receiver, service, True, **fields)


def drop_repeats(db: Connection, deliveries: Sequence[Delivery]) -> list[Delivery]:
    """The deliveries that the inbox does not have; sets the outcome of each."""
    handled, fresh = find_handled(db, (delivery.id for delivery in deliveries)), list[Delivery]()
    for delivery in deliveries:
        if delivery.identity in handled:
            delivery.outcome, digests = Outcome.DUPLICATE, {handled[delivery.identity], delivery.digest}
            delivery.is_changed = None not in digests and len(digests) == 2
        else:
            delivery.outcome = Outcome.APPLIED
            handled[delivery.identity] = delivery.digest
            fresh.append(delivery)
    return fresh


class Sources:
    """The sources of a worker's deliveries: its log, its HTTP intake, its external calls, its timers."""

    def __init__(
        self, service: Service, message_types: MessageTypes, log: Log, external_calls: ExternalCalls,
        intake: Intake | None, batch: int, clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._service, self._types, self._batch, self._clock = service, message_types, batch, clock
        self._log, self._external_calls, self._intake = log, external_calls, intake
        # The service's own classes: it may know another version of a message than the one that sends it.
        self._kinds = {message.topic: message for message in service.handlers if message.topic}
        self._decoders = {topic: msgspec.json.Decoder(kind) for topic, kind in self._kinds.items()}
        self._due = {name: clock() + seconds for name, (seconds, _) in service.timers.items()}
        self._taken: list[Delivery] = []
        external_calls.on_result = log.wake
        external_calls.may_give_up = {kind.__name__ for kind in service.unanswered}
        if intake:
            intake.on_request = log.wake

    def take(self, timeout: float, now: Callable[[], datetime]) -> list[Delivery]:
        """The next batch of all sources; waits at most `timeout` seconds for the first delivery.

        Raises LogUnavailable; the deliveries of the other sources are then kept for the next call.
        """
        taken = self._taken
        taken += [self._of_request(request) for request in self._intake.take(self._batch)] if self._intake else []
        taken += self.take_results()
        taken += self._due_timers(now)
        wait = 0.0 if taken else min(timeout, self._seconds_until_due())
        taken += [self._of_record(record) for record in self._log.poll(self._batch, wait)]
        self._taken = []
        return taken

    def take_results(self) -> list[Delivery]:
        """The results of external calls that have arrived."""
        return [self._of_result(result) for result in self._external_calls.take(self._batch)]

    @property
    def due_at(self) -> float | None:
        """When the next timer is due, in seconds of this object's clock; None without timers."""
        return min(self._due.values(), default=None)

    def _seconds_until_due(self) -> float:
        due = [at for at in (self.due_at, self._external_calls.due_at) if at is not None]
        return max(0.0, min(due) - self._clock()) if due else math.inf

    def _of_record(self, record: Record) -> Delivery:
        kind = self._kinds[record.topic]
        cause = hops.cause_of(record, kind)
        if problem := hops.version_problem(record, kind):
            return _unreadable(record, kind, cause, problem)
        try:
            message = self._decoders[record.topic].decode(record.value or b"")
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            return _unreadable(record, kind, cause, str(error))
        except RecursionError:
            return _unreadable(record, kind, cause, "JSON is nested too deeply")
        correlation = hops.header(record, CORRELATION_HEADER)
        correlation = message.id if correlation is None else correlation
        return Delivery(
            record.topic, message.id, message, self._service.handlers[kind], kind, cause, correlation, record
        )

    def _of_result(self, result: CallResult) -> Delivery:
        row = result.row
        kind = self._types.by_name[row.message]
        reply, handler = result.reply, self._service.replies[kind]
        if result.given_up:
            reply = NoReply(row.order_id, msgspec.json.decode(row.payload or b"", type=kind), result.given_up)
            handler = self._service.unanswered[kind]
        about = (row.destination, row.order_id, reply, handler, kind, row.cause, row.correlation)
        return Delivery(*about, result=result)

    def _of_request(self, request: PendingRequest) -> Delivery:
        message, kind = request.message, type(request.message)
        handler = self._service.handlers[kind]
        about = (kind.__name__, message.id, message, handler, kind, None, request.correlation)
        return Delivery(*about, request=request)

    def _due_timers(self, now: Callable[[], datetime]) -> list[Delivery]:
        deliveries: list[Delivery] = []
        for name, due in self._due.items():
            if due <= self._clock():
                seconds, handler = self._service.timers[name]
                self._due[name] = self._clock() + seconds
                at = now()
                tick = Tick(f"{name} {utc_text(at)}", at)
                deliveries.append(Delivery(name, tick.id, tick, handler, None, None, ""))
        return deliveries


def _unreadable(record: Record, kind: type[Message], cause: str | None, reason: str) -> Delivery:
    return Delivery(record.topic, "", None, _no_handler, kind, cause, "", record, error=Unreadable(reason))


def _no_handler(*_: Any) -> None:
    return None
