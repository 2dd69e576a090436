"""Hidden widgets: what is loaded while a widget has no size is drawn as soon as it has one."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from checkout.lab import Lab
from checkout.lab.widget.board import Board
from checkout.lab.widget.walk import Walk

pytestmark = [pytest.mark.browser, pytest.mark.slow]
OpenWidget = Callable[..., Page]
HIDDEN = "display: none"
UNHIDE = "document.querySelector('main').style.display = 'block'"
PLACES = """() => [...document.querySelectorAll(".walk-card .place")].map((node) =>
  [node.textContent, ...["x", "y"].map((name) => Math.round(node.getAttribute(name) / 2))])"""


def test_a_board_that_was_loaded_without_a_width_has_its_lanes(waiting: Lab, open_widget: OpenWidget) -> None:
    waiting.run()
    page = open_widget(Board(waiting), style=HIDDEN)
    expect(page.locator(".walk-count")).to_have_text("17 of 17")
    assert page.locator(".board-lane").count() == 0

    page.evaluate(UNHIDE)

    expect(page.locator(".board-lane")).to_have_count(5)
    expect(page.locator(".board[data-number='17']")).to_be_visible()


def test_a_board_that_is_hidden_while_it_moves_shows_the_last_hop(waiting: Lab, open_widget: OpenWidget) -> None:
    waiting.run()
    page = open_widget(Board(waiting))
    expect(page.locator(".board-lane")).to_have_count(5)
    page.evaluate("document.querySelector('main').style.display = 'none'")
    page.evaluate("document.querySelector('[data-do=back]').click()")
    expect(page.locator(".walk-count")).to_have_text("16 of 17")

    page.evaluate(UNHIDE)

    expect(page.locator(".board[data-number='16']")).to_be_visible()


@pytest.mark.parametrize("hop", [5, 8, 11])
def test_the_coordinates_avoid_the_labels_in_a_walk_that_was_hidden(
    hop: int, waiting: Lab, open_widget: OpenWidget
) -> None:
    for _ in range(hop):
        waiting.step()
    visible, hidden = open_widget(Walk(waiting)), open_widget(Walk(waiting), style=HIDDEN)
    for page in (visible, hidden):
        expect(page.locator(".walk-count")).to_have_text(f"{hop} of {hop}")
    expect(hidden.locator(".walk-card svg")).to_have_count(1)

    hidden.evaluate(UNHIDE)

    expect(hidden.locator(".place")).to_have_count(visible.locator(".place").count())
    assert len(visible.evaluate(PLACES)) >= 1
    assert hidden.evaluate(PLACES) == visible.evaluate(PLACES)


@pytest.mark.parametrize(("view", "content"), [("sequence", ".sequence-row"), ("timeline", ".timeline .hop")])
def test_a_view_that_was_opened_without_a_size_is_drawn(
    view: str, content: str, waiting: Lab, open_widget: OpenWidget
) -> None:
    waiting.run()
    page = open_widget(Walk(waiting), style=HIDDEN)
    expect(page.locator(".walk-count")).to_have_text("17 of 17")
    page.evaluate(f"document.querySelector('[data-view={view}]').click()")

    page.evaluate(UNHIDE)

    expect(page.locator(content).last).to_be_visible()
    expect(page.locator(content)).to_have_count(17)
