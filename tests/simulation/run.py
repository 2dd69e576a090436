"""Run: carries out one schedule, and has the checker judge what it has left."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from checkout.checker.check import check
from checkout.checker.collect.memory import of_memory
from checkout.checker.results import Report
from checkout.messaging.log import DEAD_LETTERS
from simulation.databases import Databases
from simulation.decisions import Schedule
from simulation.store import SimulatedStore


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
    found = of_memory(around.broker, databases.by_name, around.systems, client=around.clients.log)
    for _, id, _ in around.clients.orders:
        order = around.clients.find(id)
        around.counts[f"order: {order.status if order else 'refused'}"] += 1
    # No schedule has a record that cannot be handled.
    dead = [f"a dead letter on {topic}" for topic in around.broker.topics() if topic.endswith(DEAD_LETTERS)]
    return Run(around.told, around.counts, check(found), [*around.problems, *dead])
