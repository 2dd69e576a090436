"""Workload: an endless stream of customers, the same for the same seed: what each orders, and what it does then."""

import random
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

Lines = list[dict[str, Any]]


class Kind(StrEnum):
    """What a customer orders or does. Whether the order is then approved also depends on the stock.

    SEVERAL_LINES: of several products, all cheap. SOLD_OUT: a product of which none is on hand in the catalogue.
    DENIED: above the limit of the payment provider. WRONG_PRICE: of another price than the catalogue's. CANCELLED:
    cancelled some time after the order was accepted. REPEATED: sent again with the same Idempotency-Key. OTHER_BODY:
    sent again with the same key and another body, which is refused.
    """

    APPROVED = "approved"
    SEVERAL_LINES = "several lines"
    SOLD_OUT = "sold out"
    DENIED = "denied"
    UNKNOWN_PRODUCT = "unknown product"
    WRONG_PRICE = "wrong price"
    CANCELLED = "cancelled"
    REPEATED = "repeated"
    OTHER_BODY = "other body"


MIX = {  # in percent of the customers
    Kind.APPROVED: 50, Kind.SEVERAL_LINES: 15, Kind.SOLD_OUT: 5, Kind.DENIED: 6, Kind.UNKNOWN_PRODUCT: 3,
    Kind.WRONG_PRICE: 4, Kind.CANCELLED: 8, Kind.REPEATED: 6, Kind.OTHER_BODY: 3,
}  # fmt: skip
CHEAP = {1: Decimal("5.00"), 2: Decimal("8.50"), 5: Decimal("64.90")}  # prices by SKU
OFTEN = (1, 1, 1, 1, 2, 2, 2, 5)  # as there are more spoons than kettles
SOLD_OUT, OAK_TABLE, UNKNOWN = 3, 4, 999
LONGEST_PAUSE = 0.3  # seconds before an order is cancelled: before or after it is paid
MOST_READS = 2


@dataclass(frozen=True)
class Purchase:
    """What one customer does with one order.

    `key`: the Idempotency-Key. `body`: of the request. `reads`: how often it then looks at the order. `repeats`: bodies
    that are sent with the same key afterwards. `cancel_after`: seconds after which the order is cancelled, or None.
    `follows`: whether the customer looks at the order until it is at its end.
    """

    kind: Kind
    key: str
    body: Mapping[str, Any]
    reads: int = 0
    repeats: tuple[Mapping[str, Any], ...] = ()
    cancel_after: float | None = None
    follows: bool = False


class Workload:
    """The purchases of a seed, numbered from 0. A store should see a seed once: its keys are the same each time.

    `mix`: the share of each kind.
    """

    def __init__(self, seed: int, mix: Mapping[Kind, int] = MIX) -> None:
        self.seed, self._mix, self._next = seed, mix, 0

    def __iter__(self) -> Iterator[Purchase]:
        return self

    def __next__(self) -> Purchase:
        self._next += 1
        return self.purchase(self._next - 1)

    def purchase(self, number: int) -> Purchase:
        """The purchase of this number."""
        chance = random.Random(f"{self.seed}-{number}")
        kind = chance.choices(list(self._mix), list(self._mix.values()))[0]
        body = order_body(_lines(kind, chance), f"Customer {number}", chance.choice(("CREDIT", "DEBIT")))
        return Purchase(
            kind, str(uuid.UUID(int=chance.getrandbits(128), version=4)), body, chance.randint(0, MOST_READS),
            tuple(_repeats(kind, body)), chance.uniform(0, LONGEST_PAUSE) if kind is Kind.CANCELLED else None,
        )  # fmt: skip


def order_body(lines: Lines, customer: str, method: str = "CREDIT") -> dict[str, Any]:
    """The body of an order request for lines such as `{"sku": 1, "quantity": 2}`."""
    address = customer.lower().replace(" ", "-") + "@example.org"
    return {"customerName": customer, "customerEmail": address, "products": lines, "payment": {"paymentMethod": method}}


def _lines(kind: Kind, chance: random.Random) -> Lines:
    match kind:
        case Kind.SEVERAL_LINES:
            return [{"sku": sku, "quantity": chance.randint(1, 2)} for sku in chance.sample(sorted(CHEAP), 2)]
        case Kind.SOLD_OUT:
            return [{"sku": SOLD_OUT, "quantity": 1}]
        case Kind.DENIED:
            return [{"sku": OAK_TABLE, "quantity": 2}]
        case Kind.UNKNOWN_PRODUCT:
            return [{"sku": UNKNOWN, "quantity": 1}]
    sku = chance.choice(OFTEN)
    shown = CHEAP[sku] - 1 if kind is Kind.WRONG_PRICE else CHEAP[sku]
    says_price = kind is Kind.WRONG_PRICE or chance.random() < 0.5
    return [{"sku": sku, "quantity": chance.randint(1, 3)} | ({"price": float(shown)} if says_price else {})]


def _repeats(kind: Kind, body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if kind is Kind.REPEATED:
        yield body
    if kind is Kind.OTHER_BODY:
        yield {**body, "customerName": f"{body['customerName']} again"}
