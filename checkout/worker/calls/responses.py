"""Responses: what the payment provider and the shipment company may answer, as types; anything else is no answer."""

from typing import Literal

import msgspec

from checkout.card_numbers import mask_card_numbers

MOST_REASON = 1_000  # characters
Text = str | int | float | bool | None  # what a provider means as text


class Charged(msgspec.Struct, frozen=True):
    """The card was charged."""

    status: Literal["charged"] = "charged"
    id: Text = None


class KnownCharge(msgspec.Struct, frozen=True):
    """What the provider did under a key."""

    order: Text = None
    amount: float | None = None
    status: Literal["charged", "denied"] | None = None
    reason: Text = None


class Refunded(msgspec.Struct, frozen=True):
    """The charge was refunded."""

    status: Literal["refunded"] = "refunded"
    id: Text = None


class Booked(msgspec.Struct, frozen=True):
    """The parcel was booked."""

    id: Text = ""


class Refusal(msgspec.Struct, frozen=True):
    """The request was refused."""

    status: Literal["denied", "refused"] | None = None
    reason: Text = None
    message: Text = None

    @property
    def text(self) -> str:
        """The reason."""
        return readable(self.reason or self.message or "no reason was given")


def readable(value: object) -> str:
    """The text of a value from outside, in characters that JSON, PostgreSQL and a mail can have, without card numbers.

    A reason is published, stored, and sent to the customer.
    """
    # Masking can shorten a text to a third; of one that is longer still, the work is spared.
    text = mask_card_numbers(str(value)[: 3 * MOST_REASON])[:MOST_REASON].replace("\0", "\ufffd")
    return text.encode("utf-8", "replace").decode()
