"""Mutants in processes: one under load, as a sample; `scripts/mutants --processes` has all that this load shows."""

from collections.abc import Callable

import pytest
from mutants.catalogue import BY_NAME
from mutants.examination import check_verdict
from mutants.process_runs import examine_in_processes

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(300)]


def test_the_checker_finds_a_mutant_under_load_and_nothing_in_its_twin(
    kafka: str, new_port_base: Callable[[], int]
) -> None:
    mutant = BY_NAME["each charge has a new key"]

    check_verdict(mutant, examine_in_processes(mutant, kafka, new_port_base))
