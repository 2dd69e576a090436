"""Fixtures: the wheel in a virtual environment of its own, and a repository that has a diagram and recordings only."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from installation import Installation, commit, pip, run
from payment_system import write_payment

ROOT = Path(__file__).parents[2]
TOOLS = ("setuptools>=80", "pytest>=9", "pre-commit>=4", "sphinx>=8", "mkdocs>=1.6", "opentelemetry-sdk>=1.30")


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of this repository with the present state of its files, in one commit."""
    folder = tmp_path_factory.mktemp("source") / "toolkit"
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).split("\0")
    for name in listed:
        file = ROOT / name
        if file.is_file() and not file.is_symlink() and not name.startswith(("notebooks/", "tests/")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, folder / name)
    commit(folder)
    return folder


@pytest.fixture(scope="session")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the clone."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", folder, source)
    (file,) = folder.glob("checkout-*.whl")
    return file


@pytest.fixture(scope="session")
def toolkit(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A virtual environment in which the wheel is installed with its base dependencies and nothing else."""
    folder = tmp_path_factory.mktemp("environment") / "c4"  # as the GitHub action calls it
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    pip(folder, wheel)
    listed = run(sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "list", "--format=freeze")
    yield Installation(folder, frozenset(line.partition("==")[0].lower() for line in listed.splitlines()))
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def with_tools(toolkit: Installation) -> Installation:
    """The same environment, in which the tools of others are installed beside the wheel."""
    pip(toolkit.folder, *TOOLS)
    return toolkit


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory, toolkit: Installation) -> Path:
    """A git repository that has a diagram with its picture, a journal and a trace."""
    folder = tmp_path_factory.mktemp("original")
    write_payment(folder)
    done = toolkit.run("c4", "render", cwd=folder)
    assert done.returncode == 0, done.stderr
    commit(folder)
    return folder


@pytest.fixture
def repository(original: Path, tmp_path: Path) -> Path:
    """A copy of this repository, to be changed."""
    return shutil.copytree(original, tmp_path / "repository")
