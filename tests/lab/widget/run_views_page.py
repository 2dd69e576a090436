"""Run views page: a walk in a page of its own, with one of its views open."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from lab.browser.widget_page import SIZE, show
from playwright.sync_api import Browser, Page, expect

from checkout.lab import Lab
from checkout.lab.widget.walk import Walk

LARGE: Any = {"width": 1920, "height": 1080}
MARKUP = "<img src=x onerror=alert(1)>"
OpenView = Callable[..., Page]


@pytest.fixture
def open_view(chromium: Browser) -> Iterator[OpenView]:
    """Opens a page with a walk around a run, and in it a view at a hop."""
    with ExitStack() as opened:
        faults = list[str]()

        def make(run: Any, view: str, hop: int, size: Any = SIZE, theme: Any = "light") -> Page:
            page = chromium.new_page(viewport=size, reduced_motion="reduce", color_scheme=theme)
            opened.callback(page.close)
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.on("dialog", lambda dialog: faults.append(dialog.message))
            show(page, Walk(run))
            expect(page.locator(".walk-card svg")).to_be_visible()
            page.fill(".walk-slider", str(hop))
            page.click(f"[role=tab][data-view={view}]")
            wait_for(page, hop)
            return page

        yield make
    assert faults == []


@pytest.fixture
def finished(memory_lab: Callable[[], Lab]) -> Lab:
    """An order that has gone well."""
    lab = memory_lab()
    lab.place_order("wooden spoon", quantity=2, customer=MARKUP)
    lab.run()
    return lab


def wait_for(page: Page, hop: int) -> None:
    """Waits until this hop is shown."""
    expect(page.locator(f".walk[data-current='{hop}']")).to_be_visible()
