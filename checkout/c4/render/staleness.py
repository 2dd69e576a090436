"""Staleness: whether a committed picture is what its source renders to, and if not, why."""

import re
from dataclasses import dataclass
from pathlib import Path

from checkout.c4.findings import display_path
from checkout.c4.render.renderer import RenderedDiagram, Renderer
from checkout.c4.render.svg import STAMP
from checkout.c4.source.files import DiagramSource

METADATA = re.compile(rf"<metadata[^>]*>{re.escape(STAMP)} source-(\w+) ([^<]*)</metadata>")


@dataclass(frozen=True)
class StalePicture:
    """A committed picture that differs from its source; `other_toolchain` if that alone may be the reason."""

    picture: Path
    reason: str
    other_toolchain: bool = False

    def __str__(self) -> str:
        return f"{display_path(self.picture)}: {self.reason}"


def check_picture(renderer: Renderer, diagram: DiagramSource, rendered: RenderedDiagram) -> StalePicture | None:
    """None if the picture beside a source is up to date; else the reason: source, toolchain or picture changed."""
    path = diagram.file.parent / f"{diagram.name}.svg"
    remedy = f"run: checkout diagrams render {display_path(diagram.file)}"
    if not path.is_file():
        return StalePicture(path, f"there is no picture of {display_path(diagram.file)}; {remedy}")
    committed = path.read_bytes()
    if committed == rendered.svg.encode():
        return None
    metadata = METADATA.search(committed.decode(errors="replace"))
    if metadata is None:
        return StalePicture(path, f"the picture was not rendered by this toolkit; {remedy}")
    source, toolchain = metadata[1], metadata[2]
    if toolchain != renderer.toolchain.identity:
        here = renderer.toolchain.identity
        reason = f"rendered with {toolchain}, here is {here}; see “Upgrading PlantUML” in docs/diagrams.md"
        return StalePicture(path, reason, other_toolchain=True)
    is_same = f"source-{source} " in renderer.stamp(diagram)
    return StalePicture(path, f"{'the picture' if is_same else 'its source'} changed since; {remedy}")
