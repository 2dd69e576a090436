"""Waits: what an order waits for, from one message that a service has sent or is to send."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from checkout.framework.message import KAFKA, Message
from checkout.framework.sql import utc_text
from checkout.journal.hop import Hop, Outcome, coordinates, text
from checkout.messaging.log import DEAD_LETTERS, Broker, LogUnavailable
from checkout.registry import Registry
from checkout.worker.calls.external_calls import GIVEN_UP
from checkout.worker.dead_letters import HEADERS
from checkout.worker.outbox import OUTBOX, REPLICA_BITS, OutboxKind

RUNS, UNKNOWN = "runs", "is not known"  # states of a replica
DELIVERY, PUBLICATION, CALL, PARKED, OPERATOR = "delivery", "publication", "call", "parked", "operator"


class Wait(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One arrow of an order that has not happened, with its cause as `reason`.

    `kind`: delivery (a record that a group has not handled), publication (a message still in an outbox), call (an
    external call without a usable reply), parked (it will not happen), operator (a call that was given up). `replicas`:
    the state of each replica of the service that has to act. `since`, `until`: of a call, in UTC.
    """

    kind: str
    step: int | None
    sender: str
    to: str
    message: str
    reason: str
    record: str = ""
    group: str = ""
    committed: int | None = None
    end: int | None = None
    lag: int | None = None
    replicas: dict[str, str] = {}
    attempts: int | None = None
    since: str = ""
    until: str = ""

    def __str__(self) -> str:
        verb = {PARKED: "is parked", OPERATOR: "is left to an operator"}.get(self.kind, "waits")
        step = f"step {self.step}, " if self.step else ""
        return f"{verb} at {step}{self.sender} → {self.to}: {self.reason}"


@dataclass(frozen=True)
class RunningSystem:
    """Where a diagnosis looks.

    `databases`: opens a reading connection by service; a service without one is known from Kafka alone. `broker`: None
    where Kafka does not answer. `replicas`: the state of each replica of a service, such as `RUNS`. `hops`: the journal
    of the order. `call_seconds`: after which a call is given up.
    """

    registry: Registry
    databases: Mapping[str, Callable[[], AbstractContextManager[Connection]]]
    broker: Broker | None
    replicas: Callable[[str], Mapping[str, str]]
    hops: Sequence[Hop]
    call_seconds: float


@dataclass(frozen=True)
class SentMessage:
    """A message that a service has sent or is to send: its outbox row, or what its record tells.

    `partition`, `position`: of its record, None if it is not on Kafka.
    """

    service: str
    row: Any
    partition: int | None
    position: int | None


def waits_of(
    sent: SentMessage, handled: Mapping[str, Mapping[str, Any]], story: str, system: RunningSystem
) -> Iterator[Wait]:
    """What one message still waits for: its publication, its call, or each group that has not handled it.

    `handled`: the inbox rows of the order by service and source.
    """
    kind = system.registry.message_types.by_name[sent.row.message]
    if sent.row.kind == OutboxKind.EXTERNAL_CALL:
        yield from _of_call(sent, kind, story, system)
    elif sent.position is None:
        yield _of_publication(sent, kind, story, system)
    else:
        for group in system.registry.listeners(kind):
            if sent.row.destination not in handled.get(group, {}):
                yield from _of_delivery(sent, kind, group, story, system)


