"""Board in a page of its own: lanes, marks, controls and keys, while this process answers in place of a kernel."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from lab.browser.widget_page import show
from playwright.sync_api import Browser, Locator, Page, expect

from checkout.lab import Lab
from checkout.lab.widget.board import Board
from checkout.lab.widget.walk import Walk

pytestmark = [pytest.mark.browser, pytest.mark.slow]
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
def open_page(chromium: Browser) -> Iterator[OpenPage]:
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


@pytest.fixture
def waiting(memory_lab: OpenLab) -> Lab:
    """A lab with an order that waits at the web app."""
    lab = memory_lab()
    lab.place_order("wooden spoon", quantity=2)
    return lab


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


def test_a_poll_moves_the_position_and_a_commit_the_flag(waiting: Lab, open_page: OpenPage) -> None:
    page = open_page(waiting)
    for hop in range(1, 5):
        do(page, "step", hop)
    assert numbers(page, f"{RECEIVED}[0]", "stock") == "committed –, position 1, lag 1"

    do(page, "verb", 5)
    do(page, "verb")

    expect(page.locator(".board-live")).to_have_text(f"stock committed offset 1 of {RECEIVED}[0], lag 0.")
    assert numbers(page, f"{RECEIVED}[0]", "stock") == "committed 1, position 1, lag 0"


def test_the_two_marks_differ_in_shape_and_lag_is_the_gap_between_flag_and_end(
    waiting: Lab, open_page: OpenPage
) -> None:
    waiting.place_order("oak table")
    waiting.run()
    waiting.rewind("stock", RECEIVED)
    page = open_page(waiting)

    rail = lane(page, f"{RECEIVED}[0]").locator(".board-rail")

    shapes = [rail.locator(f".is-{mark}").first.evaluate("each => getComputedStyle(each).clipPath")
              for mark in ("committed", "position")]  # fmt: skip
    gap, tile = rail.locator(".board-gap").bounding_box(), page.locator(".board-tile").first.bounding_box()
    assert shapes[0] != shapes[1] and "none" not in shapes
    assert gap and tile and round(gap["width"] / tile["width"]) == 2
    expect(rail.locator(".board-gap")).to_have_text("lag 2")


def test_scrubbing_backwards_restores_the_same_picture(memory_lab: OpenLab, open_page: OpenPage) -> None:
    lab = memory_lab(partitions=2)
    lab.scale("stock", 2)
    lab.place_order("wooden spoon")
    lab.run()
    lab.crash("stock-2")
    lab.wait(seconds=10)
    count, page = len(lab.moments), open_page(lab)
    first = {hop: scrub(page, hop, count) for hop in range(count, -1, -1)}

    again = {hop: scrub(page, hop, count) for hop in range(count + 1)}

    assert count > 15 and again == dict(sorted(first.items()))
    assert len({str(picture) for picture in first.values()}) > 10
    assert "board-tile" in str(first[count]) and "board-tile" not in str(first[0])


def test_records_with_one_key_are_in_one_lane_and_without_key_say_so(memory_lab: OpenLab, open_page: OpenPage) -> None:
    page = open_page(memory_lab(partitions=3))
    page.fill(".board-key-text", "anna")

    for hop in (1, 2):
        do(page, "send", hop)
    do(page, "send-keyless", 3)

    keyed = page.locator(".board-lane:has(.board-key:text-is('anna'))")
    assert keyed.count() == 1
    assert keyed.locator(".board-key:text-is('anna')").count() == 2
    expect(page.locator(".board-tile.is-keyless .board-key")).to_have_text("no key")


def test_partitions_of_a_crashed_member_go_to_another_after_ten_seconds(
    memory_lab: OpenLab, open_page: OpenPage
) -> None:
    lab = memory_lab(partitions=2)
    lab.send(RECEIVED, "a text")
    page = open_page(lab)
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


def test_another_number_of_partitions_starts_anew(waiting: Lab, open_page: OpenPage) -> None:
    waiting.run()
    page = open_page(waiting)

    page.select_option(".board-count", "3")
    expect(page.locator(".walk-count")).to_have_text("0 of 0")
    do(page, "place")
    for hop in (1, 2, 3):
        do(page, "step", hop)

    expect(page.locator(".board-lane")).to_have_count(3)
    expect(page.locator(".board-note.is-nothing")).to_have_text(["empty: nothing to read"] * 2)


def test_the_keyboard_moves_between_lanes_and_records_and_steps(waiting: Lab, open_page: OpenPage) -> None:
    waiting.run()
    page = open_page(waiting)
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


def test_a_key_typed_into_the_form_does_not_step(waiting: Lab, open_page: OpenPage) -> None:
    page = open_page(waiting)
    page.locator(".board-key-text").fill("")

    page.locator(".board-key-text").press_sequentially("b c")
    page.keyboard.press("Home")

    assert page.locator(".board-key-text").input_value() == "b c"
    expect(page.locator(".walk-count")).to_have_text("0 of 0")


def test_a_lane_is_a_sentence_for_screen_readers(waiting: Lab, open_page: OpenPage) -> None:
    for _ in range(4):
        waiting.step()

    page = open_page(waiting, BoardOfThreeBrokers)

    assert lane(page, f"{RECEIVED}[0]").get_attribute("aria-label") == (
        f"{RECEIVED}[0]: records 0 to 0; stock: committed nothing, position 1, lag 1, stock-1; "
        "leader 1, replicas on 2, 1, 3, in sync 1, 3."
    )


def test_a_killed_broker_is_dead_in_every_lane(waiting: Lab, open_page: OpenPage) -> None:
    for _ in range(3):
        waiting.step()

    page = open_page(waiting, BoardOfThreeBrokers)

    expect(page.locator(".board-broker")).to_have_text(["broker 1", "✕ broker 2 killed", "broker 3"])
    expect(page.locator(".board-replica")).to_have_text(["✕ 2", "leader 1", "3"])
    expect(page.locator("[data-do=kill_leader]")).to_have_text(f"Kill the leader of {RECEIVED}[0]")


def test_a_long_topic_shows_its_end_and_leads_back_to_its_beginning(memory_lab: OpenLab, open_page: OpenPage) -> None:
    lab = memory_lab()
    for number in range(60):
        lab.send(RECEIVED, "a text", f"key-{number}")
    page = open_page(lab)
    tiles = page.locator(".board-tile")
    shown = tiles.count()
    expect(page.locator(".is-earlier")).to_have_text(f"… {60 - shown} earlier")
    expect(tiles.last.locator(".board-key")).to_have_text("key-59")

    while page.locator("button.is-earlier").count():
        page.locator("button.is-earlier").click()

    expect(tiles.first.locator(".board-key")).to_have_text("key-0")
    page.locator("button.is-later").click()
    assert tiles.first.locator(".board-offset").inner_text() != "0"


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080)], ids=["1366x768", "1920x1080"])
def test_six_topics_of_four_partitions_fit_by_scrolling_inside(
    size: tuple[int, int], memory_lab: OpenLab, open_page: OpenPage
) -> None:
    lab = memory_lab(partitions=4)
    lab.scale("stock", 4)
    for _ in range(24):
        lab.place_order("wooden spoon")
    lab.deny_next_payment()
    lab.run()

    page = open_page(lab, size=size)

    assert page.locator(".board-lane").count() == 24 and not page.evaluate(OVERFLOWS)
    assert page.locator(".board-lanes").evaluate("each => each.scrollHeight > each.clientHeight")
    assert page.evaluate("document.documentElement.scrollHeight") <= size[1]
    page.locator(".board-lane").nth(6).evaluate("each => each.scrollIntoView({ block: 'end' })")
    heads = page.locator(".board-topic-head").all()
    top = (page.locator(".board-lanes").bounding_box() or {})["y"]
    assert [head for head in heads if abs((head.bounding_box() or {"y": 0.0})["y"] - top) < 2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_accessibility_audit_finds_nothing(
    scheme: Literal["light", "dark"], memory_lab: OpenLab, open_page: OpenPage
) -> None:
    lab = memory_lab(partitions=2)
    lab.scale("stock", 2)
    for _ in range(3):
        lab.place_order("wooden spoon")
    for _ in range(14):
        lab.step()
    lab.crash("stock-2")
    page = open_page(lab, BoardOfThreeBrokers)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.locator(".board-lane").first.focus()

    found = Axe().run(page, context=".walk")

    assert len(found.response["passes"]) >= 10
    assert found.violations_count == 0, found.generate_report()


def test_a_key_or_a_customer_with_markup_is_text(memory_lab: OpenLab, open_page: OpenPage) -> None:
    lab = memory_lab()
    lab.place_order("wooden spoon", customer=MARKUP)
    lab.run()
    lab.send(RECEIVED, "a text", MARKUP)

    page = open_page(lab)
    lane(page, f"{RECEIVED}[0]").locator(".board-tile").last.hover()

    expect(page.locator(".board-key").nth(1)).to_have_text(MARKUP)
    expect(page.locator(".board-detail")).to_contain_text(MARKUP)
    assert page.locator("img, [onerror]").count() == 0


@pytest.mark.parametrize(("motion", "seconds"), [("reduce", "0s"), ("no-preference", "0.25s")])
def test_marks_move_at_once_where_motion_is_reduced(
    motion: str, seconds: str, waiting: Lab, open_page: OpenPage
) -> None:
    for _ in range(3):
        waiting.step()

    page = open_page(waiting, motion=motion)

    mark = page.locator(".board-way .board-mark").first
    assert mark.evaluate("each => getComputedStyle(each).transitionDuration.split(',')[0]") == seconds


def test_a_replay_has_a_slider_and_no_controls(waiting: Lab, open_page: OpenPage, tmp_path: Path) -> None:
    waiting.run()
    waiting.journal.save(tmp_path / "run.jsonl", names=True)
    page = open_page(Lab.replay(tmp_path / "run.jsonl"))

    page.fill(".walk-slider", "8")

    expect(page.locator(".walk-status")).to_contain_text("Step 8")
    for name in (".board-lab-controls", "[data-do=reset]", "[data-do=verb]"):
        expect(page.locator(name)).to_be_hidden()
    assert page.locator(".board-group-box button").count() == 0


def test_without_an_answer_the_status_says_that_the_kernel_is_busy(waiting: Lab, open_page: OpenPage) -> None:
    page = open_page(waiting, unanswered="step")

    do(page, "step")

    busy = 'The kernel is busy: "step" runs when the current cell has finished.'
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


def test_a_run_ends_when_nothing_moves(waiting: Lab, open_page: OpenPage) -> None:
    for _ in range(15):
        waiting.step()
    page = open_page(waiting, motion="no-preference")

    do(page, "run")

    expect(page.locator(".walk-count")).to_have_text("17 of 17", timeout=15_000)
    expect(page.locator("[data-do=run]")).to_have_text("Run")


def test_the_walk_has_the_board_in_a_tab_that_follows_its_slider(waiting: Lab, open_page: OpenPage) -> None:
    waiting.run()
    page = open_page(waiting, Walk)
    expect(page.locator(".board-lane")).to_have_count(5)

    page.fill(".walk-slider", "3")
    expect(page.locator(".board-lane")).to_have_count(1)
    page.locator(".board-lane").focus()
    page.keyboard.press("ArrowRight")

    expect(page.locator(".board-live")).to_have_text(f"stock is at position 1 of {RECEIVED}[0], lag 1.")
    assert page.locator(".board-group-box button").count() == 0
    assert Axe().run(page, context=".walk").violations_count == 0
    page.click("[data-view=diagram]")
    expect(page.locator(".board")).to_have_count(0)


def test_the_lane_of_the_current_record_is_scrolled_into_view(memory_lab: OpenLab, open_page: OpenPage) -> None:
    lab = memory_lab(partitions=4)
    for _ in range(4):
        lab.place_order("wooden spoon")
    lab.run()
    page = open_page(lab)
    hops = [moment.number for moment in lab.moments if moment.hop.topic]

    for hop in hops[-1], hops[0], hops[len(hops) // 2]:
        scrub(page, hop, len(lab.moments))
        panel, tile = (page.locator(each).bounding_box() for each in (".board-lanes", ".is-now"))
        assert panel and tile and panel["y"] <= tile["y"] <= panel["y"] + panel["height"] - tile["height"]
