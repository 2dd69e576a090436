"""Controls of two runs side by side: keys, runs, rows that stay, closing, and the part that stays in view."""

from collections.abc import Callable

import pytest
from lab.browser.widget_page import answer_late
from lab.comparison.runs import crashed_after
from lab.widget.recorded_walk import RecordedWalk
from playwright.sync_api import Page, expect

from checkout.lab import Lab, compare
from checkout.lab.widget.walk import Walk

pytestmark = [pytest.mark.browser, pytest.mark.slow]
OpenWidget = Callable[..., Page]


@pytest.fixture
def lab(waiting: Lab) -> Lab:
    """A lab with one order that has gone its way."""
    waiting.run()
    return waiting


@pytest.fixture
def page(lab: Lab, open_widget: OpenWidget) -> Page:
    """A page with two runs at their first difference: a hop that the second does not have."""
    page = open_widget(compare(crashed_after(lab, "publish"), crashed_after(lab, "commit")))
    at(page, 5, 4)
    return page


def at(page: Page, first: int, second: int) -> None:
    """Waits until both sides show these hops."""
    expect(page.locator(f".compare-first .walk[data-current='{first}']")).to_be_visible()
    expect(page.locator(f".compare-second .walk[data-current='{second}']")).to_be_visible()


def fork(page: Page, hop: int) -> None:
    """Forks at a hop."""
    expect(page.locator(".walk-card svg")).to_be_visible()
    page.fill(".walk-slider", str(hop))
    page.click("[data-do=fork]")
    at(page, hop, hop)


def test_a_break_point_in_one_run_leaves_both_where_they_are(page: Page) -> None:
    for side in ("second", "first"):
        page.click(f".compare-{side} .walk-points summary")
        page.check(f".compare-{side} [aria-label='break point before commit of payments']")
        expect(page.locator(f".compare-{side} .walk-points input:checked")).to_have_count(1)

    at(page, 5, 4)
    expect(page.locator(".compare-count")).to_have_text("5 of 24")


def test_a_step_of_the_run_that_is_behind_takes_the_other_along(lab: Lab, open_widget: OpenWidget) -> None:
    page = open_widget(Walk(lab))
    fork(page, 4)

    page.click(".compare-second [data-do=step]")

    at(page, 5, 5)
    expect(page.locator(".compare-count")).to_have_text("5 of 17")


def test_a_hop_by_a_cell_is_followed_from_the_last_row_only(lab: Lab, open_widget: OpenWidget) -> None:
    walk = RecordedWalk(lab)
    page = open_widget(walk)
    fork(page, 4)

    for row, (count, first, second) in {2: ("2 of 18", 2, 2), 18: ("19 of 19", 19, 4)}.items():
        page.fill(".compare-slider", str(row))
        lab.sell_out("enamel mug")
        page.evaluate("message => deliver(message)", walk.messages[-1])
        expect(page.locator(".compare-count")).to_have_text(count)
        at(page, first, second)


def test_a_record_of_the_board_keeps_its_keys(page: Page) -> None:
    page.fill(".compare-slider", "12")
    page.click(".compare-first [data-view=partitions]")
    page.locator(".compare-first .board-lane").first.focus()
    page.keyboard.press("Enter")
    before = page.locator(".compare-count").inner_text()

    for key in ("ArrowLeft", "ArrowRight", "Home", "End"):
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.className").startswith("board-tile")
    page.keyboard.press("Escape")

    assert page.evaluate("document.activeElement.className") == "board-lane"
    assert page.locator(".compare-count").inner_text() == before


def test_space_runs_both_and_never_a_hidden_button(page: Page) -> None:
    for focused in (".compare-second .walk-side", ".compare-first .walk"):
        page.focus(focused)
        page.keyboard.press(" ")
        expect(page.locator("[data-pair=run]")).to_have_text("Pause")
        assert set(page.locator("[data-do=run]").all_text_contents()) == {"Run"}
        page.keyboard.press(" ")
        expect(page.locator("[data-pair=run]")).to_have_text("Run")


def test_a_fork_ends_a_run_whose_button_it_hides(waiting: Lab, open_widget: OpenWidget) -> None:
    page = open_widget(Walk(waiting))
    expect(page.locator(".walk-card svg")).to_be_visible()
    page.click("[data-do=run]")
    expect(page.locator(".walk[data-current='1']")).to_be_visible()

    page.click("[data-do=fork]")
    at(page, 1, 1)
    page.clock.fast_forward(10_000)

    expect(page.locator(".compare-first [data-do=run]")).to_have_text("Run")
    assert len(waiting.moments) == 1


def test_a_fork_is_closed_by_two_clicks_once(lab: Lab, open_widget: OpenWidget) -> None:
    page = open_widget(Walk(lab))
    fork(page, 4)
    answer_late(page, "close")

    page.dblclick("[data-pair=close]")

    expect(page.locator(".compare")).to_have_count(0)
    assert page.evaluate("document.activeElement.className") == "walk"
    fork(page, 4)


def test_the_busy_sentence_of_a_row_that_is_left_goes(page: Page) -> None:
    answer_late(page, "difference")
    page.fill(".compare-slider", "9")
    page.fill(".compare-slider", "2")

    expect(page.locator(".compare-status")).to_have_text("Waiting for the kernel: a cell is running.")

    expect(page.locator(".compare-status")).to_have_text("Equal in both.")


def test_slider_and_status_stay_in_view_and_both_pictures_are_in_the_first_screen(page: Page) -> None:
    cards = [card.bounding_box() or {} for card in page.locator(".walk-card").all()]
    assert len(cards) == 2 and all(card["y"] + card["height"] < 620 for card in cards)
    assert page.evaluate("document.documentElement.scrollHeight") < 2 * 768

    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")

    for name in (".compare-slider", ".compare-status"):
        expect(page.locator(name)).to_be_in_viewport(ratio=1)
