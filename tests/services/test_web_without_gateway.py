"""Web app without a gateway: its pages say so, and an order can be repeated."""

import httpx
from services.web_form import FORM, SECRET, VISITOR, input_values

from checkout.framework import http_server
from checkout.services.web import Web


def test_the_shop_page_is_503_while_the_gateway_is_unavailable() -> None:
    with http_server.serve_in_thread(Web("http://127.0.0.1:9").application(lambda: True)) as address:
        response = httpx.get(address + "/")

    assert (response.status_code, response.json()["message"]) == (503, "the shop is unavailable: try again in a moment")


def test_an_order_that_the_gateway_does_not_answer_can_be_repeated() -> None:
    with http_server.serve_in_thread(Web("http://127.0.0.1:9", SECRET).application(lambda: True)) as address:
        page = httpx.post(address + "/orders", data=FORM, cookies=VISITOR)

    assert page.status_code == 503 and input_values(page.text) == FORM
