"""Shipment company: a simulated carrier that books parcels, once per idempotency key."""

from typing import Annotated, Literal

import msgspec

from checkout.simulators.external_system import Count, ExternalSystem, FaultSwitches, Ledger, Name


class Product(msgspec.Struct, frozen=True):
    """A product in a parcel and its quantity."""

    sku: Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
    quantity: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class Parcel(msgspec.Struct, frozen=True):
    """A request to deliver the products of an order to a customer."""

    order: Name
    customer: Name
    products: Annotated[list[Product], msgspec.Meta(min_length=1, max_length=100)]


class Booking(msgspec.Struct, frozen=True):
    """The confirmation of a parcel."""

    id: str
    status: Literal["booked"] = "booked"


class Refusal(msgspec.Struct, frozen=True):
    """Why a parcel is refused."""

    reason: str


class ParcelRejected(Exception):
    """The company does not take this parcel; the message is the reason."""


class Switches(FaultSwitches):
    """`drop_after_booking`: requests that are booked and get no response. `refuse`: why new parcels are refused."""

    drop_after_booking: Count = 0
    refuse: Name | None = None


class ShipmentCompany(ExternalSystem[Switches]):
    """The company without a server: thread-safe, in memory."""

    def __init__(self) -> None:
        super().__init__(Switches())
        self.ledger: Ledger[Parcel, Booking] = Ledger()
        self.refusals: Ledger[Parcel, Refusal] = Ledger()
        self._booked = 0

    def book(self, key: str, parcel: Parcel) -> Booking:
        """Books a parcel; the same key gets the same booking, or is refused for the same reason.

        Raises KeyReused, ParcelRejected and SimulatedFailure, and after booking ConnectionDropped.
        """
        with self._processing("drop_after_booking"):
            reason = self.switches.refuse
            if key in self.refusals or (reason and key not in self.ledger):
                raise ParcelRejected(self.refusals.respond(key, parcel, lambda _: Refusal(str(reason))).reason)
            return self.ledger.respond(key, parcel, self._accept)

    def _accept(self, _: Parcel) -> Booking:
        self._booked += 1
        return Booking(f"parcel-{self._booked}")
