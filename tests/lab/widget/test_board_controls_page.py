"""Controls of the board in a page of its own: buttons, keys, accessibility, and a kernel that does not answer."""

from collections.abc import Mapping
from typing import Any, Literal

import pytest
from lab.browser.audit import BOARD_RULES, RULES, audit
from lab.browser.widget_page import show
from lab.widget.board_page import MARKUP, RECEIVED, BoardOfThreeBrokers, OpenLab, OpenPage, do, lane
from playwright.sync_api import Browser, expect

from checkout.lab import Lab
from checkout.lab.widget.board import Board

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_partitions_of_a_crashed_member_go_to_another_after_ten_seconds(
    memory_lab: OpenLab, open_board: OpenPage
) -> None:
    lab = memory_lab(partitions=2)
    lab.send(RECEIVED, "a text")
    page = open_board(lab)
    page.locator("[data-do=scale][aria-label='one more member of stock']").click()
    owners = page.locator(".board-rail[data-key=stock] .board-owner")
    expect(owners).to_have_text(["stock-1", "stock-2"])

    page.click("[data-do=crash][data-service=stock-2]")
    expect(owners).to_have_text(["stock-1", "stock-2, crashed"])
    do(page, "wait")

    expect(owners).to_have_text(["stock-1", "stock-1"])
    expect(page.locator(".board-member.is-dead .board-name")).to_have_text("stock-2 evicted")
    page.click("[data-do=restart][data-service=stock-2]")
    expect(owners).to_have_text(["stock-1", "stock-2"])


def test_another_number_of_partitions_starts_anew(waiting: Lab, open_board: OpenPage) -> None:
    waiting.run()
    page = open_board(waiting)

    page.select_option(".board-count", "3")
    expect(page.locator(".walk-count")).to_have_text("0 of 0")
    do(page, "place")
    for hop in (1, 2, 3):
        do(page, "step", hop)

    expect(page.locator(".board-lane")).to_have_count(3)
    expect(page.locator(".board-note.is-nothing")).to_have_text(["empty: nothing to read"] * 2)


def test_the_keyboard_moves_between_lanes_and_records_and_steps(waiting: Lab, open_board: OpenPage) -> None:
    waiting.run()
    page = open_board(waiting)
    page.evaluate("document.addEventListener('keydown', () => (window.leaked = true))")
    page.locator(".board-lane").first.focus()

    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.dataset.key") == "stock.order-products-reserved[0]"
    page.keyboard.press("Enter")
    record = "stock.order-products-reserved[0]@0: ProductsReserved, key order-1"
    expect(page.locator(".board-detail")).to_have_text(f"{record}, orders has committed it, published at hop 5.")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowLeft")

    expect(page.locator(".walk-count")).to_have_text("16 of 17")
    assert page.evaluate("document.activeElement.dataset.key") == "stock.order-products-reserved[0]"
    page.keyboard.press("d")
    assert page.evaluate("window.leaked") is None


def test_a_key_typed_into_the_form_does_not_step(waiting: Lab, open_board: OpenPage) -> None:
    page = open_board(waiting)
    page.locator(".board-key-text").fill("")

    page.locator(".board-key-text").press_sequentially("b c")
    page.keyboard.press("Home")

    assert page.locator(".board-key-text").input_value() == "b c"
    expect(page.locator(".walk-count")).to_have_text("0 of 0")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_accessibility_audit_finds_nothing(
    scheme: Literal["light", "dark"], memory_lab: OpenLab, open_board: OpenPage
) -> None:
    lab = memory_lab(partitions=2)
    lab.scale("stock", 2)
    for _ in range(3):
        lab.place_order("wooden spoon")
    for _ in range(14):
        lab.step()
    lab.crash("stock-2")
    page = open_board(lab, BoardOfThreeBrokers)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.locator(".board-lane").first.focus()

    audit(page, ".walk", RULES | BOARD_RULES)


def test_a_key_or_a_customer_with_markup_is_text(memory_lab: OpenLab, open_board: OpenPage) -> None:
    lab = memory_lab()
    lab.place_order("wooden spoon", customer=MARKUP)
    lab.run()
    lab.send(RECEIVED, "a text", MARKUP)

    page = open_board(lab)
    lane(page, f"{RECEIVED}[0]").locator(".board-tile").last.hover()

    expect(page.locator(".board-key").nth(1)).to_have_text(MARKUP)
    expect(page.locator(".board-detail")).to_contain_text(MARKUP)
    assert page.locator("img, [onerror]").count() == 0


@pytest.mark.parametrize(("motion", "seconds"), [("reduce", "0s"), ("no-preference", "0.25s")])
def test_marks_move_at_once_where_motion_is_reduced(
    motion: str, seconds: str, waiting: Lab, open_board: OpenPage
) -> None:
    for _ in range(3):
        waiting.step()

    page = open_board(waiting, motion=motion)

    mark = page.locator(".board-way .board-mark").first
    assert mark.evaluate("each => getComputedStyle(each).transitionDuration.split(',')[0]") == seconds


def test_without_an_answer_the_status_says_that_the_kernel_is_busy(waiting: Lab, open_board: OpenPage) -> None:
    page = open_board(waiting, unanswered="step")

    do(page, "step")

    busy = "The kernel is busy. The step follows when the current cell has finished."
    expect(page.locator(".walk-status")).to_have_text(busy)


def test_a_kernel_that_has_dropped_the_first_request_is_asked_again(waiting: Lab, chromium: Browser) -> None:
    page, greetings = chromium.new_page(), list[Mapping[str, Any]]()

    class Forgetful(Board):
        """A board that answers the second request only."""

        def answer(self, request: Mapping[str, Any]) -> Any:
            greetings.append(request)
            return {"answers": None} if len(greetings) == 1 else super().answer(request)

    page.clock.install()
    show(page, Forgetful(waiting))
    page.clock.fast_forward(3_500)

    expect(page.locator(".board-group-box")).to_have_count(5)
    assert [greeting["do"] for greeting in greetings[:2]] == ["hello", "hello"]
    page.close()


def test_a_run_ends_when_nothing_moves(waiting: Lab, open_board: OpenPage) -> None:
    for _ in range(15):
        waiting.step()
    page = open_board(waiting, motion="no-preference")

    do(page, "run")

    expect(page.locator(".walk-count")).to_have_text("17 of 17", timeout=15_000)
    expect(page.locator("[data-do=run]")).to_have_text("Run")
