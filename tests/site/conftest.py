"""What the tests of the site share: the built site, a server for it, and a page that reaches nothing else."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lab.browser.chromium import chromium
from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "scripts" / "site_builder")]

from serving import LocalServer, SiteNotebook, serve, take_down_requests  # noqa: E402

__all__ = ["chromium"]
OpenNotebook = Callable[[str], SiteNotebook]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, as `scripts/site` builds it."""
    folder = tmp_path_factory.mktemp("site") / "built"
    built = subprocess.run([ROOT / "scripts" / "site", folder], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return folder


@pytest.fixture
def server(site: Path) -> Iterator[LocalServer]:
    """A web server for the site."""
    server = serve(site, [])
    yield server
    server.stop()


@pytest.fixture
def elsewhere() -> list[str]:
    """The addresses other than the site's that were asked for, by the page or by one of its workers."""
    return []


@pytest.fixture
def page(chromium: Browser, elsewhere: list[str]) -> Iterator[Page]:
    """A page with a fresh profile; nothing in it has failed."""
    proxy, faults = take_down_requests(elsewhere), list[str]()
    context = chromium.new_context(
        viewport={"width": 1366, "height": 768}, proxy={"server": proxy.address, "bypass": "127.0.0.1"}
    )
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    proxy.stop()
    assert faults == []


@pytest.fixture
def open_notebook(page: Page, server: LocalServer) -> OpenNotebook:
    """Opens a notebook of the site in the page."""
    return lambda name: SiteNotebook(page, server.address, name)
