"""Bench saved: pages of a walk and a board for 1, 20 and 200 orders, and how fast Chromium opens them from disk."""

import gzip
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from lab.browser.chromium import OPTIONS, find_chromium  # noqa: E402
from lab.browser.widget_page import SIZE  # noqa: E402

from checkout.lab import Lab  # noqa: E402
from checkout.services.stock import CATALOGUE  # noqa: E402

ORDERS, REPEATS = (1, 20, 200), 5
FIRST_PICTURE = "document.querySelector('.walk-card svg, .board-group-box') && performance.now()"


def opening(browser: Browser, page: Path) -> float:
    """Milliseconds from the navigation to the first picture, the median of some."""
    taken = list[float]()
    for _ in range(REPEATS):
        with browser.new_context(viewport=SIZE, offline=True, bypass_csp=True) as context:
            shown = context.new_page()
            shown.goto(page.as_uri())
            taken.append(shown.wait_for_function(FIRST_PICTURE).json_value())
    return statistics.median(taken)


def saved(orders: int, kind: str, folder: Path) -> tuple[Any, float]:
    """The page of a run of this many orders that wait at the web app, and the seconds to save it."""
    CATALOGUE[0].on_hand = max(100, orders)  # none of them finds its product sold out
    lab = Lab(log="memory")
    for _ in range(orders):
        lab.place_order("wooden spoon")
    widget = getattr(lab, kind)()
    started = time.perf_counter()
    page = widget.save(folder / f"{kind}-{orders}.html")
    lab.close()
    return page, time.perf_counter() - started


def main() -> None:
    """Prints a row for each page."""
    print("| page | orders | seconds to save | kB | kB with gzip | ms until the first picture |\n" + "| --- " * 6 + "|")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        chromium = find_chromium(playwright.chromium.executable_path)
        browser = playwright.chromium.launch(executable_path=chromium, args=OPTIONS)
        for kind in ("walk", "board"):
            for orders in ORDERS:
                page, seconds = saved(orders, kind, Path(folder))
                packed = len(gzip.compress(page.path.read_bytes())) / 1_000
                cells = [kind, orders, f"{seconds:.1f}", f"{page.size / 1_000:,.0f}", f"{packed:,.0f}"]
                print("|", *[f"{cell} |" for cell in cells], f"{opening(browser, page.path):.0f} |", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
