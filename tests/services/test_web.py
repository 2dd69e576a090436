"""The web app: plain pages that say what is there, take an order and follow it; nothing a customer types runs."""

import re
from collections.abc import Iterator

import httpx
import pytest
from sample import EMAIL, FIRST, order_id
from services.behind import ATTACK, ORDER, Behind

from checkout.framework import http_server
from checkout.services.web import Web

FORM = {
    "name": "Ada", "email": EMAIL, "quantity-1": "2", "price-1": "5.00", "quantity-3": "0", "price-3": "30.00",
    "pay": "DEBIT", "key": order_id(42),
}


@pytest.fixture(scope="module")
def module_behind() -> Behind:
    return Behind()


@pytest.fixture(scope="module")
def open_web(module_behind: Behind) -> Iterator[httpx.Client]:
    with (
        http_server.serve_in_thread(module_behind.application()) as gateway,
        http_server.serve_in_thread(Web(gateway).application(lambda: True)) as address,
        httpx.Client(base_url=address, timeout=5) as client,
    ):
        yield client


@pytest.fixture
def behind(module_behind: Behind) -> Behind:
    module_behind.reset()
    return module_behind


@pytest.fixture
def client(open_web: httpx.Client, behind: Behind) -> httpx.Client:
    return open_web


def test_the_shop_shows_products_prices_and_ways_to_pay(client: httpx.Client) -> None:
    page = client.get("/")

    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "Wooden spoon<td class=number>5.00 EUR<td class=number>100" in page.text
    assert "<option>CREDIT</option><option>DEBIT</option>" in page.text
    assert re.search(r"<tr class=sold-out><td>Garden gnome.*<td class=number>sold out", page.text)


def test_each_form_has_a_key_of_its_own(client: httpx.Client) -> None:
    keys = {re.search(r"name=key value=([0-9a-f-]{36})", client.get("/").text)[1] for _ in range(2)}

    assert len(keys) == 2


def test_the_form_becomes_an_order_and_the_order_a_page(client: httpx.Client, behind: Behind) -> None:
    answer = client.post("/orders", data=FORM)

    assert (answer.status_code, answer.headers["location"]) == (303, f"/orders/{FIRST}")
    assert behind.orders == [
        (
            {
                "customerName": "Ada", "customerEmail": EMAIL, "payment": {"paymentMethod": "DEBIT"},
                "products": [{"sku": 1, "quantity": 2, "price": 5.0}],
            },
            order_id(42),
        )
    ]


def test_a_form_sent_twice_has_the_same_key(client: httpx.Client, behind: Behind) -> None:
    for _ in range(2):
        client.post("/orders", data=FORM)

    assert {key for _, key in behind.orders} == {order_id(42)}


@pytest.mark.parametrize("key", ["", "nope", ATTACK])
def test_a_key_that_is_none_is_replaced(client: httpx.Client, behind: Behind, key: str) -> None:
    client.post("/orders", data=FORM | {"key": key})

    assert re.fullmatch(r"[0-9a-f-]{36}", behind.orders[0][1])


@pytest.mark.parametrize(
    "odd",
    [
        {"quantity-1": "x"}, {"quantity-1": "-1"}, {"quantity-1": "²"}, {"quantity-1": "9" * 5_000}, {"quantity-1": ""},
        {"price-1": "abc"}, {"price-1": "NaN"}, {"price-1": "inf"}, {"price-1": "1e999999999"}, {"quantity-9": "1"},
        {"quantity-²": "1"}, {"name": ATTACK}, {"email": "\ud7ff"}, {"pay": "GOLD"},
    ],
)
def test_an_odd_form_is_for_the_gateway_to_refuse(client: httpx.Client, behind: Behind, odd: dict[str, str]) -> None:
    behind.taken = (422, {"message": f"no, because {ATTACK}"})

    page = client.post("/orders", data=FORM | odd)

    assert page.status_code == 422
    assert "<p role=alert>no, because &lt;img src=x onerror=alert(1)&gt;</p><form" in page.text
    assert len(behind.orders) == 1


