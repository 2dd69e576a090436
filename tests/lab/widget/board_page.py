"""Board page: a board in a page of its own, with the steps that its tests share."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import pytest
from lab.browser.widget_page import show
from playwright.sync_api import Browser, Locator, Page, expect

from checkout.lab import Lab
from checkout.lab.widget.board import Board
from checkout.lab.widget.walk import Walk

MARKUP = "<img src=x onerror=alert(1)>"
RECEIVED = "order.new-order-received"
PICTURE = "['.board-lanes', '.board-groups'].map((name) => document.querySelector(name).innerHTML)"
OVERFLOWS = "document.documentElement.scrollWidth > innerWidth"
OpenPage = Callable[..., Page]
OpenLab = Callable[..., Lab]


class BoardOfThreeBrokers(Board):
    """A board whose every partition is led by broker 1 and has lost broker 2."""

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The answer with brokers and replicas."""
        answer = super().answer(request)
        state = answer["partitions"]
        state["brokers"] = [{"id": id, "is_running": id != 2} for id in (1, 2, 3)]
        for row in state["partitions"]:
            row.update(leader=1, replicas=[2, 1, 3], in_sync=[1, 3])
        return answer


@pytest.fixture
def open_board(chromium: Browser) -> Iterator[OpenPage]:
    """Opens a page with a board of a lab or a replay."""
    with ExitStack() as opened:
        faults = list[str]()

        def make(
            run: Any, widget: type[Board | Walk] = Board, size: tuple[int, int] = (1366, 768), motion: Any = "reduce",
            unanswered: str = "",
        ) -> Page:  # fmt: skip
            page = chromium.new_page(viewport={"width": size[0], "height": size[1]}, reduced_motion=motion)
            opened.callback(page.close)
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.on("request", lambda asked: faults.extend([] if asked.url.startswith("blob:") else [asked.url]))
            show(page, widget(run), unanswered=unanswered)
            if widget is Walk:
                page.click("[data-view=partitions]")
            expect(page.locator(".board-lanes > section").first).to_be_visible()
            return page

        yield make
    assert faults == []


def do(page: Page, what: str, hop: int | None = None) -> None:
    """Clicks a button, and waits for the hop that it leads to."""
    page.locator(f"[data-do={what}]").first.click()
    if hop is not None:
        expect(page.locator(f".walk[data-current='{hop}']")).to_be_visible()


def lane(page: Page, place: str) -> Locator:
    """The lane of a partition."""
    return page.locator(f".board-lane[data-key='{place}']")


def numbers(page: Page, place: str, group: str) -> str:
    """What the rail of a group says beside a lane."""
    return lane(page, place).locator(f".board-rail[data-key='{group}'] .board-numbers").inner_text().replace("\n", ", ")


def scrub(page: Page, hop: int, count: int) -> list[str]:
    """Moves the slider, and returns the picture of this hop."""
    page.fill(".walk-slider", str(hop))
    expect(page.locator(".walk-count")).to_have_text(f"{hop} of {count}")
    expect(page.locator(f".board[data-number='{hop}']")).to_be_visible()
    return list(page.evaluate(PICTURE))
