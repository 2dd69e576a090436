"""Looking back: what a walk and a board do at a hop that is not the last, and before the first."""

from collections.abc import Callable

import pytest
from lab.widget.board_page import RECEIVED
from playwright.sync_api import Page, expect

from checkout.lab import Lab
from checkout.lab.widget.board import Board
from checkout.lab.widget.walk import Walk

pytestmark = [pytest.mark.browser, pytest.mark.slow]
OpenWidget = Callable[..., Page]


def test_a_break_point_that_is_set_while_looking_back_keeps_the_hop(waiting: Lab, open_widget: OpenWidget) -> None:
    waiting.run()
    page = open_widget(Walk(waiting))
    expect(page.locator(".walk-card svg")).to_be_visible()
    page.fill(".walk-slider", "5")
    page.click(".walk-points summary")

    page.check("[aria-label='break point before commit of stock']")

    expect(page.locator(".walk-points input:checked")).to_have_count(1)
    page.wait_for_function("!document.querySelector('.walk-status.is-notice')")
    assert waiting.status().breaks and page.locator(".walk").get_attribute("data-current") == "5"


def test_members_and_brokers_are_changed_at_the_latest_hop_only(waiting: Lab, open_widget: OpenWidget) -> None:
    waiting.run()
    page = open_widget(Board(waiting))
    expect(page.locator(".board[data-number='17']")).to_be_visible()
    buttons = page.locator(".board-group-box :is([data-do=crash], [data-do=scale])")
    more = page.locator("[data-do=scale][aria-label='one more member of stock']")
    expect(more).to_have_attribute("aria-disabled", "false")

    page.click("[data-do=back]")
    expect(page.locator(".board[data-number='16']")).to_be_visible()
    assert {button.get_attribute("aria-disabled") for button in buttons.all()} == {"true"}
    expect(more).to_have_attribute("title", "Only at the latest hop can this be changed: End goes there.")
    more.click(force=True)
    page.keyboard.press("End")

    expect(page.locator(".board[data-number='17']")).to_be_visible()
    expect(page.locator(".board-member")).to_have_count(5)
    more.click()
    expect(page.locator(".board-member")).to_have_count(6)


def test_a_board_without_records_shows_two_topics_and_what_to_do(
    memory_lab: Callable[..., Lab], open_widget: OpenWidget
) -> None:
    page = open_widget(Board(memory_lab()))

    expect(page.locator(".board-start")).to_have_text("No topic has a record yet: place an order, then step.")
    expect(page.locator(".board-lane .board-note.is-nothing")).to_have_count(2)
    expect(page.locator(f".board-lane[data-key='{RECEIVED}[0]']")).to_be_visible()


def test_the_lanes_begin_right_below_the_tabs(waiting: Lab, open_widget: OpenWidget) -> None:
    waiting.run()
    page = open_widget(Walk(waiting))
    page.click("[data-view=partitions]")
    expect(page.locator(".board-lane").first).to_be_visible()

    card, lanes = (page.locator(name).bounding_box() or {} for name in (".walk-card", ".board-lanes"))

    assert lanes["y"] - card["y"] < 8 and lanes["height"] > 0.6 * card["height"]
