"""Broker actions: in memory there are no brokers to start, and a refused action changes nothing."""

import pytest

from checkout.lab import Lab, LabError


def test_a_lab_in_memory_has_no_brokers_to_start_and_goes_on(lab: Lab) -> None:
    lab.place_order("wooden spoon")

    with pytest.raises(LabError, match="a lab in memory has no brokers"):
        lab.start_brokers()

    lab.run()
    assert lab.orders["status"].tolist() == ["APPROVED"]
    assert [action.name for action in lab.actions][:1] == ["place_order"]


def test_in_memory_no_broker_is_asked_for_replicas(lab: Lab) -> None:
    lab._environment.watch.has_changed()
    lab.place_order("wooden spoon")

    lab.run()

    assert lab.orders["status"].tolist() == ["APPROVED"]
