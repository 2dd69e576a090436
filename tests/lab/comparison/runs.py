"""Runs: what the tests of forks do to a lab."""

from collections.abc import Callable

import pytest

from checkout.lab import Lab, LabError, Loyalty
from checkout.services.stock import Stock

OpenLab = Callable[..., Lab]


def shipped(lab: Lab) -> None:
    lab.place_order("wooden spoon", quantity=2)
    lab.run()


def denied(lab: Lab) -> None:
    lab.deny_next_payment("the card is stolen")
    shipped(lab)


def sold_out(lab: Lab) -> None:
    lab.sell_out("wooden spoon")
    shipped(lab)


def cancelled(lab: Lab) -> None:
    lab.cancel_order(lab.place_order("wooden spoon"))
    lab.run()


def scaled(lab: Lab) -> None:
    """Everything that can be done to a lab: crash, lost partitions, sent records, switches, other services."""
    with pytest.raises(LabError):
        lab.place_order("wooden spoon", quantity=0)
    lab.scale("stock", 2)
    lab.listen(Loyalty)
    for number in range(4):
        lab.place_order("enamel mug", customer=f"Customer {number}")
    lab.break_at("stock", "commit")
    lab.run()
    lab.clear_break("stock", "commit")
    lab.crash("stock")
    lab.wait(seconds=10)
    lab.outside.payment_broker.switches.drop_after_charging = 2
    lab.refuse_parcels()
    lab.run()
    lab.refuse_parcels("")
    lab.restart("stock")
    lab.rewind("notifications", "order.new-order-approved", 0)
    lab.send("order.new-order-received", "not JSON", key="x")
    lab.run()
    lab.replace("stock", Stock, keep_database=False)
    shipped(lab)


def crashed_after(lab: Lab, verb: str) -> Lab:
    """Forks before Stock publishes and commits, and crashes it after one of both."""
    fork = lab.fork(4)
    fork.step(verb=verb)
    fork.crash("stock")
    fork.restart("stock")
    fork.run()
    return fork


STORIES = [shipped, denied, sold_out, cancelled]
