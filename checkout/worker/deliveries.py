"""Deliveries: what a worker takes in - records, replies, requests, ticks - made alike."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from checkout.domain import DomainError
from checkout.framework.intake import Intake, PendingRequest
from checkout.framework.service import Handler, Service, Tick
from checkout.journal.hop import CORRELATION, FAILED, Hop, compact
from checkout.messages import BY_NAME, TOPICS, encode
from checkout.messaging.log import Log, ProducerRecord, Record
from checkout.worker import hops
from checkout.worker.database import Done, OutboxRow
from checkout.worker.external_calls import CallResult, ExternalCalls

HEADERS = msgspec.msgpack.Decoder(list[tuple[str, bytes]])
SOON, IDLE, LONG = 0.005, 0.05, 1.0  # seconds to wait for records: others may have something, have not had, cannot


class Unreadable(DomainError):
    """A record that is not the message its topic carries."""


@dataclass(slots=True)
class Delivery:
    """One message taken in; its identity is (source, order id)."""

    source: str
    id: str
    message: Any
    handler: Handler
    cause: str | None  # of what its handler sends
    correlation: str
    record: Record | None = None
    answer: CallResult | None = None
    request: PendingRequest | None = None
    error: Exception | None = None
    outcome: str = ""
    is_settled: bool = False  # its transaction is committed, or it is given up

    @property
    def identity(self) -> tuple[str, str]:
        """What a repeat is known by."""
        return self.source, self.id

    @property
    def partition(self) -> int | None:
        """The partition of the question, which is to be the answer's too."""
        if self.answer:
            return self.answer.row.wanted_partition
        return self.record.partition if self.record else None

    def settled(self, at: str) -> Done:
        """What becomes of the outbox row of the call that this answers."""
        assert self.answer
        row = self.answer.row
        return Done(row.order_id, row.destination, at, url=self.answer.url, status=self.answer.status)

    def hop(self, service: str, outcome: str, **fields: Any) -> Hop | None:
        """How the journal tells it; a tick is no arrow."""
        fields |= {"order": self.id or None, "correlation": self.correlation or None}
        if self.record:
            return hops.delivered(self.record.topic, self.record, service, outcome, **fields)
        if self.request:
            told = compact(encode(self.message))
            url, client = self.request.url, self.request.client
            status = "201" if outcome != FAILED else None
            kind = type(self.message)
            fields |= {"url": url, "client": client, "status": status, "payload": told, "outcome": outcome}
            return hops.requested(kind, kind.via, service, True, **fields)
        return hops.called(self.answer, outcome, replica=fields["replica"], at=fields["at"]) if self.answer else None


def dead_letter(delivery: Delivery, group: str, at: str) -> OutboxRow:
    """The record as it was, on its way to its dead-letter topic, known by group and place."""
    record, error = delivery.record, delivery.error
    assert record
    why = {"topic": record.topic, "partition": record.partition, "offset": record.offset, "error": error, "at": at}
    added = [(f"dlt_{name}", str(value).encode()[:1_000]) for name, value in why.items()]
    return OutboxRow(
        order_id=f"{record.topic}/{record.partition}/{record.offset}", destination=f"{record.topic}.{group}.dlt",
        message="", payload=record.value, correlation="", cause=None, key=record.key,
        headers=msgspec.msgpack.encode([*record.headers, *added]),
    )


def outgoing(row: OutboxRow) -> ProducerRecord:
    """The record that an outbox row becomes."""
    if row.headers is not None:
        return ProducerRecord(row.destination, row.key, row.payload, HEADERS.decode(row.headers))
    headers = [(CORRELATION, row.correlation.encode())]
    return ProducerRecord(row.destination, row.key, row.payload, headers, row.wanted_partition)


class Sources:
    """Everything a worker takes messages from."""

    def __init__(
        self, service: Service, log: Log, external_calls: ExternalCalls, intake: Intake | None, batch: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._service, self._log, self._courier, self._intake, self._batch = service, log, external_calls, intake, batch
        self._clock = clock
        self._decoders = {topic: msgspec.json.Decoder(TOPICS[topic]) for topic in service.topics()}
        self._due = {name: clock() + seconds for name, (seconds, _) in service.timers.items()}
        self._last_busy = time.monotonic()
        self._taken: list[Delivery] = []

    def take(self, wait: float, now: Callable[[], str]) -> list[Delivery]:
        """The next batch of all sources; waits up to `wait` seconds for a record, less if others may have something."""
        taken = self._taken  # what is taken stays here should the log be away
        taken += [self._request(request) for request in self._intake.take(self._batch)] if self._intake else []
        taken += [self._answer(answer) for answer in self._courier.take(self._batch)]
        taken += self._ticks(now)
        patience = 0.0 if taken else min(wait, self._patience())
        taken += [self._record(record) for record in self._log.poll(self._batch, patience)]
        if taken:
            self._last_busy = time.monotonic()
        self._taken = []
        return taken

    @property
    def due_at(self) -> float | None:
        """When the next timer is due, on the clock of these sources, if there is one."""
        return min(self._due.values(), default=None)

    def _patience(self) -> float:
        if not (self._courier.open or self._intake or self._due):
            return LONG
        return SOON if time.monotonic() - self._last_busy < 1 else IDLE

    def _record(self, record: Record) -> Delivery:
        message_type = TOPICS[record.topic]
        try:
            message = self._decoders[record.topic].decode(record.value or b"")
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            return _unreadable(record, str(error))
        except RecursionError:
            return _unreadable(record, "JSON is nested too deeply")
        handler, name = self._service.handlers[message_type], message_type.__name__
        return Delivery(record.topic, message.id, message, handler, name, _correlation(record, message.id), record)

    def _answer(self, answer: CallResult) -> Delivery:
        row = answer.row
        handler = self._service.replies[BY_NAME[row.message]]
        about = (row.destination, row.order_id, answer.reply, handler, row.message, row.correlation)
        return Delivery(*about, answer=answer)

    def _request(self, request: PendingRequest) -> Delivery:
        kind = type(request.message)
        handler = self._service.handlers[kind]
        return Delivery(
            kind.__name__,
            request.message.id,
            request.message,
            handler,
            kind.__name__,
            request.correlation,
            request=request,
        )

    def _ticks(self, now: Callable[[], str]) -> list[Delivery]:
        ticks: list[Delivery] = []
        for name, due in self._due.items():
            if due <= self._clock():
                seconds, handler = self._service.timers[name]
                self._due[name] = self._clock() + seconds
                tick = Tick(f"{name} {now()}", now())
                ticks.append(Delivery(name, tick.id, tick, handler, None, ""))
        return ticks


def _correlation(record: Record, otherwise: str) -> str:
    for name, value in record.headers:
        if name == CORRELATION:
            return value.decode("utf-8", "replace")
    return otherwise


def _unreadable(record: Record, reason: str) -> Delivery:
    return Delivery(record.topic, "", None, _nothing, None, "", record, error=Unreadable(reason))


def _nothing(*_: Any) -> None:
    return None
