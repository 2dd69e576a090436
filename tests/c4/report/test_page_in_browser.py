"""Page in a browser: it opens from a file without errors, fits narrow screens, and passes axe in both schemes."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from c4.report.conftest import HOSTILE, Report
from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_the_page_opens_and_is_accessible(folder: Path, report: Report, chromium: Browser) -> None:
    report("--json", "first.json")
    report("--since", "first.json")
    address = (folder / "out.html").as_uri()
    faults, requests = list[str](), set[str]()
    for width, scheme in ((1280, "light"), (400, "dark")):
        context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
        page = context.new_page()
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: (faults.append(dialog.message), dialog.dismiss()))  # type: ignore[func-returns-value]
        page.on("request", lambda asked: requests.add(asked.url))
        page.goto(address)

        assert page.evaluate(WIDER) == 0
        assert page.get_by_role("img", name="Conformance: How we sell").is_visible()
        assert "</script><img" in page.get_by_role("table", name="Deviations of How we sell").inner_text()
        assert page.locator("img, script").count() == 0
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        context.close()
    assert (faults, {asked for asked in requests if not asked.startswith("data:image/")}) == ([], {address})
    assert "\x1b" in HOSTILE and "\x1b" not in (folder / "out.html").read_text()
