"""Web app: the shop front, as plain pages that work without a script; orders through the gateway."""

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import httpx
from litestar import Litestar, Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from checkout.framework import http_app, http_errors
from checkout.messages import PAYMENT_METHODS, PLACE_ORDER, PRODUCTS

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem;
       color: #1c2430; background: #fff }
h1 { font-size: 1.5rem } table { border-collapse: collapse; width: 100% } td, th { padding: .4rem; text-align: left }
tr { border-bottom: 1px solid #d5dae1 } .number { text-align: right } .sold-out { color: #6b7280 }
input, select, button { font: inherit; padding: .4rem } input[type=number] { width: 5rem }
label { display: block; margin: .8rem 0 } button { background: #0b5cad; color: #fff; border: 0; border-radius: .3rem;
padding: .6rem 1.2rem } .status { font-weight: bold } [role=alert] { color: #a40000 }
@media (prefers-color-scheme: dark) { body { background: #14181f; color: #e6e9ee } tr { border-color: #333c49 } }
"""
ENDED = ("APPROVED", "REJECTED")


class Web:
    """Step 1: sends the order to the gateway."""

    def __init__(self, gateway: str) -> None:
        self._client = httpx.AsyncClient(base_url=gateway, timeout=10.0, headers={"user-agent": "web"})

    def application(self, ready: Callable[[], bool]) -> Litestar:
        """The web app's server."""
        form = "application/x-www-form-urlencoded"
        options: dict[str, Any] = {"accepts": form, "on_shutdown": [self._client.aclose]}
        return http_app.application("Web app", self._routes(), ready, **options)

    def _routes(self) -> Sequence[Any]:
        @get("/")
        async def show_shop() -> Response[str]:
            return await self._shop()

        @post("/orders", status_code=303)
        async def place_order(request: Request[Any, Any, Any]) -> Response[Any]:
            form = await request.form()
            answer = await self._ask("POST", PLACE_ORDER, json=_order(form), headers={"Idempotency-Key": _key(form)})
            if answer.status_code != 201:
                return await self._shop(_said(answer), answer.status_code)
            return Redirect(f"/orders/{answer.json()['id']}", status_code=303)

        @get("/orders/{id:uuid}")
        async def show_order(id: FromPath[uuid.UUID]) -> Response[str]:
            answer = await self._ask("GET", f"{PLACE_ORDER}/{id}")
            if answer.status_code != 200:
                title = "No such order" if answer.status_code == 404 else "Try again in a moment"
                return _page(title, f"<p role=alert>{escape(_said(answer))}</p>", status=answer.status_code)
            order = answer.json()
            return _page(f"Order {id}", _told(order), refresh=order["status"] not in ENDED)

        return show_shop, place_order, show_order

    async def _ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            return await self._client.request(method, path, **options)
        except httpx.HTTPError:
            raise http_errors.Unavailable("the shop does not answer just now: try again in a moment") from None

    async def _read(self, path: str) -> Any:
        answer = await self._ask("GET", path)
        if answer.status_code != 200:
            raise http_errors.Unavailable(_said(answer))
        return answer.json()

    async def _shop(self, error: str = "", status: int = 200) -> Response[str]:
        products, methods = await self._read(PRODUCTS), await self._read(PAYMENT_METHODS + "?active=true")
        alert = f"<p role=alert>{escape(error)}</p>" if error else ""
        return _page("Awesome Online Store", alert + _form(products, methods), status=status)


def _order(form: Mapping[str, Any]) -> dict[str, Any]:
    chosen = {name.removeprefix("quantity-"): value for name, value in form.items() if name.startswith("quantity-")}
    products = [
        {"sku": _number(sku), "quantity": _number(quantity), "price": _number(form.get(f"price-{sku}"))}
        for sku, quantity in chosen.items()
        if quantity.strip("0")
    ]
    return {
        "customerName": form.get("name", ""),
        "customerEmail": form.get("email", ""),
        "products": products,
        "payment": {"paymentMethod": form.get("pay", "CREDIT")},
    }


def _number(text: str | None) -> int | float | str | None:
    if text is None or not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,12})?", text):
        return text  # the gateway says what is wrong with it
    return float(text) if "." in text else int(text)


def _said(answer: httpx.Response) -> str:
    return str(answer.json().get("message", "the shop has a problem"))


def _key(form: Mapping[str, Any]) -> str:
    try:
        return str(uuid.UUID(form.get("key")))
    except (TypeError, ValueError):
        return str(uuid.uuid4())


def _form(products: Sequence[Mapping[str, Any]], methods: Sequence[str]) -> str:
    rows = "".join(_row(product) for product in products)
    options = "".join(f"<option>{escape(method)}</option>" for method in methods)
    return f"""<form method=post action=/orders><input type=hidden name=key value={uuid.uuid4()}>
<table><tr><th>Product<th class=number>Price<th class=number>Available<th>Quantity</tr>{rows}</table>
<label>Your name <input name=name required maxlength=200 autocomplete=name></label>
<label>Your e-mail address <input name=email type=email required autocomplete=email></label>
<label>Pay by <select name=pay>{options}</select></label>
<button>Place the order</button></form>"""


def _row(product: Mapping[str, Any]) -> str:
    sku, name, price, left = product["sku"], escape(product["name"]), f"{product['price']:.2f}", product["available"]
    field = f"<input type=number name=quantity-{sku} value=0 min=0 max=1000 aria-label='How many of {name}'>"
    shade = "" if left > 0 else " class=sold-out"
    return f"""<tr{shade}><td>{name}<td class=number>{price} EUR<td class=number>{left or "sold out"}
<td>{field}<input type=hidden name=price-{sku} value={price}></tr>"""


def _told(order: Mapping[str, Any]) -> str:
    names = [(line["quantity"], escape(line["name"] or f"product {line['sku']}")) for line in order["products"]]
    lines = "".join(f"<li>{quantity} x {name}" for quantity, name in names)
    reason = f": {escape(order['reason'])}" if order["reason"] else ""
    total = f"<p>Total: {order['total']:.2f} EUR</p>" if order["total"] is not None else ""
    return f"""<p>Thank you, {escape(order["customerName"])}. Your order is
<span class=status>{escape(order["status"])}</span>{reason}.</p>
<ul>{lines}</ul>{total}<p><a href=/>Back to the shop</a>"""


def _page(title: str, body: str, status: int = 200, refresh: bool = False) -> Response[str]:
    again = "<meta http-equiv=refresh content=1>" if refresh else ""
    page = f"""<!doctype html><html lang=en><head><meta charset=utf-8><title>{escape(title)}</title>{again}
<meta name=viewport content="width=device-width"><style>{STYLE}</style></head>
<body><h1>{escape(title)}</h1>{body}</body></html>"""
    return Response(page, status_code=status, media_type="text/html")
