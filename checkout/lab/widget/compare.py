"""Compare: the widget that shows two runs side by side, with one slider and the first difference marked."""

from collections.abc import Sequence

from checkout.lab.comparison.comparison import NAMES, RunComparison
from checkout.lab.comparison.difference_sentences import Difference
from checkout.lab.history.replay import Replay
from checkout.lab.lab import Lab
from checkout.lab.widget.walk import Walk


class Comparison(Walk):
    """What `compare(a, b)` shows. Its repr and its HTML say without a browser how the runs differ."""

    def __init__(self, first: Lab | Replay, second: Lab | Replay, names: Sequence[str] = NAMES) -> None:
        super().__init__(first)
        self._sides.add(second, names)

    @property
    def first_difference(self) -> Difference | None:
        """Where the runs differ first: a sentence in a cell; None where all hops are equal."""
        with self._sides.locked():
            return self._comparison.first_difference

    @property
    def _comparison(self) -> RunComparison:
        assert self._sides.comparison is not None
        return self._sides.comparison

    def __repr__(self) -> str:
        with self._sides.locked():
            return repr(self._comparison)

    def _html(self) -> str:
        return self._comparison.html()
