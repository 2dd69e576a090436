"""Lag: the walk, the moments and the metrics show the lag that the broker reports, after every hop and every verb."""

from collections.abc import Callable, Iterator

import pytest

from checkout.lab import Lab
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
        topic, partition = work["record"]["topic"], work["record"]["partition"]
        shown.append((work["record"]["lag"], broker[work["service"], topic, partition]))
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
