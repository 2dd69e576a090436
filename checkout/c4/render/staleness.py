"""Stale: whether a committed picture is still what its source draws, and if not, why."""

import re
from dataclasses import dataclass
from pathlib import Path

from checkout.c4.findings import shown
from checkout.c4.render.renderer import Picture, Renderer
from checkout.c4.render.svg import STAMP
from checkout.c4.source.files import Diagram

NOTE = re.compile(rf"<metadata[^>]*>{re.escape(STAMP)} source-(\w+) ([^<]*)</metadata>")


@dataclass(frozen=True)
class Stale:
    """A picture that is not what its source draws; `is_tool` when this toolbox cannot tell."""

    picture: Path
    why: str
    is_tool: bool = False

    def __str__(self) -> str:
        return f"{shown(self.picture)}: {self.why}"


def judge(renderer: Renderer, diagram: Diagram, drawn: Picture, path: Path) -> Stale | None:
    """Nothing when the picture is fresh; else why it is not: source, tool or picture changed."""
    remedy = f"run: checkout diagrams render {shown(diagram.file)}"
    if not path.is_file():
        return Stale(path, f"there is no picture of {shown(diagram.file)}; {remedy}")
    kept = path.read_bytes()
    if kept == drawn.svg.encode():
        return None
    note = NOTE.search(kept.decode(errors="replace"))
    if note is None:
        return Stale(path, f"the picture was not drawn by this toolkit; {remedy}")
    source, tool = note[1], note[2]
    if tool != renderer.toolbox.identity:
        return Stale(path, f"drawn with {tool}, here is {renderer.toolbox.identity}; see “Upgrading PlantUML”", True)
    is_same = f"source-{source} " in renderer.stamp(diagram)
    return Stale(path, f"{'the picture' if is_same else 'its source'} changed since; {remedy}")
