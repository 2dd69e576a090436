"""Partition history: offsets, owners and members at every hop, as the lab's own tables report them at that time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from checkout.lab import Lab, LabError
from checkout.lab.partitions.partition_history import PartitionHistory
from checkout.lab.partitions.partition_state import GroupRow, MemberState, PartitionState

OpenLab = Callable[..., Lab]
RECEIVED = "order.new-order-received"


def history(lab: Lab) -> PartitionHistory:
    """The partition history of a lab."""
    return lab._environment.partitions


def group(state: PartitionState, name: str) -> GroupRow:
    """A consumer group of a state."""
    return next(each for each in state.groups if each.group == name)


def progress(state: PartitionState) -> list[tuple[Any, ...]]:
    """Committed offset, end offset, lag and owner by group and partition, as `lab.groups` has them."""
    ends = {(row.topic, row.partition): row.end for row in state.partitions}
    rows = [
        (each.group, at.topic, at.partition, at.committed or 0, ends[at.topic, at.partition], at.lag, at.owner or "")
        for each in state.groups for at in each.positions
    ]  # fmt: skip
    return sorted(rows)


def reported(lab: Lab) -> list[tuple[Any, ...]]:
    """The same from the broker and the members."""
    rows = lab.groups[["group", "topic", "partition", "committed", "end", "lag", "owner"]].values.tolist()
    return sorted(tuple(row) for row in rows)


@pytest.mark.parametrize("product", ["wooden spoon", "garden gnome", "oak table"])
def test_every_hop_of_a_story_keeps_what_the_broker_reported_then(open_lab: OpenLab, product: str) -> None:
    lab, seen = open_lab(partitions=2), list[list[tuple[Any, ...]]]()
    lab.place_order(product, quantity=2)
    while not lab.status().is_idle:
        lab.step()
        seen.append(reported(lab))

    kept = [progress(history(lab).at(number)) for number in range(1, len(lab.moments) + 1)]

    # One verb may publish several records, each a hop: only what the last of them left was reported.
    assert len(seen) > 8 and all(rows in kept for rows in seen) and kept[-1] == seen[-1]


def test_a_killed_member_is_evicted_after_ten_seconds_and_the_slider_shows_both(memory_lab: OpenLab) -> None:
    lab = memory_lab(partitions=2)
    lab.scale("stock", 2)
    lab.crash("stock-1")
    crashed = len(lab.moments)
    lab.wait(seconds=10)

    before, after = (group(history(lab).at(number), "stock") for number in (crashed, None))

    assert [member.state for member in before.members] == [MemberState.CRASHED, MemberState.RUNNING]
    assert {at.owner for at in before.positions} == {"stock-1", "stock-2"}
    assert [member.state for member in after.members] == [MemberState.EVICTED, MemberState.RUNNING]
    assert {at.owner for at in after.positions} == {"stock-2"}
    assert lab.moments[-1].hop.message == "Evict"


def test_a_group_whose_members_are_all_evicted_owns_nothing(open_lab: OpenLab) -> None:
    lab = open_lab(partitions=2)
    lab.scale("stock", 2)
    lab.crash("stock-1")
    lab.crash("stock-2")
    owners = [{at.owner for at in group(history(lab).at(), "stock").positions}]
    lab.wait(seconds=10)
    owners.append({at.owner for at in group(history(lab).at(), "stock").positions})

    lab.restart("stock-1")
    owners.append({at.owner for at in group(history(lab).at(), "stock").positions})

    assert owners == [{"stock-1", "stock-2"}, {None}, {"stock-1"}]


def test_a_second_wait_evicts_no_member_again(memory_lab: OpenLab) -> None:
    lab = memory_lab(partitions=2)
    lab.scale("stock", 2)
    lab.crash("stock-1")
    lab.wait(seconds=10)
    hops = len(lab.moments)
    lab.wait(seconds=10)

    assert len(lab.moments) == hops


def test_a_crashed_replica_that_has_assigned_itself_owns_nothing(memory_lab: OpenLab) -> None:
    lab = memory_lab()
    lab.crash("stock")

    stock = group(history(lab).at(), "stock")

    assert stock.assigns_itself and stock.members[0].state is MemberState.CRASHED
    assert {at.owner for at in stock.positions} == {None} == {at.position for at in stock.positions}


def test_members_that_have_left_are_not_shown(memory_lab: OpenLab) -> None:
    lab = memory_lab(partitions=2)
    lab.scale("stock", 3)
    lab.scale("stock", 1)

    stock = group(history(lab).at(), "stock")

    assert [member.name for member in stock.members] == ["stock-1"] and stock.assigns_itself
    assert {at.owner for at in stock.positions} == {"stock-1"}


def test_before_the_first_hop_every_lane_is_there_and_empty(memory_lab: OpenLab) -> None:
    lab = memory_lab(partitions=2)
    lab.place_order("wooden spoon")
    lab.run()

    state = history(lab).at(0)

    assert (state.number, state.sentence, {row.end for row in state.partitions}) == (0, "", {0})
    assert len(state.partitions) == 2 * len(lab._environment.registry.topics)
    assert {member.name for each in state.groups for member in each.members} == set(lab._environment.replicas)


def test_a_commit_follows_the_last_hop_and_belongs_to_the_next_one(memory_lab: OpenLab) -> None:
    lab = memory_lab()
    lab.place_order("wooden spoon")
    lab.break_at("stock", "commit")
    lab.run()
    at = len(lab.moments)
    committed = [group(history(lab).at(at), "stock").positions[0].committed]
    lab.step(verb="commit")
    committed.append(group(history(lab).at(at), "stock").positions[0].committed)
    lab.run()
    committed.append(group(history(lab).at(at), "stock").positions[0].committed)
    committed.append(group(history(lab).at(at + 1), "stock").positions[0].committed)

    assert committed == [None, 1, None, 1]


def test_records_have_keys_and_orders_by_name_and_a_sent_one_has_no_message(memory_lab: OpenLab) -> None:
    lab = memory_lab()
    order = lab.place_order("wooden spoon")
    lab.run()
    lab.send(RECEIVED, "{}", key=order.id)
    lab.send(RECEIVED, "{}", key="somebody")

    records = next(row for row in history(lab).at().partitions if row.topic == RECEIVED).records

    assert [(each.key, each.order, each.message) for each in records] == [
        ("order-1", "order-1", "OrderReceived"), ("order-1", "order-1", ""), ("somebody", "", ""),
    ]  # fmt: skip


def test_a_state_has_the_last_40_records_and_all_that_a_group_has_still_to_read(memory_lab: OpenLab) -> None:
    lab, lanes = memory_lab(), list[tuple[int, int, int]]()
    lab.crash("stock")
    for read in (0, 65, 20):
        for number in range(0 if read else 70):
            lab.send(RECEIVED, "{}", key=str(number))
        history(lab).commit("stock", (RECEIVED, 0), read)
        lane = next(row for row in history(lab).at().partitions if row.topic == RECEIVED)
        lanes.append((lane.records[0].offset, lane.records[-1].offset, lane.end))

    assert lanes == [(0, 69, 70), (30, 69, 70), (20, 69, 70)]


def test_a_replay_assumes_the_same_commits_and_owners_and_says_so(lab: Lab, tmp_path: Path) -> None:
    lab.place_order("wooden spoon")
    lab.run()
    lab.journal.save(tmp_path / "run.jsonl", names=True)
    replay = Lab.replay(tmp_path / "run.jsonl")

    states = [each.projection.partitions.at() for each in (lab.journal, replay.journal)]
    live, assumed = ({row for row in progress(state) if row[4]} for state in states)

    assert assumed == live and [state.assumed for state in states] == [False, True]


def test_a_state_is_small(lab: Lab) -> None:
    lab.place_order("wooden spoon")
    lab.run()

    assert len(msgspec.json.encode(history(lab).at())) < 10_000


@pytest.mark.parametrize("number", [-5, 18])
def test_a_hop_that_is_not_there_has_no_partition_state(memory_lab: OpenLab, tmp_path: Path, number: int) -> None:
    lab = memory_lab()
    lab.place_order("wooden spoon")
    lab.run()
    lab.journal.save(tmp_path / "run.jsonl")

    for run in (lab, Lab.replay(tmp_path / "run.jsonl")):
        with pytest.raises(LabError, match=f"there is no hop {number}: the run has 17"):
            run.partition_state(number)


def test_a_widget_that_asks_for_a_hop_of_the_run_before_gets_a_sentence(memory_lab: OpenLab) -> None:
    lab = memory_lab()
    lab.place_order("wooden spoon")
    lab.run()
    widgets = lab.board(), lab.walk()
    lab.reset()

    answers = [widget.answer({"id": 1, "do": "partitions", "number": 17}) for widget in widgets]

    assert [each["error"] for each in answers] == ["there is no hop 17: the run has 0"] * 2
    assert [each["count"] for each in answers] == [0, 0]
