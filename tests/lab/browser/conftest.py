"""What the browser tests share: a JupyterLab, and a Chromium whose requests and errors are recorded."""

import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from lab.browser.jupyter import Notebook, Server
from playwright.sync_api import Browser, Dialog, Page, Request

from checkout.local_kafka import cluster

FAILED = pytest.StashKey[bool]()
OpenNotebook = Callable[[str], Notebook]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remembers a failure, so that the page can be kept as a picture."""
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One JupyterLab for all browser tests."""
    server = Server(tmp_path_factory.mktemp("jupyterlab"))
    yield server
    server.stop()
    cluster.stop(server.home)


@pytest.fixture
def external_requests() -> list[str]:
    """The addresses outside this machine that pages have asked for."""
    return []


@pytest.fixture
def page(
    chromium: Browser, server: Server, external_requests: list[str], request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Page]:
    """A page with a fresh profile; it has asked no other machine, and nothing in it has failed."""
    context = chromium.new_context(viewport={"width": 1366, "height": 768})
    page, faults = context.new_page(), list[str]()
    page.on("request", lambda asked: _note(asked, external_requests))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", lambda dialog: _close(dialog, faults))
    yield page
    if request.node.stash.get(FAILED, False):
        folder = Path(os.environ.get("CHECKOUT_TEST_RESULTS") or tmp_path)
        page.screenshot(path=folder / f"{request.node.name}.png")
    context.close()
    server.end_kernels()
    assert faults == [] and external_requests == []


@pytest.fixture
def open_notebook(page: Page, server: Server) -> OpenNotebook:
    """Opens a notebook in the page; its kernel ends with the test."""
    return lambda path: Notebook(page, server, path)


def _note(request: Request, external_requests: list[str]) -> None:
    if not request.url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:", "about:")):
        external_requests.append(request.url)


def _close(dialog: Dialog, faults: list[str]) -> None:
    if dialog.type != "beforeunload":  # which only asks whether to leave without saving
        faults.append(f"a dialog: {dialog.message}")
    dialog.accept()
