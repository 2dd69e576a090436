"""Orders over HTTP: 201 after the commit, idempotency keys, reading one order, listing all as the operator."""

import contextlib
import json
import re
import sqlite3
import uuid
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
from sample import AT, BODY, created_id, order_id, place_order
from waiting import wait_until

from checkout.ids import new_id
from checkout.services.orders import Orders
from checkout.services.orders_http import PAGE

ORDERS = "/api/v1/order-management/orders"
RECEIVED = "order.new-order-received"


def test_an_order_is_stored_when_the_response_is_sent_and_then_published(
    orders_server: Any, client: httpx.Client
) -> None:
    id = created_id(client.post(ORDERS, json=BODY, headers={"CID": "c-7"}))

    order = client.get(f"{ORDERS}/{id}").json()
    record = record_of(orders_server, id)
    assert order["status"] == "RECEIVED"
    assert dict(record.headers) == {"kafka_correlationId": b"c-7"}
    assert json.loads(record.value) == {
        "id": id, "customerName": "Ada", "customerEmail": "ada@example.org", "payment": {"paymentMethod": "CREDIT"},
        "products": [{"sku": 1, "name": None, "price": None, "quantity": 2}],
    }


def record_of(orders_server: Any, id: str) -> Any:
    """Waits for the record of an order and returns it."""
    wait_until(lambda: records_about(orders_server, id), f"order {id} is published")
    (record,) = records_about(orders_server, id)
    return record


def records_about(orders_server: Any, id: str) -> list[Any]:
    return [record for record in orders_server.published(RECEIVED) if record.key == id.encode()]


def test_an_order_can_be_read(client: httpx.Client) -> None:
    id = created_id(client.post(ORDERS, json=BODY))

    order = client.get(f"{ORDERS}/{id}").json()

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", order.pop("placedAt"))
    assert order == {
        "id": id, "status": "RECEIVED", "reason": None, "total": None, "customerName": "Ada",
        "customerEmail": "ada@example.org", "payment": {"paymentMethod": "CREDIT"},
        "products": [{"sku": 1, "name": None, "price": None, "quantity": 2}],
    }


def test_an_id_may_be_written_in_capitals(client: httpx.Client) -> None:
    id = created_id(client.post(ORDERS, json=BODY))

    assert client.get(f"{ORDERS}/{id.upper()}").json()["id"] == id


@pytest.mark.parametrize("id", [order_id(404), "abc", "%00", "%ff", "a%3Fb", "'; drop table orders; --", "9" * 5_000])
def test_an_order_that_does_not_exist_is_not_found(client: httpx.Client, id: str) -> None:
    response = client.get(f"{ORDERS}/{id}")

    assert response.status_code == 404
    assert response.json()["message"].startswith("there is no order ")


def test_requests_with_the_same_key_and_body_create_one_order(orders_server: Any, client: httpx.Client) -> None:
    key = {"Idempotency-Key": str(uuid.uuid4())}

    ids = {created_id(client.post(ORDERS, json=BODY, headers=key)) for _ in range(3)}

    (id,) = ids
    assert record_of(orders_server, id)


def test_a_key_is_known_when_its_inbox_row_is_deleted(orders_server: Any, client: httpx.Client) -> None:
    key = {"Idempotency-Key": str(uuid.uuid4())}
    id = created_id(client.post(ORDERS, json=BODY, headers=key))
    record_of(orders_server, id)
    with contextlib.closing(sqlite3.connect(orders_server.database.engine.url.database)) as db, db:
        assert db.execute("DELETE FROM inbox WHERE order_id = ?", [id]).rowcount == 1

    changed = client.post(ORDERS, json=BODY | {"customerName": "Eve"}, headers=key)
    repeated = client.post(ORDERS, json=BODY, headers=key)

    assert (changed.status_code, created_id(repeated)) == (422, id)
    assert len(records_about(orders_server, id)) == 1
    assert client.get(f"{ORDERS}/{id}").json()["customerName"] == "Ada"


def test_concurrent_requests_with_the_same_key_create_one_order(client: httpx.Client) -> None:
    key = {"Idempotency-Key": str(uuid.uuid4())}

    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda _: created_id(client.post(ORDERS, json=BODY, headers=key)), range(16)))

    assert len(ids) == 1


