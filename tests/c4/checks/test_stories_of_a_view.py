"""Stories of a view: which traces are judged by it, and which begin with another request and are only counted."""

from collections.abc import Sequence
from random import Random

import pytest
from c4.runs import VIEWS
from c4.traced_runs import arrow, drawing, drawing_of, hop, traced_run

from checkout.c4.checks.conformance.reports import as_json, as_markdown, as_text
from checkout.c4.checks.conformance.stories import (
    Entry,
    Sorted,
    describe_mixture,
    describe_others,
    entries_of,
    only_others,
    require_own,
    sort_stories,
)
from checkout.c4.checks.conformance.summary import summarize
from checkout.c4.checks.gaps import NoGaps
from checkout.c4.checks.verify import numbered_arrows, verify_orders
from checkout.c4.findings import PreconditionError
from checkout.c4.source.arrows import Arrow, Fragment
from checkout.journal.hop import Hop

LOAN = [
    arrow(1, "reader", "desk", "HTTP, POST /loans"), arrow(2, "desk", "books", "HTTP, GET /books"),
    arrow(3, "desk", "lending"), arrow(4, "lending", "mail"),
]  # fmt: skip


def begun(entry: tuple[str, str, str], *others: Arrow) -> Sorted:
    """A trace with an entry and the hops of drawn arrows, sorted by the view of a loan."""
    hops = [hop("1", *entry), *(hop(str(at), *each.key, cause="1") for at, each in enumerate(others, 2))]
    return sort_stories(LOAN, {"t1": hops}, {"t1": Entry(entry, "what was sent")})


@pytest.mark.parametrize(
    "entry", [("reader", "desk", "HTTP, GET /books"), ("reader", "lending", "HTTP"), ("robot", "desk", "HTTP")]
)
def test_a_trace_with_another_entry_and_few_drawn_arrows_is_another_story(entry: tuple[str, str, str]) -> None:
    found = begun(entry, LOAN[1])

    assert (found.own, found.others) == ({}, {"t1": "what was sent"})


def test_a_wrong_route_of_the_first_arrow_is_judged_if_half_of_the_other_arrows_happened() -> None:
    found = begun(("reader", "desk", "HTTP, PUT /loans"), LOAN[1], LOAN[2])

    assert (list(found.own), found.others) == (["t1"], {})


def test_the_first_arrow_alone_makes_a_trace_one_of_the_view() -> None:
    assert list(begun(LOAN[0].key).own) == ["t1"]


def test_a_trace_whose_beginning_is_missing_is_judged() -> None:
    assert list(sort_stories(LOAN, {"t1": [hop("1", *LOAN[1].key)]}, {}).own) == ["t1"]


def test_a_view_that_does_not_draw_the_request_owns_all_traces_that_enter_its_first_service() -> None:
    found = sort_stories(LOAN[1:], {"t1": [hop("1", "desk", "mail")]}, {"t1": Entry(("", "desk", "HTTP"), "GET /")})

    assert list(found.own) == ["t1"]


def test_each_beginning_of_a_view_with_alternatives_makes_a_trace_its_own() -> None:
    choice = [arrow(at + 1, "reader", "desk", name, Fragment(1, "alt", at)) for at, name in enumerate("AB")]
    entries = {name: Entry(("reader", "desk", name), name) for name in "ABC"}
    stories = {name: [hop("1", *each.arrow)] for name, each in entries.items()}

    assert list(sort_stories([*choice, *LOAN[1:]], stories, entries).own) == ["A", "B"]


@pytest.mark.parametrize("name", VIEWS)
def test_runs_whose_first_arrow_has_another_technology_are_never_left_out(name: str) -> None:
    arrows, random = numbered_arrows(drawing_of(VIEWS[name])), Random(4)
    first = arrows[0].key
    stories = dict[str, list[Hop]]()
    for number in range(50):
        run = traced_run(VIEWS[name], random)
        stories[str(number)] = [each for each in run if each.arrow != first]

    found = sort_stories(arrows, stories, dict.fromkeys(stories, Entry((*first[:2], "wrong"), "wrong")))

    assert (len(found.own), found.others) == (50, {})


def test_orders_of_a_journal_with_ids_begin_with_the_hop_that_has_no_cause() -> None:
    with_ids = [hop("2", "desk", "mail", cause="1"), hop("1", "robot", "desk", "SQL")]
    without_ids = [hop(None, "robot", "desk", "SQL")]

    assert entries_of({"t1": with_ids, "t2": without_ids}) == {"t1": Entry(("robot", "desk", "SQL"), "POST")}


def test_a_story_of_one_of_several_views_is_no_other_one() -> None:
    one = Sorted({"t1": []}, {"t2": "GET /a", "t3": "GET /b"})

    assert only_others([one, Sorted({"t2": []}, {"t1": "POST /", "t3": "GET /b"})]) == {"GET /b": 1}


def test_if_no_trace_is_of_the_view_the_error_counts_the_other_stories() -> None:
    with pytest.raises(PreconditionError, match=r"1 reader → desk .*; 1 trace is of another story: what was sent 1:"):
        require_own(begun(("reader", "desk", "HTTP, GET /books")), drawing(*LOAN))


@pytest.mark.parametrize(
    ("others", "line"),
    [
        ({}, ""),
        ({"GET /b": 1, "GET /a": 2000}, "2,001 traces are of other stories: GET /a 2,000, GET /b 1"),
        (dict.fromkeys("abcdefg", 1), "7 traces are of other stories: a 1, b 1, c 1, d 1, e 1, and further ones 2"),
        ({"\x1b[31m": 1}, "1 trace is of another story: \N{REPLACEMENT CHARACTER}[31m 1"),
    ],
)
def test_other_stories_are_one_line(others: dict[str, int], line: str) -> None:
    assert describe_others(others) == line


def test_orders_that_begin_differently_are_a_mixture() -> None:
    one, other = Entry(("a", "b", "HTTP"), "GET /a"), Entry(("a", "b", "HTTP"), "GET /b")

    assert describe_mixture({"t1": one, "t2": one}) == ""
    line = "the orders begin with different messages: GET /a 2, GET /b 1: name one with --order ID"
    assert describe_mixture({"t1": one, "t2": one, "t3": other}) == line


def report(run: Sequence[Arrow]) -> dict[str, str]:
    view = drawing(*LOAN)
    results = verify_orders(view, {"t1": [hop(str(at), *each.key) for at, each in enumerate(run)]})
    summary = summarize(results, NoGaps(), {"GET /version": 3})
    assert summary.exit_code() == 0
    return {"text": as_text(summary), "json": as_json(summary, view), "markdown": as_markdown(summary, view)}


def test_reports_name_other_stories_which_do_not_change_the_exit_code() -> None:
    reports = report(LOAN)

    assert reports["text"].endswith("\n3 traces are of other stories: GET /version 3")
    assert "- 3 traces are of other stories: GET /version 3" in reports["markdown"]
    assert '"others": {\n  "GET /version": 3\n }' in reports["json"]
