"""Bench: values that cannot be measured are refused before anything starts."""

import pytest

from checkout.bench.rounds import Plan
from checkout.cli.running.bench import run
from checkout.settings import WrongSetting


@pytest.mark.parametrize(
    ("fields", "scale", "message"),
    [
        ({"lines": 101}, [], "--lines 101: an order has at most 100 lines"),
        ({"brokers": 2}, [], "BROKERS is .2.: write 1 or 3"),
        ({}, ["stock=2"], "--scale needs --postgres"),
        ({"postgres": True}, ["web=2"], "--scale web=2: write SERVICE=N"),
    ],
)
def test_a_plan_that_cannot_be_measured_is_refused(fields: dict[str, int], scale: list[str], message: str) -> None:
    plan = Plan(orders=1, rate=1, seconds=0, idle_seconds=0, **fields)

    with pytest.raises(WrongSetting, match=message):
        run([], plan, scale, 1, False)
