"""The notebooks as a learner runs them: all cells, in JupyterLab, with a real Kafka."""

import os
from collections.abc import Callable, Iterator

import pytest
from lab.browser.jupyter import ROOT, Notebook, Server, errors, wait_until
from playwright.sync_api import Page

from checkout.cli.jupyterlab import START
from checkout.local_kafka import cluster

pytestmark = [pytest.mark.browser, pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(240)]
ALL = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
CHOSEN = ALL if os.environ.get("CHECKOUT_ALL_NOTEBOOKS") else ALL[:2]  # the rest every night


@pytest.fixture(scope="module")
def kafka_of_kernels(server: Server) -> Iterator[None]:
    """A broker in the home of the kernels, which stays from one to the next."""
    cluster.acquire(server.home, server.port_base, make_cache=False)
    yield
    cluster.release(server.home)


def test_there_are_notebooks_to_run() -> None:
    assert len(CHOSEN) >= 2


@pytest.mark.usefixtures("kafka_of_kernels")
@pytest.mark.parametrize("name", CHOSEN)
def test_all_cells_of_a_notebook_run(name: str, open_notebook: Callable[[str], Notebook]) -> None:
    notebook = open_notebook(f"notebooks/{name}")
    announced = [cell for cell in notebook.cells if "raises-exception" in cell["metadata"].get("tags", [])]

    notebook.run_all()

    # The last answer may come after the command has ended.
    wait_until(lambda: all(cell["execution_count"] for cell in notebook.code), f"{name}: every cell has run")
    assert [cell["execution_count"] for cell in notebook.code] == list(range(1, len(notebook.code) + 1))
    assert len(errors(notebook.code)) == len(announced)


def test_the_lab_opens_at_the_first_notebook_with_its_contents_and_no_news(page: Page, server: Server) -> None:
    page.goto(f"{server.address}/lab/workspaces/checkout/tree/{START}?token={server.token}")

    contents = page.locator(".jp-TableOfContents-content")
    contents.get_by_text("Try this").wait_for()
    assert page.title().startswith("00-star")  # JupyterLab shortens it
    assert page.locator(".Toastify__toast").count() == 0
    kernels = server.ask("GET", "../lab/api/settings/@jupyterlab/apputils-extension:kernels-settings").json()
    assert kernels["schema"]["properties"]["commsOverSubshells"]["default"] == "disabled"
