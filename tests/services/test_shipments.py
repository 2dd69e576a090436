"""Shipments: books the parcel of an approved order and stores its number."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from sample import ADA, FIRST, order_approved

from checkout.fields import OrderLine
from checkout.framework.message import encode
from checkout.messages import BookParcel
from checkout.replies import ParcelBooked, ParcelRefused
from checkout.services.shipments import Shipments


@pytest.fixture
def shipments(new_harness: Callable[..., Any]) -> Any:
    return new_harness(Shipments())


def test_an_approved_order_books_one_parcel_with_its_products(shipments: Any) -> None:
    sent = shipments.handle(order_approved())

    assert sent == [BookParcel(FIRST, ADA, [OrderLine(sku=1, name="Wooden spoon", quantity=2)])]
    assert sent[0].purpose == "parcel"
    assert shipments.state(order_approved())[FIRST].status == "REQUESTED"


def test_the_number_of_the_parcel_is_stored(shipments: Any) -> None:
    shipments.handle(order_approved())

    sent = shipments.handle(ParcelBooked(FIRST, "parcel-7"))

    shipment = shipments.state(order_approved())[FIRST]
    assert sent == []
    assert (shipment.status, shipment.parcel) == ("BOOKED", "parcel-7")


def test_a_refused_parcel_is_stored_with_its_reason(shipments: Any) -> None:
    shipments.handle(order_approved())

    shipments.handle(ParcelRefused(FIRST, "unknown address"))

    shipment = shipments.state(order_approved())[FIRST]
    assert (shipment.status, shipment.reason) == ("REFUSED", "unknown address")


def test_the_parcel_leaves_out_a_price_that_is_not_a_number(shipments: Any) -> None:
    order = msgspec.structs.replace(order_approved(), products=[OrderLine(sku=1, price=Decimal("NaN"))])

    (sent,) = shipments.handle(order)

    assert json.loads(encode(sent))["products"][0]["sku"] == 1
    assert b"NaN" not in encode(sent)


def test_a_reply_about_an_unknown_order_is_an_error(shipments: Any) -> None:
    with pytest.raises(KeyError):
        shipments.handle(ParcelBooked(FIRST, "parcel-7"))
