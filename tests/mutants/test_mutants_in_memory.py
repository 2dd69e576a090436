"""Mutants in memory: the checker finds each of them by name, and nothing in the same run without it."""

from collections.abc import Callable

import pytest
from mutants.catalogue import IN_MEMORY
from mutants.examination import examine
from mutants.mutant import Mutant
from mutants.observed_shop import ObservedShop

from checkout.checker.check import INVARIANTS


@pytest.mark.parametrize("mutant", IN_MEMORY, ids=lambda mutant: mutant.name)
def test_the_checker_finds_a_mutant_and_nothing_in_its_unmutated_twin(
    mutant: Mutant, new_observed_shop: Callable[..., ObservedShop]
) -> None:
    twin, mutated = examine(mutant, new_observed_shop)

    checked = [result for result in twin.results if result.invariant in mutant.expected]
    assert twin.violations == []
    assert [result.not_checked for result in twin.results] == [""] * len(INVARIANTS)
    assert all(sum(result.counts.values()) > 0 for result in checked)  # else the twin passes because it is empty
    assert mutant.expected - set(mutated.broken) == set()


def test_each_invariant_is_broken_by_a_mutant() -> None:
    broken = {invariant for mutant in IN_MEMORY for invariant in mutant.expected}

    assert [invariant.number for invariant in INVARIANTS if invariant.number not in broken] == []
    assert (len(INVARIANTS), len(IN_MEMORY) >= 35) == (23, True)
