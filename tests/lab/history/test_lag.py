"""Lag: the walk, the moments and the metrics show the lag that the broker reports, after every hop and every verb."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from checkout.journal.hop import Hop, Outcome, utc_now
from checkout.lab import Lab, Loyalty
from checkout.lab.history.lag import AssumedLag
from checkout.lab.history.metrics import lags
from checkout.lab.widget.walk import Walk

OpenLab = Callable[..., Lab]
PRODUCTS = ["wooden spoon", "garden gnome", "oak table"]


def verbs(lab: Lab) -> Iterator[str]:
    """Moves the lab one verb at a time until it is idle, and says which verb it was."""
    while not lab.status().is_idle:
        yield lab.step(verb=True).note


def reported(lab: Lab) -> dict[tuple[str, str, int], int]:
    """The lag of each group and partition, as the broker has it."""
    rows = lab.groups[["group", "topic", "partition", "lag"]].values.tolist()
    return {(group, topic, partition): lag for group, topic, partition, lag in rows}


def differences(lab: Lab, walk: Walk, broker: dict[tuple[str, str, int], int]) -> list[tuple[object, object]]:
    """What the walk and the metrics show, beside what the broker reports, where the two differ."""
    shown: list[tuple[object, object]] = []
    news = walk.answer({"do": "hello"})
    if lab.moments and lab.moments[-1].hop.sender == "kafka":
        hop, last = lab.moments[-1].hop, news["moments"][-1]
        lag = broker[hop.to, hop.topic, hop.partition]
        shown += [(lab.moments[-1].lag, lag), (last["lag"], lag), (f"lag {lag}" in last["lines"][1], True)]
        shown += [(f"lag {lag}" in repr(walk), True)]
    work = news["status"]["work_in_progress"]
    if work and work["record"] and work["record"]["lag"] is not None:
        topic, partition, _ = re.split(r"\[|\]@", work["record"]["place"])
        shown.append((work["record"]["lag"], broker[work["service"], topic, int(partition)]))
    if lab.moments:
        totals: dict[str, int] = {}
        for (group, _, _), lag in broker.items():
            totals[group] = totals.get(group, 0) + lag
        known = lags(lab.moments)[-1][1]
        shown.append((known, {group: lag for group, lag in totals.items() if lag or group in known}))
    return [(one, two) for one, two in shown if one != two]


@pytest.mark.parametrize("product", PRODUCTS)
def test_the_walk_shows_the_lag_of_the_broker_after_every_verb(open_lab: OpenLab, product: str) -> None:
    lab = open_lab()
    walk = Walk(lab)
    for _ in range(2):
        lab.place_order(product, quantity=2)

    wrong = [(verb, found) for verb in verbs(lab) if (found := differences(lab, walk, reported(lab)))]

    assert wrong == []
    assert len(lab.moments) >= 16


def test_the_lag_agrees_through_rewind_crash_replicas_and_an_external_producer(open_lab: OpenLab) -> None:
    lab = open_lab(partitions=2)
    walk = Walk(lab)

    def move() -> list[object]:
        return [(verb, found) for verb in verbs(lab) if (found := differences(lab, walk, reported(lab)))]

    lab.scale("stock", 2)
    for _ in range(2):
        lab.place_order("wooden spoon")
    wrong = move()
    lab.send("order.new-order-approved", "no JSON", "k")
    lab.listen(Loyalty)
    wrong += move()
    lab.rewind("loyalty", "order.new-order-approved", 0, lab.messages["partition"].iloc[-1])
    wrong += [found for found in [differences(lab, walk, reported(lab))] if found]
    lab.place_order("wooden spoon")
    lab.break_at("payments", "publish")
    lab.run()
    lab.clear_break("payments", "publish")
    lab.crash("payments")
    wrong += [found for found in [differences(lab, walk, reported(lab))] if found]
    lab.restart("payments")
    wrong += move()

    assert wrong == []
    assert lab.groups["lag"].sum() == 0 and len(lab.moments) > 50


def test_an_open_walk_receives_the_lag_again_when_a_commit_changes_it(lab: Lab) -> None:
    walk = Walk(lab)
    lab.place_order("wooden spoon")
    shown = walk.answer({"do": "hello"})["moments"]

    for _ in range(14):
        news = walk.answer({"do": "verb"})
        shown = shown[: news["keep"]] + news["moments"]
        assert [each["lag"] for each in shown] == [moment.lag for moment in lab.moments]

    lab.place_order("wooden spoon")
    lab.break_at("stock", "publish")
    lab.run()
    before = walk.answer({"do": "hello"})["moments"]
    news = walk.answer({"do": "verb", "verb": "commit"})
    assert before[-1]["lag"] == 1
    assert [news["keep"], [each["lag"] for each in news["moments"]]] == [len(before) - 1, [0]]


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_replay_has_the_lag_of_the_run(lab: Lab, tmp_path: Path, product: str) -> None:
    at_each_hop: list[dict[str, int]] = []
    for _ in range(2):
        lab.place_order(product, quantity=2)
    while step := lab.step():
        at_each_hop += [moment.group_lags for moment in step]
    lab.journal.save(tmp_path / "run.jsonl")

    replay = Lab.replay(tmp_path / "run.jsonl")

    assert [moment.lag for moment in replay.moments] == [moment.lag for moment in lab.moments]
    assert [lag for _, lag in lags(replay.moments)] == at_each_hop


def hop(sender: str, to: str, replica: str, outcome: Outcome = Outcome.APPLIED) -> Hop:
    group = to if sender == "kafka" else None
    return Hop(order="1", step=1, sender=sender, to=to, message="M", technology="letters", topic="letters",
               partition=0, offset=0, group=group, replica=replica, at=utc_now(), outcome=outcome)  # fmt: skip


@pytest.mark.parametrize(
    ("after", "lag"),
    [
        ([], 1),
        ([hop("readers", "kafka", "readers-1")], 1),
        ([hop("readers", "kafka", "readers-1"), hop("writers", "kafka", "writers-1")], 0),
        ([hop("writers", "kafka", "writers-1")], 0),
        ([hop("kafka", "readers", "readers-1", Outcome.CRASHED), hop("writers", "kafka", "writers-1")], 1),
        ([hop("lab", "readers", "")], 1),
    ],
)
def test_a_replay_assumes_that_a_replica_commits_when_it_goes_on(after: list[Hop], lag: int) -> None:
    assumed = AssumedLag()

    for each in [hop("kafka", "readers", "readers-1"), *after]:
        assumed.observe(each)

    assert assumed.of("readers", ("letters", 0)) == lag
