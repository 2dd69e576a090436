"""Stock over HTTP: lists the products."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery
from sqlalchemy import select

from checkout.domain import Product
from checkout.fields import ProductResponse
from checkout.framework import http_app
from checkout.framework.intake import RouteContext
from checkout.messages import PRODUCTS as PATH
from checkout.services.stock_table import PRODUCTS

ANSWERS = {200: ResponseSpec(list[ProductResponse], description="The products", generate_examples=False)}


def routes(context: RouteContext) -> Sequence[Any]:
    """Lists all products, or only those that are available or not."""

    @get(PATH, responses=ANSWERS, sync_to_thread=True)
    def list_products(available: FromQuery[bool | None] = None) -> Response[bytes]:
        with context.read() as db:
            products = [Product(**row._mapping) for row in db.execute(select(PRODUCTS).order_by(PRODUCTS.c.sku))]
        chosen = [p for p in products if available is None or available == (p.available > 0)]
        listed = [ProductResponse(sku=p.sku, name=p.name, price=p.price, available=p.available) for p in chosen]
        return http_app.json_response(listed)

    return (list_products,)
