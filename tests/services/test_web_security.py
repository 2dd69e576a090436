"""Web app: headers that forbid what its pages do not need, and forms that only its own pages can send."""

import base64
import hashlib
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from sample import FIRST
from services.stub_gateway import StubGateway
from services.web_form import FORM, SECRET, TOKEN, VISITOR, input_values

from checkout.framework import http_server
from checkout.framework.page_security import COOKIE
from checkout.services.web import Web

CANCELLATION = f"/orders/{FIRST}/cancellation"


@pytest.fixture(scope="module")
def gateway() -> StubGateway:
    return StubGateway()


@pytest.fixture(scope="module")
def addresses(gateway: StubGateway) -> Iterator[tuple[str, str]]:
    with (
        http_server.serve_in_thread(gateway.application()) as stub,
        http_server.serve_in_thread(Web(stub, SECRET).application(lambda: True)) as address,
        http_server.serve_in_thread(Web(stub).application(lambda: True)) as another,
    ):
        yield address, another


@pytest.fixture
def client(addresses: tuple[str, str], gateway: StubGateway) -> Iterator[httpx.Client]:
    gateway.reset()
    with httpx.Client(base_url=addresses[0], timeout=5) as client:
        yield client


def own_token(client: httpx.Client) -> str:
    return input_values(client.get("/").text)["token"]


def test_a_visitor_gets_a_cookie_that_scripts_and_other_sites_do_not_get(client: httpx.Client) -> None:
    cookie = client.get("/").headers["set-cookie"]

    assert re.match(COOKIE + "=[0-9a-f]{32}; ", cookie)
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))


def test_a_form_of_the_shop_and_the_button_of_an_order_are_accepted(client: httpx.Client) -> None:
    placed = client.post("/orders", data=FORM | {"token": own_token(client)})
    button = input_values(client.get(f"/orders/{FIRST}").text)

    assert placed.status_code == 303
    assert button == {"token": own_token(client)}
    assert client.post(CANCELLATION, data=button).status_code != 403  # the stub has no cancellations


FOREIGN: dict[str, Any] = {
    "no token": {"data": {"token": ""}}, "a token of nobody": {"data": {"token": "0" * 64}},
    "a token that is not ASCII": {"data": {"token": "é" * 64}}, "another visitor's token": {"data": TOKEN},
    "half a surrogate": {"data": {"token": "\\ud800"}},
    "a page of another site": {"headers": {"Origin": "http://evil.example"}},
    "a page without an address": {"headers": {"Origin": "null"}},
    "another port": {"headers": {"Origin": "http://127.0.0.1:1"}},
    "another site, as the browser says": {"headers": {"Sec-Fetch-Site": "cross-site"}},
    "a sibling site, as the browser says": {"headers": {"Sec-Fetch-Site": "same-site"}},
}


@pytest.mark.parametrize("how", FOREIGN)
@pytest.mark.parametrize("path", ["/orders", CANCELLATION])
def test_a_form_from_elsewhere_is_403_and_nothing_reaches_the_gateway(
    client: httpx.Client, gateway: StubGateway, how: str, path: str
) -> None:
    form = FORM | {"token": own_token(client)} | FOREIGN[how].get("data", {})

    page = client.post(path, data=form, headers=FOREIGN[how].get("headers"))

    assert (page.status_code, gateway.orders) == (403, [])
    assert "<h1>Nothing was sent</h1>" in page.text and form["key"] not in page.text


@pytest.mark.parametrize("cookie", [None, "", "0" * 31, "é", "x" * 5_000, "7" * 32 + '"'])
def test_a_token_without_its_cookie_is_403(client: httpx.Client, gateway: StubGateway, cookie: str | None) -> None:
    headers = {} if cookie is None else {"Cookie": f"{COOKIE}={cookie}".encode()}

    page = client.post("/orders", data=FORM | TOKEN, headers=headers)

    assert (page.status_code, gateway.orders) == (403, [])


def test_a_token_of_another_shop_is_403(client: httpx.Client, addresses: tuple[str, str]) -> None:
    with httpx.Client(base_url=addresses[1], cookies=VISITOR) as other:
        token = own_token(other)

    client.cookies.update(VISITOR)
    assert client.post("/orders", data=FORM | {"token": token}).status_code == 403


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, "own address"])
def test_what_browsers_send_with_a_form_of_the_shop_is_accepted(client: httpx.Client, headers: Any) -> None:
    sent = {"Origin": str(client.base_url).rstrip("/")} if headers == "own address" else headers

    assert client.post("/orders", data=FORM | {"token": own_token(client)}, headers=sent).status_code == 303


def test_a_form_is_valid_after_a_restart_of_the_web_app(client: httpx.Client) -> None:
    client.cookies.update(VISITOR)

    assert own_token(client) == TOKEN["token"]  # made from the same secret, by another object


@pytest.mark.parametrize("path", ["/", f"/orders/{FIRST}", "/nowhere"])
def test_every_page_forbids_scripts_frames_and_foreign_forms(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers

    policy = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
    assert policy.pop("style-src").startswith("'sha256-")
    assert policy == {
        "default-src": "'none'", "form-action": "'self'", "base-uri": "'none'", "frame-ancestors": "'none'",
    }
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "same-origin")
    assert (headers["cache-control"], headers["x-frame-options"]) == ("no-store", "DENY")


def test_the_policy_allows_the_style_sheet_of_the_page(client: httpx.Client) -> None:
    page = client.get("/")
    [style] = re.findall("<style>(.*?)</style>", page.text, re.DOTALL)

    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in page.headers["content-security-policy"]


class Found(HTMLParser):
    """The tags of a page and the names of their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)


def test_pages_have_no_active_content(client: httpx.Client) -> None:
    found = Found()
    for path in ("/", f"/orders/{FIRST}"):
        found.feed(client.get(path).text)  # the stub's products try to add some

    assert {"form", "input", "table"} <= found.tags and "action" in found.attributes
    assert not found.tags & {"script", "img", "svg", "iframe", "object", "embed", "base", "link"}
    assert not [name for name in found.attributes if name.startswith("on") or name in ("style", "src")]


def test_the_web_app_has_no_documents_about_its_programming(client: httpx.Client) -> None:
    assert {client.get(path).status_code for path in ("/schema", "/schema/openapi.json", "/docs")} == {404}
