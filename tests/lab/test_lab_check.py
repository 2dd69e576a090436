"""Lab check: the invariants of the store, evaluated in a notebook."""

import pytest
from lab.conftest import OpenLab
from restaurant import RESTAURANT

from checkout.lab import LabError


def test_a_lab_that_has_come_to_rest_breaks_no_invariant(open_lab: OpenLab) -> None:
    lab = open_lab()
    lab.place_order("wooden spoon", quantity=2)
    lab.place_order("garden gnome")
    lab.place_order("oak table", quantity=2)
    lab.run()

    report = lab.check()

    assert report.broken == []
    assert str(report).endswith("23 of 23 invariants hold, 0 not checked; violations: 0")


def test_an_order_that_is_under_way_is_named(memory_lab: OpenLab) -> None:
    lab = memory_lab()
    order = lab.place_order("wooden spoon")
    for _ in range(4):
        lab.step()

    assert order.id in {violation.order for violation in lab.check().violations}


def test_a_crash_and_repeated_records_break_nothing(memory_lab: OpenLab) -> None:
    lab = memory_lab()
    lab.place_order("wooden spoon")
    lab.break_at("payments", "publish")
    lab.run()
    lab.crash("payments")
    lab.restart("payments")
    lab.clear_break("payments", "publish")
    lab.run()
    lab.rewind("stock", "order.new-order-received", 0)
    lab.run()

    assert lab.check().broken == []


def test_a_lab_without_orders_has_nothing_to_check(memory_lab: OpenLab) -> None:
    assert memory_lab().check().broken == ["I1"]


def test_another_system_has_other_invariants(memory_lab: OpenLab) -> None:
    with pytest.raises(LabError, match="its invariants are those of the store"):
        memory_lab(registry=RESTAURANT).check()
