"""Orders: takes an order, follows it to its end."""

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
    approved,
    line,
    paid,
    refused,
    reserved,
    unpaid,
    wanted,
)

from checkout.domain import IllegalTransition, UnknownOrder
from checkout.messages import Message, OrderApproved, OrderReceived, PaymentProcessed, ProcessPayment, ProductsReserved
from checkout.services.orders import Orders


@pytest.fixture
def orders(bench: Callable[..., Any]) -> Any:
    return bench(Orders())


def stands(orders: Any, id: str = FIRST) -> tuple[str, str | None, Decimal | None]:
    order = orders.state(reserved(id))[id]
    return order.status, order.reason, order.total


def test_a_new_order_asks_whether_its_products_are_available(orders: Any) -> None:
    said = orders.tell(wanted(quantity=2, name="Spoon", price=Decimal("5.00")))

    lines = [line(1, 2, name="Spoon", price=Decimal("5.00"))]
    assert said == [OrderReceived(FIRST, ADA, lines, CREDIT, EMAIL)]
    assert stands(orders) == ("RECEIVED", None, None)


def test_a_reserved_order_is_to_be_paid_at_stocks_total(orders: Any) -> None:
    orders.tell(wanted())

    said = orders.tell(reserved(total="10.00"))

    assert said == [ProcessPayment(FIRST, ADA, paid("10.00"), EMAIL)]
    assert stands(orders) == ("RESERVED", None, Decimal("10.00"))


def test_a_paid_order_is_approved_with_the_catalogues_prices(orders: Any) -> None:
    orders.tell(wanted(price=Decimal("5.00"), name="Spoon"))
    orders.tell(reserved())

    said = orders.tell(PaymentProcessed(FIRST))

    assert said == [OrderApproved(FIRST, ADA, [SPOONS], paid("10.00"), Decimal("10.00"), EMAIL)]
    assert stands(orders)[0] == "APPROVED"


def test_a_sold_out_order_ends_with_stocks_reason(orders: Any) -> None:
    orders.tell(wanted())

    said = orders.tell(refused(why="Garden gnome is sold out"))

    assert said == []
    assert stands(orders) == ("REJECTED", "Garden gnome is sold out", None)


def test_an_unpaid_order_ends_with_the_brokers_reason(orders: Any) -> None:
    orders.tell(wanted())
    orders.tell(reserved())

    said = orders.tell(unpaid(why="above the limit"))

    assert said == []
    assert stands(orders) == ("REJECTED", "above the limit", Decimal("10.00"))


@pytest.mark.parametrize("total", [None, "NaN", "Infinity", "1000000.01", "1e20"])
def test_an_order_whose_stock_names_no_price_is_rejected(orders: Any, total: str | None) -> None:
    orders.tell(wanted())

    said = orders.tell(reserved(total=total))

    assert said == []
    assert stands(orders) == ("REJECTED", "Stock named no price", None)


def test_a_line_whose_price_is_no_number_is_no_price_either(orders: Any) -> None:
    orders.tell(wanted())
    odd = msgspec.structs.replace(reserved(), products=[line(1, 2, price=Decimal("NaN"))])

    said = orders.tell(odd)

    assert said == []
    assert stands(orders)[1] == "Stock named no price"


@pytest.mark.parametrize("total", ["0.00", "-5.00"])
def test_a_total_of_nothing_or_less_is_for_payments_to_refuse(orders: Any, total: str) -> None:
    orders.tell(wanted())

    said = orders.tell(reserved(total=total))

    assert said == [ProcessPayment(FIRST, ADA, paid(total), EMAIL)]


def test_an_order_that_another_orders_took_is_adopted_from_a_full_answer(orders: Any) -> None:
    said = orders.tell(reserved())

    assert said == [ProcessPayment(FIRST, ADA, paid("10.00"), EMAIL)]
    order = orders.state(reserved())[FIRST]
    assert (order.customer_name, order.products, order.status) == (ADA, [SPOONS], "RESERVED")


def test_an_adopted_order_goes_to_its_end(orders: Any) -> None:
    orders.tell(reserved())

    (said,) = orders.tell(PaymentProcessed(FIRST))

    assert said == approved()


@pytest.mark.parametrize(
    "answer", [ProductsReserved(FIRST), ProductsReserved(FIRST, ADA), ProductsReserved(FIRST, payment=CREDIT)]
)
def test_an_unknown_order_cannot_be_adopted_from_less(orders: Any, answer: Message) -> None:
    with pytest.raises(UnknownOrder, match=f"there is no order {FIRST}"):
        orders.tell(answer)

    assert orders.state(answer) == {}


@pytest.mark.parametrize("message", [refused(), unpaid(), PaymentProcessed(FIRST)])
def test_news_about_an_unknown_order_are_an_error(orders: Any, message: Message) -> None:
    with pytest.raises(UnknownOrder, match=f"there is no order {FIRST}"):
        orders.tell(message)


@pytest.mark.parametrize(
    ("before", "late"),
    [
        ([reserved(), PaymentProcessed(FIRST)], reserved()),
        ([reserved(), PaymentProcessed(FIRST)], unpaid()),
        ([reserved(), PaymentProcessed(FIRST)], refused()),
        ([refused()], reserved()),
        ([reserved(), unpaid()], PaymentProcessed(FIRST)),
        ([], PaymentProcessed(FIRST)),
        ([reserved()], reserved()),
    ],
)
def test_a_status_never_goes_backwards(orders: Any, before: list[Message], late: Message) -> None:
    orders.tell(wanted())
    for message in before:
        orders.tell(message)
    stood = stands(orders)

    with pytest.raises(IllegalTransition):
        orders.tell(late)

    assert stands(orders) == stood


def test_orders_of_one_batch_do_not_meet(orders: Any) -> None:
    said = orders.tell(wanted(), wanted(SECOND, sku=2, quantity=1))

    assert [(message.id, message.products[0].sku) for message in said] == [(FIRST, 1), (SECOND, 2)]
