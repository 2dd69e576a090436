"""Registry: the arrows of each story are those in the tables of the contract."""

import pytest

from checkout.messages import STORIES, OrderApproved, PaymentFailed, PlaceOrder, ProductsReserved
from checkout.registry import StoryArrow, arrows, listeners
from checkout.stories import story_of

POST = "HTTP, POST /api/v1/order-management/orders"
ARROWS_1_TO_4 = [
    (1, "web", "gateway", "PlaceOrder", POST),
    (2, "gateway", "orders", "PlaceOrder", POST),
    (3, "orders", "kafka", "OrderReceived", "order.new-order-received"),
    (4, "kafka", "stock", "OrderReceived", "order.new-order-received"),
]
ARROWS_1_TO_9 = [
    *ARROWS_1_TO_4,
    (5, "stock", "kafka", "ProductsReserved", "stock.order-products-reserved"),
    (6, "kafka", "orders", "ProductsReserved", "stock.order-products-reserved"),
    (7, "orders", "kafka", "ProcessPayment", "order.process-order-payment"),
    (8, "kafka", "payments", "ProcessPayment", "order.process-order-payment"),
    (9, "payments", "payment_broker", "ChargeCard", "HTTP, POST /charges"),
]
VIEWS = {
    "ordering": [
        *ARROWS_1_TO_9,
        (10, "payments", "kafka", "PaymentProcessed", "payment.order-payment-processed"),
        (11, "kafka", "orders", "PaymentProcessed", "payment.order-payment-processed"),
        (12, "orders", "kafka", "OrderApproved", "order.new-order-approved"),
        (13, "kafka", "stock", "OrderApproved", "order.new-order-approved"),
        (13, "kafka", "shipments", "OrderApproved", "order.new-order-approved"),
        (13, "kafka", "notifications", "OrderApproved", "order.new-order-approved"),
        (14, "shipments", "shipment_company", "BookParcel", "HTTP, POST /parcels"),
        (14, "notifications", "customer", "SendEmail", "SMTP"),
    ],
    "ordering-sold-out": [
        *ARROWS_1_TO_4,
        (5, "stock", "kafka", "ProductsReservationFailed", "stock.order-products-reservation-failed"),
        (6, "kafka", "orders", "ProductsReservationFailed", "stock.order-products-reservation-failed"),
        (6, "kafka", "notifications", "ProductsReservationFailed", "stock.order-products-reservation-failed"),
        (7, "notifications", "customer", "SendEmail", "SMTP"),
    ],
    "ordering-payment-denied": [
        *ARROWS_1_TO_9,
        (10, "payments", "kafka", "PaymentFailed", "payment.order-payment-failed"),
        (11, "kafka", "orders", "PaymentFailed", "payment.order-payment-failed"),
        (11, "kafka", "stock", "PaymentFailed", "payment.order-payment-failed"),
        (11, "kafka", "notifications", "PaymentFailed", "payment.order-payment-failed"),
        (12, "notifications", "customer", "SendEmail", "SMTP"),
    ],
}
COUNTS = {
    "ordering": (17, 14), "ordering-sold-out": (8, 7), "ordering-payment-denied": (14, 12),
    "ordering-cancelled": (14, 12), "ordering-expired": (14, 12), "ordering-late-payment": (24, 17),
    "ordering-refund-refused": (22, 16), "ordering-parcel-refused": (30, 22),
}


@pytest.mark.parametrize("story", sorted(VIEWS))
def test_a_story_has_the_arrows_of_the_contract(story: str) -> None:
    arrows_of_story = arrows(story)

    assert sorted(arrows_of_story) == sorted(StoryArrow(*arrow) for arrow in VIEWS[story])
    assert [arrow.step for arrow in arrows_of_story] == [arrow[0] for arrow in VIEWS[story]]


@pytest.mark.parametrize("story", STORIES)
def test_a_story_has_as_many_arrows_and_steps_as_its_diagram(story: str) -> None:
    steps = [arrow.step for arrow in arrows(story)]

    assert (len(steps), len(set(steps))) == COUNTS[story]
    assert set(steps) == set(range(1, max(steps) + 1))


def test_the_listeners_of_a_message_are_the_services_with_a_handler() -> None:
    assert listeners(OrderApproved) == ["stock", "shipments", "notifications"]
    assert listeners(PaymentFailed) == ["orders", "stock", "notifications"]
    assert listeners(ProductsReserved) == ["orders"]
    assert listeners(PlaceOrder) == ["orders"]


@pytest.mark.parametrize(
    ("messages", "story"),
    [
        (["PlaceOrder"], "ordering"),
        (["PlaceOrder", "OrderReceived", "ProductsReservationFailed"], "ordering-sold-out"),
        (["ChargeCard", "PaymentFailed", "SendEmail"], "ordering-payment-denied"),
        (["PlaceOrder", "CancelOrder"], "ordering-cancelled"),
        (["PlaceOrder", "CancelOrder", "PaymentFailed"], "ordering-cancelled"),
        (["ProcessPayment", "ReservationExpired", "OrderCancelled"], "ordering-expired"),
        (["ReservationExpired", "PaymentProcessed", "OrderApproved"], "ordering"),
        (["CancelOrder", "PaymentProcessed", "RefundPayment"], "ordering-late-payment"),
        (["CancelOrder", "RefundPayment", "RefundCard", "PaymentNeedsOperator"], "ordering-refund-refused"),
        (["CancelOrder", "PaymentNeedsOperator"], "ordering-cancelled"),  # a charge without an answer
        (["OrderApproved", "ShipmentRefused", "RefundPayment"], "ordering-parcel-refused"),
        ([], "ordering"),
    ],
)
def test_a_story_is_known_by_its_messages(messages: list[str], story: str) -> None:
    assert story_of(messages) == story
