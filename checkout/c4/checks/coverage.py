"""Cover: which drawn arrows any run exercised."""

from collections.abc import Iterable
from dataclasses import dataclass

from checkout.c4.findings import CannotJudge
from checkout.c4.journal import Hop
from checkout.c4.source.arrows import Arrow, Drawing


@dataclass(frozen=True)
class Coverage:
    """The arrows of a view, and those that no run exercised."""

    arrows: tuple[Arrow, ...]
    missed: tuple[Arrow, ...]

    @property
    def percent(self) -> float:
        """How many of a hundred arrows happened in some run."""
        return 100 * (len(self.arrows) - len(self.missed)) / len(self.arrows)


def cover(drawing: Drawing, hops: Iterable[Hop]) -> Coverage:
    """The coverage of a view by runs. Raises CannotJudge for a view without arrows."""
    arrows = tuple(arrow for arrow in drawing.arrows if not arrow.hidden)
    if not arrows:
        raise CannotJudge(f"{drawing.name} has no arrow to cover")
    seen = {hop.key for hop in hops if hop.counts}
    return Coverage(arrows, tuple(arrow for arrow in arrows if arrow.key not in seen))
