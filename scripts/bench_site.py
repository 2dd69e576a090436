"""Bench site: what a browser loads of the static site, how long a notebook takes to start, and a step of its walk."""

import gzip
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "site")]

from lab.browser.chromium import OPTIONS, find_chromium  # noqa: E402
from lab.browser.jupyter import STEP, WALK_IS_READY  # noqa: E402
from serving import SiteNotebook, serve  # noqa: E402

NOTEBOOK, HOPS = "01-place-an-order.ipynb", 17
ORDER = 'from checkout.lab import Lab\nlab = Lab()\n_ = lab.place_order("wooden spoon")\n'


class Round(NamedTuple):
    """One start with an empty browser: seconds from the opening, milliseconds of each step, the files asked for."""

    kernel: float
    order: float
    steps: list[float]
    paths: list[str]


def measure(browser: Browser, site: Path) -> Round:
    """Opens a notebook in a fresh profile, places an order and walks through it."""
    paths = list[str]()
    server, context = serve(site, paths), browser.new_context(viewport={"width": 1366, "height": 768})
    page, started = context.new_page(), time.perf_counter()
    notebook = SiteNotebook(page, server.address, NOTEBOOK)
    kernel = time.perf_counter() - started
    notebook.run_source(ORDER)
    order = time.perf_counter() - started
    notebook.run_source("lab.walk()")
    page.locator(WALK_IS_READY).wait_for()
    steps = [page.evaluate(STEP, hop) for hop in range(1, HOPS + 1)]
    context.close()
    server.stop()
    return Round(kernel, order, steps, paths)


def megabytes(site: Path, paths: Sequence[str]) -> tuple[float, float]:
    """The size of these files, as they are and with gzip."""
    contents = [file.read_bytes() for path in paths if (file := site / path.strip("/")).is_file()]
    return sum(map(len, contents)) / 1e6, sum(len(gzip.compress(content, 6)) for content in contents) / 1e6


def main(arguments: list[str]) -> None:
    """Prints the figures of docs/browser.md."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = Path(folder, "site")
        subprocess.run([ROOT / "scripts" / "site", site], check=True)
        found = find_chromium(playwright.chromium.executable_path)
        browser = playwright.chromium.launch(executable_path=found, args=OPTIONS)
        rounds = [measure(browser, site) for _ in range(int(*arguments or [5]))]
        browser.close()
        plain, packed = megabytes(site, rounds[0].paths)
        files = [path for path in site.rglob("*") if path.is_file()]
        print(f"| on disk | {sum(path.stat().st_size for path in files) / 1e6:.1f} MB in {len(files)} files |")
    loaded = f"{plain:.1f} MB in {len(rounds[0].paths)} requests, {packed:.1f} MB with gzip"
    print(f"| transferred until the walk moves | {loaded} |")
    for name, taken in {"a kernel is ready": [each.kernel for each in rounds],
                        "the first order is placed": [each.order for each in rounds]}.items():  # fmt: skip
        print(f"| opening a notebook, until {name} | {statistics.median(taken):.1f} s, slowest {max(taken):.1f} s |")
    steps = [taken for each in rounds for taken in each.steps]
    print(f"| a step of the walk, until it is drawn | {statistics.median(steps):.0f} ms, slowest {max(steps):.0f} ms |")


if __name__ == "__main__":
    main(sys.argv[1:])
