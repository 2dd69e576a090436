"""Assigned stories: each belongs to the views to which it conforms, else to the nearest, else to none."""

from pathlib import Path

import pytest
from c4.report.story_spans import CANCEL, SELL, Story, files, repeated, view, without

from checkout.c4.checks.conformance.results import Verdict
from checkout.c4.findings import PreconditionError
from checkout.c4.report.building import build_views
from checkout.c4.report.stories import AssignedStories, assign_stories
from checkout.journal.hop import utc_now

LIST = (("web", "orders", "HTTP, GET /orders"), ("orders", "archive", "HTTP, GET /old"))


def verdicts(assigned: AssignedStories) -> list[dict[Verdict, int]]:
    """The number of stories of each verdict, view by view."""
    counts = [[each.verdict for each in found.results] for found in assigned.views]
    return [{verdict: found.count(verdict) for verdict in Verdict if verdict in found} for found in counts]


def test_a_story_belongs_to_the_view_to_which_it_conforms() -> None:
    traces = files([*repeated(3, SELL), *repeated(2, CANCEL, 10)])

    assigned = assign_stories(traces, [view(SELL), view(CANCEL, "cancel")], None)

    assert verdicts(assigned) == [{Verdict.CONFORMS: 3}, {Verdict.CONFORMS: 2}]
    assert (assigned.stories, assigned.others) == (5, {})


def test_a_story_that_conforms_to_no_view_belongs_to_the_nearest() -> None:
    late = [*SELL, ("stock", "orders", "HTTP, PUT /orders")]
    traces = files([*repeated(1, without(SELL, "mail")), *repeated(2, late, 5), *repeated(1, CANCEL[:2], 10)])

    assigned = assign_stories(traces, [view(SELL), view(CANCEL, "cancel")], None)

    assert verdicts(assigned) == [{Verdict.DEVIATES: 3}, {Verdict.DEVIATES: 1}]
    kinds = [deviation.kind for result in assigned.views[0].results for deviation in result.deviations]
    assert sorted(kinds) == ["extra", "extra", "missing"]


def test_of_views_with_the_same_beginning_the_one_with_the_fewest_other_arrows_has_a_story() -> None:
    refuse = [*SELL[:2], ("kafka", "stock", "order.placed"), ("stock", "kafka", "stock.short")]
    views = [view(refuse, "refuse"), view(SELL)]

    assigned = assign_stories(files([*repeated(2, without(SELL, "warehouse")), *repeated(1, SELL[:1], 5)]), views, None)

    assert verdicts(assigned) == [{Verdict.DEVIATES: 1}, {Verdict.DEVIATES: 2}]


def test_without_its_first_arrow_a_story_with_half_of_the_arrows_belongs_to_a_view() -> None:
    other = [("web", "orders", "HTTP, POST /v2/orders"), *SELL[1:]]

    assigned = assign_stories(files(repeated(1, other)), [view(SELL)], None)

    (result,) = assigned.views[0].results
    assert [deviation.kind for deviation in result.deviations] == ["wrong technology"]


def test_stories_of_no_view_are_counted_by_their_first_hop_with_examples() -> None:
    traces = files([*repeated(1, SELL), *repeated(5, LIST, 10)])

    assigned = assign_stories(traces, [view(SELL)], None)

    (other,) = assigned.others.values()
    assert (other.first.arrow, other.stories) == (("web", "orders", "HTTP, GET /orders"), 5)
    assert other.examples == [f"{number:032x}" for number in (10, 11, 12)]
    assert assigned.stories == 6


def test_views_of_two_levels_of_detail_have_the_same_stories() -> None:
    coarse = [("web", "orders", "HTTP, POST /orders"), ("orders", "stock", "order.placed")]
    coarse += [("orders", "mail", "order.placed"), ("stock", "warehouse", "HTTP")]

    assigned = assign_stories(files(repeated(4, SELL)), [view(SELL), view(coarse, "sketch")], None)

    assert verdicts(assigned) == [{Verdict.CONFORMS: 4}, {Verdict.CONFORMS: 4}]


def test_missing_spans_are_no_proof_of_a_deviation() -> None:
    story = Story("1" * 32, SELL)
    story.spans = [span for span in story.spans if span.service != "stock"]

    assigned = assign_stories(files([story, *repeated(1, CANCEL, 10)]), [view(SELL)], None)

    assert verdicts(assigned) == [{Verdict.UNJUDGED: 1}]


@pytest.mark.parametrize(
    ("stories", "message"),
    [
        (repeated(1, [("shop", "till", "HTTP, POST /sales")]), 'no service of the traces \\("shop", "till"\\)'),
        (repeated(1, LIST), "no story of the traces, such as 0{31}1, which begins with web → orders, has"),
    ],
)
def test_traces_of_another_system_cannot_be_judged(stories: list[Story], message: str, tmp_path: Path) -> None:
    with pytest.raises(PreconditionError, match=message) as raised:
        assign_stories(files(stories), [view(SELL)], None)

    assert raised.value.exit_code == 3


def test_arrows_that_traces_usually_lack_are_not_asked_for() -> None:
    drawn = [("orders", "orders", "checks the stock"), *SELL, ("stock", "stock", "counts")]

    assigned = assign_stories(files(repeated(2, SELL)), [view(drawn), view(SELL[:1], "other")], None)

    assert verdicts(assigned)[0] == {Verdict.CONFORMS: 2}
    (sell, _) = build_views(assigned, None, utc_now())
    assert (sell.data.coverage, sell.data.uncovered) == (100, [])
