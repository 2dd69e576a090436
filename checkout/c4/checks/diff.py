"""Diff: compares the arrows of diagrams between two states, from git or the working tree, as text and as pictures."""

import io
import subprocess
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

from checkout.c4.findings import PreconditionError
from checkout.c4.render.extra_arrows import extra_arrows, render_with_extra_arrows
from checkout.c4.render.paint import (
    AMBER,
    GREEN,
    GREY,
    RED,
    Stroke,
    apply_strokes,
)
from checkout.c4.render.renderer import Renderer
from checkout.c4.source.arrows import Arrow, Drawing
from checkout.c4.source.diagrams import read_sources, source_root
from checkout.c4.source.files import SUFFIXES, find_files


class ChangeKind(StrEnum):
    """How an arrow differs between two states."""

    ADDED = "added"
    REMOVED = "removed"
    RENUMBERED = "renumbered"
    RELABELLED = "relabelled"


STROKES: dict[ChangeKind, Stroke] = {
    ChangeKind.ADDED: GREEN, ChangeKind.REMOVED: RED, ChangeKind.RENUMBERED: AMBER, ChangeKind.RELABELLED: AMBER,
}  # fmt: skip
State = dict[str, Drawing]  # by file and name
# Arrows are paired by these keys, the most exact first.
PAIRINGS: tuple[Callable[[Arrow], tuple[str, ...]], ...] = (
    lambda a: (a.index, a.label, *a.key),
    lambda a: (a.label, *a.key),
    lambda a: (a.index, *a.key),
    lambda a: a.key,
    lambda a: (a.index, a.source, a.target),
    lambda a: (a.label, a.source, a.target),
)


@dataclass(frozen=True)
class Change:
    """One arrow that differs between two states; `old` is None if it was added, `new` if it was removed."""

    kind: ChangeKind
    old: Arrow | None
    new: Arrow | None

    def __str__(self) -> str:
        if self.old and self.new:
            old, new = (f"{each} “{each.label}”" for each in (self.old, self.new))
            return f"{self.kind}: {old} is now {new}"
        arrow = self.old or self.new
        return f"{self.kind}: {arrow} “{arrow.label if arrow else ''}”"


def read_state(renderer: Renderer, paths: Sequence[Path], revision: str | None = None) -> State:
    """The diagrams at paths in a git revision, or in the working tree. Raises PreconditionError if it is unreadable."""
    paths = [path.resolve() for path in paths]
    root = source_root(paths[0])
    if revision is None:
        return _read_state(renderer, paths, root)
    with TemporaryDirectory() as name:
        folder = Path(name).resolve()
        extract_revision(revision, folder, root)
        old_paths = (folder / path.relative_to(root) for path in paths)
        return _read_state(renderer, [path for path in old_paths if path.exists()], folder)


def _read_state(renderer: Renderer, paths: Sequence[Path], root: Path) -> State:
    diagrams, findings = read_sources(find_files(paths), root)
    if findings:
        raise PreconditionError(f"one of the states cannot be read: {findings[0]}")
    names = [f"{each.file.resolve().relative_to(root)}#{each.name}" for each in diagrams]
    return {name: renderer.render(each).checked().drawing for name, each in zip(names, diagrams, strict=True)}


def compare_states(renderer: Renderer, old: State, new: State, out: Path | None) -> list[tuple[str, Change]]:
    """The changes with the name of their diagram; writes a picture of each changed diagram to the folder `out`."""
    found = list[tuple[str, Change]]()
    for name in sorted({*old, *new}):
        before, after = old.get(name), new.get(name)
        changes = compare_arrows(before.arrows if before else (), after.arrows if after else ())
        found += [(name, change) for change in changes]
        drawing = after or before
        if out and changes and drawing:
            out.mkdir(parents=True, exist_ok=True)
            (out / f"{drawing.name}-diff.svg").write_text(render_diff(renderer, drawing, changes))
    return found


def compare_arrows(old: Sequence[Arrow], new: Sequence[Arrow]) -> list[Change]:
    """The changes between two lists of arrows: removed ones first, added ones last."""
    before, after = ([arrow for arrow in arrows if not arrow.hidden] for arrows in (old, new))
    changes = list[Change]()
    for key in PAIRINGS:
        for arrow in list(after):
            previous = next((each for each in before if key(each) == key(arrow)), None)
            if previous is not None:
                before.remove(previous)
                after.remove(arrow)
                if previous.index != arrow.index:
                    changes.append(Change(ChangeKind.RENUMBERED, previous, arrow))
                elif (previous.label, previous.technology) != (arrow.label, arrow.technology):
                    changes.append(Change(ChangeKind.RELABELLED, previous, arrow))
    removed = [Change(ChangeKind.REMOVED, arrow, None) for arrow in before]
    return removed + changes + [Change(ChangeKind.ADDED, None, arrow) for arrow in after]


def render_diff(renderer: Renderer, new: Drawing, changes: Sequence[Change]) -> str:
    """The SVG of the new state: green added, red dashed removed, amber renumbered or relabelled, grey unchanged."""
    removed = [change.old for change in changes if change.kind is ChangeKind.REMOVED and change.old]
    labels = [(arrow.source, arrow.target, f"{arrow.index} {arrow.label}") for arrow in removed]
    rendered = render_with_extra_arrows(renderer, new, labels)
    changed = {(c.new.index, c.new.label, *c.new.key): STROKES[c.kind] for c in changes if c.new}
    arrows = rendered.drawing.arrows
    strokes = {a.svg_id or "": changed.get((a.index, a.label, *a.key), GREY) for a in arrows}
    strokes |= {arrow.svg_id or "": RED for arrow in extra_arrows(arrows)}
    return apply_strokes(rendered.svg, strokes)


def extract_revision(revision: str, folder: Path, root: Path) -> None:
    """Writes the diagram sources of a git revision to a folder. Raises PreconditionError if git does not know it."""
    commit = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if not commit:
        raise PreconditionError(f"git knows no revision {revision} here: name a commit, a branch or a tag")
    names = _git(root, "ls-tree", "-r", "-z", "--name-only", commit.decode().strip()).decode().split("\0")
    sources = [name for name in names if name.lower().endswith((*SUFFIXES, ".txt"))]
    archive = _git(root, "archive", "--format=tar", commit.decode().strip(), "--", *sources) if sources else b""
    if archive:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(folder, filter="data")


def _git(root: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PreconditionError(f"git cannot be run ({error}): install it") from error
    return done.stdout if done.returncode == 0 else b""
