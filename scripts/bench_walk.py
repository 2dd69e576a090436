"""Bench walk: a run of many orders in memory, its messages to the browser, and scrubbing through it in Chromium."""

import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from lab.browser.chromium import OPTIONS, find_chromium  # noqa: E402
from lab.browser.widget_page import SIZE, show  # noqa: E402

from checkout.lab import Lab  # noqa: E402
from checkout.lab.widget.walk import Walk  # noqa: E402
from checkout.services.stock import CATALOGUE  # noqa: E402

JUMPS, STEPS = 100, 50
TO_A_HOP = """async number => {
  const walk = document.querySelector(".walk"), slider = walk.querySelector(".walk-slider")
  const shown = new Promise(done => new MutationObserver(
    () => walk.dataset.current === String(number) && done()).observe(walk, {attributes: true}))
  const started = performance.now()
  slider.value = number
  slider.dispatchEvent(new Event("input", {bubbles: true}))
  const ended = performance.now()
  await shown
  await new Promise(requestAnimationFrame)
  return [performance.now() - started, ended - started]
}"""
HEAP = "performance.memory.usedJSHeapSize / 1e6"


def memory() -> float:
    """The resident memory of this process, in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def summary(milliseconds: Iterable[float]) -> str:
    taken = list(milliseconds)
    return f"{statistics.median(taken):.1f} ms median, {max(taken):.1f} ms slowest of {len(taken)}"


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """The milliseconds of a call, and what it returns."""
    started = time.perf_counter()
    found = call()
    return (time.perf_counter() - started) * 1_000, found


def size(message: Any) -> float:
    """The size of a message to the browser, in KB."""
    return len(json.dumps(message, ensure_ascii=False).encode()) / 1_000


def filled_lab(orders: int) -> Lab:
    """A lab in which this many orders wait, and none of them will find its product sold out."""
    CATALOGUE[0].on_hand = orders
    lab = Lab(log="memory")
    for _ in range(orders):
        lab.place_order("wooden spoon")
    return lab


def measure_run(lab: Lab) -> None:
    before, steps = memory(), list[float]()
    while (step := timed(lab.step))[1]:
        steps.append(step[0])
    print(f"run: {len(lab.moments)} hops in {sum(steps) / 1_000:.1f} s")
    print(f"resident memory: {before:.0f} MB before, {memory():.0f} MB after")
    print(f"lab.step(), first 100: {summary(steps[:100])}; last 100: {summary(steps[-100:])}")


def measure_messages(walk: Walk, hops: int) -> None:
    taken, first = timed(lambda: walk.answer({"do": "hello", "id": 0}))
    print(f"first message: {size(first):.0f} KB, {taken:.0f} ms in the kernel")
    if "count" in first:
        starts = [random.randrange(hops) // 64 * 64 + 1 for _ in range(JUMPS)]
        pages = [timed(lambda at=at: walk.answer({"do": "page", "from": at, "to": at + 63, "at": at})) for at in starts]
        print(f"page: {summary(size(page) for _, page in pages).replace('ms', 'KB')}; {summary(t for t, _ in pages)}")


def measure_steps(lab: Lab) -> None:
    """What the walk takes of a step, after all hops so far."""
    for _ in range(10):
        lab.place_order("enamel mug")
    walk = Walk(lab)
    walk.answer({"do": "hello", "id": 0})
    steps = [timed(lambda: walk.answer({"do": "step", "id": 1})) for _ in range(100)]
    print(f"step in the walk, after {len(lab.moments) - 100} hops: {summary(taken for taken, _ in steps)}")
    print(f"its message: {summary(size(answer) for _, answer in steps).replace('ms', 'KB')}")


def measure_redraw(page: Page, hops: int) -> None:
    page.locator(f".walk[data-current='{hops}']").wait_for()
    heap = page.evaluate(HEAP)
    numbers = random.sample(range(1, hops), JUMPS)
    first, again = ([page.evaluate(TO_A_HOP, number) for number in numbers] for _ in range(2))
    print(f"redraw at a random hop, its page not loaded: {summary(shown for shown, _ in first)}")
    print(f"redraw at a random hop, its page loaded: {summary(shown for shown, _ in again)}")
    print(f"script time of that: {summary(script for _, script in again)}")
    back = [page.evaluate(TO_A_HOP, number) for number in range(hops - 1, hops - 1 - STEPS, -1)]
    print(f"one hop back: {summary(shown for shown, _ in back)}")
    for tab in page.locator("[role=tab]").all():
        tab.click()
        taken = [page.evaluate(TO_A_HOP, number)[0] for number in numbers[:STEPS]]
        print(f"redraw at a random hop, tab {tab.inner_text()}: {summary(taken)}")
    print(f"JavaScript heap: {heap:.0f} MB before, {page.evaluate(HEAP):.0f} MB after")


def main(orders: int) -> None:
    """Prints one measurement a line."""
    random.seed(1)
    measure_steps(filled_lab(0))
    lab = filled_lab(orders)
    measure_run(lab)
    measure_messages(Walk(lab), len(lab.moments))
    with sync_playwright() as playwright:
        found = find_chromium(playwright.chromium.executable_path)
        browser = playwright.chromium.launch(executable_path=found, args=[*OPTIONS, "--enable-precise-memory-info"])
        page = browser.new_page(viewport=SIZE, reduced_motion="reduce")
        taken, _ = timed(lambda: (show(page, Walk(lab)), page.locator(".now").wait_for()))
        print(f"from the first request until the walk is drawn: {taken:.0f} ms")
        measure_redraw(page, len(lab.moments))
        browser.close()
    measure_steps(lab)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
