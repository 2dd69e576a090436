"""Changes: what is new, gone, covered or slower since an earlier report."""

from typing import Any

import msgspec
import pytest
from c4.report.story_spans import CANCEL, SELL, Story, files, repeated, view, without

from checkout.c4.report.building import build_data, build_views
from checkout.c4.report.changes import find_changes, in_units, with_changes
from checkout.c4.report.data import ReportData
from checkout.c4.report.stories import assign_stories
from checkout.journal.hop import utc_now

FRAUD = [*SELL, ("orders", "fraud", "HTTP, POST /scores")]


def report(*stories: Story, views: Any = (("sell", SELL),)) -> ReportData:
    """The report of stories."""
    now = utc_now()
    assigned = assign_stories(files(stories), [view(rows, name) for name, rows in views], None)
    return build_data(assigned, build_views(assigned, None, now), 0, now)


def kinds(earlier: ReportData, later: ReportData) -> list[tuple[str, str]]:
    """The kind of each change, and the arrow that it is about."""
    return [(change.kind, change.what) for change in find_changes(earlier, later)]


def test_equal_reports_have_no_changes() -> None:
    one, other = report(*repeated(3, SELL)), report(*repeated(5, SELL, 10))

    assert with_changes(other, one).changes == ()


def test_deviations_and_undrawn_arrows_come_and_go() -> None:
    earlier, later = report(*repeated(2, without(SELL, "warehouse"))), report(*repeated(2, FRAUD))

    assert kinds(earlier, later) == [
        ("new undrawn arrow", "orders → fraud [HTTP, POST /scores]"),
        ("gone deviation", "never happened: stock → warehouse [HTTP, POST /parcels]"),
        ("now covered", "5 stock → warehouse [HTTP, POST /parcels]"),
    ]
    assert [change.is_worse for change in find_changes(earlier, later)] == [True, False, False]
    assert [kind for kind, _ in kinds(later, earlier)] == ["new deviation", "gone undrawn arrow", "no longer covered"]


@pytest.mark.parametrize(("spans", "count"), [(19, 0), (20, 1), (200, 2)])
def test_an_arrow_is_slower_if_enough_spans_are(spans: int, count: int) -> None:
    earlier, later = (report(*repeated(spans, SELL[:1], length=length)) for length in (10, 16))

    found = [each for each in find_changes(earlier, later) if each.kind == "slower"]

    assert [(each.before, each.after) for each in found] == [
        ("p50 10.0 ms", "p50 16.0 ms"), ("p99 10.0 ms", "p99 16.0 ms"),
    ][:count]  # fmt: skip
    assert [each.kind for each in find_changes(later, earlier)] == ["faster"] * count


def test_a_small_difference_of_latency_is_no_change() -> None:
    earlier, later = (report(*repeated(30, SELL[:1], length=length)) for length in (10, 15))

    assert kinds(earlier, later) == []


def test_another_measure_is_not_compared() -> None:
    earlier, later = report(*repeated(30, SELL, hosts="node-1", length=0.1)), report(*repeated(30, SELL, length=0.1))

    assert kinds(earlier, later) == []


def test_drawings_stories_and_first_hops_come_and_go() -> None:
    listing = repeated(2, [("web", "orders", "HTTP, GET /orders")], 30)
    both = (("sell", SELL), ("cancel", CANCEL))
    earlier = report(*repeated(1, SELL))
    later = report(*repeated(1, CANCEL, 20), *listing, views=both)

    assert kinds(earlier, later) == [
        ("has no stories", "sell"),
        ("new drawing", "cancel"),
        ("new story without drawing", "web → orders [HTTP, GET /orders]"),
    ]
    assert kinds(report(*repeated(1, SELL), views=both), earlier) == [("gone drawing", "cancel")]


def test_an_accepted_deviation_is_new_but_not_worse() -> None:
    later = report(*repeated(2, FRAUD))
    (found,) = later.views[0].deviations
    accepted = msgspec.structs.replace(found, accepted="known")
    later = msgspec.structs.replace(later, views=(msgspec.structs.replace(later.views[0], deviations=(accepted,)),))

    (change,) = find_changes(report(*repeated(2, SELL)), later)

    assert (change.is_worse, change.what.endswith("accepted by the baseline")) == (False, True)


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(0, "0 ms"), (0.0042, "4.20 µs"), (0.48, "480 µs"), (0.9996, "1.00 ms"), (9.996, "10.0 ms"), (99.96, "100 ms"),
     (999.6, "1.00 s"), (123_456, "123 s")],
)  # fmt: skip
def test_durations_have_three_digits(milliseconds: float, text: str) -> None:
    assert in_units(milliseconds) == text
