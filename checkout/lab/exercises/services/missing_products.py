"""Exercise missing-products: which products of an order cannot be reserved, as Stock decides it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from checkout.domain import DomainError, OutOfStock, Reservation
from checkout.fields import OrderLine
from checkout.lab.engine.requests import PRODUCT_NAMES
from checkout.lab.errors import in_words
from checkout.lab.exercises.examination import Examination
from checkout.lab.exercises.exercise import Exercise
from checkout.lab.exercises.learners import dead_letters_of, lab_with, shown
from checkout.lab.lab import Lab
from checkout.services.stock import Stock
from checkout.services.stock_table import StockState

Missing = Callable[[list[tuple[int, int]], dict[int, int]], Any]
RUNS: dict[str, tuple[Mapping[str | int, int], set[str]]] = {  # by requirement: the order and what is missing
    "all ten kettles are ordered: they are reserved": ({"copper kettle": 10}, set()),
    "a gnome, 41 of 40 mugs and a kettle: nothing is reserved, and the reason names both missing products": (
        {"garden gnome": 1, "enamel mug": 41, "copper kettle": 1}, {"Garden gnome", "Enamel mug"},
    ),
    "60 spoons on one line and 60 on another: there are only 100": ({"wooden spoon": 60, 1: 60}, {"Wooden spoon"}),
}  # fmt: skip


@dataclass
class _State(StockState):
    """The state of Stock when the learner's function decides: it reserves what the function does not name."""

    missing: Missing

    def reserve(self, order_id: str, lines: Sequence[OrderLine], at: datetime) -> None:
        """Reserves all lines, unless a product is missing. Raises OutOfStock."""
        available = {line.sku: self.products[line.sku].available for line in lines}
        missing = self._missing_of([(line.sku, line.quantity) for line in lines], available)
        if missing:
            raise OutOfStock(f"not available: {', '.join(PRODUCT_NAMES[sku] for sku in dict.fromkeys(missing))}")
        quantities = dict.fromkeys(available, 0)
        for line in lines:
            quantities[line.sku] += line.quantity
            self.products[line.sku].reserved += line.quantity
        self.reservations[order_id] = Reservation(order_id, quantities, reserved_at=at)

    def _missing_of(self, lines: list[tuple[int, int]], available: dict[int, int]) -> list[int]:
        try:
            missing = self.missing(lines, dict(available))
        except Exception as error:
            raise DomainError(f"your code raised {in_words(error)}") from error
        if not isinstance(missing, list) or not all(sku in [*available] for sku in missing):
            raise DomainError(f"it returned {shown(missing)}, not a list of SKUs of the order")
        return missing


def examine(missing: Missing, found: Examination) -> None:
    """Orders in labs whose Stock asks the learner's function."""

    class LearnersStock(Stock):
        def load(self, db: Connection, messages: Sequence[Any]) -> StockState:
            state = super().load(db, messages)
            return _State(state.products, state.reservations, missing)

    for text, (products, names) in RUNS.items():
        lab = lab_with()
        lab.replace("stock", LearnersStock)
        lab.place_order(products)
        lab.run()
        seen = _wrong_end(lab, names)
        found.require(text, not seen, seen, lab)


def _wrong_end(lab: Lab, names: set[str]) -> str:
    if letters := dead_letters_of(lab, "stock"):
        return letters[0].error
    order, reason = lab.orders.iloc[0], lab.orders["reason"].iloc[0]
    if order["status"] == "APPROVED":
        short = lab.stock.query("on_hand < 0")
        debts = [f"{-row.on_hand} of {row.product} are sold that the store does not have" for row in short.itertuples()]
        return "; ".join([f"the order is {order['status']}", *debts]) if names else ""
    is_named = {name for name in PRODUCT_NAMES.values() if name in reason} == names
    return "" if names and is_named else f"the order is {order['status']}: {reason}"


EXERCISE = Exercise(
    "a function of the lines of an order and the available quantities",
    (
        "An order may have two lines of the same product: add up the quantity of each product first.",
        "wanted = {}; for sku, quantity in lines: wanted[sku] = wanted.get(sku, 0) + quantity. Then compare each sum "
        "with the available quantity.",
        "return [sku for sku, quantity in wanted.items() if quantity > available[sku]]",
    ),
    examine,
)
