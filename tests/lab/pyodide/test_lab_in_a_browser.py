"""A lab in a browser: it runs in an interpreter without processes, threads and the libraries that a browser lacks."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE, ROOT = Path(__file__).parent, Path(__file__).parents[3]
NOTEBOOKS = ROOT / "notebooks"
KINDS = ("text/plain", "text/html")
PICTURE = re.compile(r"base64,[\w+/=]+")
LAB = """
import sys
from checkout.lab import Lab
lab = Lab()
print(lab.place_order("wooden spoon", quantity=2))
print(lab.run())
print(lab.orders, lab.messages.head(1), lab.groups["lag"].sum(), lab.letter("order-1").splitlines()[0], sep="\\n")
print(type(lab.walk()).__name__, len(lab.moments), "hops", lab.check().violations)
"""
REFUSED = {
    "from checkout.lab import Lab\nLab(brokers=3)": "a Kafka needs processes",
    "from checkout.lab import Lab\nLab(log='kafka')": "a Kafka needs processes",
    "from checkout.lab import command\ncommand('checkout doctor')": "`checkout doctor` needs processes",
    "from checkout.lab import Lab\nLab().kafka_tool('topics --list')": "a tool of Kafka needs processes",
    "from checkout.lab import Lab\nLab().serve('payment_broker')": "a server needs processes",
    "from checkout.c4 import Diagram\nDiagram('diagrams/ordering.puml')._repr_html_()": "a browser starts no programs",
}
# The cells that cannot run in a browser, by notebook: their numbers among the code cells, and why.
NOT_THERE = {
    "00-start-here": ([13], "checkout doctor"),
    "01-place-an-order": ([], ""),
    "03-topics-and-partitions": ([], ""),
    "04-sold-out": ([16, 17], "checkout diagrams verify"),
    "05-payment-denied": ([13], "checkout diagrams verify"),
    "06-inside-a-hop": ([], ""),
    "07-groups-and-rebalance": ([], ""),
    "09-a-fourth-listener": ([13, 14, 15], "checkout diagrams verify, checkout diagrams draw"),
    "11-kafka-or-simpler": ([14], "the commands of the store"),
    "14-exercises": ([], ""),
    "15-cancel-and-refund": ([13], "checkout diagrams verify"),
}


def in_a_browser(home: Path, *arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Runs a file in such an interpreter."""
    command = [sys.executable, str(HERE / "browser_python.py"), *arguments]
    others = {name: value for name, value in os.environ.items() if not name.startswith("CHECKOUT_")}
    environment = others | {"CHECKOUT_HOME": str(home), "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, timeout=120)


def program(home: Path, text: str) -> subprocess.CompletedProcess[str]:
    """Runs a program in such an interpreter."""
    file = home / "program.py"
    file.write_text(text)
    return in_a_browser(home, str(file))


def test_a_lab_runs_in_memory_with_tables_invariants_and_the_walk(tmp_path: Path) -> None:
    ran = program(tmp_path, LAB)

    assert ran.stderr == ""
    lines = ran.stdout.splitlines()
    assert "0  order-1  APPROVED         10.00      Ada  2 x Wooden spoon" in lines
    assert lines[-1] == "Walk 17 hops []"


@pytest.mark.parametrize("text", REFUSED)
def test_what_needs_processes_is_refused_with_a_sentence(tmp_path: Path, text: str) -> None:
    ran = program(tmp_path, text)

    assert REFUSED[text] in ran.stderr.splitlines()[-1]
    assert "Error: " in ran.stderr.splitlines()[-1]


def recorded(cell: dict[str, Any]) -> dict[str, str]:
    """What a committed cell shows."""
    found: dict[str, str] = {}
    for output in cell["outputs"]:
        if output["output_type"] == "stream":
            found["stdout"] = found.get("stdout", "") + "".join(output["text"])
        elif output["output_type"] == "error":
            found["error"] = f"{output['ename']}: {output['evalue']}"
        else:
            found |= {kind: "".join(text) for kind, text in output["data"].items() if kind in KINDS}
    return {kind: PICTURE.sub("", text) for kind, text in found.items()}


@pytest.mark.slow
@pytest.mark.parametrize("name", NOT_THERE)
def test_the_cells_of_a_notebook_show_what_is_recorded(tmp_path: Path, name: str) -> None:
    path = NOTEBOOKS / f"{name}.ipynb"
    cells = [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]

    ran = in_a_browser(tmp_path, str(HERE / "cell_outputs.py"), str(path), folder=NOTEBOOKS)

    assert ran.returncode == 0, ran.stderr
    shown = [{kind: PICTURE.sub("", text) for kind, text in each.items() if text} for each in json.loads(ran.stdout)]
    different = [number for number, (cell, now) in enumerate(zip(cells, shown, strict=True)) if recorded(cell) != now]
    assert different == NOT_THERE[name][0]
