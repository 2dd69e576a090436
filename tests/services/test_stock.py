"""Stock: reserves products at catalogue prices or refuses with a reason; its quantities stay consistent."""

import random
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sample import ADA, CREDIT, EMAIL, FIRST, SECOND, line, order_approved, order_id, order_received, payment_failed

from checkout.domain import IllegalTransition, UnknownOrder
from checkout.fields import OrderLine
from checkout.messages import Message, ProductsReservationFailed, ProductsReserved
from checkout.services.stock import CATALOGUE, Stock


@pytest.fixture
def stock(new_harness: Callable[..., Any]) -> Any:
    return new_harness(Stock())


def refusal(sent: list[Message]) -> str:
    (response,) = sent
    assert isinstance(response, ProductsReservationFailed)
    return response.message


def on_hand_and_reserved(stock: Any, sku: int = 1) -> tuple[int, int]:
    """The quantity on hand, and how much of it is reserved."""
    product = stock.state(order_received(line(sku), id=order_id(999))).products[sku]
    return product.on_hand, product.reserved


def test_the_catalogue_is_as_in_the_contract() -> None:
    assert [(p.sku, p.name, str(p.price), p.on_hand) for p in CATALOGUE] == [
        (1, "Wooden spoon", "5.00", 100), (2, "Enamel mug", "8.50", 40), (3, "Garden gnome", "30.00", 0),
        (4, "Oak table", "950.00", 5), (5, "Copper kettle", "64.90", 10),
    ]


def test_an_order_is_reserved_with_names_and_prices_of_the_catalogue(stock: Any) -> None:
    sent = stock.handle(order_received(line(1, 2)))

    spoons = OrderLine(sku=1, name="Wooden spoon", price=Decimal("5.00"), quantity=2)
    assert sent == [ProductsReserved(FIRST, ADA, EMAIL, [spoons], CREDIT, Decimal("10.00"))]
    assert on_hand_and_reserved(stock) == (100, 2)


def test_the_total_is_the_sum_of_the_lines(stock: Any) -> None:
    (sent,) = stock.handle(order_received(line(1, 3), line(5, 2), line(2)))

    assert sent.total == Decimal("153.30")
    assert [(each.name, each.quantity) for each in sent.products] == [
        ("Wooden spoon", 3), ("Copper kettle", 2), ("Enamel mug", 1),
    ]


def test_two_lines_of_one_product_are_added(stock: Any) -> None:
    (sent,) = stock.handle(order_received(line(4, 2), line(4, 3)))

    assert sent.total == Decimal("4750.00")
    assert on_hand_and_reserved(stock, 4) == (5, 5)


def test_two_lines_of_one_product_cannot_exceed_the_stock(stock: Any) -> None:
    sent = stock.handle(order_received(line(4, 3), line(4, 3)))

    assert refusal(sent) == "there are only 5 of Oak table left"
    assert on_hand_and_reserved(stock, 4) == (5, 0)


def test_an_order_above_the_largest_amount_is_refused_and_nothing_is_reserved(
    new_harness: Callable[..., Any],
) -> None:
    stock = new_harness(Stock([replace(CATALOGUE[3], on_hand=5_000)]))

    sent = stock.handle(order_received(line(4, 1_000), line(4, 53)))
    largest = stock.handle(order_received(line(4, 1_000), line(4, 52), id=SECOND))

    assert refusal(sent) == "the order costs 1,000,350.00 EUR: an order may cost at most 1,000,000.00 EUR"
    assert largest[0].total == Decimal("999400.00")
    assert on_hand_and_reserved(stock, 4) == (5_000, 1_052)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([line(3)], "Garden gnome is sold out"),
        ([line(1, 101)], "there are only 100 of Wooden spoon left"),
        ([line(999)], "there is no product 999"),
        ([line(1, price=Decimal("4.99"))], "the price of Wooden spoon is 5.00, not 4.99"),
        ([line(1, price=Decimal("-5.00"))], "the price of Wooden spoon is 5.00, not -5.00"),
        ([line(1, price=Decimal("NaN"))], "the price of Wooden spoon is 5.00, not NaN"),
        ([line(1, price=Decimal("Infinity"))], "the price of Wooden spoon is 5.00, not Infinity"),
        ([line(1, 0)], "the quantity of Wooden spoon is 0: it must be 1 to 1,000"),
        ([line(1, -1)], "the quantity of Wooden spoon is -1: it must be 1 to 1,000"),
        ([line(1, 10**9)], "the quantity of Wooden spoon is 1000000000: it must be 1 to 1,000"),
        ([line(1, 1_001)], "the quantity of Wooden spoon is 1001: it must be 1 to 1,000"),
        ([line(1), line(3)], "Garden gnome is sold out"),
    ],
)
def test_a_refusal_has_a_reason_and_reserves_nothing(stock: Any, lines: list[OrderLine], reason: str) -> None:
    sent = stock.handle(order_received(*lines))

    assert sent == [ProductsReservationFailed(FIRST, reason, ADA, EMAIL)]
    assert [on_hand_and_reserved(stock, sku)[1] for sku in (1, 3)] == [0, 0]


