"""Latency: what the durations of arrows are measured by, and their percentiles."""

import pytest
from c4.report.story_spans import SELL, Story, files, repeated, view

from checkout.c4.report.building import build_views
from checkout.c4.report.data import ArrowData
from checkout.c4.report.latency import percentile
from checkout.c4.report.stories import assign_stories
from checkout.c4.traces.span import Kind
from checkout.journal.hop import utc_now


def arrows(*stories: Story) -> list[ArrowData]:
    """The arrows of the view of SELL in a report of stories."""
    (found,) = build_views(assign_stories(files(stories), [view(SELL)], None), None, utc_now())
    return list(found.data.arrows)


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(value) for value in range(1, 201)]

    assert [percentile(values, percent) for percent in (50, 99, 100)] == [100, 198, 200]
    assert (percentile([7.0], 50), percentile([7.0], 99)) == (7, 7)


def test_a_call_takes_as_long_as_the_span_of_its_caller() -> None:
    story = Story("1" * 32, SELL)
    for span in story.spans:
        span.end = span.start + (30 if span.kind is Kind.CLIENT else 5) * 1_000_000

    first = arrows(story)[0]

    assert (first.measure, first.spans, first.p50, first.p99) == ("call", 1, 30, 30)


def test_publications_and_deliveries_on_different_clocks_take_as_long_as_their_spans() -> None:
    found = arrows(*(Story(f"{length:032x}", SELL, length=length) for length in (10, 20, 40)))

    assert [(arrow.measure, arrow.p50, arrow.p99) for arrow in found[1:3]] == [("send", 20, 40), ("handling", 20, 40)]


def test_a_delivery_on_one_clock_takes_from_the_end_of_the_send_to_the_start_of_the_processing() -> None:
    story = Story("1" * 32, SELL, length=0.25, hosts="node-1")

    stock, mail = arrows(story)[2:4]

    assert (stock.measure, stock.p50) == ("wait", 0.75)  # the spans begin a millisecond after each other
    assert (mail.measure, mail.p50) == ("wait", 1.75)


def test_a_consumer_that_starts_before_the_send_ends_has_not_waited() -> None:
    assert arrows(Story("1" * 32, SELL, hosts="node-1"))[2].p50 == 0


def test_one_delivery_without_a_common_clock_changes_the_measure_of_all() -> None:
    found = arrows(*repeated(1, SELL, hosts="node-1"), *repeated(1, SELL, 2))

    assert (found[2].measure, found[2].spans, found[2].p99) == ("handling", 2, 10)


@pytest.mark.parametrize("field", ["start", "end"])
def test_spans_without_times_have_no_duration(field: str) -> None:
    story = Story("1" * 32, SELL)
    for span in story.spans:
        setattr(span, field, 0)

    assert {(arrow.measure, arrow.spans, arrow.p50) for arrow in arrows(story)} == {("", 0, None)}
