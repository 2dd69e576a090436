"""Sequence and timeline in Chromium: a line per hop, bars of transactions, real durations, and tabs by keyboard."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lab.widget.many_orders import PROPER, write_journal
from lab.widget.run_views_page import LARGE, OpenView, wait_for
from playwright.sync_api import Page, expect

from checkout.lab import Lab

pytestmark = [pytest.mark.browser, pytest.mark.slow]
RECORDED = Path(__file__).parents[3] / "notebooks/runs/ordering.jsonl"  # twenty orders in the real processes
ELEMENTS = ["Customer", "Web app", "Gateway", "Orders", "Kafka", "Stock", "Payments", "Shipments", "Notifications",
            "Payment broker", "Shipment company"]  # fmt: skip


def box(page: Page, selector: str) -> dict[str, float]:
    """The rectangle of the only such element, with its right and its bottom."""
    found: Any = page.locator(selector).bounding_box()
    return found | {"right": found["x"] + found["width"], "bottom": found["y"] + found["height"]}


def scroll(page: Page, selector: str, top: int) -> None:
    """Scrolls a box to this height."""
    page.locator(selector).evaluate("(box, top) => { box.scrollTop = top; }", top)


def test_the_sequence_has_the_lifelines_of_the_diagram_and_a_line_per_hop(finished: Lab, open_view: OpenView) -> None:
    page = open_view(finished, "sequence", PROPER, LARGE)

    assert page.locator(".sequence-heads b").all_inner_texts() == ELEMENTS
    assert page.locator(".sequence-row").count() == PROPER
    labels = page.locator(".sequence-label").all_inner_texts()
    assert (labels[0], labels[3], labels[-1]) == ("1: PlaceOrder", "4: OrderReceived", "14: SendEmail")
    line, heads = box(page, "[data-number='4'] .sequence-line"), page.locator(".sequence-lines i").all()
    ends = [(heads[ELEMENTS.index(name)].bounding_box() or {})["x"] for name in ("Kafka", "Stock")]
    assert [line["x"], line["right"]] == pytest.approx(ends, abs=2)


def test_the_sequence_goes_back_and_a_click_goes_to_a_hop(finished: Lab, open_view: OpenView) -> None:
    page = open_view(finished, "sequence", PROPER)

    page.fill(".walk-slider", "8")
    wait_for(page, 8)
    assert page.locator(".sequence-row.later").count() == 9
    page.click("[data-number='5']")

    wait_for(page, 5)
    expect(page.locator(".sequence-row[aria-current=step]")).to_have_attribute("data-number", "5")
    page.keyboard.press("ArrowRight")
    wait_for(page, 6)
    assert page.locator(".sequence-row.later").count() == 11


def test_the_hops_of_one_database_transaction_have_a_bar(finished: Lab, open_view: OpenView) -> None:
    page = open_view(finished, "sequence", 5)

    bars = [each.bounding_box() or {} for each in page.locator(".sequence-bar:not(.later)").all()]
    deliveries, publications = (box(page, f"[data-number='{hop}'] .sequence-line") for hop in (4, 5))

    stock = [bar for bar in bars if bar["y"] < deliveries["y"] and bar["y"] + bar["height"] > publications["bottom"]]
    assert len(bars) == 2 and len(stock) == 1  # of Orders and of Stock
    assert stock[0]["x"] < deliveries["right"] < stock[0]["x"] + stock[0]["width"]


def test_an_unsuccessful_hop_is_dashed_and_says_why(memory_lab: Callable[..., Lab], open_view: OpenView) -> None:
    lab = memory_lab()
    lab.place_order("wooden spoon")
    lab.break_at("stock", "publish")
    lab.run()
    lab.step(verb="publish")
    lab.crash("stock")
    lab.restart("stock")
    lab.clear_break("stock", "publish")
    lab.run()
    repeat = next(moment.number for moment in lab.moments if moment.hop.outcome == "duplicate")

    page = open_view(lab, "sequence", repeat)

    row = page.locator(f"[data-number='{repeat}']")
    expect(row.locator(".sequence-label")).to_have_text("4: OrderReceived (duplicate)")
    expect(row.locator(".sequence-line")).to_have_css("border-top-style", "dashed")
    expect(page.locator(".sequence-row.note").first).to_contain_text("The lab: stock-1 crashed.")


def test_of_a_long_run_only_the_rows_in_view_are_in_the_page(open_view: OpenView, tmp_path: Path) -> None:
    run = Lab.replay(write_journal(tmp_path / "run.jsonl", 60))
    page = open_view(run, "sequence", 60 * PROPER)

    for top, first in ((0, 1), (9_000, 301)):
        scroll(page, ".sequence", top)
        expect(page.locator(f"[data-number='{first}']")).to_be_in_viewport()
        assert page.locator(".sequence-row").count() < 40

    assert box(page, ".sequence-heads")["y"] == pytest.approx(box(page, ".sequence")["y"], abs=1)


def test_step_13_takes_place_in_three_services_at_the_same_time(open_view: OpenView) -> None:
    run = Lab.replay(RECORDED)
    numbers = [moment.number for moment in run.moments[-PROPER:] if moment.hop.step == 13]
    page = open_view(run, "timeline", 340)

    bars = [box(page, f".bar[data-transaction='{number}'] rect") for number in numbers]

    assert len({bar["y"] for bar in bars}) == 3
    whole = box(page, ".timeline svg")["width"]
    assert max(bar["x"] for bar in bars) - min(bar["x"] for bar in bars) < 0.05 * whole
    longest = sorted(bars, key=lambda bar: bar["width"])[1:]  # what Stock does leads to no hop: its end is not recorded
    assert all(bar["width"] > 0.1 * whole for bar in longest)
    assert max(bar["x"] for bar in longest) < min(bar["right"] for bar in longest)


def test_the_timeline_says_which_times_are_not_real(finished: Lab, memory_lab: Any, open_view: OpenView) -> None:
    live = memory_lab(clock="real")
    live.place_order("wooden spoon")
    live.run()

    words = [open_view(each, "timeline", 8).locator(".timeline-words").inner_text() for each in (finished, live)]

    assert ["fixed clock" in each for each in words] == [True, False]
    assert words[0].startswith("order-1: 17 hops in 22 ms. Hop 8 at 11 ms; Payments takes 1 ms.")


def test_the_timeline_shows_an_order_or_the_whole_run_and_a_click_goes_to_a_hop(open_view: OpenView) -> None:
    page = open_view(Lab.replay(RECORDED), "timeline", 340)
    assert page.locator(".timeline .hop").count() == PROPER

    page.click("[data-timeline=run]")
    expect(page.locator(".timeline .hop")).to_have_count(340)
    assert page.locator(".timeline-words").inner_text().startswith("Hops 1 to 340 of 340")
    width = box(page, ".timeline svg")["width"]
    page.click("[data-timeline=in]")
    assert box(page, ".timeline svg")["width"] == pytest.approx(2 * width, rel=0.05)

    page.click("[data-timeline=order]")
    page.locator(".timeline [data-number='331'] .tip").click()
    wait_for(page, 331)


def test_arrow_keys_change_the_tab_within_the_tabs_and_the_hop_elsewhere(finished: Lab, open_view: OpenView) -> None:
    page = open_view(finished, "diagram", 3)
    opened = []
    for key in ("ArrowRight", "ArrowRight", "Home", "End", "ArrowRight", "ArrowLeft", "Home", "ArrowRight"):
        page.keyboard.press(key)
        opened.append(page.locator("[role=tab][aria-selected=true]").inner_text())
    assert opened[:3] == ["Sequence", "Timeline", "Diagram"] and opened[-1] == "Sequence"
    assert (opened[4], opened[5]) == ("Diagram", opened[3])
    assert page.evaluate("document.activeElement.dataset.view") == "sequence"

    page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")

    wait_for(page, 2)
    assert page.locator("[role=tab][aria-selected=true]").inner_text() == "Sequence"
