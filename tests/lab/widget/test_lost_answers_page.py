"""Answers that come late, or never: what the status says, and that buttons and views work again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lab.browser.widget_page import answer_late
from lab.widget.many_orders import write_journal
from playwright.sync_api import Page, expect

from checkout.lab import Lab
from checkout.lab.widget.board import Board
from checkout.lab.widget.walk import Walk

pytestmark = [pytest.mark.browser, pytest.mark.slow]
OpenWidget = Callable[..., Page]
BUSY = "The kernel is busy. The step follows when the current cell has finished."
CELL_RUNS = "Waiting for the kernel: a cell is running."


def at(page: Page, hop: int) -> None:
    """Waits for a hop."""
    expect(page.locator(f".walk[data-current='{hop}']")).to_be_visible()


@pytest.mark.parametrize("widget", [Walk, Board])
def test_a_button_whose_answer_was_lost_works_again(widget: Any, waiting: Lab, open_widget: OpenWidget) -> None:
    page = open_widget(widget(waiting), lost="step")
    expect(page.locator(".walk-status")).to_have_text("No hop yet.")
    page.click("[data-do=step]")
    expect(page.locator(".walk-status")).to_have_text(BUSY)

    page.click("[data-do=step]")

    at(page, 1)
    expect(page.locator(".walk-status")).to_have_text(waiting.moments[0].sentence)


def test_a_view_whose_answer_was_lost_is_asked_for_again(waiting: Lab, open_widget: OpenWidget) -> None:
    waiting.run()
    page = open_widget(Walk(waiting), lost="partitions")
    page.click("[data-view=partitions]")
    expect(page.locator(".walk-status")).to_have_text(CELL_RUNS)

    page.clock.fast_forward(3_500)

    expect(page.locator(".board-lane")).to_have_count(5)
    expect(page.locator(".walk-status")).to_have_text(waiting.moments[-1].sentence)


def test_a_page_of_hops_whose_answer_was_lost_is_asked_for_again(open_widget: OpenWidget, tmp_path: Path) -> None:
    run = Lab.replay(write_journal(tmp_path / "run.jsonl", 10))
    page = open_widget(Walk(run), lost="page")
    at(page, 170)
    page.fill(".walk-slider", "5")
    expect(page.locator(".walk-status")).to_have_text(CELL_RUNS)

    page.clock.fast_forward(3_500)

    expect(page.locator(".walk-status")).to_have_text(run.moments[4].sentence)


@pytest.mark.parametrize("widget", [Walk, Board])
def test_the_busy_sentence_goes_when_the_late_answer_comes(widget: Any, waiting: Lab, open_widget: OpenWidget) -> None:
    waiting.run()
    page = open_widget(widget(waiting))
    at(page, 17)
    answer_late(page, "partitions")

    page.click("[data-view=partitions]" if widget is Walk else "[data-do=back]")
    expect(page.locator(".walk-status")).to_have_text(CELL_RUNS)

    expect(page.locator(".board[data-number]")).to_be_visible()
    expect(page.locator(".walk-status")).to_have_text(waiting.moments[16 if widget is Walk else 15].sentence)


def test_an_error_stays_while_the_view_loads(waiting: Lab, open_widget: OpenWidget) -> None:
    waiting.run()
    page = open_widget(Walk(waiting))
    at(page, 17)
    page.fill(".walk-slider", "4")
    waiting.reset()
    page.click("[data-do=fork]")

    page.click("[data-view=partitions]")

    expect(page.locator(".board[data-number]")).to_be_visible()
    expect(page.locator(".walk-status")).to_have_text("there is no hop 4: the run has 0")


def test_a_reset_ends_a_run(waiting: Lab, open_widget: OpenWidget) -> None:
    requests = list[dict[str, Any]]()
    page = open_widget(Walk(waiting), requests=requests)
    expect(page.locator(".walk-card svg")).to_be_visible()
    page.click("[data-do=run]")
    at(page, 1)

    page.click("[data-do=reset]")
    at(page, 0)
    page.clock.fast_forward(5_000)

    expect(page.locator("[data-do=run]")).to_have_text("Run")
    assert [request["do"] for request in requests] == ["hello", "step", "reset"]
