"""Missing values: None in the kernel is null in a browser, and undefined where the kernel runs in the browser, too."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from checkout.lab import Lab
from checkout.lab.widget.board import Board
from checkout.lab.widget.walk import Walk

pytestmark = [pytest.mark.browser, pytest.mark.slow]
RECEIVED = "order.new-order-received"
OpenWidget = Callable[..., Page]


class WithoutNulls:
    """A widget in whose answers nothing is None: these values are left out."""

    def __init__(self, widget: Any) -> None:
        self._widget, self._css, self._esm = widget, widget._css, widget._esm

    def answer(self, request: Any) -> Any:
        """The answer of the widget."""
        return without_nulls(self._widget.answer(request))


def without_nulls(value: Any) -> Any:
    """A JSON value without the members that are None."""
    if isinstance(value, dict):
        return {name: without_nulls(each) for name, each in value.items() if each is not None}
    return [without_nulls(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("make", [Walk, Board], ids=["walk", "board"])
@pytest.mark.parametrize("hops", [3, 4])
def test_no_undefined_is_shown(make: Any, hops: int, waiting: Lab, open_widget: OpenWidget) -> None:
    waiting.send(RECEIVED, "a text", None)
    for _ in range(hops):
        waiting.step()
    count = len(waiting.moments)

    page = open_widget(WithoutNulls(make(waiting)))

    expect(page.locator(".walk-count")).to_have_text(f"{count} of {count}")
    page.locator(".walk-card svg, .board-lane").first.wait_for()
    assert "undefined" not in page.locator("main").inner_html()
    assert page.locator("dd:empty").count() == 0


def test_a_record_without_key_is_published(waiting: Lab, open_widget: OpenWidget) -> None:
    page = open_widget(WithoutNulls(Board(waiting)))

    page.locator("[data-do=send-keyless]").click()
    expect(page.locator(".walk-count")).to_have_text("1 of 1")
    page.locator(".board-key-text").fill("")
    page.locator("[data-do=send]").click()
    expect(page.locator(".walk-count")).to_have_text("2 of 2")

    assert [record.key for record in waiting.records(RECEIVED)] == [None, None]
