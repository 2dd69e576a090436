"""Fingerprint: what decides how a lab goes on and what its widgets show, so that equal states are recorded once."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from checkout.lab.engine.environment import Environment
from checkout.lab.history.moment import TABLES
from checkout.lab.lab import Lab
from checkout.messaging.log import Partition
from checkout.worker.inbox import INBOX
from checkout.worker.outbox import OUTBOX

# The fixed clock differs between two paths to one state, and the salt between two labs.
TIMES = {"at", "placed_at", "reserved_at", "renewed_at", "done_at"}
# A record that was published twice has another offset, and its row another number.
COORDINATES = {"number", "partition", "position"}
ATTEMPTS = {"attempts", "conflicts", "copies", "received_at"}
Offsets = dict[tuple[str, Partition], tuple[int | None, int | None, int]]  # committed, position, end by group


class Fingerprint(NamedTuple):
    """The state of a lab. Two labs with equal `behaviour` go on with the same hops, unless a replica crashes.

    Their records may have other offsets in partitions whose `offsets` differ. With equal `unmarked`, the sent outbox
    rows that are not marked as such, they do the same after a crash, too.
    """

    behaviour: bytes
    offsets: Offsets
    unmarked: list[tuple[str, str, str]]


def fingerprint(lab: Lab) -> Fingerprint:
    """Returns the fingerprint of a lab in memory."""
    environment = lab._environment
    offsets, unmarked = _offsets(lab), list(_unmarked(environment))
    state = [
        lab.status(), lab.view, _shown(lab), list(_tables(environment, unmarked)), list(_unread(environment, offsets)),
        _order_of_work(environment), [_replica(each) for each in environment.replicas.values()],
        [request.what for request in (*environment.placed, *environment.requests.requests)],
        [repr((getattr(system, "switches", None), _ledger(system))) for system in vars(environment.systems).values()],
    ]  # fmt: skip
    return Fingerprint(msgspec.json.encode(state, enc_hook=repr), offsets, unmarked)


def _offsets(lab: Lab) -> Offsets:
    state = lab.partition_state()
    ends = {(row.topic, row.partition): row.end for row in state.partitions}
    return {
        (group.group, (each.topic, each.partition)): (each.committed, each.position, ends[each.topic, each.partition])
        for group in state.groups for each in group.positions
    }  # fmt: skip


def _shown(lab: Lab) -> list[Any]:
    last = lab.moments[-1] if lab.moments else None
    tables = lab.journal.projection.tables
    rows = [tables[name].rows(len(lab.moments)) for name in TABLES]
    return [rows, [last.place, last.sentence, last.hop.outcome, last.lag] if last else None]


def _unmarked(environment: Environment) -> Iterator[tuple[str, str, str]]:
    for name in environment.services:
        sent = {result.of_row for each in environment.of(name) for result in each.worker.unmarked}
        with environment.databases[name].read() as db:
            for row in db.exec_driver_sql("SELECT number, order_id, destination FROM outbox WHERE done_at IS NULL"):
                if row.number in sent:
                    yield name, row.order_id, row.destination


def _tables(environment: Environment, unmarked: list[tuple[str, str, str]]) -> Iterator[list[Any]]:
    for name, service in environment.services.items():
        with environment.databases[name].read() as db:
            for table in (*service.tables.sorted_tables, INBOX, OUTBOX):
                if table.name == "salt":
                    continue
                skipped = TIMES | (COORDINATES if table is OUTBOX else set())
                columns = [column.name for column in table.columns if column.name not in skipped]
                query = f"SELECT {', '.join(columns)}{', done_at IS NULL' * (table is OUTBOX)} FROM {table.name}"
                keys = ", ".join(column.name for column in table.primary_key.columns)
                rows = [list(row) for row in db.exec_driver_sql(f"{query} ORDER BY {keys}")]
                if table is OUTBOX:
                    at = [columns.index(column) for column in ("order_id", "destination")]
                    rows = [[*row[:-1], row[-1] and (name, *(row[i] for i in at)) not in unmarked] for row in rows]
                yield [name, table.name, rows]


def _unread(environment: Environment, offsets: Offsets) -> Iterator[list[Any]]:
    for (group, (topic, partition)), (committed, position, _) in offsets.items():
        start = committed or 0
        records = environment.broker.read([topic], {(topic, partition): start})
        values = [[each.key, each.value] for each in records if each.partition == partition]
        yield [group, topic, partition, values, None if position is None else position - start]


def _order_of_work(environment: Environment) -> list[Any]:
    found = [(work.sequence, name, work) for name, each in environment.replicas.items() if (work := each.next_work())]
    return [[name, work.kind, work.coordinates.partition("@")[0]] for _, name, work in sorted(found)]


def _replica(replica: Any) -> list[Any]:
    worker = replica.worker
    calls = worker.external_calls
    return [replica.name, replica.done, worker.is_handled, replica.checks_outbox, [each.id for each in worker.batch],
            [row.message for row in worker.outgoing], sorted(worker.uncommitted), sorted(calls.open),
            calls.due_at is None]  # fmt: skip


def _ledger(system: Any) -> Any:
    # How often a request came shows in no widget, and decides nothing.
    entries = system.ledger.entries() if hasattr(system, "ledger") else system.mails()
    return [{name: value for name, value in each.items() if name not in ATTEMPTS} for each in entries]