def test_an_order_without_products_is_refused(stock: Any) -> None:
    empty = order_received(line(1))

    sent = stock.handle(type(empty)(FIRST, ADA, [], CREDIT, EMAIL))

    assert refusal(sent) == "the order has no products"


@pytest.mark.parametrize(("count", "is_reserved"), [(1_000, True), (1_001, False)])
def test_an_order_has_at_most_a_thousand_lines(new_harness: Callable[..., Any], count: int, is_reserved: bool) -> None:
    stock = new_harness(Stock([replace(CATALOGUE[0], on_hand=5_000)]))

    sent = stock.handle(order_received(*[line(1)] * count))

    assert isinstance(sent[0], ProductsReserved) is is_reserved
    assert is_reserved or refusal(sent) == "the order has more than 1,000 lines"


def test_a_price_that_equals_the_price_of_the_catalogue_is_accepted(stock: Any) -> None:
    (sent,) = stock.handle(order_received(line(1, price=Decimal("5"), name="Spoon of gold")))

    assert sent.products[0].name == "Wooden spoon"


def test_the_last_item_is_reserved_for_the_first_order(stock: Any) -> None:
    sent = stock.handle(order_received(line(4, 5)), order_received(line(4), id=SECOND))

    assert isinstance(sent[0], ProductsReserved)
    assert refusal(sent[1:]) == "Oak table is sold out"


def test_an_approved_order_decreases_the_stock(stock: Any) -> None:
    stock.handle(order_received(line(1, 2)))

    sent = stock.handle(order_approved())

    assert sent == []
    assert on_hand_and_reserved(stock) == (98, 0)


def test_an_unpaid_order_releases_its_products(stock: Any) -> None:
    stock.handle(order_received(line(1, 2), line(2)))

    sent = stock.handle(payment_failed())

    assert sent == []
    assert (on_hand_and_reserved(stock, 1), on_hand_and_reserved(stock, 2)) == ((100, 0), (40, 0))


@pytest.mark.parametrize("first", [order_approved, payment_failed])
@pytest.mark.parametrize("again", [order_approved, payment_failed])
def test_a_reservation_ends_once(stock: Any, first: Any, again: Any) -> None:
    stock.handle(order_received(line(1, 2)))
    stock.handle(first())
    before = on_hand_and_reserved(stock)

    with pytest.raises(IllegalTransition):
        stock.handle(again())

    assert on_hand_and_reserved(stock) == before


def test_a_refused_order_has_nothing_to_release(stock: Any) -> None:
    stock.handle(order_received(line(3)))

    with pytest.raises(IllegalTransition, match="are REFUSED and cannot become RELEASED"):
        stock.handle(payment_failed())


@pytest.mark.parametrize("message", [order_approved(), payment_failed()])
def test_a_message_about_an_unknown_order_is_an_error(stock: Any, message: Message) -> None:
    with pytest.raises(UnknownOrder, match=f"there is no reservation for order {FIRST}"):
        stock.handle(message)


def test_on_hand_and_reserved_are_consistent_after_random_orders_and_payments(stock: Any) -> None:
    generator, held, sold = random.Random(7), dict[str, int](), 0
    for number in range(60):
        id, quantity = order_id(number), generator.randint(1, 9)
        batch = [order_received(line(1, quantity), id=id)]
        last_message = generator.choice([order_approved, payment_failed]) if held and generator.random() < 0.7 else None
        ended = generator.choice(sorted(held)) if last_message else ""
        sent = stock.handle(*batch, *([last_message(ended)] if last_message else []))
        if isinstance(sent[0], ProductsReserved):
            held[id] = quantity
        quantity_held = held.pop(ended, 0)
        sold += quantity_held if last_message is order_approved else 0

        assert on_hand_and_reserved(stock) == (100 - sold, sum(held.values()))
    assert sold > 20


def test_a_restart_does_not_reset_the_stock(stock: Any) -> None:
    stock.handle(order_received(line(1, 2)))

    with stock.database.begin() as db:
        stock.service.seed(db)

    assert on_hand_and_reserved(stock) == (100, 2)
