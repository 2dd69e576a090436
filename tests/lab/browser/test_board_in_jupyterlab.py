"""The board in JupyterLab: by mouse and by keyboard, in both themes, and without effect on the notebook."""

from collections.abc import Callable
from typing import Literal

import pytest
from lab.browser.audit import BOARD_RULES, RULES, audit
from lab.browser.jupyter import Notebook, Server
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]
BOARD = """from checkout.lab import Lab
lab = Lab(log="memory", partitions=2)
_ = lab.place_order("wooden spoon", quantity=2)
lab.board()"""
WIDER = "each => each.scrollWidth > each.clientWidth"
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SIZES = ((1366, 768), (1920, 1080))


def test_the_board_is_used_by_mouse_and_keyboard_in_both_themes(
    page: Page, server: Server, open_notebook: Callable[[str], Notebook]
) -> None:
    page.emulate_media(color_scheme="light")
    notebook = open_notebook(server.write("board", BOARD))
    notebook.run_all()
    board, count = page.locator(".jp-NotebookPanel .walk"), page.locator(".walk-count")
    expect(board.locator(".board-group-box")).to_have_count(5)
    before = notebook.cells

    for hop in range(1, 5):
        board.locator("[data-do=step]").click()
        expect(count).to_have_text(f"{hop} of {hop}")
    board.locator(".board-lane").first.focus()
    for key in ("a", "b", "d", "d", "x", "m", "ArrowRight"):
        page.keyboard.press(key)

    expect(count).to_have_text("5 of 5")
    assert notebook.cells == before
    board.locator("[data-do=crash][data-service=stock-1]").click()
    expect(board.locator(".board-member.is-dead")).to_contain_text("stock-1 crashed")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert not board.evaluate(WIDER)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        expect(page.locator("body")).to_have_attribute("data-jp-theme-light", str(scheme == "light").lower())
        audit(page, ".walk", RULES | BOARD_RULES)
