"""Board in a page of its own: lanes, marks and brokers, while this process answers in place of a kernel."""

from pathlib import Path

import pytest
from lab.browser.audit import RULES, WALK_RULES, audit
from lab.widget.board_page import OVERFLOWS, RECEIVED, BoardOfThreeBrokers, OpenLab, OpenPage, do, lane, numbers, scrub
from playwright.sync_api import expect

from checkout.lab import Lab
from checkout.lab.widget.walk import Walk

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_poll_moves_the_position_and_a_commit_the_flag(waiting: Lab, open_board: OpenPage) -> None:
    page = open_board(waiting)
    for hop in range(1, 5):
        do(page, "step", hop)
    assert numbers(page, f"{RECEIVED}[0]", "stock") == "committed –, position 1, lag 1"

    do(page, "verb", 5)
    do(page, "verb")

    expect(page.locator(".board-live")).to_have_text(f"stock committed offset 1 of {RECEIVED}[0], lag 0.")
    assert numbers(page, f"{RECEIVED}[0]", "stock") == "committed 1, position 1, lag 0"


def test_the_two_marks_differ_in_shape_and_lag_is_the_gap_between_flag_and_end(
    waiting: Lab, open_board: OpenPage
) -> None:
    waiting.place_order("oak table")
    waiting.run()
    waiting.rewind("stock", RECEIVED)
    page = open_board(waiting)

    rail = lane(page, f"{RECEIVED}[0]").locator(".board-rail")

    shapes = [rail.locator(f".is-{mark}").first.evaluate("each => getComputedStyle(each).clipPath")
              for mark in ("committed", "position")]  # fmt: skip
    gap, tile = rail.locator(".board-gap").bounding_box(), page.locator(".board-tile").first.bounding_box()
    assert shapes[0] != shapes[1] and "none" not in shapes
    assert gap and tile and round(gap["width"] / tile["width"]) == 2
    expect(rail.locator(".board-gap")).to_have_text("lag 2")


def test_scrubbing_backwards_restores_the_same_picture(memory_lab: OpenLab, open_board: OpenPage) -> None:
    lab = memory_lab(partitions=2)
    lab.scale("stock", 2)
    lab.place_order("wooden spoon")
    lab.run()
    lab.crash("stock-2")
    lab.wait(seconds=10)
    count, page = len(lab.moments), open_board(lab)
    first = {hop: scrub(page, hop, count) for hop in range(count, -1, -1)}

    again = {hop: scrub(page, hop, count) for hop in range(count + 1)}

    assert count > 15 and again == dict(sorted(first.items()))
    assert len({str(picture) for picture in first.values()}) > 10
    assert "board-tile" in str(first[count]) and "board-tile" not in str(first[0])


def test_records_with_one_key_are_in_one_lane_and_without_key_say_so(memory_lab: OpenLab, open_board: OpenPage) -> None:
    page = open_board(memory_lab(partitions=3))
    page.fill(".board-key-text", "anna")

    for hop in (1, 2):
        do(page, "send", hop)
    do(page, "send-keyless", 3)

    keyed = page.locator(".board-lane:has(.board-key:text-is('anna'))")
    assert keyed.count() == 1
    assert keyed.locator(".board-key:text-is('anna')").count() == 2
    expect(page.locator(".board-tile.is-keyless .board-key")).to_have_text("no key")


def test_a_lane_is_a_sentence_for_screen_readers(waiting: Lab, open_board: OpenPage) -> None:
    for _ in range(4):
        waiting.step()

    page = open_board(waiting, BoardOfThreeBrokers)

    assert lane(page, f"{RECEIVED}[0]").get_attribute("aria-label") == (
        f"{RECEIVED}[0]: records 0 to 0; stock: committed nothing, position 1, lag 1, stock-1; "
        "leader 1, replicas on 2, 1, 3, in sync 1, 3."
    )


