"""Web app: the pages of the shop and of an order; all text in them is escaped."""

import re
import uuid
from collections.abc import Iterator

import httpx
import pytest
from sample import EMAIL, FIRST, order_id
from services.stub_gateway import ATTACK, ORDER, StubGateway
from services.web_form import FORM, SECRET, TOKEN, VISITOR, input_values

from checkout.framework import http_server
from checkout.services.web import Web


@pytest.fixture(scope="module")
def module_stub() -> StubGateway:
    return StubGateway()


@pytest.fixture(scope="module")
def web_client(module_stub: StubGateway) -> Iterator[httpx.Client]:
    with (
        http_server.serve_in_thread(module_stub.application()) as gateway,
        http_server.serve_in_thread(Web(gateway, SECRET).application(lambda: True)) as address,
        httpx.Client(base_url=address, timeout=5, cookies=VISITOR) as client,
    ):
        yield client


@pytest.fixture
def stub_gateway(module_stub: StubGateway) -> StubGateway:
    module_stub.reset()
    return module_stub


@pytest.fixture
def client(web_client: httpx.Client, stub_gateway: StubGateway) -> httpx.Client:
    return web_client


def test_the_shop_page_shows_products_prices_and_payment_methods(client: httpx.Client) -> None:
    page = client.get("/")

    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "Wooden spoon<td class=number>5.00 EUR<td class=number>100" in page.text
    assert "<option>CREDIT</option><option>DEBIT</option>" in page.text
    assert re.search(r"<tr class=sold-out><td>Garden gnome.*<td class=number>sold out", page.text)


def test_each_form_has_its_own_idempotency_key(client: httpx.Client) -> None:
    keys = {re.search(r"name=key value=([0-9a-f-]{36})", client.get("/").text)[1] for _ in range(2)}

    assert len(keys) == 2
    assert {uuid.UUID(key).version for key in keys} == {7}


def test_a_form_places_an_order_and_redirects_to_its_page(client: httpx.Client, stub_gateway: StubGateway) -> None:
    response = client.post("/orders", data=FORM)

    assert (response.status_code, response.headers["location"]) == (303, f"/orders/{FIRST}")
    assert stub_gateway.orders == [
        (
            {
                "customerName": "Ada", "customerEmail": EMAIL, "payment": {"paymentMethod": "DEBIT"},
                "products": [{"sku": 1, "quantity": 2, "price": 5.0}],
            },
            order_id(42),
        )
    ]


def test_a_form_that_is_sent_twice_has_the_same_idempotency_key(
    client: httpx.Client, stub_gateway: StubGateway
) -> None:
    for _ in range(2):
        client.post("/orders", data=FORM)

    assert {key for _, key in stub_gateway.orders} == {order_id(42)}


@pytest.mark.parametrize("key", ["", "nope", ATTACK])
def test_an_invalid_idempotency_key_is_replaced(client: httpx.Client, stub_gateway: StubGateway, key: str) -> None:
    client.post("/orders", data=FORM | {"key": key})

    assert re.fullmatch(r"[0-9a-f-]{36}", stub_gateway.orders[0][1])


@pytest.mark.parametrize(
    "fields",
    [
        {"quantity-1": "x"}, {"quantity-1": "-1"}, {"quantity-1": "²"}, {"quantity-1": "9" * 5_000}, {"quantity-1": ""},
        {"price-1": "abc"}, {"price-1": "NaN"}, {"price-1": "inf"}, {"price-1": "1e999999999"}, {"quantity-9": "1"},
        {"quantity-²": "1"}, {"name": ATTACK}, {"email": "\ud7ff"}, {"pay": "GOLD"},
    ],
)
def test_an_invalid_form_is_passed_on_for_the_gateway_to_refuse(
    client: httpx.Client, stub_gateway: StubGateway, fields: dict[str, str]
) -> None:
    stub_gateway.place_response = (422, {"message": f"no, because {ATTACK}"})

    page = client.post("/orders", data=FORM | fields)

    assert page.status_code == 422
    assert "<p role=alert>no, because &lt;img src=x onerror=alert(1)&gt;</p><form" in page.text
    assert len(stub_gateway.orders) == 1


def test_a_field_that_is_not_a_number_is_passed_on_unchanged(client: httpx.Client, stub_gateway: StubGateway) -> None:
    client.post("/orders", data=FORM | {"quantity-1": "two", "price-1": "NaN"})

    assert stub_gateway.orders[0][0]["products"] == [{"sku": 1, "quantity": "two", "price": "NaN"}]


@pytest.mark.parametrize(
    "content", [b"", b"&\xff\xfe=%zz&&&=&%", b"&quantity-1=1&quantity-1=2", b"&a=1" * 5_000]
)
def test_a_malformed_form_is_refused(client: httpx.Client, stub_gateway: StubGateway, content: bytes) -> None:
    stub_gateway.place_response = (422, {"message": "no"})

    content = f"token={TOKEN['token']}".encode() + content
    response = client.post("/orders", content=content, headers={"content-type": "application/x-www-form-urlencoded"})

    assert response.status_code in (400, 422)


