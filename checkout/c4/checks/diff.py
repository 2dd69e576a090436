"""Diff: what two states of the diagrams draw differently, as a table and as a picture."""

import io
import subprocess
import tarfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from checkout.c4.findings import CannotJudge
from checkout.c4.render.paint import AMBER, GREEN, GREY, RED, Ink, added, painted, with_arrows
from checkout.c4.render.renderer import Renderer
from checkout.c4.source.arrows import Arrow, Drawing
from checkout.c4.source.files import SUFFIXES

ADDED, REMOVED, RENUMBERED, RELABELLED = "added", "removed", "renumbered", "relabelled"
COLOURS: dict[str, Ink] = {ADDED: GREEN, REMOVED: RED, RENUMBERED: AMBER, RELABELLED: AMBER}
Alike = Callable[[Arrow], tuple[str, ...]]
PAIRINGS: tuple[Alike, ...] = (
    lambda a: (a.index, a.label, *a.key),
    lambda a: (a.label, *a.key),
    lambda a: (a.index, *a.key),
    lambda a: a.key,
    lambda a: (a.index, a.source, a.target),
    lambda a: (a.label, a.source, a.target),
)


@dataclass(frozen=True)
class Change:
    """One arrow that two states draw differently."""

    kind: str
    old: Arrow | None
    new: Arrow | None

    def __str__(self) -> str:
        if self.old and self.new:
            was, now = (f"{each} “{each.label}”" for each in (self.old, self.new))
            return f"{self.kind}: {was} is now {now}"
        arrow = self.old or self.new
        return f"{self.kind}: {arrow} “{arrow.label if arrow else ''}”"


def compared(old: Sequence[Arrow], new: Sequence[Arrow]) -> list[Change]:
    """The changes from one set of arrows to another, paired as closely as they can be."""
    before, after = ([arrow for arrow in arrows if not arrow.hidden] for arrows in (old, new))
    changes = list[Change]()
    for alike in PAIRINGS:
        for arrow in list(after):
            was = next((each for each in before if alike(each) == alike(arrow)), None)
            if was is not None:
                before.remove(was)
                after.remove(arrow)
                changes += _changes(was, arrow)
    removed = [Change(REMOVED, arrow, None) for arrow in before]
    return removed + changes + [Change(ADDED, None, arrow) for arrow in after]


def _changes(old: Arrow, new: Arrow) -> Iterator[Change]:
    if old.index != new.index:
        yield Change(RENUMBERED, old, new)
    elif (old.label, old.technology) != (new.label, new.technology):
        yield Change(RELABELLED, old, new)


def diff_picture(renderer: Renderer, new: Drawing, changes: Sequence[Change]) -> str:
    """The new picture: added green, removed red and dashed, renumbered or relabelled amber, the rest grey."""
    gone = [change.old for change in changes if change.kind == REMOVED and change.old]
    labels = [(arrow.source, arrow.target, f"{arrow.index} {arrow.label}") for arrow in gone]
    picture = with_arrows(renderer, new, labels)
    kinds = {(c.new.index, c.new.label, *c.new.key): COLOURS[c.kind] for c in changes if c.new}
    inks = {a.svg_id or "": kinds.get((a.index, a.label, *a.key), GREY) for a in picture.drawing.arrows}
    inks |= {arrow.svg_id or "": RED for arrow in added(picture.drawing.arrows)}
    return painted(picture.svg, inks)


def unpack(revision: str, folder: Path, tree: Path) -> None:
    """Writes the diagram sources of a revision into a folder. Raises CannotJudge for what git does not know."""
    commit = _git(tree, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if not commit:
        raise CannotJudge(f"git knows no revision {revision} here: name a commit, a branch or a tag")
    names = _git(tree, "ls-tree", "-r", "-z", "--name-only", commit.decode().strip()).decode().split("\0")
    wanted = [name for name in names if name.lower().endswith((*SUFFIXES, ".txt"))]
    archive = _git(tree, "archive", "--format=tar", commit.decode().strip(), "--", *wanted) if wanted else b""
    if archive:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(folder, filter="data")


def _git(tree: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", "-C", str(tree), *arguments], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotJudge(f"git cannot be run here ({error}): install it") from error
    return done.stdout if done.returncode == 0 else b""
