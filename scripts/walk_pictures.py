"""Walk pictures: screenshots of the walk and the board in JupyterLab, light and dark, for README and review."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from lab.browser.chromium import OPTIONS, find_chromium  # noqa: E402
from lab.browser.jupyter import Notebook, Server  # noqa: E402

from checkout.local_kafka import cluster  # noqa: E402

CELL = "from checkout.lab import Lab\nlab = Lab()\nlab.place_order('wooden spoon', quantity=2)\nlab.walk()"
HOPS = {1: 1, 8: 8, 13: 14}  # by step: the hop to show; of the three with step 13, the second
BOARD_CELL = """from checkout.lab import Lab
lab = Lab(log='memory', partitions=3)
lab.scale('stock', 3)
for product in ('wooden spoon', 'oak table', 'enamel mug', 'wooden spoon', 'enamel mug'):
    lab.place_order(product)
for _ in range(17):
    lab.step()
lab.crash('stock-3')
lab.place_order('wooden spoon')
for _ in range(6):
    lab.step()
lab.board()"""


def take(page: Page, server: Server, folder: Path, theme: str) -> None:
    """Walks through an order and takes a screenshot at each of these hops."""
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    notebook = Notebook(page, server, server.write(f"walk-{theme}", CELL))
    notebook.command("application:toggle-left-area")
    notebook.run_all()
    walk = page.locator(".jp-NotebookPanel .walk")
    walk.wait_for()
    for hop in range(1, max(HOPS.values()) + 1):
        walk.locator("[data-do=step]").click()
        page.locator(f".walk[data-current='{hop}']").wait_for()
        if hop in HOPS.values():
            walk.evaluate("each => each.scrollIntoView({block: 'start'})")
            page.wait_for_timeout(400)  # until the animation ends
            step = next(step for step, at in HOPS.items() if at == hop)
            page.screenshot(path=folder / f"walk-step-{step}-{theme}.png")


def take_board(page: Page, server: Server, folder: Path, theme: str) -> None:
    """Takes a screenshot of a board with three members of Stock, one of which has crashed."""
    notebook = Notebook(page, server, server.write(f"board-{theme}", BOARD_CELL))
    notebook.command("application:toggle-left-area")
    notebook.run_all()
    board = page.locator(".jp-NotebookPanel .walk")
    board.locator(".board-tile").first.wait_for()
    board.evaluate("each => each.scrollIntoView({block: 'start'})")
    page.wait_for_timeout(400)  # until the animation ends
    page.screenshot(path=folder / f"board-{theme}.png")


def main(folder: Path) -> None:
    """Writes eight pictures into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(playwright.chromium.executable_path), args=OPTIONS
        )
        server = Server(Path(home))
        try:
            for theme in ("light", "dark"):
                page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
                take(page, server, folder, theme)
                take_board(page, server, folder, theme)
        finally:
            server.stop()
            cluster.stop(server.home)
            browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
