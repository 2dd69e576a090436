"""Choosing notebooks: those that a change may affect, and in memory only those that need no Kafka."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import choose_notebooks
import pytest
from choose_notebooks import WrongUsage, choose

Commit = Callable[..., None]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with three notebooks, of which 02 needs Kafka, after its first commit."""
    (tmp_path / "notebooks").mkdir()
    for name, tags in {"01-one": [], "02-clients": ["needs-kafka"], "03-three": ["rule"]}.items():
        cells = [{"cell_type": "markdown", "metadata": {"tags": tags}, "source": []}]
        (tmp_path / "notebooks" / f"{name}.ipynb").write_text(json.dumps({"cells": cells}))
    for name in ("checkout/domain.py", "docs/contract.md", "README.md", "tests/test_it.py", "scripts/bench"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("1")
    for words in ("init -q", "add -A", "-c user.name=Ada -c user.email=ada@example.org commit -qm First"):
        subprocess.run(["git", *words.split()], cwd=tmp_path, check=True)
    return tmp_path


def names(root: Path, *arguments: str, log: str = "kafka") -> list[str]:
    return [path.stem[:2] for path in choose(root, arguments, log)[0]]


def test_all_notebooks_are_chosen_unless_told_otherwise(root: Path) -> None:
    assert names(root) == ["01", "02", "03"]


def test_in_memory_the_notebooks_that_need_kafka_are_skipped_by_name(root: Path) -> None:
    chosen, reasons = choose(root, [], "memory")

    assert [path.stem for path in chosen] == ["01-one", "03-three"]
    assert reasons == ["skipped in memory, as they need Kafka: 02-clients.ipynb", "2 notebooks to run"]


def test_only_changed_notebooks_are_chosen_when_no_code_has_changed(root: Path) -> None:
    (root / "notebooks" / "03-three.ipynb").write_text(json.dumps({"cells": []}))
    for harmless in ("docs/contract.md", "README.md", "tests/test_it.py", "scripts/bench"):
        (root / harmless).write_text("2")

    assert names(root, "--changed", "HEAD") == ["03"]


def test_nothing_is_chosen_when_nothing_has_changed(root: Path) -> None:
    assert choose(root, ["--changed", "HEAD"], "kafka")[1][-1] == "0 notebooks to run"


@pytest.mark.parametrize(
    "file",
    ["checkout/domain.py", "checkout/new.py", "diagrams/model.puml", "notebooks/runs/a.jsonl", "requirements.lock",
     "scripts/notebooks", "scripts/compared_outputs.cfg"],
)  # fmt: skip
def test_all_notebooks_are_chosen_when_something_has_changed_that_they_may_use(root: Path, file: str) -> None:
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text("2")

    chosen, reasons = choose(root, ["--changed", "HEAD"], "kafka")

    assert len(chosen) == 3
    assert reasons[0] == f"since HEAD: 3 notebooks, because all notebooks may use {file}"


def test_a_removed_file_counts_as_changed_and_a_removed_notebook_is_not_run(root: Path) -> None:
    (root / "notebooks" / "01-one.ipynb").unlink()

    assert names(root, "--changed", "HEAD") == []

    (root / "checkout" / "domain.py").unlink()

    assert names(root, "--changed", "HEAD") == ["02", "03"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--changed", "no-such-branch"], "--changed no-such-branch: there is no such commit"),
        (["--changed", "--all"], "--changed --all: there is no such commit"),
        (["--changed", ""], "there is no such commit"),
        (["--changed"], "'--changed' is not understood"),
        (["--since", "HEAD"], "'--since HEAD' is not understood"),
    ],
)
def test_wrong_arguments_are_an_error_that_names_them(root: Path, arguments: list[str], message: str) -> None:
    with pytest.raises(WrongUsage, match=message):
        choose(root, arguments, "kafka")


def test_wrong_arguments_and_settings_end_with_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    statuses = [choose_notebooks.main(["--changed", "no-such-branch"])]
    monkeypatch.setenv("CHECKOUT_LOG", "paper")
    statuses.append(choose_notebooks.main([]))

    assert statuses == [2, 2]
    assert "write kafka or memory" in capsys.readouterr().err
