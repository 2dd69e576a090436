"""Orders over HTTP: 201 after the commit, idempotency keys, what stands, and the operator's list."""

import json
import re
import uuid
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
from sample import (
    AT,
    BODY,
    order_id,
    wait_until,
    wanted,
    with_id,
)

from checkout.services.orders import PAGE, Orders

ORDERS = "/api/v1/order-management/orders"
RECEIVED = "order.new-order-received"


def test_an_order_is_answered_after_its_commit_and_published(counter: Any, client: httpx.Client) -> None:
    id = with_id(client.post(ORDERS, json=BODY, headers={"CID": "c-7"}))

    seen = client.get(f"{ORDERS}/{id}").json()
    record = record_of(counter, id)
    assert seen["status"] == "RECEIVED"
    assert dict(record.headers) == {"kafka_correlationId": b"c-7"}
    assert json.loads(record.value) == {
        "id": id, "customerName": "Ada", "customerEmail": "ada@example.org", "payment": {"paymentMethod": "CREDIT"},
        "products": [{"sku": 1, "name": None, "price": None, "quantity": 2}],
    }


def record_of(counter: Any, id: str) -> Any:
    """The one record about an order, once it is there."""
    wait_until(lambda: about(counter, id), f"order {id} is published")
    (record,) = about(counter, id)
    return record


def about(counter: Any, id: str) -> list[Any]:
    return [record for record in counter.published(RECEIVED) if record.key == id.encode()]


def test_an_order_is_told_as_it_stands(client: httpx.Client) -> None:
    id = with_id(client.post(ORDERS, json=BODY))

    seen = client.get(f"{ORDERS}/{id}").json()

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", seen.pop("placedAt"))
    assert seen == {
        "id": id, "status": "RECEIVED", "reason": None, "total": None, "customerName": "Ada",
        "customerEmail": "ada@example.org", "payment": {"paymentMethod": "CREDIT"},
        "products": [{"sku": 1, "name": None, "price": None, "quantity": 2}],
    }


def test_an_id_may_be_asked_for_in_capitals(client: httpx.Client) -> None:
    id = with_id(client.post(ORDERS, json=BODY))

    assert client.get(f"{ORDERS}/{id.upper()}").json()["id"] == id


@pytest.mark.parametrize("id", [order_id(404), "abc", "%00", "%ff", "a%3Fb", "'; drop table orders; --", "9" * 5_000])
def test_an_order_that_does_not_exist_is_not_found(client: httpx.Client, id: str) -> None:
    answer = client.get(f"{ORDERS}/{id}")

    assert answer.status_code == 404
    assert answer.json()["message"].startswith("there is no order ")


def test_the_same_key_and_body_are_the_same_order(counter: Any, client: httpx.Client) -> None:
    key = {"Idempotency-Key": str(uuid.uuid4())}

    ids = {with_id(client.post(ORDERS, json=BODY, headers=key)) for _ in range(3)}

    (id,) = ids
    assert record_of(counter, id)


def test_the_same_key_at_the_same_time_is_the_same_order(client: httpx.Client) -> None:
    key = {"Idempotency-Key": str(uuid.uuid4())}

    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda _: with_id(client.post(ORDERS, json=BODY, headers=key)), range(16)))

    assert len(ids) == 1


def test_the_same_key_with_another_body_is_refused_and_the_order_stays(client: httpx.Client) -> None:
    key = {"Idempotency-Key": str(uuid.uuid4())}
    id = with_id(client.post(ORDERS, json=BODY, headers=key))

    answer = client.post(ORDERS, json=BODY | {"customerName": "Eve"}, headers=key)

    assert (answer.status_code, answer.json()["message"]) == (
        422, "this Idempotency-Key was used for another order: choose a new one",
    )
    assert client.get(f"{ORDERS}/{id}").json()["customerName"] == "Ada"


def test_an_id_cannot_be_guessed_from_a_key(open_counter: Callable[..., Any], client: httpx.Client) -> None:
    _, another_store = open_counter(Orders())
    key = {"Idempotency-Key": "my-key"}

    ids = [with_id(store.post(ORDERS, json=BODY, headers=key)) for store in (client, another_store)]

    assert ids[0] != ids[1]


def test_without_a_key_every_request_is_an_order(client: httpx.Client) -> None:
    ids = {with_id(client.post(ORDERS, json=BODY, headers=key)) for key in ({}, {}, {"Idempotency-Key": ""})}

    assert len(ids) == 3


def test_the_correlation_is_the_id_unless_the_client_names_one(counter: Any, client: httpx.Client) -> None:
    id = with_id(client.post(ORDERS, json=BODY))

    record = record_of(counter, id)
    assert dict(record.headers) == {"kafka_correlationId": id.encode()}


@pytest.mark.parametrize(
    "header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "let-me-in"}, {"Authorization": b"Bearer \xe9"}]
)
def test_the_list_needs_the_operators_token(client: httpx.Client, header: Any) -> None:
    answer = client.get(ORDERS, headers=header)

    assert (answer.status_code, answer.json()["message"]) == (
        401, "only the operator may list all orders: send the bearer token",
    )


def test_the_list_is_newest_first_and_in_pages(open_counter: Callable[..., Any]) -> None:
    counter, client = open_counter(Orders(), works=False)
    operator = {"Authorization": "Bearer let-me-in"}
    with counter.database.begin() as db:
        service = counter.worker.service
        state = service.load(db, [])
        for number in range(PAGE + 3):
            placed = msgspec.structs.replace(wanted(order_id(number)), placed_at=AT + timedelta(seconds=number))
            list(service.receive(state, placed))
        service.save(db, state)

    pages = [client.get(ORDERS, params={"page": page}, headers=operator).json() for page in (1, 2, 3)]

    assert [len(page) for page in pages] == [PAGE, 3, 0]
    assert [order["id"] for page in pages for order in page] == [order_id(n) for n in reversed(range(PAGE + 3))]


@pytest.mark.parametrize("page", ["0", "-1", "first", "9" * 30])
def test_a_page_that_cannot_be_is_refused(client: httpx.Client, page: str) -> None:
    answer = client.get(ORDERS, params={"page": page}, headers={"Authorization": "Bearer let-me-in"})

    assert answer.status_code == 422
    assert answer.json()["message"].startswith("page ")


def test_a_full_intake_is_too_many_requests_and_says_when_to_come_again(open_counter: Callable[..., Any]) -> None:
    counter, client = open_counter(Orders(), works=False, limit=1)
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(client.post, ORDERS, json=BODY) for _ in range(2)]

        told, waiting = wait(asked, return_when=FIRST_COMPLETED)

        counter.open()
        (answer,) = (future.result() for future in told)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
        assert answer.json() == {"message": "too many orders at once: try again in a second"}
        assert [future.result(5).status_code for future in waiting] == [201]


def test_what_a_client_says_it_will_pay_goes_nowhere(counter: Any, client: httpx.Client) -> None:
    id = with_id(client.post(ORDERS, json=BODY | {"payment": {"paymentMethod": "CREDIT", "total": "NaN"}}))

    record = record_of(counter, id)
    assert json.loads(record.value)["payment"] == {"paymentMethod": "CREDIT"}
    assert client.get(f"{ORDERS}/{id}").json()["total"] is None
