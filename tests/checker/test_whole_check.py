"""Check: a good run breaks nothing, an empty one fails, and the report says what it counted."""

from dataclasses import replace

import pytest
from checker.breaking import change_rows, more_entries
from checker.good_run import APPROVED

from checkout.checker.check import INVARIANTS, check
from checkout.checker.results import MOST_EVIDENCE, InvariantResult, Report, Violation
from checkout.checker.witnesses import Witnesses


def test_a_good_run_breaks_nothing(good: Witnesses) -> None:
    report = check(good)

    assert report.violations == []
    assert report.not_checked == []
    assert [result.invariant for result in report.results] == [f"I{number}" for number in range(1, 24)]


def test_every_invariant_has_counted_something_in_a_good_run(good: Witnesses) -> None:
    report = check(good)

    assert [result.invariant for result in report.results if not sum(result.counts.values())] == []


def test_an_empty_run_fails() -> None:
    report = check(Witnesses())

    assert report.broken == ["I1"]
    assert report.violations[0].evidence.startswith("nothing to check: ")
    assert len(report.not_checked) == 22
    assert check(Witnesses(), ["I9"]).broken == ["I9"]


def test_no_witness_at_all_breaks_nothing_but_is_said(good: Witnesses) -> None:
    only_records = Witnesses(records=good.records)

    report = check(only_records)

    assert report.violations == []
    reasons = {result.invariant: result.not_checked for result in report.results}
    assert reasons["I5"] == "no ledger of the payment provider, no database of orders"
    assert reasons["I8"] == "no database of stock"
    assert reasons["I10"] == "no ledger of the shipment company"
    assert reasons["I11"] == "no mailbox"
    assert reasons["I12"] == ""


def test_a_ledger_that_has_dropped_entries_is_not_judged(good: Witnesses) -> None:
    full = replace(good, parcels=list(good.parcels or ()) * 25_000)

    (result,) = check(full, ["I10"]).results

    assert result.not_checked == "the list of parcels has only the last 50,000"


def test_a_report_says_what_was_counted_and_what_broke(good: Witnesses) -> None:
    broken = change_rows(more_entries(good, "parcels", APPROVED, id="parcel-9"), "stock", "products", {"sku": 1},
                         reserved=7)  # fmt: skip

    report = check(broken, ["I8", "I9", "I10"])

    first, evidence, second, third, more, end = str(report).splitlines()
    assert first.split(None, 3) == ["I8", "Never", "oversell", first.split(None, 3)[3]]
    assert "BROKEN" in first and "products 5, units 4, prefixes 10" in first
    assert evidence == "       product 1: 7 reserved, but the reservations hold 0"
    assert second.startswith("I9   Reservations end once") and "holds" in second
    assert third.startswith("I10  One shipment")
    assert more == f"       order {APPROVED}: 2 parcels: parcel-1, parcel-9"
    assert end == "1 of 3 invariants hold, 0 not checked; violations: 2"
    assert report.broken == ["I8", "I10"]
    assert repr(report) == str(report)


def test_the_text_shows_some_of_many_violations() -> None:
    violations = [Violation("I5", f"charge {number}") for number in range(MOST_EVIDENCE + 3)]
    report = Report([InvariantResult(invariant="I5", title="Never charge twice", violations=violations)])

    assert str(report).splitlines()[-2:] == [
        "       and 3 more", "0 of 1 invariants hold, 0 not checked; violations: 13"
    ]  # fmt: skip


@pytest.mark.parametrize("invariant", INVARIANTS, ids=lambda invariant: invariant.number)
def test_an_invariant_alone_is_judged_as_with_the_others(good: Witnesses, invariant: object) -> None:
    number = invariant.number  # type: ignore[attr-defined]

    (alone,) = check(good, [number]).results

    assert alone == next(result for result in check(good).results if result.invariant == number)
