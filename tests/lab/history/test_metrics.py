"""Metrics: latency of each arrow, reactions to one record, and lag of each group."""

from pathlib import Path

from checkout.lab import Lab
from checkout.lab.history.metrics import lags, latencies, overlap, reactions

RUN = Path(__file__).parents[3] / "notebooks" / "runs" / "ordering.jsonl"


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


def test_a_lab_reacts_to_a_record_one_after_the_other(lab: Lab) -> None:
    lab.place_order("wooden spoon")
    lab.run()

    found = reactions(lab.moments, "OrderApproved", "order-1")

    assert list(found) == ["stock", "shipments", "notifications"]
    assert found["stock"][0] == found["stock"][1] < found["shipments"][0] < found["shipments"][1]
    assert not overlap(lab.moments, "OrderApproved", "order-1", "stock", "shipments")


def test_a_real_store_reacts_in_parallel() -> None:
    recorded = Lab.replay(RUN).moments
    orders = {moment.order for moment in recorded}

    both = [order for order in orders if overlap(recorded, "OrderApproved", order, "shipments", "notifications")]

    assert len(both) == len(orders) == 20


def test_a_record_without_receivers_has_no_reactions(lab: Lab) -> None:
    assert reactions(lab.moments, "OrderApproved", "order-1") == {}
    assert not overlap(lab.moments, "OrderApproved", "order-1", "stock", "shipments")
