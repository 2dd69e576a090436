"""Check: a good run breaks nothing, an empty one fails, and the report says what it counted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from checker.breaking import change_rows, more_entries
from checker.good_run import APPROVED

from checkout.checker.check import INVARIANTS, check
from checkout.checker.evidence import OLD
from checkout.checker.facts import GROUPS
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
    assert {reasons[number] for number in ("I12", "I14", "I15", "I17")} == {"no database of any service"}
    assert reasons["I13"] == ""


@pytest.mark.parametrize("number", ["I3", "I12", "I14", "I15", "I17"])
def test_a_service_without_database_is_counted_and_broken_if_it_runs_in_the_store(good: Witnesses, number: str) -> None:
    without = replace(good, databases={name: good.databases[name] for name in good.databases if name != "payments"})

    (replaced,) = check(without, [number]).results
    (lost,) = check(replace(without, services={"orders", "payments"}), [number]).results
    assert replaced.counts["no database of payments"] == 1
    assert [violation.evidence for violation in lost.violations if violation not in replaced.violations] == [
        "payments runs in this store, without database"
    ]


def test_a_store_without_its_databases_is_broken(good: Witnesses) -> None:
    report = check(replace(good, databases={}, services=set(GROUPS)))

    assert {"I1", "I3", "I4", "I5", "I8", "I9", "I12", "I14", "I15", "I17", "I18", "I19"} <= set(report.broken)


@pytest.mark.parametrize("number", ["I3", "I15"])
def test_databases_without_rows_hold_nothing(good: Witnesses, number: str) -> None:
    empty = {name: {table: () for table in tables} for name, tables in good.databases.items()}

    (result,) = check(replace(good, databases=empty), [number]).results

    assert (result.verdict, result.not_checked) == ("not checked", "nothing to check in any database")


def test_an_order_older_than_the_retention_breaks_nothing_when_its_rows_and_records_are_deleted(
    good: Witnesses
) -> None:
    pruned = {
        name: {table: () if table in ("inbox", "outbox") else rows for table, rows in tables.items()}
        for name, tables in good.databases.items()
    }
    partial = replace(good, databases=pruned, read_at=datetime.now(UTC) + timedelta(days=7))
    ends = {group: {at: lag._replace(begin=lag.end) for at, lag in lags.items()} for group, lags in good.lags.items()}
    whole = replace(partial, records=(), lags=ends)
    young = replace(partial, retention_seconds=8 * 86_400.0)

    for witnesses in (replace(partial, databases=good.databases), partial, whole):
        report = check(witnesses)
        assert report.violations == [], report
    counts = {result.invariant: result.counts for result in check(whole).results}
    assert {number for number, found in counts.items() if OLD in found} >= {"I1", "I4", "I5", "I7", "I9", "I10", "I11"}
    assert "older than the retention" in check(partial, ["I14"]).results[0].counts
    assert set(check(young).broken) >= {"I4", "I9"}


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
