"""Exercise assign: the partitions of a topic, distributed over the members of a consumer group."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from itertools import permutations
from typing import Any

from checkout.lab.exercises.examination import Examination
from checkout.lab.exercises.exercise import Exercise
from checkout.lab.exercises.learners import first, shown

MEMBERS = ("stock-1", "stock-2", "stock-3")
CASES = ((3, MEMBERS[:1]), (4, MEMBERS[:2]), (7, MEMBERS), (2, MEMBERS))  # partitions, members
Assign = Callable[[list[int], list[str]], Any]


def examine(assign: Assign, found: Examination) -> None:
    """Groups with fewer members than partitions and with more, and arguments in every order."""
    for count, members in CASES:
        owners = "each partition has one owner, and no member has two more than another"
        text = f"{count} partitions, {len(members)} member{'s' * (len(members) > 1)}: {owners}"
        found.judge(text, partial(assign, [*range(count)], [*members]), partial(_wrong_plan, count, members))
    text = "the plan is the same, in whatever order partitions and members are given"
    found.judge(text, partial(_in_any_order, assign), _several)


def _wrong_plan(count: int, members: Sequence[str], plan: Any) -> str:
    if not isinstance(plan, dict) or not all(isinstance(owned, list) for owned in plan.values()):
        return f"it returned {shown(plan)}, not a dictionary of lists"
    if missing := [member for member in members if member not in plan]:
        return f"{missing[0]} is not in {shown(plan)}"
    owners = Counter(partition for owned in plan.values() for partition in owned)
    sizes = {member: len(plan[member]) for member in members}
    return first([
        *(f"partition {number} has {owners[number] or 'no'} owner{'s' * (owners[number] > 1)}"
          for number in range(count) if owners[number] != 1),
        f"the members have {sizes} partitions" if max(sizes.values()) - min(sizes.values()) > 1 else "",
    ])  # fmt: skip


def _in_any_order(assign: Assign) -> list[Any]:
    plans = [assign([*partitions], [*members])
             for partitions in ((0, 1, 2, 3), (3, 1, 0, 2)) for members in permutations(MEMBERS)]  # fmt: skip
    return [_sorted(plan) for plan in plans]


def _sorted(plan: Any) -> Any:
    return {member: sorted(owned) for member, owned in plan.items()} if isinstance(plan, dict) else plan


def _several(plans: list[Any]) -> str:
    if not plans[0]:
        return f"it returned {shown(plans[0])}"
    others = [plan for plan in plans if plan != plans[0]]
    return f"it returned {shown(plans[0])}, and in another order {shown(others[0])}" if others else ""


EXERCISE = Exercise(
    "a function of a list of partitions and a list of members",
    (
        "Give each partition to the next member, and continue with the first member after the last one.",
        "Begin with an empty list for each member. Sort both lists, so that the order of the arguments has no effect.",
        "members = sorted(members); in for number, partition in enumerate(sorted(partitions)) the owner is "
        "members[number % len(members)].",
    ),
    examine,
)
