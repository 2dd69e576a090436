"""Coverage: which arrows of a view occur in recorded runs."""

from collections.abc import Iterable
from dataclasses import dataclass

from checkout.c4.checks.verify import is_silent
from checkout.c4.findings import PreconditionError
from checkout.c4.source.arrows import Arrow, Drawing
from checkout.journal.hop import Hop


@dataclass(frozen=True)
class Coverage:
    """The arrows of a view, and those that no run covers; prints one line for each of these and the percentage."""

    arrows: tuple[Arrow, ...]
    uncovered: tuple[Arrow, ...]

    @property
    def percent(self) -> float:
        """The percentage of arrows that occur in a run."""
        return 100 * (len(self.arrows) - len(self.uncovered)) / len(self.arrows)

    def __str__(self) -> str:
        lines = [f"{arrow.line.place}: no run covers {arrow}" for arrow in self.uncovered]
        covered = len(self.arrows) - len(self.uncovered)
        return "\n".join([*lines, f"{covered} of {len(self.arrows)} arrows, {self.percent:.0f} %"])


def measure_coverage(drawing: Drawing, hops: Iterable[Hop]) -> Coverage:
    """The coverage of a view by the applied hops of runs. Raises PreconditionError for a view without arrows.

    Arrows that recordings usually lack, such as replies, count only if a run has them.
    """
    seen = {hop.arrow for hop in hops if hop.is_applied}
    arrows = tuple(arrow for arrow in drawing.visible_arrows if arrow.key in seen or not is_silent(arrow))
    if not arrows:
        raise PreconditionError(f"{drawing.name} has no arrows to cover")
    return Coverage(arrows, tuple(arrow for arrow in arrows if arrow.key not in seen))
