"""The notebooks as a learner runs them: all cells, in JupyterLab, with a real Kafka."""

import os
from collections.abc import Callable, Iterator

import pytest
from kafka import KafkaAdminClient
from lab.browser.jupyter import ROOT, Notebook, Server, errors, wait_until
from playwright.sync_api import Page

from checkout.cli.running.jupyterlab import START
from checkout.local_kafka import cluster

pytestmark = [pytest.mark.browser, pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(240)]
ALL = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
MIDDLE_OF_A_HOP = (
    "from checkout.lab import Lab\nlab = Lab()\n_ = lab.place_order('wooden spoon')",
    "lab.break_at('stock', 'handle')\n_ = lab.run()",
    "print(lab.step(verb=True))",
)
CHOSEN = ALL if os.environ.get("CHECKOUT_ALL_NOTEBOOKS") else ALL[:2]  # the rest every night


@pytest.fixture(scope="module")
def kafka_of_kernels(server: Server) -> Iterator[str]:
    """A broker in the home of the kernels, which stays from one to the next."""
    yield cluster.acquire(server.home, server.port_base, make_cache=False)
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


@pytest.mark.usefixtures("kafka_of_kernels")
def test_two_notebooks_run_at_once(page: Page, server: Server, open_notebook: Callable[[str], Notebook]) -> None:
    """Each has a kernel and labs of its own, on one Kafka."""
    two = page.context.new_page()
    notebooks = [open_notebook(f"notebooks/{CHOSEN[0]}"), Notebook(two, server, f"notebooks/{CHOSEN[1]}")]

    for notebook in notebooks:
        notebook.start_all()

    wait_until(lambda: all(each["execution_count"] for book in notebooks for each in book.code), "every cell", 120)
    for notebook in notebooks:
        announced = [cell for cell in notebook.cells if "raises-exception" in cell["metadata"].get("tags", [])]
        assert len(errors(notebook.code)) == len(announced)


def test_a_kernel_is_restarted_by_the_button_in_the_middle_of_a_hop(
    server: Server, kafka_of_kernels: str, open_notebook: Callable[[str], Notebook]
) -> None:
    """The topics of the old lab are deleted, and the notebook runs again with the same outputs."""
    notebook = open_notebook(server.write("restart", *MIDDLE_OF_A_HOP))
    notebook.run_all()
    wait_until(lambda: notebook.code[-1]["execution_count"], "the first run")
    first, before = notebook.code[-1]["outputs"], topics(kafka_of_kernels)

    notebook.restart_kernel()
    wait_until(lambda: not before & topics(kafka_of_kernels), "the topics of the old lab to be deleted")
    notebook.run_all()

    wait_until(lambda: notebook.code[-1]["execution_count"] == len(MIDDLE_OF_A_HOP), "the second run")
    assert "stock-1: handle" in str(first)
    assert (notebook.code[-1]["outputs"], errors(notebook.code)) == (first, [])


def topics(bootstrap_servers: str) -> set[str]:
    """The topics on the Kafka of the kernels."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap_servers)
    try:
        return {topic for topic in admin.list_topics() if not topic.startswith("__")}
    finally:
        admin.close()


def test_the_lab_opens_at_the_first_notebook_with_its_contents_and_no_news(page: Page, server: Server) -> None:
    page.goto(f"{server.address}/lab/workspaces/checkout/tree/{START}?token={server.token}")

    contents = page.locator(".jp-TableOfContents-content")
    contents.get_by_text("Try this").wait_for()
    assert page.title().startswith("00-star")  # JupyterLab shortens it
    assert page.locator(".Toastify__toast").count() == 0
    kernels = server.ask("GET", "../lab/api/settings/@jupyterlab/apputils-extension:kernels-settings").json()
    assert kernels["schema"]["properties"]["commsOverSubshells"]["default"] == "disabled"
