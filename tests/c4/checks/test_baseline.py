"""Baseline: accepted deviations need a reason and a date, and count again after it."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from c4.traced_runs import arrow, drawing, hop

from checkout.c4.checks.conformance.baseline import Baseline, BaselineError, open_baseline, read_baseline
from checkout.c4.checks.conformance.results import OrderResult
from checkout.c4.checks.conformance.summary import summarize
from checkout.c4.checks.verify import verify_orders

TODAY = date(2026, 11, 29)
SHOP = drawing(arrow(1, "web", "shop"), arrow(2, "shop", "stock"), arrow(3, "shop", "bank"))
ENTRY = """
[[deviation]]
diagram = "view"
kind = "missing"
from = "shop"
to = "bank"
technology = "HTTP"
reason = "the bank has no test account"
until = 2026-12-31
"""
Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a baseline file."""

    def write(text: str) -> Path:
        (tmp_path / "baseline.toml").write_text(text, encoding="utf-8")
        return tmp_path / "baseline.toml"

    return write


def results() -> list[OrderResult]:
    """An order without the bank, and with a call of stock by another technology."""
    return verify_orders(SHOP, {"t1": [hop("1", "web", "shop"), hop("2", "shop", "stock", "gRPC\x7f \"2\"\n", "1")]})


def opened(file: Path, today: date = TODAY) -> Baseline:
    return open_baseline(file, "view", today)


def test_accepted_deviation_is_tolerated_with_its_reason(write: Write) -> None:
    result = opened(write(ENTRY)).accept(results())[0]

    assert [each.tolerated for each in result.deviations] == [False, True]
    assert str(result.deviations[1]).endswith("; accepted: the bank has no test account (until 2026-12-31)")


@pytest.mark.parametrize(
    "change", [('"missing"', '"extra"'), ('"bank"', '"stock"'), ("HTTP", "gRPC"), ("view", "other")]
)
def test_other_deviations_stay(write: Write, change: tuple[str, str]) -> None:
    baseline = opened(write(ENTRY.replace(*change)))

    assert [each.tolerated for each in baseline.accept(results())[0].deviations] == [False, False]


def test_wrong_technology_is_accepted_only_as_it_was_seen(write: Write) -> None:
    entry = ENTRY.replace("missing", "wrong technology").replace('"bank"', '"stock"')
    result = verify_orders(SHOP, {"t1": [hop("1", "web", "shop"), hop("2", "shop", "stock", "gRPC", "1")]})

    tolerated = [
        opened(write(entry + f'seen = "{seen}"')).accept(result)[0].deviations[0].tolerated for seen in ("gRPC", "SQL")
    ]

    assert tolerated == [True, False]


def test_deviation_that_is_tolerated_anyway_needs_no_entry(write: Write) -> None:
    hops = [hop(name, "web", "shop", topic="orders", partition=0, offset=1) for name in ("1", "2")]
    baseline = opened(write(ENTRY.replace("missing", "redelivered").replace("shop", "web").replace("bank", "shop")))

    (again, *_) = baseline.accept(verify_orders(SHOP, {"t1": hops}, allow_redelivery=True))[0].deviations

    assert (again.kind, again.tolerated, again.accepted) == ("redelivered", True, "")


def test_entry_counts_again_after_its_date_and_is_named(write: Write) -> None:
    last, after = (opened(write(ENTRY), day) for day in (date(2026, 12, 31), date(2027, 1, 1)))

    tolerated = [each.accept(results())[0].deviations[1].tolerated for each in (last, after)]

    assert tolerated == [True, False]
    assert last.warnings == []
    assert after.warnings[0].endswith(
        "baseline.toml:2: missing shop → bank [HTTP] was accepted until 2026-12-31 and counts again"
    )


def test_entry_that_matches_nothing_is_stale(write: Write) -> None:
    old = ENTRY.replace('"bank"', '"printer"').replace("2026", "2020")
    baseline = opened(write(ENTRY + old))

    baseline.accept(results())

    assert len(baseline.warnings) == 1
    assert baseline.warnings[0].endswith(":11: missing shop → printer [HTTP] matches no deviation: remove the entry")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ENTRY.replace('reason = "the bank has no test account"\n', ""), "baseline.toml:2: reason is missing"),
        (ENTRY.replace("the bank has no test account", " "), "baseline.toml:2: the reason is empty"),
        (ENTRY.replace("until = 2026-12-31\n", ""), "baseline.toml:2: until is missing"),
        (ENTRY.replace("2026-12-31", '"2026-12-31"'), "until is missing or is not a date such as 2026-12-31"),
        (ENTRY.replace("2026-12-31", "2026-12-31T10:00:00"), "until is missing or is not a date"),
        (ENTRY + ENTRY.replace('to = "bank"\n', ""), "baseline.toml:11: to is missing"),
        (ENTRY.replace('"missing"', '"gone"'), "gone is not one of missing, extra"),
        (ENTRY + 'to_do = "x"', "baseline.toml:2: to_do is unknown"),
        ('deviation = "x"', "other contents"),
        ("[ignore]", "other contents"),
        ("[[deviation", "is no TOML"),
        ("[[deviation]]\nuntil = 2026-13-01", "is no TOML"),
    ],
)
def test_incomplete_baseline_is_wrong_usage_and_names_the_place(write: Write, text: str, message: str) -> None:
    with pytest.raises(BaselineError, match="baseline.toml") as raised:
        read_baseline(write(text))

    assert message in str(raised.value)
    assert raised.value.exit_code == 2


def test_written_baseline_accepts_the_same_deviations_once_reasons_are_given(tmp_path: Path) -> None:
    file, found = tmp_path / "new.toml", [each.example for each in summarize(results()).deviations]

    count = Baseline([], "view", TODAY).write(file, [*found, *found])
    with pytest.raises(BaselineError, match="the reason is empty"):
        read_baseline(file)
    file.write_text(file.read_text(encoding="utf-8").replace('reason = ""', 'reason = "known"'), encoding="utf-8")
    accepted = opened(file).accept(results())[0]

    assert count == 2
    assert {entry.until for entry in read_baseline(file)} == {date(2027, 2, 27)}
    assert accepted.conforms


def test_writing_keeps_reasons_dates_and_entries_of_other_diagrams(write: Write) -> None:
    file = write(ENTRY + ENTRY.replace("view", "other").replace("2026-12-31", "2020-01-01"))
    baseline = opened(file)

    baseline.write(file, [each.example for each in summarize(results()).deviations if each.example.kind == "missing"])

    entries = {entry.diagram: (entry.reason, entry.until) for entry in read_baseline(file)}
    reason = "the bank has no test account"
    assert entries == {"view": (reason, date(2026, 12, 31)), "other": (reason, date(2020, 1, 1))}


@pytest.mark.parametrize("text", ['[project]\nname = "shop"\n', 'deviation = "x"\n', "deviation = [1]\n"])
def test_another_toml_file_is_not_overwritten(write: Write, text: str) -> None:
    file = write(text)

    with pytest.raises(BaselineError, match="name another file"):
        open_baseline(None, "view", TODAY).write(file, [])

    assert file.read_text() == text
