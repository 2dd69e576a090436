"""Stock: reserves at the catalogue's prices or says why not; what it has always adds up."""

import random
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import httpx
import pytest
from sample import ADA, CREDIT, EMAIL, FIRST, SECOND, approved, line, order_id, received, unpaid

from checkout.domain import IllegalTransition, UnknownOrder
from checkout.fields import OrderLine
from checkout.messages import Message, ProductsReservationFailed, ProductsReserved
from checkout.services.stock import CATALOGUE, Stock

PRODUCTS = "/api/v1/stock-management/products"


@pytest.fixture
def stock(bench: Callable[..., Any]) -> Any:
    return bench(Stock())


def refusal(said: list[Message]) -> str:
    (answer,) = said
    assert isinstance(answer, ProductsReservationFailed)
    return answer.message


def on_shelf(stock: Any, sku: int = 1) -> tuple[int, int]:
    """How many there are, and how many of them are reserved."""
    product = stock.state(received(line(sku), id=order_id(999))).products[sku]
    return product.on_hand, product.reserved


def test_the_catalogue_is_the_contracts() -> None:
    assert [(p.sku, p.name, str(p.price), p.on_hand) for p in CATALOGUE] == [
        (1, "Wooden spoon", "5.00", 100), (2, "Enamel mug", "8.50", 40), (3, "Garden gnome", "30.00", 0),
        (4, "Oak table", "950.00", 5), (5, "Copper kettle", "64.90", 10),
    ]


def test_an_order_is_reserved_at_the_catalogues_names_and_prices(stock: Any) -> None:
    said = stock.tell(received(line(1, 2)))

    spoons = OrderLine(sku=1, name="Wooden spoon", price=Decimal("5.00"), quantity=2)
    assert said == [ProductsReserved(FIRST, ADA, EMAIL, [spoons], CREDIT, Decimal("10.00"))]
    assert on_shelf(stock) == (100, 2)


def test_several_lines_add_up(stock: Any) -> None:
    (said,) = stock.tell(received(line(1, 3), line(5, 2), line(2)))

    assert said.total == Decimal("153.30")
    assert [(each.name, each.quantity) for each in said.products] == [
        ("Wooden spoon", 3), ("Copper kettle", 2), ("Enamel mug", 1),
    ]


def test_the_same_product_on_two_lines_counts_twice(stock: Any) -> None:
    (said,) = stock.tell(received(line(4, 2), line(4, 3)))

    assert said.total == Decimal("4750.00")
    assert on_shelf(stock, 4) == (5, 5)


def test_the_same_product_on_two_lines_cannot_outwit_the_shelf(stock: Any) -> None:
    said = stock.tell(received(line(4, 3), line(4, 3)))

    assert refusal(said) == "there are only 5 of Oak table left"
    assert on_shelf(stock, 4) == (5, 0)


