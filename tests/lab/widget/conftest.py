"""Fixtures of the widgets' tests."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from lab.browser.widget_page import SIZE, show
from lab.widget.board_page import open_board  # noqa: F401 - a fixture
from lab.widget.run_views_page import finished, open_view  # noqa: F401 - fixtures
from playwright.sync_api import Browser, Page

from checkout.lab import Lab


@pytest.fixture
def waiting(memory_lab: Callable[..., Lab]) -> Lab:
    """A lab with an order that waits at the web app."""
    lab = memory_lab()
    lab.place_order("wooden spoon", quantity=2)
    return lab


@pytest.fixture
def open_widget(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page around a widget, with the options of `show`; its clock can be moved on."""
    with ExitStack() as opened:
        faults = list[str]()

        def make(widget: Any, **options: Any) -> Page:
            page = chromium.new_page(viewport=SIZE, reduced_motion="reduce")
            opened.callback(page.close)
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.clock.install()
            show(page, widget, **options)
            return page

        yield make
    assert faults == []
