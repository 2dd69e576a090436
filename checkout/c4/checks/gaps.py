"""Gaps: why the absence of an arrow in recorded runs is no proof that it never happened."""

from collections.abc import Sequence
from typing import Protocol

from checkout.c4.source.arrows import Arrow


class Gaps(Protocol):
    """What is missing in the recording of runs, such as spans of a service or a parent of a span."""

    @property
    def problems(self) -> Sequence[str]:
        """One sentence for each thing that the recording lacks, such as a service that is no element of the view."""
        ...

    def reason(self, order: str, arrow: Arrow) -> str:
        """Why the absence of this arrow in this order cannot be judged; empty where the absence is proof."""
        ...

    def is_unseen(self, order: str, arrow: Arrow) -> bool:
        """Whether the arrow may have happened where the recording does not show what led to it."""
        ...

    def order_reason(self, order: str) -> str:
        """Why an order cannot be judged even where all arrows happened; empty where it can."""
        ...


class NoGaps:
    """The gaps of a journal, which records every hop: none."""

    problems: Sequence[str] = ()

    def reason(self, order: str, arrow: Arrow) -> str:
        """Empty: a hop that the journal lacks did not happen."""
        return ""

    def is_unseen(self, order: str, arrow: Arrow) -> bool:
        """False: a journal has what led to a hop."""
        return False

    def order_reason(self, order: str) -> str:
        """Empty: a journal names the sender of every hop."""
        return ""
