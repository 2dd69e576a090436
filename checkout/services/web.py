"""Web app: the pages of the shop, without JavaScript; all its requests go through the gateway."""

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import httpx
from litestar import Litestar, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from checkout.framework import http_app, http_errors
from checkout.framework.http_errors import AnyRequest
from checkout.framework.page_security import ForeignForm, FormProtection, page_headers
from checkout.framework.rate_limit import FRONT_HEADER, front_key
from checkout.ids import new_id
from checkout.messages import CANCEL_ORDER, PAYMENT_METHODS, PLACE_ORDER, PRODUCTS

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
CANCELLABLE = ("RECEIVED", "RESERVED")  # the page of such an order reloads itself
TIMEOUT = 13.0  # seconds; the gateway answers after 10 at the latest
EMPTY_FORM: Mapping[str, Any] = {}
UNKNOWN = "It is not known whether your order was taken. Ask again: it is not ordered twice"


class Web:
    """Step 1: shows the products and sends orders to the gateway at the URL `gateway`.

    `secret`, the operator's token: from it the tokens of forms and the key for the gateway's rate limit are derived.
    """

    def __init__(self, gateway: str, secret: str = "") -> None:
        headers = {"user-agent": "web"} | ({FRONT_HEADER: front_key(secret)} if secret else {})
        self._client = httpx.AsyncClient(base_url=gateway, timeout=TIMEOUT, headers=headers, trust_env=False)
        self._forms = FormProtection(secret)

    def application(self, is_ready: Callable[[], bool]) -> Litestar:
        """Returns the HTTP application of the web app; its health check reports `is_ready()`."""
        form = "application/x-www-form-urlencoded"
        options: dict[str, Any] = {"accepts": form, "on_shutdown": [self._client.aclose], "openapi_config": None}
        options |= {"headers": page_headers(STYLE), "error_handlers": {ForeignForm: _refuse_form}}
        return http_app.application("Web app", self._routes(), is_ready, **options)

    def _routes(self) -> Sequence[Any]:
        @get("/")
        async def show_shop(request: AnyRequest) -> Response[str]:
            return await self._shop_page(self._forms.visitor(request))

        @post("/orders", status_code=303)
        async def place_order(request: AnyRequest) -> Response[Any]:
            form = await request.form()
            visitor = self._forms.check(request, form)
            key = _idempotency_key(form)
            try:
                headers = {"Idempotency-Key": key}
                response = await self._request("POST", PLACE_ORDER, json=_order_body(form), headers=headers)
            except http_errors.Unavailable:
                return _unknown_page(UNKNOWN, form, key)
            if response.status_code >= 500:
                return _unknown_page(f"{_error_message(response)}. {UNKNOWN}", form, key)
            if response.status_code != 201:
                return await self._shop_page(visitor, _error_message(response), response.status_code, form)
            return Redirect(f"/orders/{response.json()['id']}", status_code=303)

        @get("/orders/{id:uuid}")
        async def show_order(id: FromPath[uuid.UUID], request: AnyRequest) -> Response[str]:
            response = await self._request("GET", f"{PLACE_ORDER}/{id}")
            if response.status_code != 200:
                title = "Order not found" if response.status_code == 404 else "Try again in a moment"
                return _page(title, _alert(_error_message(response)), status=response.status_code)
            order, visitor = response.json(), self._forms.visitor(request)
            body = _order_html(order, self._forms.field(visitor))
            return self._forms.keep(visitor, _page(f"Order {id}", body, refresh=order["status"] in CANCELLABLE))

        @post("/orders/{id:uuid}/cancellation", status_code=303)
        async def cancel_order(id: FromPath[uuid.UUID], request: AnyRequest) -> Response[Any]:
            self._forms.check(request, await request.form())
            response = await self._request("POST", CANCEL_ORDER.format(id=id))
            if response.status_code != 201:
                back = f"<p><a href=/orders/{id}>Back to the order</a>"
                return _page("Not cancelled", _alert(_error_message(response)) + back, status=response.status_code)
            return Redirect(f"/orders/{id}", status_code=303)

        return show_shop, place_order, show_order, cancel_order

    async def _request(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            return await self._client.request(method, path, **options)
        except httpx.HTTPError:
            raise http_errors.Unavailable("the shop is unavailable: try again in a moment") from None

    async def _read(self, path: str) -> Any:
        response = await self._request("GET", path)
        if response.status_code != 200:
            raise http_errors.Unavailable(_error_message(response))
        return response.json()

    async def _shop_page(
        self, visitor: str, error: str = "", status: int = 200, form: Mapping[str, Any] = EMPTY_FORM
    ) -> Response[str]:
        products, methods = await self._read(PRODUCTS), await self._read(PAYMENT_METHODS + "?active=true")
        alert = _alert(error) if error else ""
        body = alert + _form_html(products, methods, form, self._forms.field(visitor))
        return self._forms.keep(visitor, _page("Awesome Online Store", body, status=status))


def _order_body(form: Mapping[str, Any]) -> dict[str, Any]:
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
        return text  # the gateway refuses it with a message
    return float(text) if "." in text else int(text)


def _error_message(response: httpx.Response) -> str:
    return str(response.json().get("message", "unknown error"))


def _idempotency_key(form: Mapping[str, Any]) -> str:
    try:
        return str(uuid.UUID(form.get("key")))
    except (TypeError, ValueError):
        return new_id()


def _unknown_page(error: str, form: Mapping[str, Any], key: str) -> Response[str]:
    """A page whose button sends the same order with the same key."""
    fields = {name: str(value) for name, value in form.items()} | {"key": key}
    hidden = "".join(f'<input type=hidden name="{escape(n)}" value="{escape(v)}">' for n, v in fields.items())
    button = f"<form method=post action=/orders>{hidden}<button>Ask again</button></form>"
    return _page("Try again in a moment", _alert(f"{error}.") + button, status=503)


def _form_html(
    products: Sequence[Mapping[str, Any]], methods: Sequence[str], form: Mapping[str, Any], token: str
) -> str:
    """The form of an order, with what the customer has entered before."""
    rows = "".join(_row_html(product, form) for product in products)
    chosen, name, email = form.get("pay"), escape(str(form.get("name", ""))), escape(str(form.get("email", "")))
    options = "".join(f"<option{' selected' * (method == chosen)}>{escape(method)}</option>" for method in methods)
    return f"""<form method=post action=/orders><input type=hidden name=key value={new_id()}>{token}
<table><tr><th>Product<th class=number>Price<th class=number>Available<th>Quantity</tr>{rows}</table>
<label>Your name <input name=name value="{name}" required maxlength=200 autocomplete=name></label>
<label>Your e-mail address
<input name=email value="{email}" type=email required autocomplete=email></label>
<label>Pay by <select name=pay>{options}</select></label>
<button>Place the order</button></form>"""


def _row_html(product: Mapping[str, Any], form: Mapping[str, Any]) -> str:
    sku, name, available = product["sku"], escape(product["name"]), product["available"]
    price = f"{product['price']:.2f}"
    quantity = escape(str(form.get(f"quantity-{sku}", 0)))
    label = f'aria-label="Quantity of {name}"'
    field = f'<input type=number name=quantity-{sku} value="{quantity}" min=0 max=1000 {label}>'
    sold_out = "" if available > 0 else " class=sold-out"
    return f"""<tr{sold_out}><td>{name}<td class=number>{price} EUR<td class=number>{available or "sold out"}
<td>{field}<input type=hidden name=price-{sku} value={price}></tr>"""


def _order_html(order: Mapping[str, Any], token: str) -> str:
    names = [(line["quantity"], escape(line["name"] or f"product {line['sku']}")) for line in order["products"]]
    lines = "".join(f"<li>{quantity} x {name}" for quantity, name in names)
    reason = f": {escape(order['reason'])}" if order["reason"] else ""
    total = f"<p>Total: {order['total']:.2f} EUR</p>" if order["total"] is not None else ""
    cancel = _cancel_button(order["id"], token) if order["status"] in CANCELLABLE else ""
    return f"""<p>Thank you, {escape(order["customerName"])}. Your order is
<span class=status>{escape(order["status"])}</span>{reason}.</p>
<ul>{lines}</ul>{total}{cancel}<p><a href=/>Back to the shop</a>"""


def _cancel_button(id: str, token: str) -> str:
    return f"<form method=post action=/orders/{id}/cancellation>{token}<button>Cancel this order</button></form>"


def _refuse_form(request: AnyRequest, error: ForeignForm) -> Response[str]:
    reason = "This form is out of date, or it was not a page of this shop that has sent it."
    return _page("Nothing was sent", _alert(reason) + "<p><a href=/>Back to the shop</a>", status=403)


def _alert(message: str) -> str:
    return f"<p role=alert>{escape(message)}</p>"


def _page(title: str, body: str, status: int = 200, refresh: bool = False) -> Response[str]:
    meta = "<meta http-equiv=refresh content=1>" if refresh else ""
    page = f"""<!doctype html><html lang=en><head><meta charset=utf-8><title>{escape(title)}</title>{meta}
<meta name=viewport content="width=device-width"><style>{STYLE}</style></head>
<body><h1>{escape(title)}</h1>{body}</body></html>"""
    return Response(page, status_code=status, media_type="text/html")
