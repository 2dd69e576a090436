"""Thousand checkouts: 1,000 customers at once want 100 items of which one unit each is on hand.

`scripts/yardstick-checkouts` makes the run without the crash, too.
"""

import os
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from yardsticks import hundred_items
from yardsticks.checkouts import EXPECTED, run_checkouts, running_store

from checkout.checker.check import check
from checkout.settings import read_settings

TESTS = Path(__file__).parents[1]
pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(300)]


def test_the_hundred_items_are_sold_and_every_reply_is_true_although_orders_is_killed_half_way(
    kafka: str, tmp_path: Path, new_port_base: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(TESTS), os.environ.get("PYTHONPATH")])))
    settings = read_settings(
        {}, home=tmp_path / "home", bootstrap_servers=kafka, prefix=f"checkouts-{uuid.uuid4().hex[:8]}--",
        port_base=new_port_base(), registry=hundred_items.PATH,
    )  # fmt: skip

    with running_store(settings) as store:
        found = run_checkouts(store, tmp_path, seed=14, kills_orders=True)

    assert found.figures() == EXPECTED
    report = check(found.witnesses)
    assert report.violations == []
    assert [result.invariant for result in report.results if result.not_checked] == []