def test_a_killed_broker_is_dead_in_every_lane(waiting: Lab, open_board: OpenPage) -> None:
    for _ in range(3):
        waiting.step()

    page = open_board(waiting, BoardOfThreeBrokers)

    expect(page.locator(".board-broker")).to_have_text(["broker 1", "✕ broker 2 killed", "broker 3"])
    expect(page.locator(".board-replica")).to_have_text(["✕ 2", "leader 1", "3"])
    expect(page.locator("[data-do=kill_leader]")).to_have_text(f"Kill the leader of {RECEIVED}[0]")


def test_a_long_topic_shows_its_end_and_leads_back_to_its_beginning(memory_lab: OpenLab, open_board: OpenPage) -> None:
    lab = memory_lab()
    for number in range(60):
        lab.send(RECEIVED, "a text", f"key-{number}")
    page = open_board(lab)
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
    size: tuple[int, int], memory_lab: OpenLab, open_board: OpenPage
) -> None:
    lab = memory_lab(partitions=4)
    lab.scale("stock", 4)
    for _ in range(24):
        lab.place_order("wooden spoon")
    lab.deny_next_payment()
    lab.run()

    page = open_board(lab, size=size)

    assert page.locator(".board-lane").count() == 24 and not page.evaluate(OVERFLOWS)
    assert page.locator(".board-lanes").evaluate("each => each.scrollHeight > each.clientHeight")
    assert page.evaluate("document.documentElement.scrollHeight") <= size[1]
    page.locator(".board-lane").nth(6).evaluate("each => each.scrollIntoView({ block: 'end' })")
    heads = page.locator(".board-topic-head").all()
    top = (page.locator(".board-lanes").bounding_box() or {})["y"]
    assert [head for head in heads if abs((head.bounding_box() or {"y": 0.0})["y"] - top) < 2]


def test_a_replay_has_a_slider_and_no_controls(waiting: Lab, open_board: OpenPage, tmp_path: Path) -> None:
    waiting.run()
    waiting.journal.save(tmp_path / "run.jsonl", names=True)
    page = open_board(Lab.replay(tmp_path / "run.jsonl"))

    page.fill(".walk-slider", "8")

    expect(page.locator(".walk-status")).to_contain_text("Step 8")
    for name in (".board-lab-controls", "[data-do=reset]", "[data-do=verb]"):
        expect(page.locator(name)).to_be_hidden()
    assert page.locator(".board-group-box button").count() == 0


def test_the_walk_has_the_board_in_a_tab_that_follows_its_slider(waiting: Lab, open_board: OpenPage) -> None:
    waiting.run()
    page = open_board(waiting, Walk)
    expect(page.locator(".board-lane")).to_have_count(5)

    page.fill(".walk-slider", "3")
    expect(page.locator(".board-lane")).to_have_count(1)
    page.locator(".board-lane").focus()
    page.keyboard.press("ArrowRight")

    expect(page.locator(".board-live")).to_have_text(f"stock is at position 1 of {RECEIVED}[0], lag 1.")
    assert page.locator(".board-group-box button").count() == 0
    audit(page, ".walk", RULES | WALK_RULES)
    page.click("[data-view=diagram]")
    expect(page.locator(".board")).to_have_count(0)


def test_the_lane_of_the_current_record_is_scrolled_into_view(memory_lab: OpenLab, open_board: OpenPage) -> None:
    lab = memory_lab(partitions=4)
    for _ in range(4):
        lab.place_order("wooden spoon")
    lab.run()
    page = open_board(lab)
    hops = [moment.number for moment in lab.moments if moment.hop.topic]

    for hop in hops[-1], hops[0], hops[len(hops) // 2]:
        scrub(page, hop, len(lab.moments))
        panel, tile = (page.locator(each).bounding_box() for each in (".board-lanes", ".is-now"))
        assert panel and tile and panel["y"] <= tile["y"] <= panel["y"] + panel["height"] - tile["height"]
