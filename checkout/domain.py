"""Domain: the business rules of the store - money, orders, products - with the standard library only."""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

CENT = Decimal("0.01")
LARGEST_AMOUNT = Decimal(1_000_000)  # EUR
LARGEST_ORDER = 1_000  # lines; with names and prices they still fit into a record


class DomainError(Exception):
    """A business rule is violated; the message names the object and the rule."""


class NotMoney(DomainError, ValueError):
    """The value cannot be an amount of money."""


class IllegalTransition(DomainError):
    """The status cannot change in this way."""


class TooLate(DomainError):
    """The order cannot be cancelled any more."""


class UnknownOrder(DomainError):
    """There is no such order in this service."""


class OutOfStock(DomainError):
    """The products of an order cannot be reserved; the message is shown to the customer."""


class OrderStatus(StrEnum):
    """The status of an order."""

    RECEIVED = "RECEIVED"
    RESERVED = "RESERVED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"
    REFUNDED = "REFUNDED"
    NEEDS_OPERATOR = "NEEDS_OPERATOR"


class PaymentMethod(StrEnum):
    """The payment method."""

    CREDIT = "CREDIT"
    DEBIT = "DEBIT"


NEXT = {
    OrderStatus.RECEIVED: {OrderStatus.RESERVED, OrderStatus.REJECTED, OrderStatus.CANCELLED},
    OrderStatus.RESERVED: {
        OrderStatus.APPROVED, OrderStatus.REJECTED, OrderStatus.CANCELLED, OrderStatus.NEEDS_OPERATOR
    },
    OrderStatus.APPROVED: {OrderStatus.CANCELLED},  # the parcel was refused
    OrderStatus.REJECTED: set(),
    OrderStatus.CANCELLED: {OrderStatus.REFUNDED, OrderStatus.NEEDS_OPERATOR},
    OrderStatus.REFUNDED: set(),
    OrderStatus.NEEDS_OPERATOR: {OrderStatus.REFUNDED},
}  # fmt: skip
OPEN = {OrderStatus.RECEIVED, OrderStatus.RESERVED}  # the store has still to decide


def to_cents(amount: Decimal) -> Decimal:
    """The amount in EUR with two decimals, rounded half up. Infinity and quiet NaN are returned unchanged.

    Raises NotMoney for a signalling NaN and for an exponent above 20.
    """
    if amount.same_quantum(CENT):
        return amount
    if amount.is_snan() or (amount.is_finite() and abs(amount.adjusted()) > 20 and amount):
        raise NotMoney("an amount of money has at most seven digits before its two decimals")
    return amount.quantize(CENT, ROUND_HALF_UP) if amount.is_finite() else amount


def is_amount(amount: Decimal | None) -> bool:
    """Whether this is a valid amount: finite, not negative, at most 1,000,000 EUR."""
    return amount is not None and amount.is_finite() and 0 <= amount <= LARGEST_AMOUNT


@dataclass
class Order:
    """An order; `total` in EUR is calculated by Stock."""

    id: str
    customer_name: str
    customer_email: str | None
    payment_method: PaymentMethod
    status: OrderStatus = OrderStatus.RECEIVED
    reason: str | None = None
    total: Decimal | None = None

    def move(self, to: OrderStatus, reason: str | None = None) -> None:
        """Changes the status. Raises IllegalTransition: a status never goes back."""
        if to not in NEXT[self.status]:
            raise IllegalTransition(f"order {self.id} is {self.status} and cannot become {to}")
        self.status, self.reason = to, reason


@dataclass
class Product:
    """A product of the catalogue and its stock; `price` in EUR."""

    sku: int
    name: str
    price: Decimal
    on_hand: int
    reserved: int = 0

    @property
    def available(self) -> int:
        """The quantity that can be reserved."""
        return self.on_hand - self.reserved

    def reserve(self, quantity: int) -> None:
        """Reserves a quantity. Raises OutOfStock."""
        if self.available <= 0:
            raise OutOfStock(f"{self.name} is sold out")
        if quantity > self.available:
            raise OutOfStock(f"there are only {self.available} of {self.name} left")
        self.reserved += quantity

    def release(self, quantity: int) -> None:
        """Releases a reserved quantity."""
        self.reserved -= quantity

    def decrease(self, quantity: int) -> None:
        """Removes a reserved quantity from the stock."""
        self.reserved -= quantity
        self.on_hand -= quantity

    def take_back(self, quantity: int) -> None:
        """Adds a sold quantity to the stock again."""
        self.on_hand += quantity


class ReservationStatus(StrEnum):
    """HELD until the order is approved (SOLD), its payment fails (RELEASED) or it is cancelled (CANCELLED).

    EXPIRED: held for too long; the products stay reserved until Orders has decided. REFUSED: nothing was reserved.
    """

    HELD = "HELD"
    EXPIRED = "EXPIRED"
    SOLD = "SOLD"
    RELEASED = "RELEASED"
    CANCELLED = "CANCELLED"
    REFUSED = "REFUSED"


NEXT_OF_RESERVATION = {
    ReservationStatus.HELD: set(ReservationStatus) - {ReservationStatus.HELD, ReservationStatus.REFUSED},
    ReservationStatus.EXPIRED: {ReservationStatus.SOLD, ReservationStatus.RELEASED, ReservationStatus.CANCELLED},
    ReservationStatus.SOLD: {ReservationStatus.CANCELLED},  # the parcel was refused
    ReservationStatus.RELEASED: {ReservationStatus.CANCELLED},
    ReservationStatus.REFUSED: {ReservationStatus.CANCELLED},
    ReservationStatus.CANCELLED: set[ReservationStatus](),
}


@dataclass
class Reservation:
    """The quantity of each product, by SKU, that is reserved for one order."""

    order_id: str
    quantities: dict[int, int]
    status: ReservationStatus = ReservationStatus.HELD
    reserved_at: datetime | None = None

    @property
    def is_held(self) -> bool:
        """Whether the products are reserved now."""
        return self.status in (ReservationStatus.HELD, ReservationStatus.EXPIRED)

    def move(self, to: ReservationStatus) -> None:
        """Changes the status. Raises IllegalTransition: a reservation ends once."""
        if to not in NEXT_OF_RESERVATION[self.status]:
            raise IllegalTransition(f"the products of order {self.order_id} are {self.status} and cannot become {to}")
        self.status = to
