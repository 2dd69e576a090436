"""Page in a browser: it opens from a file without errors, fits narrow screens, and passes axe in both schemes."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from c4.conftest import DIAGRAMS
from c4.report.conftest import HOSTILE
from c4.report.story_spans import CANCEL, SELL, repeated, without
from c4.report.test_changes import report
from playwright.sync_api import Browser, Page

from checkout.c4.report.changes import with_changes
from checkout.c4.report.page.pictures import HEAT, HeatClass, Pictures, fit_in_page
from checkout.c4.report.page.whole import render_page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
KEYS = tuple((stroke, "a key") for stroke in HEAT)


@pytest.fixture
def address(tmp_path: Path) -> str:
    """A page with every kind of section, two pictures of each of two views, and a hostile name."""
    views = (("sell", SELL), ("cancel", CANCEL))
    odd = [*SELL, ("orders", "fraud", f"HTTP, GET /{HOSTILE.replace(' ', '')}")]
    other = [("web", "orders", "HTTP, GET /orders")]
    stories = [*repeated(3, odd), *repeated(2, without(CANCEL, "mail"), 10), *repeated(2, other, 20)]
    data = with_changes(report(*stories, views=views), report(*repeated(3, SELL), views=views))
    picture = (DIAGRAMS / "context.svg").read_text()
    pictures = [
        Pictures(
            fit_in_page(picture, f"conformance-{number}", f"Conformance {number}"), KEYS,
            latency=fit_in_page(picture, f"latency-{number}", f"Latency {number}"), heat=(HeatClass(HEAT[0], 1, 20),),
        )
        for number in (1, 2)
    ]  # fmt: skip
    (tmp_path / "out.html").write_text(render_page(data, pictures, True))
    return (tmp_path / "out.html").as_uri()


def test_the_page_opens_and_is_accessible(address: str, chromium: Browser) -> None:
    faults, requests = list[str](), set[str]()
    page = chromium.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda asked: requests.add(asked.url))
    page.goto(address)

    assert page.get_by_role("img", name="Conformance 2").is_visible()
    assert "</script><img" in page.get_by_role("table", name="Deviations of How we sell").inner_text()
    assert page.locator("img, script").count() == 0
    check(page)
    page.set_viewport_size({"width": 400, "height": 900})
    page.emulate_media(color_scheme="dark")
    check(page)
    assert (faults, {asked for asked in requests if not asked.startswith("data:image/")}) == ([], {address})


def check(page: Page) -> None:
    """The page is not wider than the screen and passes axe."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate(WIDER) == 0
