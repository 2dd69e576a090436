"""Stub gateway: an HTTP server with fixed responses, for the tests of the web app."""

from typing import Any

from litestar import Litestar, Request, Response, get, post
from litestar.params import FromPath, FromQuery
from sample import EMAIL, FIRST

ORDERS = "/api/v1/order-management/orders"
ATTACK = "<img src=x onerror=alert(1)>"
PRODUCTS = [
    {"sku": 1, "name": "Wooden spoon", "price": 5.00, "available": 100},
    {"sku": 3, "name": f"Garden gnome {ATTACK}'\"", "price": 30.0, "available": 0},
]
ORDER = {
    "id": FIRST, "status": "RECEIVED", "reason": None, "total": None, "customerName": "Ada", "customerEmail": EMAIL,
    "products": [{"sku": 1, "name": "Wooden spoon", "quantity": 2}, {"sku": 7, "name": None, "quantity": 1}],
}


class StubGateway:
    """Records the orders that it receives; its responses are attributes, which a test may change."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.orders: list[tuple[dict[str, Any], str]] = []
        self.place_response: tuple[int, dict[str, Any]] = (201, {"id": FIRST})
        self.read_response: tuple[int, dict[str, Any]] = (200, ORDER)
        self.products_response: tuple[int, Any] = (200, PRODUCTS)

    def application(self) -> Litestar:
        @post(ORDERS)
        async def place_order(request: Request[Any, Any, Any]) -> Response[Any]:
            self.orders.append((await request.json(), request.headers.get("idempotency-key", "")))
            return Response(self.place_response[1], status_code=self.place_response[0])

        @get(ORDERS + "/{id:str}")
        async def read_order(id: FromPath[str]) -> Response[Any]:
            return Response(self.read_response[1], status_code=self.read_response[0])

        @get("/api/v1/stock-management/products")
        async def list_products() -> Response[Any]:
            return Response(self.products_response[1], status_code=self.products_response[0])

        @get("/api/v1/payment-management/payment-methods")
        async def list_methods(active: FromQuery[bool]) -> list[str]:
            return ["CREDIT", "DEBIT"]

        routes = [place_order, read_order, list_products, list_methods]
        return Litestar(routes, openapi_config=None, logging_config=None)
