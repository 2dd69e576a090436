"""Fields: the value types in messages and HTTP bodies - ids, names, lines of an order, payments."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import msgspec

from checkout.card_numbers import refuse_card_numbers
from checkout.domain import CENT, OrderStatus, PaymentMethod, is_amount, to_cents

# Unlike $, END does not match before a final line feed; it works in Python and in ECMAScript (OpenAPI).
END = r"$(?!\n)"
UUID = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}" + END
# Names and addresses become e-mail headers: control characters and encoded words are refused.
HEADER_SAFE = r"^(?!.*=\?)[^\x00-\x1f\x7f-\x9f\u2028\u2029]*" + END
ATOM, LABEL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+", "[A-Za-z0-9-]+"  # RFC 5322, section 3.2.3, without comments
ADDRESS = rf"^(?!.*=\?){ATOM}(\.{ATOM})*@{LABEL}(\.{LABEL})*" + END

OrderId = Annotated[str, msgspec.Meta(pattern=UUID)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=HEADER_SAFE)]
Email = Annotated[str, msgspec.Meta(max_length=254, pattern=ADDRESS)]


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an order. Name and price (EUR) are the client's, or null, until Stock sets those of the catalogue."""

    sku: Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
    name: str | None = None
    price: Decimal | None = None
    quantity: int = 1

    def __post_init__(self) -> None:
        in_cents(self, "price")

    @property
    def description(self) -> str:
        """For people: `2 x Wooden spoon`."""
        return f"{self.quantity} x {self.name or f'product {self.sku}'}"


class Payment(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The payment method and, once Stock has set the prices, the total in EUR."""

    payment_method: PaymentMethod
    total: Decimal | None = None

    def __post_init__(self) -> None:
        in_cents(self, "total")


def in_cents(struct: msgspec.Struct, field: str) -> None:
    """Rounds an amount to cents while it is decoded. Raises NotMoney, which msgspec reports with its path."""
    amount = getattr(struct, field)
    if amount is not None and not amount.same_quantum(CENT):
        msgspec.structs.force_setattr(struct, field, to_cents(amount))


class RequestedLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an order request. A price, when sent, is the one that was shown to the customer."""

    sku: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
    quantity: Annotated[int, msgspec.Meta(ge=1, le=1_000)]
    name: Name | None = None
    price: Decimal | None = None

    def __post_init__(self) -> None:
        in_cents(self, "price")
        if self.price is not None and not is_amount(self.price):
            raise ValueError("a price is between 0 and 1,000,000.00 EUR")


MOST_LINES = 100  # of an order
Lines = Annotated[list[RequestedLine], msgspec.Meta(min_length=1, max_length=MOST_LINES)]


class RequestedPayment(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The payment of an order request. A total, when sent, is ignored as every unknown field is."""

    payment_method: PaymentMethod


class OrderRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The body of the HTTP request that places an order."""

    customer_name: Name
    customer_email: Email
    products: Lines
    payment: RequestedPayment

    def __post_init__(self) -> None:
        refuse_card_numbers(self.customer_name, self.customer_email, *(line.name for line in self.products))


class OrderResponse(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An order in an HTTP response."""

    id: str
    status: OrderStatus
    reason: str | None
    total: Decimal | None
    customer_name: str
    customer_email: str | None
    products: list[OrderLine]
    payment: Payment
    placed_at: datetime | None


class ProductResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A product in an HTTP response; `available` is on hand minus reserved."""

    sku: int
    name: str
    price: Decimal
    available: int