@pytest.mark.parametrize(
    ("lines", "why"),
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
def test_a_refusal_says_why_and_reserves_nothing(stock: Any, lines: list[OrderLine], why: str) -> None:
    said = stock.tell(received(*lines))

    assert said == [ProductsReservationFailed(FIRST, why, ADA, EMAIL)]
    assert [on_shelf(stock, sku)[1] for sku in (1, 3)] == [0, 0]


def test_an_order_without_products_is_refused(stock: Any) -> None:
    empty = received(line(1))

    said = stock.tell(type(empty)(FIRST, ADA, [], CREDIT, EMAIL))

    assert refusal(said) == "the order has no products"


@pytest.mark.parametrize(("count", "taken"), [(1_000, True), (1_001, False)])
def test_an_order_of_single_entries_has_at_most_a_thousand(bench: Callable[..., Any], count: int, taken: bool) -> None:
    stock = bench(Stock([replace(CATALOGUE[0], on_hand=5_000)]))

    said = stock.tell(received(*[line(1)] * count))

    assert isinstance(said[0], ProductsReserved) is taken
    assert taken or refusal(said) == "the order has more than 1,000 lines"


def test_a_price_that_is_the_catalogues_however_written_is_fine(stock: Any) -> None:
    (said,) = stock.tell(received(line(1, price=Decimal("5"), name="Spoon of gold")))

    assert said.products[0].name == "Wooden spoon"


def test_the_last_one_goes_to_the_first_who_asks(stock: Any) -> None:
    said = stock.tell(received(line(4, 5)), received(line(4), id=SECOND))

    assert isinstance(said[0], ProductsReserved)
    assert refusal(said[1:]) == "Oak table is sold out"


def test_an_approved_order_leaves_the_store(stock: Any) -> None:
    stock.tell(received(line(1, 2)))

    said = stock.tell(approved())

    assert said == []
    assert on_shelf(stock) == (98, 0)


def test_an_unpaid_order_gives_its_products_back(stock: Any) -> None:
    stock.tell(received(line(1, 2), line(2)))

    said = stock.tell(unpaid())

    assert said == []
    assert (on_shelf(stock, 1), on_shelf(stock, 2)) == ((100, 0), (40, 0))


@pytest.mark.parametrize("end", [approved, unpaid])
@pytest.mark.parametrize("again", [approved, unpaid])
def test_a_reservation_ends_once(stock: Any, end: Any, again: Any) -> None:
    stock.tell(received(line(1, 2)))
    stock.tell(end())
    before = on_shelf(stock)

    with pytest.raises(IllegalTransition):
        stock.tell(again())

    assert on_shelf(stock) == before


def test_a_refused_order_has_nothing_to_give_back(stock: Any) -> None:
    stock.tell(received(line(3)))

    with pytest.raises(IllegalTransition, match="are REFUSED, not HELD"):
        stock.tell(unpaid())


@pytest.mark.parametrize("message", [approved(), unpaid()])
def test_an_order_that_was_never_seen_is_an_error(stock: Any, message: Message) -> None:
    with pytest.raises(UnknownOrder, match=f"there is no reservation for order {FIRST}"):
        stock.tell(message)


def test_stock_adds_up_whatever_happens_in_whatever_batches(stock: Any) -> None:
    dice, held, sold = random.Random(7), dict[str, int](), 0
    for number in range(60):
        id, quantity = order_id(number), dice.randint(1, 9)
        batch = [received(line(1, quantity), id=id)]
        ending = dice.choice([approved, unpaid]) if held and dice.random() < 0.7 else None
        ended = dice.choice(sorted(held)) if ending else ""
        said = stock.tell(*batch, *([ending(ended)] if ending else []))
        if isinstance(said[0], ProductsReserved):
            held[id] = quantity
        left = held.pop(ended, 0)
        sold += left if ending is approved else 0

        assert on_shelf(stock) == (100 - sold, sum(held.values()))
    assert sold > 20


def test_a_catalogue_survives_a_restart_as_it_was_left(stock: Any) -> None:
    stock.tell(received(line(1, 2)))

    with stock.database.begin() as db:
        stock.service.seed(db)

    assert on_shelf(stock) == (100, 2)


# -- over HTTP --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def client(open_counter: Callable[..., Any]) -> httpx.Client:
    return open_counter(Stock(), works=False)[1]


def test_all_products_are_listed_with_what_is_available(client: httpx.Client) -> None:
    answer = client.get(PRODUCTS)

    assert answer.status_code == 200
    assert answer.json()[0] == {"sku": 1, "name": "Wooden spoon", "price": 5.00, "available": 100}
    assert '"price":64.90,' in answer.text
    assert len(answer.json()) == 5


@pytest.mark.parametrize(("query", "skus"), [("true", [1, 2, 4, 5]), ("false", [3])])
def test_products_can_be_asked_for_by_availability(client: httpx.Client, query: str, skus: list[int]) -> None:
    answer = client.get(PRODUCTS, params={"available": query})

    assert [product["sku"] for product in answer.json()] == skus


def test_what_is_reserved_is_not_available(open_counter: Callable[..., Any]) -> None:
    counter, client = open_counter(Stock(), works=False)
    with counter.database.begin() as db:
        service = counter.worker.service
        state = service.load(db, [received(line(1, 30))])
        list(service.reserve(state, received(line(1, 30))))
        service.save(db, state)

    assert client.get(PRODUCTS).json()[0]["available"] == 70


def test_a_wrong_query_is_refused_with_a_sentence(client: httpx.Client) -> None:
    answer = client.get(PRODUCTS, params={"available": "perhaps"})

    assert (answer.status_code, answer.json()) == (422, {"message": "available must be true or false, not text"})
