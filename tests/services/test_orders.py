"""Orders: the status and the messages of an order, from its acceptance to its approval or rejection."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from sample import (
    ADA,
    CREDIT,
    EMAIL,
    FIRST,
    SECOND,
    SPOONS,
    line,
    order_approved,
    payment,
    payment_failed,
    place_order,
    products_reserved,
    reservation_failed,
)

from checkout.domain import IllegalTransition, UnknownOrder
from checkout.messages import (
    Message,
    OrderApproved,
    OrderCancelled,
    OrderReceived,
    PaymentProcessed,
    ProcessPayment,
    ProductsReserved,
)
from checkout.services.orders import Orders


@pytest.fixture
def orders(new_harness: Callable[..., Any]) -> Any:
    return new_harness(Orders())


def status_of(orders: Any, id: str = FIRST) -> tuple[str, str | None, Decimal | None]:
    order = orders.state(products_reserved(id))[id]
    return order.status, order.reason, order.total


def cancellation(orders: Any, id: str = FIRST) -> OrderCancelled:
    """What Orders publishes about an order that it has ended, with the reason that it stores."""
    return OrderCancelled(id, status_of(orders, id)[1], ADA, EMAIL)


def test_a_new_order_is_published_for_reservation(orders: Any) -> None:
    sent = orders.handle(place_order(quantity=2, name="Spoon", price=Decimal("5.00")))

    lines = [line(1, 2, name="Spoon", price=Decimal("5.00"))]
    assert sent == [OrderReceived(FIRST, ADA, lines, CREDIT, EMAIL)]
    assert status_of(orders) == ("RECEIVED", None, None)


def test_a_reserved_order_requests_payment_of_the_total_from_stock(orders: Any) -> None:
    orders.handle(place_order())

    sent = orders.handle(products_reserved(total="10.00"))

    assert sent == [ProcessPayment(FIRST, ADA, payment("10.00"), EMAIL)]
    assert status_of(orders) == ("RESERVED", None, Decimal("10.00"))


def test_a_paid_order_is_approved_with_the_prices_of_the_catalogue(orders: Any) -> None:
    orders.handle(place_order(price=Decimal("5.00"), name="Spoon"))
    orders.handle(products_reserved())

    sent = orders.handle(PaymentProcessed(FIRST))

    assert sent == [OrderApproved(FIRST, ADA, [SPOONS], payment("10.00"), Decimal("10.00"), EMAIL)]
    assert status_of(orders)[0] == "APPROVED"


def test_a_sold_out_order_is_rejected_with_the_reason_from_stock(orders: Any) -> None:
    orders.handle(place_order())

    sent = orders.handle(reservation_failed(reason="Garden gnome is sold out"))

    assert sent == []
    assert status_of(orders) == ("REJECTED", "Garden gnome is sold out", None)


def test_an_unpaid_order_is_rejected_with_the_reason_of_the_payment_provider(orders: Any) -> None:
    orders.handle(place_order())
    orders.handle(products_reserved())

    sent = orders.handle(payment_failed(reason="above the limit"))

    assert sent == []
    assert status_of(orders) == ("REJECTED", "above the limit", Decimal("10.00"))


@pytest.mark.parametrize("total", [None, "NaN", "Infinity", "1000000.01", "1e20"])
def test_an_order_without_a_valid_total_from_stock_is_rejected(orders: Any, total: str | None) -> None:
    orders.handle(place_order())

    sent = orders.handle(products_reserved(total=total))

    assert sent == [cancellation(orders)]
    assert status_of(orders) == ("REJECTED", "Stock named no price", None)


def test_an_order_with_too_many_lines_from_stock_is_rejected(orders: Any) -> None:
    orders.handle(place_order())
    reservation = msgspec.structs.replace(products_reserved(), products=[line(1, 1)] * 1_001)

    sent = orders.handle(reservation)

    assert sent == [cancellation(orders)]
    assert status_of(orders)[:2] == ("REJECTED", "the order has more than 1,000 lines")


def test_an_order_with_a_line_price_that_is_not_a_number_is_rejected(orders: Any) -> None:
    orders.handle(place_order())
    message = msgspec.structs.replace(products_reserved(), products=[line(1, 2, price=Decimal("NaN"))])

    sent = orders.handle(message)

    assert sent == [cancellation(orders)]
    assert status_of(orders)[1] == "Stock named no price"


@pytest.mark.parametrize("total", ["0.00", "-5.00"])
def test_a_total_of_zero_or_less_is_passed_on_for_payments_to_refuse(orders: Any, total: str) -> None:
    orders.handle(place_order())

    sent = orders.handle(products_reserved(total=total))

    assert sent == [ProcessPayment(FIRST, ADA, payment(total), EMAIL)]


def test_an_order_accepted_by_a_foreign_orders_service_is_adopted_from_a_complete_reservation(orders: Any) -> None:
    sent = orders.handle(products_reserved())

    assert sent == [ProcessPayment(FIRST, ADA, payment("10.00"), EMAIL)]
    order = orders.state(products_reserved())[FIRST]
    assert (order.customer_name, order.products, order.status) == (ADA, [SPOONS], "RESERVED")


def test_an_adopted_order_is_approved(orders: Any) -> None:
    orders.handle(products_reserved())

    (sent,) = orders.handle(PaymentProcessed(FIRST))

    assert sent == order_approved()


@pytest.mark.parametrize(
    "message", [ProductsReserved(FIRST), ProductsReserved(FIRST, ADA), ProductsReserved(FIRST, payment=CREDIT)]
)
def test_an_unknown_order_cannot_be_adopted_without_name_and_payment(orders: Any, message: Message) -> None:
    with pytest.raises(UnknownOrder, match=f"there is no order {FIRST}"):
        orders.handle(message)

    assert orders.state(message) == {}


@pytest.mark.parametrize("message", [reservation_failed(), payment_failed(), PaymentProcessed(FIRST)])
def test_a_message_about_an_unknown_order_is_an_error(orders: Any, message: Message) -> None:
    with pytest.raises(UnknownOrder, match=f"there is no order {FIRST}"):
        orders.handle(message)


@pytest.mark.parametrize(
    ("before", "late"),
    [
        ([products_reserved(), PaymentProcessed(FIRST)], products_reserved()),
        ([products_reserved(), PaymentProcessed(FIRST)], payment_failed()),
        ([products_reserved(), PaymentProcessed(FIRST)], reservation_failed()),
        ([reservation_failed()], products_reserved()),
        ([products_reserved(), payment_failed()], PaymentProcessed(FIRST)),
        ([], PaymentProcessed(FIRST)),
        ([products_reserved()], products_reserved()),
    ],
)
def test_a_status_never_goes_backwards(orders: Any, before: list[Message], late: Message) -> None:
    orders.handle(place_order())
    for message in before:
        orders.handle(message)
    status_before = status_of(orders)

    with pytest.raises(IllegalTransition):
        orders.handle(late)

    assert status_of(orders) == status_before


def test_orders_in_one_batch_are_independent(orders: Any) -> None:
    sent = orders.handle(place_order(), place_order(SECOND, sku=2, quantity=1))

    assert [(message.id, message.products[0].sku) for message in sent] == [(FIRST, 1), (SECOND, 2)]
