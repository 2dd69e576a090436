"""Domain: the store's own words and rules - money, orders, products - with the standard library only."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

CENT = Decimal("0.01")
LARGEST_AMOUNT = Decimal(1_000_000)  # EUR


class DomainError(Exception):
    """A rule of the store is broken; the message names the thing and the rule."""


class NotMoney(DomainError, ValueError):
    """Not an amount of money, whatever was meant by it."""


class IllegalTransition(DomainError):
    """An order cannot go from one status to the other."""


class UnknownOrder(DomainError):
    """Nobody here has ever seen this order."""


class OutOfStock(DomainError):
    """The order cannot be reserved; the message is what the customer is told."""


class OrderStatus(StrEnum):
    """Where an order stands, in Orders' words."""

    RECEIVED = "RECEIVED"
    RESERVED = "RESERVED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


class PaymentMethod(StrEnum):
    """How the customer pays."""

    CREDIT = "CREDIT"
    DEBIT = "DEBIT"


NEXT = {
    OrderStatus.RECEIVED: {OrderStatus.RESERVED, OrderStatus.REJECTED},
    OrderStatus.RESERVED: {OrderStatus.APPROVED, OrderStatus.REJECTED},
    OrderStatus.APPROVED: set(),
    OrderStatus.REJECTED: set(),
}


def to_cents(amount: Decimal) -> Decimal:
    """The amount in EUR with two decimals, rounded half up; infinite amounts and quiet NaN stay, to be refused by rule.

    Raises NotMoney for a signalling NaN and for exponents no amount has.
    """
    if amount.same_quantum(CENT):
        return amount
    if amount.is_snan() or (amount.is_finite() and abs(amount.adjusted()) > 20 and amount):
        raise NotMoney("an amount of money has at most seven digits before its two decimals")
    return amount.quantize(CENT, ROUND_HALF_UP) if amount.is_finite() else amount


def is_amount(amount: Decimal | None) -> bool:
    """Whether this is an amount the store deals in: finite, not negative, at most 1,000,000 EUR."""
    return amount is not None and amount.is_finite() and 0 <= amount <= LARGEST_AMOUNT


@dataclass
class Order:
    """An order as Orders keeps it; the total in EUR is Stock's."""

    id: str
    customer_name: str
    customer_email: str | None
    payment_method: PaymentMethod
    status: OrderStatus = OrderStatus.RECEIVED
    reason: str | None = None
    total: Decimal | None = None

    def move(self, to: OrderStatus, reason: str | None = None) -> None:
        """Goes to the next status. Raises IllegalTransition; a status never goes backwards."""
        if to not in NEXT[self.status]:
            raise IllegalTransition(f"order {self.id} is {self.status} and cannot become {to}")
        self.status, self.reason = to, reason


@dataclass
class Product:
    """A product of the catalogue, and how many of it there are."""

    sku: int
    name: str
    price: Decimal
    on_hand: int
    reserved: int = 0

    @property
    def available(self) -> int:
        """How many can still be promised to somebody."""
        return self.on_hand - self.reserved

    def reserve(self, quantity: int) -> None:
        """Sets some aside for an order. Raises OutOfStock."""
        if self.available <= 0:
            raise OutOfStock(f"{self.name} is sold out")
        if quantity > self.available:
            raise OutOfStock(f"there are only {self.available} of {self.name} left")
        self.reserved += quantity

    def release(self, quantity: int) -> None:
        """Gives back what was set aside."""
        self.reserved -= quantity

    def decrease(self, quantity: int) -> None:
        """Takes what was set aside out of the store."""
        self.reserved -= quantity
        self.on_hand -= quantity


@dataclass
class Reservation:
    """How many of each product, by SKU, Stock has set aside for one order, and what became of them."""

    order_id: str
    quantities: dict[int, int]
    status: str = "HELD"

    def end(self, status: str) -> None:
        """Ends once, as SOLD or RELEASED. Raises IllegalTransition."""
        if self.status != "HELD":
            raise IllegalTransition(f"the products of order {self.order_id} are {self.status}, not HELD")
        self.status = status
