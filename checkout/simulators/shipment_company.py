"""Shipment company: books parcels, once per idempotency key, and keeps a list that anyone may read."""

import asyncio
from typing import Annotated, Any, Literal

import msgspec
from litestar import Litestar, Request, Response, post

from checkout.simulators import http_api
from checkout.simulators.external_system import Count, ExternalSystem, FaultSwitches, Ledger, Name


class Product(msgspec.Struct, frozen=True):
    """How many of what lie in a parcel."""

    sku: Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
    quantity: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class Parcel(msgspec.Struct, frozen=True):
    """What to bring to whom, for which order."""

    order: Name
    customer: Name
    products: Annotated[list[Product], msgspec.Meta(min_length=1, max_length=100)]


class Booking(msgspec.Struct, frozen=True):
    """The company's promise to bring the parcel."""

    id: str
    status: Literal["booked"] = "booked"


class Switches(FaultSwitches):
    """The switches of every outside system, and the connection dropped after booking."""

    drop_after_booking: Count = 0


class ShipmentCompany(ExternalSystem):
    """The company without its server: thread-safe, in memory."""

    switches: Switches

    def __init__(self) -> None:
        super().__init__(Switches())
        self.ledger: Ledger[Parcel, Booking] = Ledger()
        self._booked = 0

    def book(self, key: str, parcel: Parcel) -> Booking:
        """Books the parcel; the same key gets the same booking. Raises KeyReused, Failed, and Dropped afterwards."""
        with self._lock:
            self._fail_if_switched()
            booking = self.ledger.answer(key, parcel, self._accept)
            self._drop_if_switched("drop_after_booking")
            return booking

    def _accept(self, _: Parcel) -> Booking:
        self._booked += 1
        return Booking(f"parcel-{self._booked}")


def app(company: ShipmentCompany) -> Litestar:
    """The company over HTTP: `/parcels`, `/switches`, `/health-check`."""

    @post("/parcels")
    async def book(request: Request[Any, Any, Any]) -> Response[bytes]:
        key, asked = http_api.idempotency_key(request), await http_api.read(request, Parcel)
        try:
            booking = company.book(key, asked)
        finally:
            await asyncio.sleep(company.switches.delay)
        return http_api.answer(booking, 201)

    return http_api.app(company, book, *http_api.ledger_routes("/parcels", company.ledger))


def main(port: int) -> None:
    """Runs the shipment company in this process, on the loopback, until it is told to stop."""
    http_api.run(app(ShipmentCompany()), port, "the shipment company")
