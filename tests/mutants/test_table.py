"""Table of mutants: says of each whether the checker has found it, and how many it has found."""

import contextlib

import pytest
from mutants.examination import Verdict
from mutants.mutant import Mutant
from mutants.table import Table

from checkout.checker.check import INVARIANTS
from checkout.checker.results import InvariantResult, Report, Violation

MUTANT = Mutant("spoons are free", "I7", contextlib.nullcontext, print)


def report(*broken: str, not_checked: str = "") -> Report:
    results = [InvariantResult(invariant=each.number, title=each.title) for each in INVARIANTS]
    for result in results:
        result.violations = [Violation(result.invariant, "a spoon for 0.00 EUR")] if result.invariant in broken else []
        result.not_checked = "there is no ledger" if result.invariant == not_checked else ""
    return Report(results)


def test_a_mutant_that_breaks_what_it_must_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table()

    table.add([MUTANT], lambda mutant: Verdict(report(), report("I5", "I7")))

    assert table.sum_up()
    _, line, end = capsys.readouterr().out.splitlines()
    assert line.split()[:7] == ["spoons", "are", "free", "I7", "I5", "I7", "holds"]
    assert end.startswith("1 of 1 mutants found; 2 of 23 invariants broken by at least one, not I1, I2, I3, I4, I6")


@pytest.mark.parametrize(
    "verdict",
    [
        Verdict(report(), report()), Verdict(report(), report("I5")), Verdict(report("I7"), report("I7")),
        Verdict(report(not_checked="I7"), report("I7")),
    ],
    ids=["breaks nothing", "breaks another invariant", "twin breaks it too", "twin is not checked"],
)
def test_a_mutant_that_the_checker_does_not_tell_from_its_twin_is_not_found(
    verdict: Verdict, capsys: pytest.CaptureFixture[str]
) -> None:
    table = Table()

    table.add([MUTANT], lambda mutant: verdict)

    assert not table.sum_up()
    assert "spoons are free NOT FOUND" in capsys.readouterr().out


def test_a_table_without_mutants_is_no_success() -> None:
    assert not Table().sum_up()
