"""Other producers: the records that programs outside of a lab publish to its topics and consume from them."""

from contextlib import suppress
from typing import Any

import msgspec

from checkout.framework.message import KAFKA
from checkout.journal.hop import Outcome, compact, coordinates
from checkout.lab.engine.environment import Environment
from checkout.lab.engine.stepping_log import RecordPosition, SteppingLog
from checkout.lab.errors import LabError
from checkout.lab.programs.program import RunningProgram
from checkout.messaging.log import LogUnavailable, Partition, ProducerRecord, Record
from checkout.worker import hops


def find_records(environment: Environment) -> bool:
    """Finds what others have published and consumed since the last call, and notes it in the journal.

    First waits until the programs that replace services have committed what they read. A record that such a program has
    consumed or published becomes an observed hop, any other a note. Returns whether others have published any record;
    False also while no broker answers.
    """
    with suppress(LogUnavailable):
        broker, running = environment.broker, environment.programs.running
        environment.programs.await_commits(broker)
        consumed = [
            (name, at) for name, program in running.items() for at in _consumed(environment, name, program)
        ]
        ends = broker.ends(environment.registry.topics)
        unknown = environment.sent.unknown(ends)
        published = [record[:3] for record in broker.read(sorted({topic for topic, _ in unknown}), unknown)
                     if record[:2] in unknown] if unknown else []  # fmt: skip
        environment.sent.add_unknown(published, ends)
        environment.partitions.set_ends(ends)  # the marker of a transaction is no record
        by_program = [at for at in published if _sender(environment, at) in running]
        records = _read(environment, [*(at for _, at in consumed), *by_program])
        for service, at in consumed:
            if at in records:  # the marker of a transaction has an offset, too
                _note_delivery(environment, service, records[at])
        for at in published:
            if at in records:
                _note_publication(environment, records[at])
            else:
                topic, partition, offset = at
                action = f"another program has published {coordinates(*at)}"
                environment.note(KAFKA, "Send", action, topic=topic, partition=partition, offset=offset)
        return bool(published)
    return False


def send(
    environment: Environment, topic: str, value: str, key: str | None = None, partition: int | None = None
) -> None:
    """Publishes a record as an external producer.

    `partition`: by default the hash of the key selects it, and without a key the producer takes them in turn.
    Raises LabError for an unknown topic or partition.
    """
    if topic not in environment.registry.topics:
        raise LabError(f"there is no topic {topic!r}: lab.topics names them")
    count = environment.broker.topics()[topic]
    if partition is not None and not 0 <= partition < count:
        raise LabError(f"{topic} has the partitions 0 to {count - 1}, not {partition!r}")
    if environment.external_producer is None:
        log = environment.broker.join("external-producer", [topic], "external-producer-1", True)
        environment.external_producer = SteppingLog(log, environment.sent)
    record = ProducerRecord(topic, key.encode() if key else None, value.encode(), partition=partition)
    sent = environment.external_producer.send([record])[0]
    action = f"an external producer publishes {coordinates(topic, *sent)}"
    environment.note(KAFKA, "Send", action, payload=compact(value.encode()), topic=topic, partition=sent.partition,
                     offset=sent.offset, key=key)  # fmt: skip


def _sender(environment: Environment, at: RecordPosition) -> str:
    return environment.registry.message_types.by_topic[at[0]].sender


def _consumed(environment: Environment, service: str, program: RunningProgram) -> list[RecordPosition]:
    found: list[RecordPosition] = []
    for partition, lag in environment.broker.lags(service, program.reads).items():
        found += [(*partition, offset) for offset in range(program.noted.get(partition, 0), lag.committed)]
        program.noted[partition] = lag.committed
        environment.projection.commit(service, partition, lag.committed)
    return found


def _read(environment: Environment, wanted: list[RecordPosition]) -> dict[RecordPosition, Record]:
    starts: dict[Partition, int] = {}
    for topic, partition, offset in wanted:
        starts[topic, partition] = min(offset, starts.get((topic, partition), offset))
    found = environment.broker.read(sorted({topic for topic, _ in starts}), starts) if starts else ()
    return {record[:3]: record for record in found if record[:3] in set(wanted)}


def _note_delivery(environment: Environment, service: str, record: Record) -> None:
    kind = environment.registry.message_types.by_topic[record.topic]
    fields: dict[str, Any] = {"cause": hops.cause_of(record, kind), "at": environment.clock.now()}
    fields |= {"order": _order(record), "observed": True}
    environment.journal.write([hops.delivery(kind, record, service, Outcome.APPLIED, **fields)])


def _note_publication(environment: Environment, record: Record) -> None:
    kind = environment.registry.message_types.by_topic[record.topic]
    environment.journal.write([hops.observed_publication(kind, record, _order(record), environment.clock.now())])


def _order(record: Record) -> str | None:
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = msgspec.json.decode(record.value or b"null")
        return str(value["id"]) if isinstance(value, dict) and "id" in value else None
    return None
