"""Stock over HTTP: the products and their available quantities."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sample import line, order_received

from checkout.messages import PRODUCTS
from checkout.services.stock import Stock


@pytest.fixture(scope="module")
def client(start_server: Callable[..., Any]) -> httpx.Client:
    return start_server(Stock(), has_worker=False)[1]


def test_all_products_are_listed_with_their_available_quantity(client: httpx.Client) -> None:
    response = client.get(PRODUCTS)

    assert response.status_code == 200
    assert response.json()[0] == {"sku": 1, "name": "Wooden spoon", "price": 5.00, "available": 100}
    assert '"price":64.90,' in response.text
    assert len(response.json()) == 5


@pytest.mark.parametrize(("query", "skus"), [("true", [1, 2, 4, 5]), ("false", [3])])
def test_products_can_be_filtered_by_availability(client: httpx.Client, query: str, skus: list[int]) -> None:
    response = client.get(PRODUCTS, params={"available": query})

    assert [product["sku"] for product in response.json()] == skus


def test_a_reserved_quantity_is_not_available(start_server: Callable[..., Any]) -> None:
    server, client = start_server(Stock(), has_worker=False)
    with server.database.begin() as db:
        service = server.worker.service
        state = service.load(db, [order_received(line(1, 30))])
        list(service.reserve(state, order_received(line(1, 30))))
        service.save(db, state)

    assert client.get(PRODUCTS).json()[0]["available"] == 70


def test_an_invalid_query_is_refused_with_a_message(client: httpx.Client) -> None:
    response = client.get(PRODUCTS, params={"available": "perhaps"})

    assert (response.status_code, response.json()) == (422, {"message": "available must be true or false, not text"})
