"""Mutant: a defect that is put into services or worker for the time of a run, and the invariants that it breaks."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from checkout.framework.service import Service

Change = Callable[[], AbstractContextManager[Any]]  # puts the defect in, and takes it out at the end of the block


@dataclass(frozen=True)
class Mutant:
    """A defect by name. `breaks`: the invariants that its run must break, such as "I5 I19"; it may break more.

    `run`: the smallest story that shows the defect. Without the defect the same run breaks nothing. `service`: makes a
    service that takes the place of the store's in that story.
    """

    name: str
    breaks: str
    change: Change
    run: Callable[..., Any]
    service: Callable[[], Service] | None = None

    @property
    def expected(self) -> set[str]:
        """The invariants that must be broken."""
        return set(self.breaks.split())
