"""Mutants on Kafka: what only a real Kafka shows - auto-commit, transactions that are aborted."""

from collections.abc import Callable

import pytest
from mutants.examination import check_verdict, examine
from mutants.kafka_shop import ON_KAFKA, KafkaShop
from mutants.mutant import Mutant

pytestmark = pytest.mark.kafka


@pytest.mark.parametrize("mutant", ON_KAFKA, ids=lambda mutant: mutant.name)
def test_the_checker_finds_a_mutant_on_kafka_and_nothing_in_its_twin(
    mutant: Mutant, new_kafka_shop: Callable[..., KafkaShop]
) -> None:
    check_verdict(mutant, examine(mutant, new_kafka_shop))
