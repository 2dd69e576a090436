"""Compared outputs: a plot may be drawn with other bytes; a changed number, text or diagram is found."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from compared_outputs import difference

from checkout.lab.views import plots
from checkout.lab.views.pictures import Picture, static_picture

ROOT = Path(__file__).parents[2]
PLOT = plots.latencies({"3 orders to kafka": 2.5, "4 kafka to stock": 0.5})
CELL = """from checkout.lab.views import plots
plots.latencies({"3 orders to kafka": 2.5, "4 kafka to stock": 0.5})"""


def notebook(picture: Picture, **change: str) -> dict[str, Any]:
    data = {"text/html": picture._repr_html_(), "text/plain": repr(picture)} | change
    output = {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": data}
    cell = {"cell_type": "code", "id": "cell-1", "metadata": {}, "execution_count": 1, "source": CELL}
    cell["outputs"] = [output]
    return {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def differs(path: Path, committed: dict[str, Any], now: dict[str, Any]) -> str:
    path.write_text(json.dumps(committed))
    return difference(path, json.dumps(now))


def redrawn(picture: Picture) -> Picture:
    """The same picture with other bytes."""
    kind: Callable[..., Picture] = type(picture)
    return kind(picture.svg + b"<!-- another version -->", picture.title, picture.facts, picture.summary)


def test_other_bytes_of_a_plot_are_as_committed(tmp_path: Path) -> None:
    assert differs(tmp_path / "n.ipynb", notebook(PLOT), notebook(redrawn(PLOT))) == ""


def test_another_number_in_a_plot_is_found(tmp_path: Path) -> None:
    other = plots.latencies({"3 orders to kafka": 2.6, "4 kafka to stock": 0.5})

    assert "2.6 ms" in differs(tmp_path / "n.ipynb", notebook(PLOT), notebook(other))


def test_another_alternative_text_alone_is_found(tmp_path: Path) -> None:
    html = PLOT._repr_html_().replace("Latency per", "Delay per")

    assert "Delay per" in differs(tmp_path / "n.ipynb", notebook(PLOT), notebook(PLOT, **{"text/html": html}))


def test_other_bytes_of_a_diagram_are_found(tmp_path: Path) -> None:
    diagram = static_picture("ordering", [])

    assert "cell 1 differs" in differs(tmp_path / "n.ipynb", notebook(diagram), notebook(redrawn(diagram)))


def test_other_metadata_are_found(tmp_path: Path) -> None:
    now = notebook(PLOT) | {"metadata": {"kernelspec": {}}}

    assert differs(tmp_path / "n.ipynb", notebook(PLOT), now) == "n.ipynb differs outside its cells"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("committed", "status"),
    [
        (notebook(redrawn(PLOT)), 0),
        (notebook(PLOT, **{"text/plain": repr(PLOT).replace("2.5", "2.4")}), 1),
        (notebook(PLOT, **{"text/html": PLOT._repr_html_().replace("2.5", "2.4")}), 1),
    ],
    ids=["other bytes", "another number", "another alternative text"],
)
def test_nbval_compares_the_same(tmp_path: Path, committed: dict[str, Any], status: int) -> None:
    (tmp_path / "n.ipynb").write_text(json.dumps(committed))
    options = ["-p", "nbval.plugin", "-p", "no:cacheprovider", "--nbval", "--nbval-current-env", "--rootdir", tmp_path]
    sanitizer = ["--nbval-sanitize-with", ROOT / "scripts" / "compared_outputs.cfg"]

    ran = subprocess.run([sys.executable, "-m", "pytest", *options, *sanitizer, tmp_path], cwd=ROOT)

    assert ran.returncode == status
