"""Bench lab: measures `lab.step()` in Python, and the waiting times of a learner in the browser."""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from lab.browser.chromium import OPTIONS, find_chromium  # noqa: E402
from lab.browser.jupyter import STEP, WALK_IS_READY, Notebook, Server  # noqa: E402

from checkout.lab import Lab  # noqa: E402
from checkout.local_kafka import cluster  # noqa: E402
from checkout.system.ports import free_port_base  # noqa: E402

ORDERS, HOPS = 20, 17  # hops of each order
FIRST = "notebooks/00-start-here.ipynb"  # the first with a walk


def steps(**options: Any) -> list[float]:
    """Milliseconds of each step of some orders, one after the other."""
    lab, taken = Lab(**options), list[float]()
    for _ in range(ORDERS):
        lab.place_order("wooden spoon")
        for _ in range(HOPS):
            started = time.perf_counter()
            lab.step()
            taken.append((time.perf_counter() - started) * 1_000)
    lab.close()
    return taken


@contextmanager
def chromium() -> Iterator[Page]:
    """A page of a Chromium with a fresh profile."""
    with sync_playwright() as playwright:
        found = find_chromium(playwright.chromium.executable_path)
        browser = playwright.chromium.launch(executable_path=found, args=OPTIONS)
        yield browser.new_page(viewport={"width": 1366, "height": 768})
        browser.close()


def in_the_browser(folder: Path) -> tuple[float, list[float]]:
    """Seconds from the start of JupyterLab to the first highlighted arrow, and milliseconds of each later step."""
    with chromium() as page:
        started = time.perf_counter()
        server = Server(folder)
        try:
            Notebook(page, server, FIRST).run_all()
            page.locator(WALK_IS_READY).first.wait_for()
            page.evaluate(STEP, 1)
            first = time.perf_counter() - started
            return first, [page.evaluate(STEP, hop) for hop in range(2, HOPS - 1)]
        finally:
            server.stop()
            cluster.stop(server.home)


def main() -> None:
    """Prints the table of docs/operations.md."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"CHECKOUT_HOME": f"{folder}/home", "CHECKOUT_PORT_BASE": str(free_port_base())}
        cluster.acquire(Path(folder, "home"), int(os.environ["CHECKOUT_PORT_BASE"]))
        rows = {"`lab.step()` on Kafka": steps(), "`lab.step()` in memory": steps(log="memory")}
        cluster.stop(Path(folder, "home"))
        first, rows["*step* as seen in the browser, on Kafka"] = in_the_browser(Path(folder, "browser"))
    print("| what | times | median | slowest |\n| --- | --- | --- | --- |")
    for name, taken in rows.items():
        print(f"| {name} | {len(taken)} | {statistics.median(taken):.1f} ms | {max(taken):.1f} ms |")
    print(f"| from `checkout lab` to the first highlighted arrow, cold | 1 | {first:.1f} s | |")


if __name__ == "__main__":
    main()
