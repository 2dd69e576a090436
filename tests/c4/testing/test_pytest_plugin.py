"""Pytest plugin: what it reports for tests whose recorded runs conform, deviate, or cannot be compared."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from c4.conftest import DIAGRAMS

pytestmark = pytest.mark.slow  # runs pytest in a process of its own, with PlantUML

DIAGRAM = """@startuml
!include <C4/C4_Dynamic>
title Payment
Container(till, "Till")
System_Ext(bank, "Bank")
Rel(till, bank, "asks for the payment", "ISO 8583", $index=1)
Rel(bank, till, "agrees", "ISO 8583", $index=2)
@enduml
"""
TESTS = '''
import pytest

def hop(sender, to, second, outcome="applied"):
    return {"order": "7", "from": sender, "to": to, "message": "M", "technology": "ISO 8583",
            "at": f"2026-01-01T10:00:0{second}Z", "outcome": outcome}

ASK, AGREE, AGAIN = hop("till", "bank", 1), hop("bank", "till", 2), hop("bank", "till", 3)
till = pytest.mark.c4("docs/till.puml")

@till
def test_conforms(c4_verify):
    (result,) = c4_verify([ASK, AGREE])
    assert (result.order, result.conforms) == ("7", True)

@till
def test_conforms_as_a_file(c4_verify, pytestconfig):
    c4_verify(pytestconfig.rootpath / "run.jsonl")

@till
def test_missing(c4_verify):
    c4_verify([ASK])

@till
def test_not_drawn(c4_verify):
    c4_verify([ASK, AGREE, hop("bank", "bank", 3)])

@till
def test_again(c4_verify):
    c4_verify([ASK, AGREE, AGAIN])

@pytest.mark.c4("docs/till.puml", allow_redelivery=True)
def test_again_is_allowed_by_the_marker(c4_verify):
    c4_verify([ASK, AGREE, AGAIN])

@till
def test_again_is_allowed_by_the_call(c4_verify):
    c4_verify([ASK, AGREE, AGAIN], allow_redelivery=True)

def test_without_a_marker(c4_verify):
    c4_verify([ASK, AGREE], diagram="docs/till.puml")

def test_no_diagram(c4_verify):
    c4_verify([ASK])

@till
def test_no_hops(c4_verify):
    c4_verify([])

@till
def test_no_journal(c4_verify):
    c4_verify("gone.jsonl")

@pytest.mark.c4("gone.puml")
def test_no_file(c4_verify):
    c4_verify([ASK])

@pytest.mark.c4("docs/till.puml", allow="all")
def test_wrong_marker(c4_verify):
    c4_verify([ASK])
'''
DEFAULT = """
import pytest

pytestmark = pytest.mark.c4("docs/till.puml")

def test_other():
    pass

def test_uses_the_marker_of_the_module(c4_verify):
    c4_verify("run.jsonl")
"""
UNUSED = 'import pytest\n\n@pytest.mark.c4("docs/till.puml")\ndef test_nothing():\n    pass\n'


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a diagram, a journal and tests."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "docs").mkdir()
    (folder / "docs" / "till.puml").write_text(DIAGRAM)
    (folder / "test_till.py").write_text(TESTS)
    (folder / "test_default.py").write_text(DEFAULT)
    (folder / "test_unused.py").write_text(UNUSED)
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers --strict-config\nfilterwarnings = error\n")
    hop = {"order": "7", "message": "M", "technology": "ISO 8583"}
    ask = hop | {"from": "till", "to": "bank", "at": "2026-01-01T10:00:01Z"}
    agree = hop | {"from": "bank", "to": "till", "at": "2026-01-01T10:00:02Z"}
    (folder / "run.jsonl").write_text(f"{json.dumps(ask)}\n{json.dumps(agree)}\n")
    return folder


def run_pytest(project: Path, file: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "checkout.c4.testing.plugin", "--color=no", file]
    env = os.environ | {"PYTHONPATH": str(DIAGRAMS.parent), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "COLUMNS": "200"}
    return subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, timeout=100, check=False)


@pytest.fixture(scope="module")
def report(project: Path) -> str:
    """What pytest prints for the tests of the project."""
    return run_pytest(project, "test_till.py").stdout


def test_a_run_that_conforms_passes_and_any_other_fails(report: str) -> None:
    results = re.findall(r"^(PASSED|FAILED|ERROR) test_till.py::(\w+)", report, re.MULTILINE)

    assert {name for outcome, name in results if outcome == "PASSED"} == {
        "test_conforms", "test_conforms_as_a_file", "test_without_a_marker", "test_again_is_allowed_by_the_marker",
        "test_again_is_allowed_by_the_call",
    }  # fmt: skip
    assert len(results) == TESTS.count("def test_")


@pytest.mark.parametrize(
    "line",
    [
        "E       Failed: 1 of 1 runs do not conform to docs/till.puml",
        "E         missing: docs/till.puml:7: never happened: 2 bank → till [ISO 8583]",
        "E         redelivered: docs/till.puml:7: was applied again: M bank → till",
        "E         extra: is not drawn: M bank → bank",
        "E       Failed: there is no diagram to compare with: mark the test with @pytest.mark.c4(",
        "E       Failed: the journal has no hops: run an order first",
        "E       Failed: gone.jsonl: there is no such journal",
        "E       Failed: gone.puml: there is no such file or folder",
        "wrong arguments of the marker c4: write c4(diagram, map_file, order, allow_redelivery, allow_gaps)",
    ],
)
def test_the_failure_names_the_line_of_the_arrow_or_what_is_missing(report: str, line: str) -> None:
    assert line in report


def test_the_failure_shows_the_line_of_the_test_and_nothing_of_the_plugin(report: str) -> None:
    assert ">       c4_verify([ASK])" in report
    assert "verifier.py" not in report


def test_the_marker_of_a_module_is_a_default_for_the_tests_that_use_the_fixture(project: Path) -> None:
    done = run_pytest(project, "test_default.py")

    assert (done.returncode, done.stdout.splitlines()[-1][:8]) == (0, "2 passed"), done.stdout


def test_a_marker_without_the_fixture_is_refused(project: Path) -> None:
    done = run_pytest(project, "test_unused.py")

    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "test_unused.py::test_nothing has the marker c4 without an argument c4_verify: add it" in done.stderr
