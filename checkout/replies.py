"""Replies: the answers of external systems, as adapters pass them to the handlers of replies."""

import msgspec


class CardCharged(msgspec.Struct, frozen=True):
    """The payment provider charged the card."""

    id: str


class CardDenied(msgspec.Struct, frozen=True):
    """The payment provider denied the charge."""

    id: str
    reason: str


class ChargeUnclear(msgspec.Struct, frozen=True):
    """The payment provider knows another charge by this key: an operator has to look."""

    id: str
    reason: str


class CardRefunded(msgspec.Struct, frozen=True):
    """The payment provider refunded the charge."""

    id: str


class RefundRefused(msgspec.Struct, frozen=True):
    """The payment provider refused the refund."""

    id: str
    reason: str


class ParcelBooked(msgspec.Struct, frozen=True):
    """The shipment company booked the parcel; `parcel` is its number."""

    id: str
    parcel: str


class ParcelRefused(msgspec.Struct, frozen=True):
    """The shipment company refused the parcel."""

    id: str
    reason: str


class EmailSent(msgspec.Struct, frozen=True):
    """The mail server accepted the e-mail."""

    id: str
    kind: str


class EmailRefused(msgspec.Struct, frozen=True):
    """The mail server rejected the e-mail permanently."""

    id: str
    kind: str
    reason: str


ChargeReply = CardCharged | CardDenied | ChargeUnclear
RefundReply = CardRefunded | RefundRefused
Reply = ChargeReply | RefundReply | ParcelBooked | ParcelRefused | EmailSent | EmailRefused
