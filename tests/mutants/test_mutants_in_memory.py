"""Mutants in memory: the checker finds each of them by name, and nothing in the same run without it."""

from collections.abc import Callable

import pytest
from mutants.catalogue import IN_MEMORY
from mutants.examination import check_verdict, examine
from mutants.mutant import Mutant
from mutants.observed_shop import ObservedShop

from checkout.checker.check import INVARIANTS


@pytest.mark.parametrize("mutant", IN_MEMORY, ids=lambda mutant: mutant.name)
def test_the_checker_finds_a_mutant_and_nothing_in_its_unmutated_twin(
    mutant: Mutant, new_observed_shop: Callable[..., ObservedShop]
) -> None:
    check_verdict(mutant, examine(mutant, new_observed_shop))


def test_each_invariant_is_broken_by_a_mutant() -> None:
    broken = {invariant for mutant in IN_MEMORY for invariant in mutant.expected}

    assert [invariant.number for invariant in INVARIANTS if invariant.number not in broken] == []
    assert (len(INVARIANTS), len(IN_MEMORY) >= 35) == (23, True)
