"""Invariants: a run of our services that breaks one of them is refused, with the evidence."""

from pathlib import Path

import pytest

from checkout.bench.invariants import check_invariants
from checkout.messages import TOPICS
from checkout.messaging.log import ProducerRecord
from checkout.messaging.memory_log import MemoryBroker
from checkout.processes.shop_file import ShopError

APPROVED = "order.new-order-approved"


def test_an_approval_without_an_order_is_refused_with_its_evidence(tmp_path: Path) -> None:
    broker = MemoryBroker()
    broker.create(dict.fromkeys(TOPICS, 1))
    orders = broker.join("orders", [], "orders-1", True)
    orders.send([ProducerRecord(APPROVED, b"order-1", b'{"id": "order-1"}')])

    with pytest.raises(ShopError, match=r"violations, the first of I\d+"):
        check_invariants(lambda service: f"sqlite:///{tmp_path / service}.db", broker)


def test_a_run_without_any_order_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ShopError, match="nothing to check"):
        check_invariants(lambda service: f"sqlite:///{tmp_path / service}.db", MemoryBroker())