def _of_call(sent: SentMessage, kind: type[Message], story: str, system: RunningSystem) -> Iterator[Wait]:
    row, service = sent.row, sent.service
    about: dict[str, Any] = {"step": kind.step(row.cause, False, story), "sender": service, "to": kind.receiver}
    about |= {"message": row.message}
    if row.done_at is not None:
        if (row.status or "").startswith(GIVEN_UP):
            reason = f"{row.message} was {row.status}, since {utc_text(row.done_at)}"
            yield Wait(kind=OPERATOR, reason=reason, **about)
        return
    hops = [hop for hop in system.hops if (hop.message, hop.cause) == (row.message, row.cause)]
    failed = [hop for hop in hops if hop.outcome is Outcome.FAILED]
    states, stored = dict(system.replicas(service)), datetime.fromtimestamp((row.number >> REPLICA_BITS) / 1e6, UTC)
    since = min((hop.at for hop in failed), default=stored)
    until = since + timedelta(seconds=system.call_seconds)
    tried = f"{row.message} has no reply yet"
    if failed:
        attempts = f"{len(failed)} attempt{'s' * (len(failed) != 1)} since {_clock(since)}"
        tried = f"{row.message} has had {attempts} without a usable reply, the last one: {failed[-1].status}"
    state = states.get(row.owner, UNKNOWN)
    goes_on = f"repeats it until {_clock(until)}" if failed and state == RUNS else state
    yield Wait(
        kind=CALL, reason=f"{tried}; {row.owner} {goes_on}", attempts=len(failed), since=utc_text(since),
        until=utc_text(until), replicas=states, **about,
    )  # fmt: skip


def _of_publication(sent: SentMessage, kind: type[Message], story: str, system: RunningSystem) -> Wait:
    row, states = sent.row, dict(system.replicas(sent.service))
    about: dict[str, Any] = {"step": kind.step(row.cause, False, story), "sender": sent.service, "to": KAFKA}
    about |= {"message": row.message, "replicas": states}
    if row.done_at is not None:
        return Wait(kind=PARKED, reason=f"{row.message} cannot be sent: {row.status}", **about)
    state = states.get(row.owner, UNKNOWN)
    if state == RUNS:
        state = "is about to send it" if system.broker else "cannot send it: Kafka does not answer"
    return Wait(
        kind=PUBLICATION, reason=f"{row.message} is in the outbox of {sent.service}, and {row.owner} {state}", **about
    )


def _of_delivery(
    sent: SentMessage, kind: type[Message], group: str, story: str, system: RunningSystem
) -> Iterator[Wait]:
    row, states = sent.row, dict(system.replicas(group))
    assert sent.partition is not None and sent.position is not None
    place = coordinates(row.destination, sent.partition, sent.position)
    about: dict[str, Any] = {"step": kind.step(row.cause, True, story), "sender": KAFKA, "to": group}
    about |= {"message": row.message, "record": place, "group": group, "replicas": states}
    if letter := _dead_letter(sent, group, system):
        yield Wait(kind=PARKED, reason=f"{place}, {row.message}, {letter}", **about)
        return
    try:
        lags = system.broker.lags(group, [row.destination]) if system.broker else {}
    except LogUnavailable:
        lags = {}
    lag = lags.get((row.destination, sent.partition))
    running = ", ".join(f"{name} {state}" for name, state in states.items()) or f"no replica of {group} is known"
    if lag is None:
        yield Wait(kind=DELIVERY, reason=f"{row.message} is {place}, Kafka does not answer, and {running}", **about)
    elif lag.committed <= sent.position or group in system.databases:
        where = f"group {group} has committed offset {lag.committed} of {lag.end}, lag {lag.records}"
        skipped = ", beyond this record: its offset was reset, or it is another Kafka" * (lag.committed > sent.position)
        yield Wait(
            kind=DELIVERY, reason=f"{row.message} is {place}, {where}{skipped}, and {running}",
            committed=lag.committed, end=lag.end, lag=lag.records, **about,
        )  # fmt: skip


def _dead_letter(sent: SentMessage, group: str, system: RunningSystem) -> str:
    row = sent.row
    if group not in system.databases:
        return ""
    with system.databases[group]() as db:
        wanted = (OUTBOX.c.order_id == f"{row.destination}/{sent.partition}/{sent.position}",
                  OUTBOX.c.destination == f"{row.destination}.{group}{DEAD_LETTERS}")  # fmt: skip
        found = db.execute(select(OUTBOX).where(OUTBOX.c.kind == OutboxKind.DEAD_LETTER, *wanted)).first()
    if found is None:
        return ""
    headers = {name: text(value) for name, value in HEADERS.decode(found.headers or b"\x90")}
    return f"is a dead letter in {found.destination} since {headers.get('dlt_at')}: {headers.get('dlt_error')}"


def _clock(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S UTC")
