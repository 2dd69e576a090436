"""Every mutant: those that processes under load show, and the one that needs three brokers; too slow for every push."""

from pathlib import Path

import pytest
from mutants.catalogue import BY_NAME
from mutants.cluster_shop import ON_A_CLUSTER, LocalCluster
from mutants.examination import check_verdict, examine, memory_databases
from mutants.mutant import Mutant
from mutants.process_runs import MUTANTS, load

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(300)]


def test_the_store_without_a_mutant_breaks_nothing_under_load(kafka: str, port_base: int) -> None:
    report = load(kafka, port_base)

    assert not report.violations, report.violations
    assert sum(sum(result.counts.values()) for result in report.results) > 1_000


@pytest.mark.parametrize("name", MUTANTS)
def test_the_checker_finds_a_mutant_of_processes_under_load(kafka: str, port_base: int, name: str) -> None:
    assert BY_NAME[name].expected <= set(load(kafka, port_base, name).broken)


@pytest.mark.parametrize("mutant", ON_A_CLUSTER, ids=lambda mutant: mutant.name)
def test_the_checker_finds_a_mutant_when_a_broker_dies_and_nothing_in_its_twin(
    mutant: Mutant, kafka_home: Path, port_base: int
) -> None:
    with memory_databases() as databases:
        check_verdict(mutant, examine(mutant, LocalCluster(kafka_home, port_base, databases).new_shop))