def test_a_form_that_is_too_large_is_refused(client: httpx.Client, stub_gateway: StubGateway) -> None:
    response = client.post("/orders", data=FORM | {"name": "a" * 100_000})

    assert response.status_code == 413
    assert stub_gateway.orders == []


def test_a_json_body_is_refused(client: httpx.Client) -> None:
    response = client.post("/orders", json={})

    assert response.status_code == 415
    assert response.json()["message"] == "send the body as application/x-www-form-urlencoded"


def test_the_page_of_an_open_order_refreshes_itself(client: httpx.Client) -> None:
    page = client.get(f"/orders/{FIRST}")

    assert page.status_code == 200
    assert "Thank you, Ada. Your order is\n<span class=status>RECEIVED</span>." in page.text
    assert "<li>2 x Wooden spoon<li>1 x product 7</ul>" in page.text
    assert "<meta http-equiv=refresh" in page.text


@pytest.mark.parametrize(("status", "reason"), [("APPROVED", None), ("REJECTED", "above the limit")])
def test_the_page_of_a_finished_order_does_not_refresh_itself(
    client: httpx.Client, stub_gateway: StubGateway, status: str, reason: str | None
) -> None:
    stub_gateway.read_response = (200, ORDER | {"status": status, "reason": reason, "total": 10.0})

    page = client.get(f"/orders/{FIRST}").text

    assert "<meta http-equiv=refresh" not in page
    assert f"<span class=status>{status}</span>{': above the limit' if reason else ''}." in page
    assert "<p>Total: 10.00 EUR</p>" in page


def test_text_from_customers_and_services_is_escaped(client: httpx.Client, stub_gateway: StubGateway) -> None:
    products = [{"sku": 1, "name": ATTACK, "price": None, "quantity": 2}]
    attacked = {"customerName": ATTACK, "status": ATTACK, "reason": ATTACK, "products": products}
    stub_gateway.read_response = (200, ORDER | attacked)

    pages = client.get(f"/orders/{FIRST}").text + client.get("/").text

    assert "<img" not in pages
    assert pages.count("&lt;img src=x onerror=alert(1)&gt;") == 6


def test_the_page_of_an_unknown_order_is_not_found(client: httpx.Client, stub_gateway: StubGateway) -> None:
    stub_gateway.read_response = (404, {"message": f"there is no order {ATTACK}"})

    page = client.get(f"/orders/{FIRST}")

    assert page.status_code == 404
    assert "<h1>Order not found</h1><p role=alert>there is no order &lt;img" in page.text


def test_the_page_of_an_order_is_503_while_orders_is_unavailable(
    client: httpx.Client, stub_gateway: StubGateway
) -> None:
    stub_gateway.read_response = (503, {"message": "orders does not answer: try again in a moment"})

    page = client.get(f"/orders/{FIRST}")

    assert page.status_code == 503
    assert "Order not found" not in page.text and "orders does not answer" in page.text


def test_the_shop_page_is_503_while_stock_is_unavailable(client: httpx.Client, stub_gateway: StubGateway) -> None:
    stub_gateway.products_response = (503, {"message": "stock does not answer: try again in a moment"})

    page = client.get("/")

    assert (page.status_code, page.json()["message"]) == (503, "stock does not answer: try again in a moment")


def test_an_order_whose_outcome_is_unknown_is_asked_for_again_with_the_same_key(
    client: httpx.Client, stub_gateway: StubGateway
) -> None:
    stub_gateway.place_response = (503, {"message": f"orders does not answer {ATTACK}"})
    page = client.post("/orders", data=FORM)
    stub_gateway.place_response = (201, {"id": FIRST})

    repeated = client.post("/orders", data=input_values(page.text))

    assert (page.status_code, repeated.status_code) == (503, 303)
    assert stub_gateway.orders[0] == stub_gateway.orders[1]
    assert "orders does not answer &lt;img" in page.text and "It is not known whether your order was taken" in page.text


def test_a_refused_form_keeps_what_was_entered_and_gets_a_new_key(
    client: httpx.Client, stub_gateway: StubGateway
) -> None:
    stub_gateway.place_response = (422, {"message": "no"})

    page = client.post("/orders", data=FORM | {"name": 'A"da', "quantity-1": "7"}).text

    fields = input_values(page)
    entered = {"name": 'A"da', "email": EMAIL, "quantity-1": "7", "quantity-3": "0"}
    assert {name: fields[name] for name in entered} == entered
    assert "<option selected>DEBIT" in page and fields["key"] != FORM["key"]


@pytest.mark.parametrize("path", ["/orders/abc", "/orders/", "/nowhere"])
def test_an_unknown_path_is_not_found(client: httpx.Client, path: str) -> None:
    response = client.get(path)

    assert response.status_code in (404, 405) and response.json()["message"]
