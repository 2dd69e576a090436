"""Source mutants: the code that they change is there."""

from source_mutants import MUTANTS, ROOT, Mutant


def test_each_source_mutant_changes_code_that_is_there_once() -> None:
    def count(mutant: Mutant) -> int:
        return (ROOT / "checkout" / mutant.file).read_text().count(mutant.before)

    assert {mutant.name: count(mutant) for mutant in MUTANTS if count(mutant) != 1} == {}


def test_each_source_mutant_names_tests_that_are_there() -> None:
    assert [mutant.name for mutant in MUTANTS if not (ROOT / "tests" / mutant.tests).exists()] == []
