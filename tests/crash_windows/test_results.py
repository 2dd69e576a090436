"""Results: a report is good only if every crash has happened and nothing is broken; its table shows each window."""

from pathlib import Path
from typing import Any

import pytest

from checkout.checker.results import InvariantResult, Report
from checkout.crash_windows.results import CrashReport, WindowOutcome, WindowResult

GOOD, BROKEN, NOT_HIT = WindowOutcome.GOOD, WindowOutcome.BROKEN, WindowOutcome.NOT_HIT


def result(window: str = "stock-W3", outcome: WindowOutcome = GOOD, replicas: int = 1, **others: Any) -> WindowResult:
    return WindowResult(window=window, replicas=replicas, replica="stock-1", time=2, outcome=outcome, **others)


def report_of(*results: WindowResult, orders: int = 9) -> CrashReport:
    report = CrashReport()
    report.add(results, orders, Report([InvariantResult(invariant="I5", title="", counts={"charges": 4})]))
    return report


@pytest.mark.parametrize(
    ("outcomes", "is_good"), [((GOOD, GOOD), True), ((GOOD, BROKEN), False), ((GOOD, NOT_HIT), False), ((), False)]
)
def test_a_report_is_good_if_every_crash_has_happened_and_nothing_is_broken(outcomes: Any, is_good: bool) -> None:
    assert report_of(*[result(outcome=outcome) for outcome in outcomes]).is_good is is_good


def test_the_table_has_a_row_for_each_service_kind_of_window_and_number_of_replicas() -> None:
    report = report_of(
        result("stock-W3"), result("stock-W0", NOT_HIT), result("payments-P2-refund", replicas=2),
        result("stock-T1", BROKEN, problems=["I8: stock: more was sold than received"]),
    )  # fmt: skip

    assert report.table().splitlines() == [
        "                               0       1       2       3       4       5       6       7",
        "stock W, 1 replica             not hit                 good",
        "stock T, 1 replica                     broken",
        "payments P, refund, 2 replicas                 good",
        "I8: stock: more was sold than received",
    ]


def test_the_summary_counts_crashes_windows_and_orders() -> None:
    report = report_of(result(), result(replicas=2), result("stock-W4", NOT_HIT), result("stock-W5", BROKEN))

    assert report.summary == (
        "3 of 4 crashes happened, in 2 of 56 windows, during 9 orders; after 2 of them all invariants hold"
    )


def test_reports_of_two_stores_are_added_up() -> None:
    report = report_of(result(), orders=7)

    report.add([result(replicas=2)], 5, Report([InvariantResult(invariant="I5", title="", counts={"charges": 3})]))

    assert (len(report.results), report.orders, report.checked) == (2, 12, {"I5": {"charges": 7}})


def test_a_report_is_the_same_after_writing_and_reading(tmp_path: Path) -> None:
    report = report_of(result(), result("stock-T1", BROKEN, problems=["I8"]))

    report.write(tmp_path / "report.json")

    assert CrashReport.read(tmp_path / "report.json") == report
