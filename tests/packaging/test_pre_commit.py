"""pre-commit: the hooks of this repository refuse an outdated picture and a diagram with errors."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from installation import Completed, Installation, run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # the first test installs

CONFIG = """
repos:
  - repo: {source}
    rev: {commit}
    hooks:
      - id: c4-render-check
      - id: c4-check
"""
Hooks = Callable[[], Completed]


@pytest.fixture(scope="module")
def hooks_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where pre-commit installs the hooks, once for all tests."""
    folder = tmp_path_factory.mktemp("pre-commit")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def hooks(with_tools: Installation, source: Path, repository: Path, hooks_home: Path) -> Hooks:
    """Runs the hooks on what is staged."""
    commit = run("git", "rev-parse", "HEAD", cwd=source).strip()
    (repository / ".pre-commit-config.yaml").write_text(CONFIG.format(source=source, commit=commit))

    def run_hooks() -> Completed:
        run("git", "add", "--all", cwd=repository)
        home = {"PRE_COMMIT_HOME": str(hooks_home), "PIP_NO_COMPILE": "1"}
        return with_tools.run("pre-commit", "run", "--color=never", cwd=repository, **home)

    return run_hooks


def results(done: Completed) -> dict[str, str]:
    """The result of each hook."""
    lines = [line for line in done.stdout.splitlines() if "....." in line]
    return {line.partition("...")[0]: line.rpartition(".")[2] for line in lines}


PICTURES, DIAGRAMS = "C4 pictures are up to date", "C4 diagrams are consistent"


def test_a_change_that_leaves_the_picture_outdated_is_refused(hooks: Hooks, repository: Path) -> None:
    diagram = repository / "diagrams" / "payment.puml"
    diagram.write_text(diagram.read_text().replace("books the payment", "declines"))

    done = hooks()

    assert (done.returncode, results(done)) == (1, {PICTURES: "Failed", DIAGRAMS: "Passed"}), done.stdout + done.stderr
    assert "diagrams/payment.svg" in done.stdout


def test_a_diagram_with_an_error_is_refused(hooks: Hooks, repository: Path) -> None:
    diagram = repository / "diagrams" / "payment.puml"
    diagram.write_text(diagram.read_text().replace("Rel(bank, ledger", "Rel(bank, ledgers"))

    done = hooks()

    assert results(done)[DIAGRAMS] == "Failed"
    assert "diagrams/payment.puml:8:" in done.stdout and "undeclared-alias" in done.stdout


def test_a_change_of_other_files_is_accepted(hooks: Hooks, repository: Path) -> None:
    (repository / "notes.txt").write_text("unrelated")

    done = hooks()

    assert (done.returncode, set(results(done).values())) == (0, {"(no files to check)Skipped"})
