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
PROGRAM = """
import sys
from checkout.lab import Lab

lab = Lab("memory")
lab.explain()
print(*sys.modules)
lab.orders
print(*sys.modules)
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


@pytest.mark.slow
def test_a_lab_imports_pandas_for_the_first_table_and_no_library_for_pictures(tmp_path: Path) -> None:
    ended = run(tmp_path, "-c", PROGRAM)

    before, after = (HEAVY & set(line.split()) for line in ended.stdout.splitlines())
    assert before & {"IPython", "anywidget", "matplotlib", "pandas"} == set()
    assert after - before == {"pandas"}
