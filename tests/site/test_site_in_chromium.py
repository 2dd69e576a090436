"""The site in Chromium: notebooks run as they are committed, the walk moves, and nothing is asked of another server."""

import os
import statistics
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from lab.browser.jupyter import STEP, WALK_IS_READY, errors, wait_until
from outcomes import differences
from playwright.sync_api import Page
from serving import LocalServer, SiteNotebook

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
ALL = sorted(path.name for path in NOTEBOOKS.glob("*.ipynb"))
CHOSEN = ALL if os.environ.get("CHECKOUT_ALL_NOTEBOOKS") else ALL[:2]  # the rest every night
STEP_WITHIN = 500  # milliseconds, the median of the steps through one order
WALK = """from checkout.lab import Lab
lab = Lab()
_ = lab.place_order("wooden spoon")
lab.walk()"""
HOPS = 17


def has_run(notebook: SiteNotebook) -> bool:
    return all(cell["execution_count"] for cell in notebook.code)


@pytest.mark.parametrize("name", CHOSEN)
def test_a_notebook_of_the_site_prints_what_is_committed(
    name: str, open_notebook: Callable[[str], SiteNotebook], elsewhere: list[str]
) -> None:
    notebook = open_notebook(name)

    notebook.run_all()

    wait_until(lambda: has_run(notebook) or errors(notebook.code), f"{name}: every cell has run")
    assert errors(notebook.code) == []
    assert list(differences(notebook.code, NOTEBOOKS / name)) == []
    assert elsewhere == []


def test_a_walk_steps_through_an_order(open_notebook: Callable[[str], SiteNotebook], elsewhere: list[str]) -> None:
    notebook = open_notebook(ALL[0])
    notebook.run_source(WALK)
    notebook.page.locator(WALK_IS_READY).wait_for()

    taken = [notebook.page.evaluate(STEP, hop) for hop in range(1, HOPS + 1)]

    assert notebook.page.locator(".walk").get_attribute("data-current") == str(HOPS)
    assert statistics.median(taken) < STEP_WITHIN, taken
    assert elsewhere == []


def test_a_request_to_another_server_is_noticed(page: Page, server: LocalServer, elsewhere: list[str]) -> None:
    page.goto(server.address)

    page.evaluate("() => fetch('http://elsewhere.invalid/file').catch(() => 0)")

    assert elsewhere == ["http://elsewhere.invalid/file"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_front_page_is_accessible_and_leads_to_the_notebooks(theme: str, page: Page, server: LocalServer) -> None:
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type] - a literal, from above
    page.goto(server.address)

    found = Axe().run(page)

    assert found.violations_count == 0, found.generate_report()
    links = page.locator("tbody a").all()
    assert [link.get_attribute("href") for link in links] == [
        f"lab/index.html?path=notebooks/{name}" for name in ALL
    ]  # fmt: skip
