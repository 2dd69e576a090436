"""Saved page in Chromium: from disk and inside an iframe, by mouse and keyboard, without a request of its own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from html import escape
from pathlib import Path
from typing import Any

import pytest
from lab.browser.audit import audit
from playwright.sync_api import Browser, Page, expect

from checkout.lab import Lab

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MARKUP = "<img src=x onerror=alert(1)></script>"
OpenPage = Callable[..., Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the walk and the board of an order, of a customer with a strange name, and a page around each."""
    folder, lab = tmp_path_factory.mktemp("saved"), Lab(log="memory")
    lab.place_order("wooden spoon", customer=MARKUP)
    lab.walk().save(folder / "walk.html")
    lab.board().save(folder / "board.html")
    for name in ("walk", "board"):
        text = escape((folder / f"{name}.html").read_text(encoding="utf-8"))
        for kind, content in {"frame": f'src="{name}.html"', "srcdoc-frame": f'srcdoc="{text}"'}.items():
            frame = f'<iframe sandbox="allow-scripts" {content} width="1300" height="700" title="{name}"></iframe>'
            around = f'<!DOCTYPE html><meta charset="utf-8"><title>around</title>{frame}'
            (folder / f"{name}-{kind}.html").write_text(around, encoding="utf-8")
    return folder


@pytest.fixture
def open_page(chromium: Browser, folder: Path) -> Iterator[OpenPage]:
    """Opens a file; nothing else is asked for, nothing fails and no dialog opens. Returns the page, or its iframe."""
    with ExitStack() as opened:
        faults = list[str]()

        def make(name: str, scheme: Any = "light") -> Any:
            page = chromium.new_page(
                viewport={"width": 1366, "height": 768}, color_scheme=scheme, reduced_motion="reduce", offline=True
            )
            opened.callback(page.close)
            allowed = {(folder / each).as_uri() for each in (name, name.replace("-frame", ""))}
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.on("console", lambda said: faults.append(said.text))
            page.on("dialog", lambda dialog: faults.append(dialog.message))
            page.on("request", lambda asked: faults.extend([] if asked.url in allowed else [asked.url]))
            page.goto((folder / name).as_uri())
            shown = page.frame_locator("iframe") if "frame" in name else page
            expect(shown.locator(".walk[data-current='0']")).to_be_visible()
            return shown

        yield make
    assert faults == []


def at(shown: Any, hop: int) -> None:
    """Waits for a hop."""
    expect(shown.locator(f".walk[data-current='{hop}']")).to_be_visible()


@pytest.mark.parametrize("kind", ["", "-frame", "-srcdoc-frame"], ids=["file", "iframe", "iframe with srcdoc"])
@pytest.mark.parametrize("widget", ["walk", "board"])
def test_all_hops_of_an_order_by_mouse_and_back(open_page: OpenPage, widget: str, kind: str) -> None:
    shown = open_page(f"{widget}{kind}.html")

    for hop in range(1, 18):
        shown.locator("[data-do=step]").click()
        at(shown, hop)
    expect(shown.locator(".walk-status")).to_contain_text("Step 14: Notifications sends SendEmail")
    for hop in range(16, 12, -1):
        shown.locator("[data-do=back]").click()
        at(shown, hop)
    expect(shown.locator(".walk-next")).to_have_text("Not the latest hop: 4 more follow.")


def test_all_hops_by_keyboard_and_the_rest_of_the_order_after_a_reset(open_page: OpenPage) -> None:
    page: Page = open_page("walk.html")
    page.locator(".walk").focus()

    for hop in range(1, 18):
        page.keyboard.press("ArrowRight")
        at(page, hop)
    page.keyboard.press("Home")
    at(page, 0)
    page.keyboard.press("End")
    expect(page.locator(".walk-orders")).to_contain_text("APPROVED")
    page.locator("[data-do=reset]").focus()
    page.keyboard.press("Enter")

    at(page, 0)
    expect(page.locator(".walk-next")).to_have_text("Next: the web app sends order-1 to the gateway (step 1).")


def test_commit_before_publish_and_the_plug_pulled_between_them(open_page: OpenPage) -> None:
    page: Page = open_page("walk.html")
    for hop in range(1, 5):
        page.click("[data-do=step]")
        at(page, hop)

    page.click("[data-do=commit-publish]")
    expect(page.locator("[data-do=commit-publish]")).to_have_text("now publish")
    page.click("[data-do=crash]")
    expect(page.locator(".walk-status")).to_have_text("The lab: stock-1 crashed.")
    page.click("[data-do=restart]")
    expect(page.locator(".walk-next")).to_have_text("Next: stock-1 polls the unpublished messages in its outbox.")
    page.click("[data-do=step]")

    expect(page.locator(".walk-status")).to_contain_text("Step 5: Stock publishes ProductsReserved of order-1")


def test_the_plug_pulled_after_publish_leads_to_a_repeat_and_to_the_end(open_page: OpenPage) -> None:
    page: Page = open_page("walk.html")
    for hop in range(1, 5):
        page.click("[data-do=step]")
        at(page, hop)
    page.click("[data-do=publish-commit]")
    page.click("[data-do=crash]")
    page.click("[data-do=restart]")

    for _ in range(30):
        page.click("[data-do=step]")

    expect(page.locator(".walk-next")).to_contain_text("every order is approved or rejected")
    expect(page.locator(".walk-list")).to_contain_text("(duplicate)")
    page.get_by_role("tab", name="Partitions").click()
    lane = page.locator(".board-lane", has_text="2 records").first
    expect(lane).to_be_visible()


def test_what_the_recording_lacks_is_said(open_page: OpenPage) -> None:
    page: Page = open_page("board.html")
    page.click("[data-do=step]")
    at(page, 1)

    page.locator("[data-do=crash]").last.click()

    expect(page.locator(".walk-status")).to_contain_text("This page holds one crash on each path")
    expect(page.locator(".board-lab-controls")).to_be_hidden()


def test_markup_in_a_name_is_text(open_page: OpenPage) -> None:
    page: Page = open_page("walk.html")
    for hop in range(1, 4):
        page.click("[data-do=step]")
        at(page, hop)

    expect(page.locator(".walk-orders")).to_contain_text(MARKUP)
    assert page.locator("img").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["walk.html", "board.html"])
def test_a_saved_page_passes_axe_in_both_schemes(open_page: OpenPage, name: str, scheme: str) -> None:
    page: Page = open_page(name, scheme)
    for hop in range(1, 9):
        page.click("[data-do=step]")
        at(page, hop)

    audit(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
