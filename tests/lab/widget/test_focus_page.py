"""Focus in walk and board: it stays in the widget where its node is replaced, so that no key reaches the notebook."""

from collections.abc import Callable

import pytest
from lab.widget.board_page import RECEIVED
from playwright.sync_api import Page, expect

from checkout.lab import Lab
from checkout.lab.widget.walk import Walk

pytestmark = [pytest.mark.browser, pytest.mark.slow]
OpenWidget = Callable[..., Page]
FOCUSED = "document.activeElement.tagName + '.' + document.activeElement.className"


def open_walk(lab: Lab, open_widget: OpenWidget) -> Page:
    """A page with a walk at the last hop of a lab, which notes the keys that leave it."""
    page = open_widget(Walk(lab))
    expect(page.locator(".walk-card svg")).to_be_visible()
    page.evaluate("window.keys = []; document.addEventListener('keydown', (event) => keys.push(event.key))")
    return page


def at(page: Page, hop: int) -> None:
    """Waits for a hop, in the board too."""
    expect(page.locator(f".walk[data-current='{hop}']")).to_be_visible()
    if page.locator(".board").count():
        expect(page.locator(f".board[data-number='{hop}']")).to_be_visible()


def test_a_button_that_disappears_leaves_the_focus_to_the_walk(waiting: Lab, open_widget: OpenWidget) -> None:
    for _ in range(4):
        waiting.step()
    waiting.crash("stock")
    page = open_walk(waiting, open_widget)

    page.focus("[data-do=restart]")
    page.keyboard.press("Enter")
    expect(page.locator("[data-do=restart]")).to_have_count(0)
    page.keyboard.press("d")

    assert (page.evaluate(FOCUSED), page.evaluate("keys")) == ("DIV.walk", [])


def test_the_message_of_a_hop_keeps_the_focus_and_stays_open(waiting: Lab, open_widget: OpenWidget) -> None:
    waiting.run()
    page = open_walk(waiting, open_widget)
    page.focus(".walk-coordinates summary")
    page.keyboard.press("Enter")

    for hop in (16, 15):
        page.keyboard.press("ArrowLeft")
        at(page, hop)

    expect(page.locator(".walk-coordinates pre")).to_be_visible()
    assert (page.evaluate(FOCUSED), page.evaluate("keys")) == ("SUMMARY.", [])


def test_a_record_that_disappears_leaves_the_focus_to_its_lane(waiting: Lab, open_widget: OpenWidget) -> None:
    waiting.run()
    waiting.send(RECEIVED, "a text")
    page = open_walk(waiting, open_widget)
    page.click("[data-view=partitions]")
    page.locator(f".board-lane[data-key='{RECEIVED}[0]']").focus()
    page.keyboard.press("Enter")
    assert page.evaluate(FOCUSED).startswith("BUTTON.board-tile")

    page.locator(".walk-slider").evaluate(
        "slider => { slider.value = 5; slider.dispatchEvent(new Event('input', { bubbles: true })); }"
    )

    at(page, 5)
    assert page.evaluate("document.activeElement.dataset.key") == f"{RECEIVED}[0]"


def test_a_lane_that_disappears_leaves_the_focus_to_the_board(waiting: Lab, open_widget: OpenWidget) -> None:
    waiting.run()
    page = open_walk(waiting, open_widget)
    page.click("[data-view=partitions]")
    page.locator(".board-lane").last.focus()

    for hop in range(16, 9, -1):
        page.keyboard.press("ArrowLeft")
        at(page, hop)

    assert (page.evaluate(FOCUSED), page.evaluate("keys")) == ("DIV.board-lanes", [])
