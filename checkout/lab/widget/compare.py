"""Compare: the widget that shows two runs side by side, with one slider and the first difference marked."""

from collections.abc import Sequence
from pathlib import Path
from typing import Never

from checkout.lab.comparison.comparison import NAMES, RunComparison
from checkout.lab.comparison.difference_sentences import Difference
from checkout.lab.errors import LabError
from checkout.lab.history.replay import Replay
from checkout.lab.lab import Lab
from checkout.lab.widget.walk import Walk


class Comparison(Walk):
    """What `compare(a, b)` shows. Its repr and its HTML say without a browser how the runs differ.

    `first`, `second`: labs or replays. `names`: two, within a sentence.
    """

    def __init__(self, first: Lab | Replay, second: Lab | Replay, names: Sequence[str] = NAMES) -> None:
        super().__init__(first)
        self._sides.add(second, names)

    @property
    def first_difference(self) -> Difference | None:
        """Where the runs differ first: a sentence in a cell; None where all hops are equal."""
        with self._sides.locked():
            return self._comparison.first_difference

    @property
    def fork(self) -> Never:
        """Raises LabError: "Fork here" is a button of the walk."""
        raise LabError("a comparison has no fork: a.walk() makes one at its slider, and a.fork(number) in a cell")

    def save(self, path: str | Path) -> Never:
        """Raises LabError: a page holds one run."""
        raise LabError(
            'a comparison cannot be saved: save each side, a.walk().save("a.html") and b.walk().save("b.html")'
        )

    @property
    def _comparison(self) -> RunComparison:
        assert self._sides.comparison is not None
        return self._sides.comparison

    def __repr__(self) -> str:
        with self._sides.locked():
            return repr(self._comparison)

    def _html(self) -> str:
        return self._comparison.html()
