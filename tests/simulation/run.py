"""Run: carries out one schedule, and has the checker judge what it has left."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from simulation.decisions import Schedule
from simulation.store.databases import CATALOGUE, Databases
from simulation.store.simulated_store import RUBBISH, SimulatedStore

from checkout.checker.check import check
from checkout.checker.collect.memory import of_memory
from checkout.checker.results import Report
from checkout.messaging.log import DEAD_LETTERS, Broker


@dataclass(frozen=True)
class Run:
    """What a schedule did: its events in order, how often each thing happened, and what is wrong."""

    events: Sequence[str]
    counts: Counter[str]
    report: Report
    problems: Sequence[str]

    @property
    def is_good(self) -> bool:
        """Whether no invariant is broken, and nothing else is wrong."""
        return not self.problems and not self.report.violations

    @property
    def verdict(self) -> list[str]:
        """What is wrong, one line each."""
        broken = [f"{each.invariant}: {each.evidence}" for each in self.report.violations]
        return [*self.problems, *broken]


def run(databases: Databases, schedule: Schedule, journal: Path | None = None) -> Run:
    """Carries out a schedule on an empty store; its hops are written to `journal`."""
    store = SimulatedStore(databases, journal)
    around = store.around
    for decision in schedule:
        store.carry_out(decision)
    around.tell("the faults end")
    store.come_to_rest()
    store.close()
    received = {product.sku: product.on_hand for product in CATALOGUE}
    since = around.clock.seconds()  # no reservation ends in time while Stock is down, but each does in the end
    found = of_memory(
        around.broker, databases.by_name, around.systems, around.clients.log, received=received, hold_seconds=since
    )  # fmt: skip
    report = check(found)
    around.counts.update({f"checked: {each.invariant}": sum(each.counts.values()) for each in report.results})
    for _, id, _ in around.clients.orders:
        order = around.clients.find(id)
        around.counts[f"order: {order.status if order else 'refused'}"] += 1
    return Run(around.told, around.counts, report, [*around.problems, *_dead_letters(around.broker)])


def _dead_letters(broker: Broker) -> list[str]:
    # Nothing but rubbish cannot be handled.
    letters = broker.read([topic for topic in broker.topics() if topic.endswith(DEAD_LETTERS)])
    return [
        f"a dead letter: {dict(letter.headers)['dlt_error']!r}, {letter.value!r}"
        for letter in letters
        if letter.value != RUBBISH
    ]
