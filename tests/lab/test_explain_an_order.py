"""Explain an order: where it is and what it waits for, at each arrow and after each fault, the same on both logs."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import MetaData

from checkout.domain import DomainError
from checkout.framework.service import Service, on
from checkout.lab import Lab, LabError
from checkout.messages import OrderApproved, OrderReceived, ProcessPayment
from checkout.registry import arrows

OpenLab = Callable[..., Lab]


class BrokenStock(Service):
    """Refuses every order with an error."""

    name = "stock"
    tables = MetaData()

    @on(OrderReceived)
    def refuse(self, state: Any, order: OrderReceived) -> None:
        """Step 4."""
        raise DomainError("the shelf has collapsed")

    @on(OrderApproved)
    def ignore(self, state: Any, order: OrderApproved) -> None:
        """Step 13."""


class SilentPayments(Service):
    """Reads requests for payments and sends nothing."""

    name = "payments"
    tables = MetaData()

    @on(ProcessPayment)
    def ignore(self, state: Any, request: ProcessPayment) -> None:
        """Step 8."""


def test_at_each_arrow_the_next_one_is_named(open_lab: OpenLab) -> None:
    lab = open_lab()
    order = lab.place_order("wooden spoon", quantity=2)
    lab.step()
    steps = [arrow.step for arrow in arrows("ordering")]

    for step in steps[1:13]:
        (moment,) = lab.step()
        waits_at = [int(words.split(",")[0]) for words in lab.explain(order).split("waits at step ")[1:]]
        assert moment.hop.step == step
        assert set(waits_at) == {min(step + 1, 14)} or step == 13

    lab.run()
    assert lab.explain(order) == "Order order-1 is APPROVED, and nothing waits for it."


def test_an_order_at_the_gateway_waits_for_orders(lab: Lab) -> None:
    order = lab.place_order("wooden spoon")
    placed = lab.explain(order)
    lab.step()

    lab.crash("orders")

    assert placed == "Order order-1 waits at step 1: the web app has not sent it yet."
    assert lab.explain("order-1") == "Order order-1 waits at step 2: Orders has not stored it; orders-1 has crashed."


def test_a_crashed_consumer_is_named_with_record_group_and_lag(open_lab: OpenLab) -> None:
    lab = open_lab()
    lab.place_order("enamel mug")
    lab.run()
    lab.crash("stock")
    order = lab.place_order("wooden spoon")
    lab.run()

    assert lab.explain(order) == (
        "Order order-2 is RECEIVED, and waits at step 4, kafka → stock: OrderReceived is order.new-order-received[0]@1,"
        " group stock has committed offset 1 of 2, lag 1, and stock-1 has crashed."
    )


def test_a_replica_that_crashed_before_publish_has_the_message_in_its_outbox(open_lab: OpenLab) -> None:
    lab = open_lab()
    order = lab.place_order("wooden spoon")
    lab.break_at("orders", "publish")
    lab.run()

    before = lab.explain(order)
    lab.crash("orders")

    where = "Order order-1 is RECEIVED, and waits at step 3, orders → kafka: OrderReceived is in the outbox of orders,"
    assert before == f"{where} and orders-1 is about to send it."
    assert lab.explain(order) == f"{where} and orders-1 has crashed."


def test_a_call_without_an_answer_is_named_with_its_attempts_and_its_end(lab: Lab) -> None:
    lab.outside.payment_broker.switches.fail = 5
    order = lab.place_order("wooden spoon")
    while lab.step().hop.hop.step != 9:
        pass

    said = lab.explain(order)

    assert said.startswith(
        "Order order-1 is RESERVED, and waits at step 9, payments → payment_broker: ChargeCard has had 1 attempt since "
        "2026-01-01 10:00:00 UTC without a usable reply, the last one: "
    )
    assert said.endswith("; payments-1 repeats it until 2026-01-01 22:00:00 UTC.")


def test_a_dead_letter_is_named_with_its_topic_and_its_error(open_lab: OpenLab) -> None:
    lab = open_lab()
    lab.replace("stock", BrokenStock)
    order = lab.place_order("wooden spoon")
    lab.run()

    said = lab.explain(order)

    assert said.startswith(
        "Order order-1 is RECEIVED, and is parked at step 4, kafka → stock: order.new-order-received[0]@0, "
        "OrderReceived, is a dead letter in order.new-order-received.stock.dlt since 2026-01-01T10:00:0"
    )
    assert said.endswith(": the shelf has collapsed.")


def test_a_service_that_sends_nothing_is_named(lab: Lab) -> None:
    lab.replace("payments", SilentPayments)
    order = lab.place_order("wooden spoon")
    lab.run()

    assert lab.explain(order) == (
        "Order order-1 is RESERVED, and nothing is under way: payments has handled ProcessPayment, "
        "and has sent nothing since."
    )


def test_a_record_that_a_group_was_moved_past_is_named(lab: Lab) -> None:
    lab.crash("stock")
    order = lab.place_order("wooden spoon")
    lab.run()
    lab.restart("stock")
    lab.rewind("stock", "order.new-order-received", 1)

    said = lab.explain(order)

    assert "committed offset 1 of 1, lag 0, beyond this record: its offset was reset" in said


@pytest.mark.parametrize(
    ("product", "end"),
    [
        ("garden gnome", "is REJECTED (Garden gnome is sold out), and nothing waits for it."),
        ("wooden spoon", "is APPROVED, and nothing waits for it."),
    ],
)
def test_an_order_with_an_end_waits_for_nothing(lab: Lab, product: str, end: str) -> None:
    order = lab.place_order(product)
    lab.run()

    assert lab.explain(order.id) == f"Order order-1 {end}"


def test_an_order_that_needs_an_operator_says_why(lab: Lab) -> None:
    lab.outside.payment_broker.switches.fail = 1_000_000
    order = lab.place_order("wooden spoon")
    lab.run()

    said = "Order order-1 needs an operator: it is unknown whether the card was charged: no usable reply within 12 h: "
    assert lab.explain(order).startswith(said)


def test_an_unknown_order_is_refused(lab: Lab) -> None:
    with pytest.raises(LabError, match="there is no order-7"):
        lab.explain("order-7")


def test_of_many_unfinished_orders_ten_are_named(memory_lab: OpenLab) -> None:
    lab = memory_lab()
    for _ in range(12):
        lab.place_order("wooden spoon")
    lab.break_at("stock", "poll")
    lab.run()
    lab.rewind("stock", "order.new-order-received", 12)

    lab.run()

    explained = lab.explain()
    assert explained.startswith("Nothing moves, but order-1 is RECEIVED, order-2 is RECEIVED, ")
    assert explained.endswith("order-10 is RECEIVED and 2 more: no topic and no outbox holds a message for it.")