def test_the_same_key_with_another_body_is_refused_and_the_order_is_unchanged(client: httpx.Client) -> None:
    key = {"Idempotency-Key": str(uuid.uuid4())}
    id = created_id(client.post(ORDERS, json=BODY, headers=key))

    response = client.post(ORDERS, json=BODY | {"customerName": "Eve"}, headers=key)

    assert (response.status_code, response.json()["message"]) == (
        422, "this Idempotency-Key was used for another order: choose a new one",
    )
    assert client.get(f"{ORDERS}/{id}").json()["customerName"] == "Ada"


def test_the_id_for_an_idempotency_key_differs_between_stores(
    start_server: Callable[..., Any], client: httpx.Client
) -> None:
    _, another_store = start_server(Orders())
    key = {"Idempotency-Key": "my-key"}

    ids = [created_id(store.post(ORDERS, json=BODY, headers=key)) for store in (client, another_store)]

    assert ids[0] != ids[1]


def test_an_order_id_begins_with_its_time_or_that_of_its_key(client: httpx.Client) -> None:
    before, key = new_id(), new_id()

    of_key = created_id(client.post(ORDERS, json=BODY, headers={"Idempotency-Key": key}))
    without_key = created_id(client.post(ORDERS, json=BODY))

    assert of_key[:13] == key[:13]
    assert before[:13] <= without_key[:13] <= new_id()[:13]


def test_without_a_key_every_request_creates_an_order(client: httpx.Client) -> None:
    ids = {created_id(client.post(ORDERS, json=BODY, headers=key)) for key in ({}, {}, {"Idempotency-Key": ""})}

    assert len(ids) == 3


def test_the_correlation_is_the_order_id_when_the_client_sends_none(orders_server: Any, client: httpx.Client) -> None:
    id = created_id(client.post(ORDERS, json=BODY))

    record = record_of(orders_server, id)
    assert dict(record.headers) == {"kafka_correlationId": id.encode()}


@pytest.mark.parametrize(
    "header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "let-me-in"}, {"Authorization": b"Bearer \xe9"}]
)
def test_listing_the_orders_requires_the_operator_token(client: httpx.Client, header: Any) -> None:
    response = client.get(ORDERS, headers=header)

    assert (response.status_code, response.json()["message"]) == (
        401, "only the operator may list all orders: send the bearer token",
    )


def test_the_orders_are_listed_newest_first_in_pages(start_server: Callable[..., Any]) -> None:
    orders_server, client = start_server(Orders(), has_worker=False)
    operator = {"Authorization": "Bearer let-me-in"}
    with orders_server.database.begin() as db:
        service = orders_server.worker.service
        state = service.load(db, [])
        for number in range(PAGE + 3):
            placed = msgspec.structs.replace(place_order(order_id(number)), placed_at=AT + timedelta(seconds=number))
            list(service.receive(state, placed))
        service.save(db, state)

    pages = [client.get(ORDERS, params={"page": page}, headers=operator).json() for page in (1, 2, 3)]

    assert [len(page) for page in pages] == [PAGE, 3, 0]
    assert [order["id"] for page in pages for order in page] == [order_id(n) for n in reversed(range(PAGE + 3))]


@pytest.mark.parametrize("page", ["0", "-1", "first", "9" * 30])
def test_an_invalid_page_number_is_refused(client: httpx.Client, page: str) -> None:
    response = client.get(ORDERS, params={"page": page}, headers={"Authorization": "Bearer let-me-in"})

    assert response.status_code == 422
    assert response.json()["message"].startswith("page ")


def test_a_full_intake_is_answered_with_429_and_retry_after(start_server: Callable[..., Any]) -> None:
    orders_server, client = start_server(Orders(), has_worker=False, limit=1)
    with ThreadPoolExecutor(2) as pool:
        requests = [pool.submit(client.post, ORDERS, json=BODY) for _ in range(2)]

        done, waiting = wait(requests, return_when=FIRST_COMPLETED)

        orders_server.start_worker()
        (response,) = (future.result() for future in done)
        assert (response.status_code, response.headers["retry-after"]) == (429, "1")
        assert response.json() == {"message": "too many orders at once: try again in a second"}
        assert [future.result(5).status_code for future in waiting] == [201]


def test_a_total_from_the_client_is_ignored(orders_server: Any, client: httpx.Client) -> None:
    id = created_id(client.post(ORDERS, json=BODY | {"payment": {"paymentMethod": "CREDIT", "total": "NaN"}}))

    record = record_of(orders_server, id)
    assert json.loads(record.value)["payment"] == {"paymentMethod": "CREDIT"}
    assert client.get(f"{ORDERS}/{id}").json()["total"] is None
