"""Closed widgets: after the function that `render` returns, nothing listens and no timer asks the kernel."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from checkout.lab import Lab, compare
from checkout.lab.widget.board import Board
from checkout.lab.widget.walk import Walk

pytestmark = [pytest.mark.browser, pytest.mark.slow]
OpenWidget = Callable[..., Page]
WIDGETS: dict[str, Callable[[Lab], Any]] = {
    "walk": Walk, "board": Board, "comparison": lambda lab: compare(lab, lab.fork()),
}  # fmt: skip


@pytest.mark.parametrize("make", WIDGETS.values(), ids=WIDGETS)
def test_a_widget_that_runs_stops_when_it_is_closed(
    make: Callable[[Lab], Any], waiting: Lab, open_widget: OpenWidget
) -> None:
    requests = list[dict[str, Any]]()
    page = open_widget(make(waiting), requests=requests)
    page.locator(":is(.compare, .board, .walk-card svg)").first.wait_for()
    run = page.locator("[data-pair=run], [data-do=run]").first
    expect(page.locator(".walk-status").last).to_have_text("No hop yet.")
    run.click()
    expect(page.locator(".walk[data-current='1']")).to_have_count(page.locator(".walk").count())
    assert page.evaluate("model_listeners.size") >= 1

    page.evaluate("close_widget()")
    count = len(requests)
    page.clock.fast_forward(10_000)

    assert page.evaluate("model_listeners.size") == 0
    assert count > 1 and len(requests) == count and len(waiting.moments) == 1


@pytest.mark.parametrize("make", WIDGETS.values(), ids=WIDGETS)
def test_a_widget_without_an_answer_no_longer_asks_when_it_is_closed(
    make: Callable[[Lab], Any], waiting: Lab, open_widget: OpenWidget
) -> None:
    requests = list[dict[str, Any]]()
    page = open_widget(make(waiting), requests=requests, unanswered="hello")
    page.clock.fast_forward(3_500)
    expect(page.locator(".walk-status")).to_have_text("Waiting for the kernel: a cell is running.")
    assert len(requests) == 2

    page.evaluate("close_widget()")
    page.clock.fast_forward(20_000)

    assert page.evaluate("model_listeners.size") == 0 and len(requests) == 2
