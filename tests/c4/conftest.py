"""Fixtures: one warm PlantUML and one cache for all tests of the diagrams, and diagrams from lines of text."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from c4.runs import valid_run
from checkout.c4.commands import find_problems
from checkout.c4.findings import Finding
from checkout.c4.render.cache import Cache
from checkout.c4.render.renderer import RenderedDiagram, Renderer
from checkout.c4.source.arrows import Drawing
from checkout.c4.source.includes import read_diagrams

DIAGRAMS = Path(__file__).parents[2] / "diagrams"
Draw = Callable[..., RenderedDiagram]
Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def cache_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache that all tests share, so that each diagram is rendered once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _own_cache(cache_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache_home))


@pytest.fixture(scope="session")
def renderer(cache_home: Path) -> Iterator[Renderer]:
    """A renderer with warm PlantUML processes."""
    with Renderer(DIAGRAMS, cache=Cache(cache_home / "checkout" / "diagrams" / "drawn")) as renderer:
        yield renderer


@pytest.fixture
def draw(renderer: Renderer, tmp_path: Path) -> Draw:
    """Draws a diagram from its lines, `draw("Rel(a, b)")`, or from a file, `draw(file=path)`."""

    def draw(*lines: str, level: str = "Dynamic", file: Path | None = None, at: int = 0) -> RenderedDiagram:
        path = file or tmp_path / "drawn.puml"
        if file is None:
            path.write_text("\n".join(["@startuml", f"!include <C4/C4_{level}>", "title Drawn", *lines, "@enduml"]))
        return renderer.render(read_diagrams(path, path.parent)[at]).checked()

    return draw


@pytest.fixture
def view(draw: Draw) -> Callable[[str], Drawing]:
    """One of the store's own views by name."""
    return lambda name: draw(file=DIAGRAMS / f"{name}.puml").drawing


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the store's diagrams, to be broken."""
    folder = tmp_path / "diagrams"
    folder.mkdir()
    for file in DIAGRAMS.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


@pytest.fixture
def findings(renderer: Renderer) -> Callable[..., list[Finding]]:
    """The findings of the diagrams in some files."""
    return lambda *files, code_arrows=(): find_problems(files, code_arrows, renderer)


@pytest.fixture
def journal(tmp_path: Path) -> Callable[..., Path]:
    """Writes hops, or a valid run of a view, as a journal."""

    def write(run: list[dict[str, Any]] | str = "ordering", name: str = "run.jsonl") -> Path:
        hops = valid_run(run, Random(4)) if isinstance(run, str) else run
        path = tmp_path / name
        path.write_text("".join(json.dumps(hop) + "\n" for hop in hops))
        return path

    return write


@pytest.fixture
def diagrams(tmp_path: Path) -> Command:
    """Runs `checkout diagrams ...` as a process of its own."""

    def run(*arguments: object, cwd: Path | None = None, **more: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "checkout.c4", *map(str, arguments)]
        env = {**os.environ, "PYTHONPATH": str(DIAGRAMS.parent)} | more
        return subprocess.run(
            command, cwd=cwd or tmp_path, env=env, capture_output=True, text=True, timeout=60, check=False
        )

    return run
