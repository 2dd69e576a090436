"""Two runs side by side, in a page of its own: one slider, the first difference, and "Fork here"."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Literal

import pytest
from lab.browser.audit import DIAGRAM_RULES, RULES, audit
from lab.browser.widget_page import SIZE, show
from lab.comparison.runs import crashed_after
from playwright.sync_api import Browser, Page, expect

from checkout.lab import Lab, compare
from checkout.lab.widget.walk import Walk

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MARKUP = "<img src=x onerror=alert(1)>"
OpenPage = Callable[[Walk], Page]
Scheme = Literal["light", "dark"]


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[OpenPage]:
    """Opens a page around a walk or a comparison."""
    with ExitStack() as opened:
        faults = list[str]()

        def make(widget: Walk) -> Page:
            page = chromium.new_page(viewport=SIZE, reduced_motion="reduce")
            opened.callback(page.close)
            page.on("pageerror", lambda error: faults.append(str(error)))
            show(page, widget)
            expect(page.locator(".walk-card svg").first).to_be_visible()
            return page

        yield make
    assert faults == []


@pytest.fixture
def lab(memory_lab: Callable[[], Lab]) -> Lab:
    """A lab with one order that has gone its way."""
    return ordered(memory_lab())


def ordered(lab: Lab, quantity: int = 2, customer: str = "Ada") -> Lab:
    lab.place_order("wooden spoon", quantity=quantity, customer=customer)
    lab.run()
    return lab


def at(page: Page, first: int, second: int) -> None:
    """Waits until both sides show these hops."""
    expect(page.locator(f".compare-first .walk[data-current='{first}']")).to_be_visible()
    expect(page.locator(f".compare-second .walk[data-current='{second}']")).to_be_visible()


def test_a_comparison_opens_at_the_first_difference_and_marks_it_in_both(lab: Lab, open_page: OpenPage) -> None:
    page = open_page(compare(crashed_after(lab, "publish"), crashed_after(lab, "commit")))

    at(page, 5, 4)

    expect(page.locator(".compare-first .compare-mark")).to_have_text("≠ first difference")
    expect(page.locator(".compare-second .compare-mark")).to_have_text("≠ first difference: no such hop here")
    expect(page.locator(".compare-sentence")).to_contain_text("First difference: The order of the hops differs:")
    expect(page.locator(".compare-status")).to_have_text("This is the first difference.")
    expect(page.locator(".compare-side.is-different")).to_have_count(2)


def test_one_slider_moves_both_and_keeps_equal_hops_side_by_side(lab: Lab, open_page: OpenPage) -> None:
    page = open_page(compare(crashed_after(lab, "publish"), crashed_after(lab, "commit")))
    at(page, 5, 4)

    page.fill(".compare-slider", "6")

    at(page, 6, 5)
    for side in ("first", "second"):
        expect(page.locator(f".compare-{side} .walk-status")).to_have_text("The lab: stock-1 crashed.")
    expect(page.locator(".compare-status")).to_have_text("Equal in both.")


def test_one_set_of_keys_moves_both(memory_lab: Callable[[], Lab], lab: Lab, open_page: OpenPage) -> None:
    page = open_page(compare(lab, ordered(memory_lab(), quantity=3)))
    at(page, 1, 1)
    page.focus(".compare-second [data-do=step]")

    for key, hop in (("ArrowRight", 2), ("End", 17), ("ArrowLeft", 16), ("Home", 0), ("d", 1)):
        page.keyboard.press(key)
        at(page, hop, hop)

    expect(page.locator(".compare-sentence")).to_contain_text("products[0].quantity is 2 in the first run and 3 in the")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".compare-status")).to_contain_text("Hop 2 differs: products[0].quantity is 2 in the first run")


def test_the_mouse_goes_to_the_first_difference_and_to_each_hop(
    memory_lab: Callable[[], Lab], lab: Lab, open_page: OpenPage
) -> None:
    denied = memory_lab()
    denied.deny_next_payment()
    page = open_page(compare(lab, ordered(denied)))
    at(page, 0, 1)
    page.click("[data-pair=step]")
    at(page, 1, 2)

    page.fill(".compare-slider", "9")
    page.click("[data-pair=difference]")

    at(page, 0, 1)


def test_equal_runs_have_no_difference_to_go_to(lab: Lab, open_page: OpenPage) -> None:
    page = open_page(compare(lab, lab.fork()))

    at(page, 17, 17)

    expect(page.locator("[data-pair=difference]")).to_have_attribute("aria-disabled", "true")
    expect(page.locator(".compare-sentence")).to_have_text(
        "No difference: the first run and the second run have 17 equal hops."
    )


def test_fork_here_shows_a_second_lab_from_the_sliders_hop_and_both_go_on(lab: Lab, open_page: OpenPage) -> None:
    walk = lab.walk()
    page = open_page(walk)
    page.fill(".walk-slider", "4")

    page.click("[data-do=fork]")
    at(page, 4, 4)
    page.click(".compare-second [data-do=commit-publish]")
    page.click(".compare-second [data-do=crash]")
    at(page, 5, 5)
    page.click(".compare-second [data-do=restart]")
    page.click(".compare-second [data-do=step]")

    last = page.locator(".compare-second .walk-list li").last
    expect(last).to_contain_text("Step 5: Stock publishes ProductsReserved")
    assert (len(lab.moments), walk.fork.moments[-1].hop.message) == (17, "ProductsReserved")


def test_both_labs_go_one_hop_on_together(memory_lab: Callable[[], Lab], open_page: OpenPage) -> None:
    lab = memory_lab()
    lab.place_order("wooden spoon", quantity=2)
    page = open_page(lab.walk())

    page.click("[data-do=fork]")
    at(page, 0, 0)
    for hop in (1, 2, 3):
        page.click("[data-pair=step]")
        at(page, hop, hop)

    expect(page.locator(".compare-sentence")).to_have_text("No difference: the lab and the fork have 3 equal hops.")


def test_a_second_fork_replaces_the_first_and_can_be_closed(lab: Lab, open_page: OpenPage) -> None:
    page = open_page(lab.walk())
    page.fill(".walk-slider", "4")
    page.focus("[data-do=fork]")
    page.keyboard.press("Enter")
    at(page, 4, 4)
    assert page.evaluate("document.activeElement.dataset.do") == "fork"

    page.fill(".compare-slider", "9")
    page.click("[data-do=fork]")
    at(page, 9, 9)
    expect(page.locator(".compare-side")).to_have_count(2)
    page.click("[data-pair=close]")

    expect(page.locator(".compare")).to_have_count(0)
    page.keyboard.press("ArrowRight")
    expect(page.locator(".walk[data-current='10']")).to_be_visible()


def test_a_hop_that_cannot_be_forked_says_why(lab: Lab, open_page: OpenPage) -> None:
    page = open_page(lab.walk())
    page.fill(".walk-slider", "4")
    lab.reset()

    page.click("[data-do=fork]")

    expect(page.locator(".walk-status")).to_have_text("there is no hop 4: the run has 0")
    expect(page.locator(".compare")).to_have_count(0)


def test_no_key_reaches_the_notebook(lab: Lab, open_page: OpenPage) -> None:
    page = open_page(compare(lab, lab.fork()))
    at(page, 17, 17)
    page.evaluate("window.keys = []; document.addEventListener('keydown', (event) => keys.push(event.key))")

    for focused in ("[data-pair=step]", ".compare-slider", ".compare-second [data-do=step]"):
        page.focus(focused)
        for key in ("a", "b", "d", "x", "ArrowLeft", "Enter"):
            page.keyboard.press(key)

    assert page.evaluate("keys") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_accessibility_audit_finds_nothing(scheme: Scheme, lab: Lab, open_page: OpenPage) -> None:
    page = open_page(compare(crashed_after(lab, "publish"), crashed_after(lab, "commit")))
    page.emulate_media(color_scheme=scheme)
    at(page, 5, 4)

    audit(page, ".compare", RULES | DIAGRAM_RULES)


def test_markup_in_names_is_shown_as_text(memory_lab: Callable[[], Lab], lab: Lab, open_page: OpenPage) -> None:
    page = open_page(compare(lab, ordered(memory_lab(), customer=MARKUP), ("the run of Ada", f"the run of {MARKUP}")))

    at(page, 1, 1)

    expect(page.locator(".compare-sentence")).to_contain_text(f"{MARKUP} in the run of {MARKUP}")
    expect(page.locator("[onerror], img[src=x]")).to_have_count(0)


def test_a_narrow_page_shows_one_run_below_the_other(lab: Lab, open_page: OpenPage) -> None:
    page = open_page(compare(lab, lab.fork()))
    at(page, 17, 17)

    page.set_viewport_size({"width": 700, "height": 768})

    first, second = (page.locator(f".compare-{side}").bounding_box() for side in ("first", "second"))
    assert first and second and second["y"] >= first["y"] + first["height"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 700
