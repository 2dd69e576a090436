"""Measures: how long each arrow took, and how far each group was behind."""

from checkout.lab import Lab
from checkout.lab.history.metrics import lags, latencies


def test_an_arrow_took_as_long_as_it_came_after_what_led_to_it(lab: Lab) -> None:
    lab.place_order("wooden spoon")
    lab.run()
    when = {moment.number: moment.hop.at for moment in lab.moments}

    took = latencies(lab.moments)

    assert len(took) == 16  # nothing leads to the first
    received = took["kafka", "stock", "order.new-order-received"]
    assert received == (when[4] - when[3]).total_seconds() * 1000
    assert min(took.values()) > 0


def test_the_lag_of_each_group_rises_with_what_is_published_and_falls_with_what_is_read(lab: Lab) -> None:
    lab.crash("shipments")
    for _ in range(2):
        lab.place_order("wooden spoon")
    lab.run()

    behind = [lag for _, lag in lags(lab.moments)]

    assert [lag.get("shipments", 0) for lag in behind][-1] == 2
    assert max(lag.get("stock", 0) for lag in behind) == 2
    assert {name: lag for name, lag in behind[-1].items() if lag} == {"shipments": 2}
