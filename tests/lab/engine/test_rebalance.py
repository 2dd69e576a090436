"""Rebalance: a lab waits where a partition has no owner, and only there."""

from typing import Any

from checkout.lab.engine.rebalance import await_owners

PARTITION = ("parcels", 0)


class Member:
    """A replica and its log: it owns its partitions once it has taken part in a rebalance."""

    def __init__(self, name: str, *partitions: tuple[str, int], is_late: bool = False) -> None:
        self.name, self._partitions, self._is_late = name, set(partitions), is_late

    @property
    def log(self) -> Any:
        return self

    def fetch(self, timeout: float) -> None:
        self._is_late = False

    def assignment(self) -> set[tuple[str, int]]:
        return set() if self._is_late else self._partitions


def test_the_lab_waits_until_a_partition_has_an_owner() -> None:
    late: Any = Member("readers-1", PARTITION, is_late=True)

    has_waited = await_owners({"readers": [late]}, lambda group: {PARTITION})

    assert (has_waited, late.assignment()) == (True, {PARTITION})


def test_the_lab_waits_for_no_group_that_owns_its_partitions() -> None:
    member: Any = Member("readers-1", PARTITION)

    assert not await_owners({"readers": [member]}, lambda group: {PARTITION})