def test_what_is_no_number_is_passed_on_as_it_was_written(client: httpx.Client, behind: Behind) -> None:
    client.post("/orders", data=FORM | {"quantity-1": "two", "price-1": "NaN"})

    assert behind.orders[0][0]["products"] == [{"sku": 1, "quantity": "two", "price": "NaN"}]


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe=%zz&&&=&%", b"quantity-1=1&quantity-1=2", b"&".join([b"a=1"] * 5_000)]
)
def test_no_form_at_all_breaks_anything(client: httpx.Client, behind: Behind, content: bytes) -> None:
    behind.taken = (422, {"message": "no"})

    answer = client.post("/orders", content=content, headers={"content-type": "application/x-www-form-urlencoded"})

    assert answer.status_code in (400, 422)


def test_a_form_that_is_too_large_is_refused(client: httpx.Client, behind: Behind) -> None:
    answer = client.post("/orders", data=FORM | {"name": "a" * 100_000})

    assert answer.status_code == 413
    assert behind.orders == []


def test_json_is_not_what_the_web_app_takes(client: httpx.Client) -> None:
    answer = client.post("/orders", json={})

    assert (answer.status_code, answer.json()["message"]) == (415, "send the body as application/x-www-form-urlencoded")


def test_an_order_on_its_way_is_shown_and_shown_again(client: httpx.Client) -> None:
    page = client.get(f"/orders/{FIRST}")

    assert page.status_code == 200
    assert "Thank you, Ada. Your order is\n<span class=status>RECEIVED</span>." in page.text
    assert "<li>2 x Wooden spoon<li>1 x product 7</ul>" in page.text
    assert "<meta http-equiv=refresh" in page.text


@pytest.mark.parametrize(("status", "reason"), [("APPROVED", None), ("REJECTED", "above the limit")])
def test_an_order_that_has_ended_is_shown_once(
    client: httpx.Client, behind: Behind, status: str, reason: str | None
) -> None:
    behind.order = (200, ORDER | {"status": status, "reason": reason, "total": 10.0})

    page = client.get(f"/orders/{FIRST}").text

    assert "<meta http-equiv=refresh" not in page
    assert f"<span class=status>{status}</span>{': above the limit' if reason else ''}." in page
    assert "<p>Total: 10.00 EUR</p>" in page


def test_nothing_that_a_customer_or_a_service_says_becomes_html(client: httpx.Client, behind: Behind) -> None:
    attacked = [{"sku": 1, "name": ATTACK, "price": None, "quantity": 2}]
    behind.order = (200, ORDER | {"customerName": ATTACK, "status": ATTACK, "reason": ATTACK, "products": attacked})

    pages = client.get(f"/orders/{FIRST}").text + client.get("/").text

    assert "<img" not in pages
    assert pages.count("&lt;img src=x onerror=alert(1)&gt;") == 6


def test_an_order_that_does_not_exist_has_a_page_that_says_so(client: httpx.Client, behind: Behind) -> None:
    behind.order = (404, {"message": f"there is no order {ATTACK}"})

    page = client.get(f"/orders/{FIRST}")

    assert page.status_code == 404
    assert "<h1>No such order</h1><p role=alert>there is no order &lt;img" in page.text


def test_an_order_that_cannot_be_read_just_now_is_not_called_missing(client: httpx.Client, behind: Behind) -> None:
    behind.order = (503, {"message": "orders does not answer: try again in a moment"})

    page = client.get(f"/orders/{FIRST}")

    assert page.status_code == 503
    assert "No such order" not in page.text and "orders does not answer" in page.text


def test_a_shop_without_its_stock_says_so(client: httpx.Client, behind: Behind) -> None:
    behind.products = (503, {"message": "stock does not answer: try again in a moment"})

    page = client.get("/")

    assert (page.status_code, page.json()["message"]) == (503, "stock does not answer: try again in a moment")


def test_a_shop_without_its_gateway_says_so() -> None:
    with http_server.serve_in_thread(Web("http://127.0.0.1:9").application(lambda: True)) as address:
        answers = [httpx.get(address + "/"), httpx.post(address + "/orders", data=FORM)]

    assert [(a.status_code, a.json()["message"]) for a in answers] == [
        (503, "the shop does not answer just now: try again in a moment")
    ] * 2


@pytest.mark.parametrize("path", ["/orders/abc", "/orders/", "/nowhere"])
def test_an_address_that_is_none_is_not_found(client: httpx.Client, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code in (404, 405) and answer.json()["message"]
