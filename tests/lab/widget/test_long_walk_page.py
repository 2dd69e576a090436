"""Long walk in a page: scrubbing through 1,000 orders, of which the browser holds a few pages."""

from collections.abc import Iterator
from typing import Any

import pytest
from lab.browser.widget_page import SIZE, show
from lab.widget.many_orders import PROPER, write_journal
from playwright.sync_api import Browser, Page, expect

from checkout.lab import Lab
from checkout.lab.history.replay import Replay
from checkout.lab.widget.history_pages import PAGE
from checkout.lab.widget.walk import Walk

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ORDERS = 1_000
HOPS = ORDERS * PROPER
HOLD = """() => {
  const kernel = window.kernel;
  const released = new Promise((release) => (window.release = release));
  window.kernel = async (request) => { await released; return kernel(request); };
}"""
DRAG = """numbers => {
  const slider = document.querySelector(".walk-slider");
  for (const number of numbers) {
    slider.value = number;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  }
}"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    """A replay of 1,000 orders."""
    return Lab.replay(write_journal(tmp_path_factory.mktemp("runs") / "long.jsonl", ORDERS))


@pytest.fixture
def requests() -> list[dict[str, Any]]:
    """What the browser has asked for."""
    return []


@pytest.fixture
def page(chromium: Browser, run: Replay, requests: list[dict[str, Any]]) -> Iterator[Page]:
    """A page with a walk at the last hop of the run."""
    page, faults = chromium.new_page(viewport=SIZE, reduced_motion="reduce"), list[str]()
    page.on("pageerror", lambda error: faults.append(str(error)))
    show(page, Walk(run), requests)
    wait_for(page, HOPS)
    yield page
    page.close()
    assert faults == []


def wait_for(page: Page, hop: int) -> None:
    """Waits until this hop is shown, with all before it in its order."""
    expect(page.locator(f".walk[data-current='{hop}'][aria-busy=false]")).to_be_visible()


def test_a_thousand_orders_are_scrubbed_backwards(page: Page, run: Replay) -> None:
    wrong = []

    for hop in [*range(HOPS, 0, -701), 1]:
        page.fill(".walk-slider", str(hop))
        wait_for(page, hop)
        moment = run.moments[hop - 1]
        order = [each for each in run.moments[:hop] if each.order == moment.order]
        expect(page.locator(".past, .now")).to_have_count(len(order))
        shown = [page.locator(each).inner_text() for each in (".walk-status", ".walk-list [aria-current]")]
        count = page.locator(".walk-orders").locator("..").locator("b").inner_text()
        orders = len(moment.state.orders)
        expected = f"Orders (the last 12 of {orders:,} to change)" if orders > 12 else "Orders"
        wrong += [hop] if (shown, count) != ([moment.sentence] * 2, expected) else []

    assert wrong == []


def test_a_hop_whose_page_is_missing_is_loading_and_then_shown(page: Page, run: Replay) -> None:
    page.evaluate(HOLD)

    page.fill(".walk-slider", "8000")

    expect(page.locator(".walk-status")).to_have_text("Loading hop 8000.")
    expect(page.locator(".walk-count")).to_have_text(f"8000 of {HOPS}")
    page.evaluate("window.release()")
    expect(page.locator(".walk-status")).to_have_text(run.moments[7_999].sentence)


def test_a_drag_across_many_pages_asks_for_two(page: Page, requests: list[dict[str, Any]]) -> None:
    page.evaluate(HOLD)
    del requests[:]

    page.evaluate(DRAG, list(range(HOPS - PAGE, 0, -PAGE)))
    page.evaluate("window.release()")

    wait_for(page, HOPS % PAGE)
    shown = [request["at"] for request in requests if request["at"]]
    assert shown == [HOPS - PAGE, HOPS % PAGE]


def test_the_list_of_all_hops_holds_those_in_view_and_loads_them(page: Page, run: Replay) -> None:
    box = page.locator(".walk-list")

    box.evaluate(f"box => box.scrollTop = box.scrollHeight / {HOPS} * 5000")

    sentence = run.moments[5_002].sentence
    expect(box.locator("li[value='5003']")).to_have_text(sentence)
    assert box.locator("li").count() < 100


def test_keys_go_to_both_ends(page: Page, run: Replay) -> None:
    page.locator(".walk").focus()

    page.keyboard.press("Home")
    wait_for(page, 0)
    page.keyboard.press("ArrowRight")
    wait_for(page, 1)
    expect(page.locator(".walk-status")).to_have_text(run.moments[0].sentence)
    page.keyboard.press("End")

    wait_for(page, HOPS)
