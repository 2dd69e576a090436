"""Shipments: has the parcel of an approved order brought, and keeps its number."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from sample import ADA, FIRST, approved

from checkout.fields import OrderLine
from checkout.framework.message import encode
from checkout.messages import BookParcel, ParcelBooked, ParcelRefused
from checkout.services.shipments import Shipments


@pytest.fixture
def shipments(bench: Callable[..., Any]) -> Any:
    return bench(Shipments())


def test_an_approved_order_becomes_one_parcel_with_what_was_bought(shipments: Any) -> None:
    said = shipments.tell(approved())

    assert said == [BookParcel(FIRST, ADA, [OrderLine(sku=1, name="Wooden spoon", quantity=2)])]
    assert said[0].purpose == "parcel"
    assert shipments.state(approved())[FIRST].status == "REQUESTED"


def test_the_number_of_the_parcel_is_kept(shipments: Any) -> None:
    shipments.tell(approved())

    said = shipments.tell(ParcelBooked(FIRST, "parcel-7"))

    kept = shipments.state(approved())[FIRST]
    assert said == []
    assert (kept.status, kept.parcel) == ("BOOKED", "parcel-7")


def test_a_refused_parcel_is_kept_with_its_reason(shipments: Any) -> None:
    shipments.tell(approved())

    shipments.tell(ParcelRefused(FIRST, "nobody lives there"))

    kept = shipments.state(approved())[FIRST]
    assert (kept.status, kept.reason) == ("REFUSED", "nobody lives there")


def test_a_price_that_is_no_number_does_not_spoil_the_parcel(shipments: Any) -> None:
    odd = msgspec.structs.replace(approved(), products=[OrderLine(sku=1, price=Decimal("NaN"))])

    (said,) = shipments.tell(odd)

    assert json.loads(encode(said))["products"][0]["sku"] == 1
    assert b"NaN" not in encode(said)


def test_a_reply_about_an_order_that_was_never_seen_is_an_error(shipments: Any) -> None:
    with pytest.raises(KeyError):
        shipments.tell(ParcelBooked(FIRST, "parcel-7"))
