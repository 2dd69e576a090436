"""Books: each cell of a notebook runs in the site or shows its recorded output, and docs/browser.md counts them."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import books
import front_page
import pytest
import recorded_cells
from IPython.core.interactiveshell import InteractiveShell

from checkout.lab.views import small_frames

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs/browser.md").read_text()
CELL = {"cell_type": "code", "id": "one", "metadata": {"tags": ["raises-exception"]}, "execution_count": 4}
OUTPUTS: list[dict[str, Any]] = [
    {"output_type": "stream", "name": "stdout", "text": ["three brokers\n"]},
    {"output_type": "execute_result", "data": {"text/plain": ["a\n", "table"]}, "metadata": {}, "execution_count": 4},
    {"output_type": "error", "ename": "LabError", "evalue": "there is no broker 4", "traceback": []},
]


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    """A notebook with one code cell, which ends in an error."""
    cell = CELL | {"source": ["lab = Lab(brokers=3)\n", "lab.kill_broker(4)"], "outputs": OUTPUTS}
    path = tmp_path / "08-kill.ipynb"
    path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path


def test_a_cell_that_cannot_run_says_so_and_keeps_code_and_output(notebook: Path) -> None:
    book, recorded = books.for_the_site(notebook, {"one": "there is no Kafka"})

    [cell] = book["cells"]
    assert "".join(cell["source"]) == "%%recorded 08-kill one\nlab = Lab(brokers=3)\nlab.kill_broker(4)"
    assert "there is no Kafka" in cell["outputs"][0]["text"]
    assert cell["outputs"][1:] == OUTPUTS == recorded["08-kill one"]["outputs"]
    assert cell["metadata"]["tags"] == []


def test_a_cell_that_is_meant_to_fail_does_not_stop_those_behind_it(notebook: Path) -> None:
    book, recorded = books.for_the_site(notebook, {})

    assert book["cells"][0]["source"][0] == "%%raises\n"
    assert recorded == {}


def test_the_kernel_shows_the_reason_and_the_recorded_outputs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = list[Any]()
    monkeypatch.setattr(recorded_cells, "publish_display_data", lambda *parts: shown.append(parts))

    names = dict[str, Any]()
    recorded_cells.show({"note": "there is no Kafka", "outputs": OUTPUTS, "instead": "brokers = 0"}, names)

    printed = capsys.readouterr().out
    assert "there is no Kafka" in printed and "three brokers\n" in printed
    assert "LabError: there is no broker 4" in printed
    assert shown == [({"text/plain": "a\ntable"}, {})]
    assert names["brokers"] == 0


def test_the_error_of_a_cell_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    recorded_cells.show_error("1 / number", {"number": 0})

    assert capsys.readouterr().out == "ZeroDivisionError: division by zero\n"


def test_the_extension_adds_its_magics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "recorded_cells.data").write_text('{"08-kill one": {"note": "", "outputs": [], "instead": ""}}')
    monkeypatch.setattr(recorded_cells, "HERE", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "pandas", sys)  # and what was there before comes back after the test
    shell = InteractiveShell.instance()

    recorded_cells.load_ipython_extension(shell)
    shell.run_cell("%%recorded 08-kill one\nraise ValueError").raise_error()

    assert Path.cwd() == tmp_path / "notebooks"
    assert sys.modules["pandas"] is small_frames
    InteractiveShell.clear_instance()


def test_the_list_names_only_code_cells_of_notebooks() -> None:
    cells = {path.stem: {cell["id"] for cell in books.code_cells(path)} for path in books.NOTEBOOKS}

    listed = books.not_runnable()

    assert [(name, id) for name, ids in listed.items() for id in ids if id not in cells.get(name, ())] == []
    assert len(listed) >= 5


def test_the_docs_count_the_cells_that_run() -> None:
    rows = re.findall(r"^\| \[(.+?)\]\(\.\./notebooks/(.+?)\) \| (\d+) of (\d+) \|", DOCS, re.MULTILINE)

    listed, counts = books.not_runnable(), {path: len(books.code_cells(path)) for path in books.NOTEBOOKS}

    assert rows == [
        (books.title_page(path)[0], path.name, str(count - len(listed.get(path.stem, {}))), str(count))
        for path, count in counts.items()
    ]


def test_the_front_page_has_a_row_for_each_notebook() -> None:
    page = front_page.page(30)

    linked = re.findall(r'href="lab/index.html\?path=notebooks/(.+?)">\d', page)
    assert linked == [path.name for path in books.NOTEBOOKS]
    assert "30 MB" in page
