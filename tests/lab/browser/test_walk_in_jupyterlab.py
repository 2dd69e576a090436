"""The walk in JupyterLab: by mouse and by keyboard, accessible, and without effect on the notebook."""

from collections.abc import Callable
from html import escape
from typing import Any, Literal

import pytest
from lab.browser.audit import DIAGRAM_RULES, RULES, audit
from lab.browser.jupyter import Notebook, Server, record, wait_until
from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
HOPS, RECORDS = 17, 5  # of an order that goes well: 17 arrows in 14 steps, and a record on each of five topics
MARKUP = "<img src=x onerror=alert(1)>"
WALK = """from checkout.lab import Lab
lab = Lab(log="memory")
_ = lab.place_order("wooden spoon", quantity=2, customer="{customer}")
lab.walk()"""
OpenWalk = Callable[..., "Walked"]


class Walked:
    """A walk on the screen, around one order."""

    def __init__(self, notebook: Notebook) -> None:
        self.notebook, self.page = notebook, notebook.page
        self.root = self.page.locator(".walk")
        self.root.wait_for()
        self.root.locator(".walk-card svg").wait_for()  # the first message of the kernel; until then no button works

    def button(self, does: str) -> Locator:
        """A button by what it does."""
        return self.root.locator(f"[data-do={does}]")

    @property
    def current(self) -> int:
        """The number of the hop that is shown."""
        return int(self.root.get_attribute("data-current") or 0)

    def wait_for(self, hop: int) -> None:
        """Waits until this hop is the one that is shown."""
        wait_until(lambda: self.current == hop, f"hop {hop} to be shown, it is {self.current}", 15)

    def count(self, selector: str) -> int:
        """How many such elements the walk has."""
        return self.root.locator(selector).count()

    def text(self, selector: str) -> str:
        """The text of one of its elements."""
        return self.root.locator(selector).inner_text()

    def walk_to_the_end(self) -> None:
        """Steps through all arrows, by keyboard."""
        self.button("step").focus()
        for hop in range(self.current + 1, HOPS + 1):
            self.page.keyboard.press("ArrowRight")
            self.wait_for(hop)

    def shown(self) -> dict[str, Any]:
        """What moves together: picture, messages, order, stock, mailbox."""
        return {"past": self.count(".past"), "now": self.count(".now"), "endpoint": self.count(".endpoint"),
                "messages": self.count(".walk-messages tbody tr"), "order": self.text(".walk-orders"),
                "stock": self.text(".walk-stock"), "mailbox": self.text(".walk-mailbox")}  # fmt: skip


@pytest.fixture
def open_walk(server: Server, open_notebook: Callable[[str], Notebook]) -> OpenWalk:
    """Opens a notebook with a walk around an order of this customer, and runs its cell."""

    def open_walk(customer: str = "Ada") -> Walked:
        notebook = open_notebook(server.write("walk", WALK.format(customer=customer)))
        notebook.run_all()
        return Walked(notebook)

    return open_walk


def test_a_click_on_step_highlights_one_arrow_and_its_two_elements(open_walk: OpenWalk) -> None:
    walk = open_walk()

    walk.button("step").click()

    walk.wait_for(1)
    assert (walk.count(".now"), walk.count(".endpoint")) == (1, 2)
    assert walk.text(".walk-coordinates").count("HTTP")


def test_the_mouse_walks_an_order_to_step_14(open_walk: OpenWalk) -> None:
    walk = open_walk()

    for hop in range(1, HOPS + 1):
        walk.button("step").click()
        walk.wait_for(hop)

    assert "Step 14" in walk.text(".walk-status")
    assert (walk.count(".walk-list li"), walk.count(".walk-messages tbody tr")) == (HOPS, RECORDS)
    assert "APPROVED" in walk.text(".walk-orders")


def test_the_keyboard_walks_an_order_to_step_14_and_back(open_walk: OpenWalk) -> None:
    walk = open_walk()

    walk.walk_to_the_end()

    assert "Step 14" in walk.text(".walk-status")
    walk.page.keyboard.press("ArrowLeft")
    walk.wait_for(HOPS - 1)
    walk.page.keyboard.press("Home")
    walk.wait_for(0)
    walk.page.keyboard.press("End")
    walk.wait_for(HOPS)


def test_diagram_messages_order_stock_and_mailbox_go_back_together(open_walk: OpenWalk) -> None:
    walk = open_walk()
    walk.button("step").click()
    walk.wait_for(1)
    first = walk.shown()
    walk.walk_to_the_end()
    last = walk.shown()

    walk.root.locator(".walk-slider").fill("1")

    walk.wait_for(1)
    assert walk.shown() == first
    assert not [name for name in ("past", "messages", "order", "stock", "mailbox") if first[name] == last[name]]


@pytest.mark.parametrize("focused", ["[data-do=step]", ".walk-slider"])
def test_keys_in_the_walk_change_no_cell(focused: str, open_walk: OpenWalk) -> None:
    walk = open_walk()
    before, changed = walk.notebook.cells, list[str]()
    walk.root.locator(focused).focus()

    for keys in ("a", "b", "dd", "x", "m"):
        for key in keys:
            walk.page.keyboard.press(key)
        changed += [keys] if walk.notebook.cells != before else []

    assert changed == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_accessibility_audit_finds_nothing(
    scheme: Literal["light", "dark"], page: Page, open_walk: OpenWalk
) -> None:
    page.emulate_media(color_scheme=scheme)
    walk = open_walk()
    walk.button("step").click()
    walk.wait_for(1)
    walk.button("verb").click()
    walk.root.locator(".walk-work").wait_for()

    assert page.locator("body").get_attribute("data-jp-theme-light") == str(scheme == "light").lower()
    # Around JupyterLab's layers axe cannot tell the background; the contrast is checked in a page of the walk alone.
    audit(walk.page, ".walk", (RULES | DIAGRAM_RULES) - {"color-contrast"})


def test_a_customer_name_with_markup_is_shown_as_text(open_walk: OpenWalk) -> None:
    walk = open_walk(MARKUP)

    walk.walk_to_the_end()

    assert MARKUP in walk.text(".walk-orders")
    assert walk.count("[onerror], img[src=x]") == 0
    html = "".join(walk.notebook.cells[0]["outputs"][-1]["data"].get("text/html", ""))
    assert MARKUP not in html and (escape(MARKUP) in html or "img src=x" not in html)


def test_a_saved_walk_shows_its_picture_without_a_kernel_and_untrusted(
    server: Server, open_notebook: Callable[[str], Notebook]
) -> None:
    path = server.write("saved", WALK.format(customer="Ada"), "lab.step()", "lab.walk()")
    record(server.root / path)

    notebook = open_notebook(path)
    server.end_kernels()

    picture = notebook.page.locator(".jp-OutputArea-output img").last
    assert notebook.trusted == 0
    assert "PlaceOrder" in (picture.get_attribute("alt") or "")
    wait_until(lambda: int(picture.evaluate("image => image.naturalWidth")) > 100, "the picture to be drawn")


def test_no_request_leaves_the_machine(open_walk: OpenWalk, external_requests: list[str]) -> None:
    asked = list[str]()
    walk = open_walk()
    walk.page.on("request", lambda request: asked.append(request.url))

    walk.page.reload()
    walk.page.evaluate("fetch('http://example.org').catch(() => 0)")

    wait_until(lambda: len(asked) > 10, "the page to ask for its parts")
    assert external_requests == ["http://example.org/"]
    external_requests.clear()
