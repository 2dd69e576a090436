"""Walk in a page of its own: this process answers the browser in place of a kernel, without JupyterLab."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from lab.browser.widget_page import SHOW, SIZE, show
from playwright.sync_api import Browser, Page, expect

from checkout.lab import Lab
from checkout.lab.widget.walk import Walk

pytestmark = [pytest.mark.browser, pytest.mark.slow]
OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[OpenPage]:
    """Opens a page around a lab or a replay; requests of one kind can be left unanswered."""
    with ExitStack() as opened:
        faults = list[str]()

        def make(run: Any, unanswered: str = "") -> Page:
            walk, page = Walk(run), chromium.new_page(viewport=SIZE, reduced_motion="reduce")
            opened.callback(page.close)
            page.on("pageerror", lambda error: faults.append(str(error)))
            show(page, walk, unanswered=unanswered)
            if unanswered != "hello":
                expect(page.locator(".walk-card svg")).to_be_visible()
            return page

        yield make
    assert faults == []


def do(page: Page, what: str, hop: int | None = None) -> None:
    """Clicks a button, and waits for the hop that it leads to."""
    page.click(f"[data-do={what}]")
    if hop is not None:
        expect(page.locator(f".walk[data-current='{hop}']")).to_be_visible()


def test_a_prediction_is_judged_after_the_step(waiting: Lab, open_page: OpenPage) -> None:
    page = open_page(waiting)
    page.check("input[value=orders]")

    do(page, "step", 1)

    expect(page.locator(".walk-status")).to_have_text(
        "Not Orders: the receiver is the gateway. Step 1: The web app sends PlaceOrder of order-1 to the gateway."
    )
    expect(page.locator(".walk-question input:checked")).to_have_count(0)


def test_the_current_arrow_is_in_view_and_its_coordinates_are_readable(waiting: Lab, open_page: OpenPage) -> None:
    page = open_page(waiting)

    for hop in range(1, 18):
        do(page, "step", hop)
        card, arrow = (page.locator(each).bounding_box() for each in (".walk-card", ".now > path"))
        assert card and arrow and card["y"] + card["height"] < 768
        assert card["x"] <= arrow["x"] + arrow["width"] / 2 <= card["x"] + card["width"]
        for words in page.locator("text.place").all():
            assert (words.bounding_box() or {"height": 0})["height"] >= 13


def test_a_service_crashes_between_commit_and_publish(waiting: Lab, open_page: OpenPage) -> None:
    page = open_page(waiting)
    for hop in range(1, 5):
        do(page, "step", hop)

    do(page, "commit-publish")
    expect(page.locator("[data-do=commit-publish]")).to_have_text("now publish")
    do(page, "crash", 5)

    expect(page.locator(".walk-status")).to_have_text("The lab: stock-1 crashed.")
    do(page, "restart")
    expect(page.locator(".walk-next")).to_have_text("Next: stock-1 polls the unpublished messages in its outbox.")


def test_inside_a_hop_the_change_is_marked(waiting: Lab, open_page: OpenPage) -> None:
    page = open_page(waiting)

    for hop in range(1, 5):
        do(page, "step", hop)

    expect(page.locator(".walk-work mark").first).to_have_text("0 → 2")
    expect(page.locator(".walk-work")).to_contain_text("To be published: ProductsReserved")


def test_a_run_stops_at_a_break_point(waiting: Lab, open_page: OpenPage) -> None:
    page = open_page(waiting)
    page.click("text=Break points")
    page.check("[data-service=orders][data-verb=publish]")

    do(page, "run")

    expect(page.locator(".walk-next")).to_contain_text("Stopped at a break point: orders-1, before publish")
    expect(page.locator("[data-do=run]")).to_have_text("Run")
    expect(page.locator(".walk")).to_have_attribute("data-current", "2")


def test_the_focus_stays_where_it_is_after_a_step(waiting: Lab, open_page: OpenPage) -> None:
    page = open_page(waiting)

    do(page, "step", 1)

    assert page.evaluate("document.activeElement.dataset.do") == "step"


def test_without_an_answer_the_status_says_that_the_kernel_is_busy(waiting: Lab, open_page: OpenPage) -> None:
    page = open_page(waiting, unanswered="step")

    do(page, "step")

    busy = "The kernel is busy. The step follows when the current cell has finished."
    expect(page.locator(".walk-status")).to_have_text(busy)


def test_before_the_first_answer_the_status_says_that_a_cell_is_running(waiting: Lab, open_page: OpenPage) -> None:
    page = open_page(waiting, unanswered="hello")

    expect(page.locator(".walk-status")).to_have_text("Waiting for the kernel: a cell is running.")


def test_a_replay_has_a_slider_and_no_verbs(waiting: Lab, open_page: OpenPage, tmp_path: Path) -> None:
    waiting.run()
    waiting.journal.save(tmp_path / "run.jsonl")
    page = open_page(Lab.replay(tmp_path / "run.jsonl"))

    page.fill(".walk-slider", "8")

    expect(page.locator(".walk-status")).to_contain_text("Step 8")
    for name in ("[data-do=reset]", "[data-do=verb]", ".walk-points"):
        expect(page.locator(name)).to_be_hidden()


def test_two_walks_on_a_page_highlight_their_own_arrows_only(waiting: Lab, open_page: OpenPage) -> None:
    page = open_page(waiting)
    page.evaluate(SHOW, Walk._esm)
    expect(page.locator(".walk-card svg")).to_have_count(2)

    page.locator(".walk").nth(1).locator("[data-do=step]").click()

    expect(page.locator(".walk").nth(1).locator(".now")).to_have_count(1)
    expect(page.locator(".walk").nth(0).locator(".now")).to_have_count(0)
    assert page.evaluate("document.querySelectorAll('svg [id]').length") == 0
