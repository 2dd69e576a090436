"""Prices: what an order costs, calculated from Stock's catalogue and the lines of the order."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any

from checkout.checker import facts
from checkout.checker.evidence import Evidence
from checkout.checker.messages import amount, lines_of, quantities


class Prices:
    """The prices of a store's products."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence

    @cached_property
    def _catalogue(self) -> Mapping[int, Decimal]:
        return {row["sku"]: row["price"] for row in self._evidence.rows("stock", "products")}

    def of(self, order: str) -> Decimal | None:
        """The price of an order; None where it is not known.

        An Orders or a Stock of others may have prices of its own: then what Payments was asked to charge.
        """
        received = self._evidence.message(facts.ORDER_RECEIVED, order)
        is_ours = self._evidence.is_ours
        if received and is_ours(facts.ORDER_RECEIVED, order) and is_ours(facts.PRODUCTS_RESERVED, order):
            return self._sum(quantities(lines_of(received.value)))
        requested = self._evidence.message(facts.PAYMENT_REQUESTED, order)
        payment = requested.value.get("payment") if requested else None
        return amount(payment.get("total")) if isinstance(payment, dict) else None

    def _sum(self, wanted: Mapping[Any, int]) -> Decimal | None:
        prices = [(self._catalogue.get(sku), quantity) for sku, quantity in wanted.items()]
        if any(price is None for price, _ in prices):
            return None
        return sum((price * quantity for price, quantity in prices if price is not None), Decimal(0))
