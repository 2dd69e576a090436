"""Metrics: latency of each arrow and lag of each group."""

from checkout.lab import Lab
from checkout.lab.history.metrics import lags, latencies


def test_the_latency_of_an_arrow_counts_from_its_cause(lab: Lab) -> None:
    lab.place_order("wooden spoon")
    lab.run()
    when = {moment.number: moment.hop.at for moment in lab.moments}

    found = latencies(lab.moments)

    assert len(found) == 16  # the first has no cause
    received = found[4, "kafka", "stock", "order.new-order-received"]
    assert received == (when[4] - when[3]).total_seconds() * 1000
    assert min(found.values()) > 0


def test_the_lag_of_each_group_rises_with_publications_and_falls_with_commits(lab: Lab) -> None:
    lab.crash("shipments")
    for _ in range(2):
        lab.place_order("wooden spoon")
    lab.run()

    behind = [lag for _, lag in lags(lab.moments)]

    assert [lag.get("shipments", 0) for lag in behind][-1] == 2
    assert max(lag.get("stock", 0) for lag in behind) == 2
    assert {name: lag for name, lag in behind[-1].items() if lag} == {"shipments": 2}
