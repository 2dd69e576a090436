"""Mutants on PostgreSQL: what only replicas that share a database show - missing locks."""

from collections.abc import Callable

import pytest
from mutants.examination import check_verdict, examine
from mutants.mutant import Mutant
from mutants.postgres_shop import ON_POSTGRES, PostgresShop

pytestmark = pytest.mark.postgres


@pytest.mark.parametrize("mutant", ON_POSTGRES, ids=lambda mutant: mutant.name)
def test_the_checker_finds_a_mutant_on_postgres_and_nothing_in_its_twin(
    mutant: Mutant, new_postgres_shop: Callable[..., PostgresShop]
) -> None:
    check_verdict(mutant, examine(mutant, new_postgres_shop))
