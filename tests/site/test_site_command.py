"""The command that builds the site: its usage, and folders that it cannot write."""

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "site"


def site(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs `scripts/site` in a folder."""
    return subprocess.run([SCRIPT, *arguments], cwd=folder, capture_output=True, text=True, timeout=60)


def test_help_is_printed(tmp_path: Path) -> None:
    done = site("--help", folder=tmp_path)

    assert (done.returncode, done.stderr) == (0, "") and done.stdout.startswith("usage: scripts/site [FOLDER]")


@pytest.mark.parametrize("arguments", [("--bogus",), ("a", "b")])
def test_wrong_usage_builds_nothing(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = site(*arguments, folder=tmp_path)

    assert done.returncode == 2 and done.stderr.startswith("usage: scripts/site [FOLDER]")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_refused_before_anything_is_built(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    done = site("file/site", folder=tmp_path)

    assert (done.returncode, done.stdout) == (1, "")
    assert "file/site cannot be written" in done.stderr and done.stderr.endswith("name another folder\n")


def test_a_folder_is_that_of_the_caller(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "kept.txt").write_text("")

    done = site("mine", folder=tmp_path)

    assert done.returncode == 2 and f"{tmp_path / 'mine'} holds something else" in done.stderr
