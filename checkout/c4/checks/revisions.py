"""Diffs: two states of a set of diagrams, from git or from here, and every change between them."""

from collections.abc import Sequence
from pathlib import Path

from checkout.c4.checks.diff import Change, compared, diff_picture, unpack
from checkout.c4.findings import CannotJudge
from checkout.c4.render.renderer import Renderer, read, tree_of
from checkout.c4.source.arrows import Drawing
from checkout.c4.source.files import find_files

State = dict[str, Drawing]


class Shelf:
    """The states of the diagrams at some paths."""

    def __init__(self, renderer: Renderer, folder: Path, paths: Sequence[Path]) -> None:
        self.renderer, self.folder, self.paths = renderer, folder, [path.resolve() for path in paths]
        self.tree = tree_of(self.paths[0])

    def here(self) -> State:
        """The diagrams as they stand in the working tree."""
        return self._state(self.paths, self.tree)

    def at(self, revision: str) -> State:
        """The diagrams as a revision has them. Raises CannotJudge when git does not know it."""
        folder = self.folder / str(len(list(self.folder.iterdir())))
        folder.mkdir()
        unpack(revision, folder, self.tree)
        paths = [folder / path.relative_to(self.tree) for path in self.paths]
        return self._state([path for path in paths if path.exists()], folder)

    def _state(self, paths: Sequence[Path], root: Path) -> State:
        diagrams, findings = read(find_files(paths), root)
        if findings:
            raise CannotJudge(f"one of the states cannot be read: {findings[0]}")
        drawn = [(diagram, self.renderer.picture(diagram).read().drawing) for diagram in diagrams]
        whole = root.resolve()
        return {f"{diagram.file.resolve().relative_to(whole)}#{diagram.name}": drawing for diagram, drawing in drawn}


def differences(renderer: Renderer, old: State, new: State, out: Path | None) -> list[tuple[str, Change]]:
    """Every change by diagram; with `out` also a picture of each diagram that changed."""
    found = list[tuple[str, Change]]()
    for name in sorted({*old, *new}):
        before, after = old.get(name), new.get(name)
        changes = compared(before.arrows if before else (), after.arrows if after else ())
        found += [(name, change) for change in changes]
        drawing = after or before
        if out and changes and drawing:
            out.mkdir(parents=True, exist_ok=True)
            (out / f"{drawing.name}-diff.svg").write_text(diff_picture(renderer, drawing, changes))
    return found
