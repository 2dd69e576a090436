"""Walk pictures: screenshots of the views of the walk and of the board in JupyterLab, light and dark."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Locator, Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from lab.browser.chromium import OPTIONS, find_chromium  # noqa: E402
from lab.browser.jupyter import Notebook, Server  # noqa: E402

from checkout.local_kafka import cluster  # noqa: E402

LAB = "from checkout.lab import Lab\nlab = Lab()\n"
ONE_ORDER = f"{LAB}_ = lab.place_order('wooden spoon', quantity=2)\nlab.walk()"
THREE_ORDERS = f"{LAB}_ = [lab.place_order('wooden spoon') for _ in range(3)]\n_ = lab.run()\nlab.walk()"
RECORDED = f"from checkout.lab import Lab\nLab.replay('{ROOT}/notebooks/runs/ordering.jsonl').walk()"
# By the name of the picture: the cell, the view and the hop that it shows.
PICTURES = {
    "walk-step-1": (ONE_ORDER, "diagram", 1),
    "walk-step-8": (ONE_ORDER, "diagram", 8),
    "walk-step-13": (ONE_ORDER, "diagram", 14),
    "sequence": (THREE_ORDERS, "sequence", 30),
    "timeline": (RECORDED, "timeline", 340),
    "timeline-fixed-clock": (ONE_ORDER, "timeline", 14),
}
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
    """Takes a screenshot of each picture in this theme; pictures of one cell share its notebook."""
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    for at, cell in enumerate(dict.fromkeys(cell for cell, _, _ in PICTURES.values())):
        notebook = Notebook(page, server, server.write(f"walk-{theme}-{at}", cell))
        notebook.command("application:toggle-left-area")
        notebook.run_all()
        walk = page.locator(".jp-NotebookPanel:visible .walk")
        walk.locator(".walk-card svg").wait_for()
        for name, (of, view, hop) in PICTURES.items():
            if of == cell:
                show(page, walk, view, hop)
                page.screenshot(path=folder / f"{name}-{theme}.png")
        server.end_kernels()


def show(page: Page, walk: Locator, view: str, hop: int) -> None:
    """Shows a hop in a view, at the top of the page; steps to it where the lab is not that far."""
    walk.locator(f"[data-view={view}]").click()
    last = int(walk.locator(".walk-slider").get_attribute("max") or 0)
    walk.locator(".walk-slider").fill(str(min(hop, last)))
    for number in range(last + 1, hop + 1):
        walk.locator("[data-do=step]").click()
        page.locator(f".walk[data-current='{number}']").wait_for()
    page.locator(f".walk[data-current='{hop}'][aria-busy=false]").wait_for()
    walk.evaluate("each => each.scrollIntoView({block: 'start'})")
    page.mouse.move(0, 0)
    page.wait_for_timeout(400)  # until the animation ends


def take_board(page: Page, server: Server, folder: Path, theme: str) -> None:
    """Takes a screenshot of a board with three members of Stock, one of which has crashed."""
    notebook = Notebook(page, server, server.write(f"board-{theme}", BOARD_CELL))
    notebook.command("application:toggle-left-area")
    notebook.run_all()
    board = page.locator(".jp-NotebookPanel:visible .walk")
    board.locator(".board-tile").first.wait_for()
    board.evaluate("each => each.scrollIntoView({block: 'start'})")
    page.wait_for_timeout(400)  # until the animation ends
    page.screenshot(path=folder / f"board-{theme}.png")


def main(folder: Path) -> None:
    """Writes the pictures into a folder."""
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
