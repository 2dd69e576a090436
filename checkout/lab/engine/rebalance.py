"""Rebalance: lets the replicas of a service join their group and share its partitions evenly."""

from collections.abc import Callable, Mapping, Sequence

from checkout.lab.engine.replica import Replica
from checkout.lab.errors import LabError
from checkout.messaging.log import Partition
from checkout.system.deadline import wait_until

TIMEOUT = 30.0  # seconds
POLL_TIMEOUT = 0.05  # seconds that each member polls in turn


def rebalance(replicas: Sequence[Replica]) -> None:
    """Lets each replica take part in a rebalance that is in progress."""
    for replica in replicas:
        replica.log.fetch(POLL_TIMEOUT)


def await_rebalance(replicas: Sequence[Replica], partitions: set[Partition]) -> None:
    """Waits until the replicas share these partitions evenly. Raises LabError after 30 seconds."""
    try:
        wait_until(lambda: _is_balanced(replicas, partitions), TIMEOUT, pause=0)
    except TimeoutError:
        names = ", ".join(replica.name for replica in replicas)
        raise LabError(f"{names} share no partitions after {TIMEOUT:.0f} s: lab.reset() starts anew") from None


def await_owners(groups: Mapping[str, Sequence[Replica]], partitions_of: Callable[[str], set[Partition]]) -> bool:
    """Waits for a rebalance in each group that has partitions without an owner; returns whether there was one.

    `groups`: the running replicas by service. `partitions_of`: returns the partitions that a service reads.
    """
    wanted = {name: partitions_of(name) for name in groups}
    unowned = [name for name, replicas in groups.items() if _owned(replicas) != wanted[name]]
    for name in unowned:
        await_rebalance(groups[name], wanted[name])
    return bool(unowned)


def _owned(replicas: Sequence[Replica]) -> set[Partition]:
    return set().union(*(replica.log.assignment() for replica in replicas))


def _is_balanced(replicas: Sequence[Replica], partitions: set[Partition]) -> bool:
    rebalance(replicas)
    shares = [replica.log.assignment() for replica in replicas]
    sizes = sorted(map(len, shares))
    return set().union(*shares) == partitions and sum(sizes) == len(partitions) and sizes[-1] - sizes[0] <= 1
