"""Other producers: the records that programs outside of a lab publish to its topics and consume from them."""

from contextlib import suppress
from typing import Any

import msgspec

from checkout.framework.message import KAFKA
from checkout.journal.hop import Hop, Outcome, compact, coordinates, text
from checkout.lab.engine.environment import Environment
from checkout.lab.engine.programs import RunningProgram
from checkout.messaging.log import LogUnavailable, Partition, Record
from checkout.worker import hops


def find_records(environment: Environment) -> bool:
    """Finds what others have published and consumed since the last call, and notes it in the journal.

    First waits until the programs that replace services have committed what they read. A record that such a program has
    consumed or published becomes an observed hop, any other a note. Returns whether others have published any record;
    False also while no broker answers.
    """
    with suppress(LogUnavailable):
        environment.programs.await_commits(environment.broker)
        for service, program in environment.programs.running.items():
            _note_deliveries(environment, service, program)
        found = environment.sent.add_unknown(environment.broker.ends(environment.registry.topics))
        for topic, partition, offset in found:
            _note_publication(environment, topic, partition, offset)
        return bool(found)
    return False


def _note_deliveries(environment: Environment, service: str, program: RunningProgram) -> None:
    for partition, lag in environment.broker.lags(service, program.reads).items():
        for record in _read(environment, partition, program.noted.get(partition, 0), lag.committed):
            kind = environment.registry.message_types.by_topic[record.topic]
            fields: dict[str, Any] = {"cause": hops.cause_of(record, kind), "at": environment.clock.now()}
            fields |= {"order": _order(record), "observed": True}
            environment.journal.write([hops.delivery(kind, record, service, Outcome.APPLIED, **fields)])
        program.noted[partition] = lag.committed
        environment.projection.commit(service, partition, lag.committed)


def _note_publication(environment: Environment, topic: str, partition: int, offset: int) -> None:
    kind = environment.registry.message_types.by_topic[topic]
    if kind.sender not in environment.programs.running:
        action = f"another program has published {coordinates(topic, partition, offset)}"
        environment.note(KAFKA, "Send", action, topic=topic, partition=partition, offset=offset)
        return
    for record in _read(environment, (topic, partition), offset, offset + 1):
        cause = hops.cause_of(record, kind)
        environment.journal.write([Hop(
            order=_order(record), step=kind.step(cause), sender=kind.sender, to=KAFKA, message=kind.__name__,
            technology=topic, topic=topic, partition=partition, offset=offset, key=text(record.key), cause=cause,
            at=environment.clock.now(), payload=compact(record.value), observed=True,
        )])  # fmt: skip


def _read(environment: Environment, partition: Partition, start: int, end: int) -> list[Record]:
    found = environment.broker.read([partition[0]], {partition: start}) if start < end else ()
    return [record for record in found if record[1:2] == partition[1:] and record.offset < end]


def _order(record: Record) -> str | None:
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = msgspec.json.decode(record.value or b"null")
        return str(value["id"]) if isinstance(value, dict) and "id" in value else None
    return None
