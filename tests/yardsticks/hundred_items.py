"""Hundred items: the store with another catalogue, 100 items for 1.00 EUR of which one unit each is on hand."""

from dataclasses import replace
from decimal import Decimal
from typing import Self

from checkout.domain import Product
from checkout.registry import STORE as USUAL
from checkout.services.stock import Stock
from checkout.settings import Settings

ITEMS, PRICE = 100, Decimal("1.00")
PATH = f"{__name__}:STORE"  # as CHECKOUT_REGISTRY names it


class StockOfItems(Stock):
    """Stock with one unit of each item."""

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls([Product(sku, f"Item {sku}", PRICE, on_hand=1) for sku in range(1, ITEMS + 1)])


STORE = replace(USUAL, services=[StockOfItems if kind is Stock else kind for kind in USUAL.services])
