"""Coverage: arrows that no run covers are listed."""

from collections.abc import Callable
from random import Random

import pytest
from c4.runs import valid_run
from c4.traced_runs import arrow, drawing, hop

from checkout.c4.checks.coverage import measure_coverage
from checkout.c4.findings import PreconditionError
from checkout.c4.journal import parse_hops
from checkout.c4.source.arrows import Drawing

View = Callable[[str], Drawing]


@pytest.mark.slow
def test_one_run_of_its_own_story_covers_a_view_whole(view: View) -> None:
    coverage = measure_coverage(view("ordering"), parse_hops(valid_run("ordering", Random(1))))

    assert (coverage.percent, coverage.uncovered) == (100, ())


@pytest.mark.slow
def test_run_of_another_story_leaves_the_arrows_it_did_not_reach(view: View) -> None:
    coverage = measure_coverage(view("ordering-payment-denied"), parse_hops(valid_run("ordering-sold-out", Random(1))))

    # The first four arrows, and the e-mail, whose arrow is the same in every story.
    assert [arrow.step for arrow in coverage.uncovered] == [5, 6, 7, 8, 9, 10, 11, 11, 11]
    assert round(coverage.percent) == 36


def test_attempt_that_failed_covers_nothing(view: View) -> None:
    run = [hop | {"outcome": "failed"} for hop in valid_run("ordering", Random(1))]

    assert measure_coverage(view("ordering"), parse_hops(run)).percent == 0


def test_view_without_arrows_cannot_be_covered(view: View) -> None:
    with pytest.raises(PreconditionError, match="no arrows to cover"):
        measure_coverage(view("checkout"), [])


def test_call_of_an_element_to_itself_counts_only_if_a_run_has_it() -> None:
    view, hops = drawing(arrow(1, "web", "shop"), arrow(2, "shop", "shop")), [hop("1", "web", "shop")]

    covered = [measure_coverage(view, run) for run in (hops, [*hops, hop("2", "shop", "shop")], [])]

    assert [(len(each.arrows), len(each.uncovered)) for each in covered] == [(1, 0), (2, 0), (1, 1)]
