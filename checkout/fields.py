"""Values: what messages are made of - ids, names, lines of an order, payments - and the bodies of HTTP."""

from decimal import Decimal
from typing import Annotated

import msgspec

from checkout.domain import OrderStatus, PaymentMethod, is_amount, to_cents

# Python's $ also matches before a line feed at the end: END does not, here and in ECMAScript alike.
END = r"$(?!\n)"
UUID = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}" + END
# Names and addresses become e-mail headers: no control character and no encoded word gets that far.
HEADER_SAFE = r"^(?!.*=\?)[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]*" + END
ATOM, LABEL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+", "[A-Za-z0-9-]+"  # RFC 5322, section 3.2.3, without comments
ADDRESS = rf"^(?!.*=\?){ATOM}(\.{ATOM})*@{LABEL}(\.{LABEL})*" + END

OrderId = Annotated[str, msgspec.Meta(pattern=UUID)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=HEADER_SAFE)]
Email = Annotated[str, msgspec.Meta(max_length=254, pattern=ADDRESS)]


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an order: until Stock has reserved, name and price are what the customer saw, if anything."""

    sku: Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
    name: str | None = None
    price: Decimal | None = None  # EUR
    quantity: int = 1

    def __post_init__(self) -> None:
        in_cents(self, "price")


class Payment(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """How an order is paid and, once Stock has named the prices, how much in EUR."""

    payment_method: PaymentMethod
    total: Decimal | None = None

    def __post_init__(self) -> None:
        in_cents(self, "total")


def in_cents(struct: msgspec.Struct, field: str) -> None:
    """Rounds an amount to cents as it is read. Raises NotMoney, which msgspec reports with its place."""
    amount = getattr(struct, field)
    if amount is not None:
        msgspec.structs.force_setattr(struct, field, to_cents(amount))


class RequestedLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an order as a customer asks for it; a price, when sent, is the one the customer saw."""

    sku: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
    quantity: Annotated[int, msgspec.Meta(ge=1, le=1_000)]
    name: Name | None = None
    price: Decimal | None = None

    def __post_init__(self) -> None:
        in_cents(self, "price")
        if self.price is not None and not is_amount(self.price):
            raise ValueError("a price is between 0 and 1,000,000.00 EUR")


Lines = Annotated[list[RequestedLine], msgspec.Meta(min_length=1, max_length=100)]


class OrderRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An order as a customer asks for it: the body of the HTTP request."""

    customer_name: Name
    customer_email: Email
    products: Lines
    payment: Payment


class OrderResponse(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An order as Orders tells it over HTTP."""

    id: str
    status: OrderStatus
    reason: str | None
    total: Decimal | None
    customer_name: str
    customer_email: str | None
    products: list[OrderLine]
    payment: Payment
    placed_at: str


class ProductResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A product as Stock tells it over HTTP; `available` is what is on hand and not reserved."""

    sku: int
    name: str
    price: Decimal
    available: int
