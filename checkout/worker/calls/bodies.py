"""Bodies: what the requests to the payment provider and the shipment company hold."""

from typing import Any

from checkout.messages import BookParcel, ChargeCard, RefundCard


def charge_body(call: ChargeCard) -> dict[str, Any]:
    """The request body for the payment provider; `amount` in EUR."""
    return {"order": call.id, "amount": call.amount, "currency": "EUR", "method": call.method}


def refund_body(call: RefundCard) -> dict[str, Any]:
    """The request body for a refund; `amount` in EUR."""
    return {"order": call.id, "amount": call.amount, "currency": "EUR"}


def parcel_body(call: BookParcel) -> dict[str, Any]:
    """The request body for the shipment company."""
    products = [{"sku": line.sku, "quantity": line.quantity} for line in call.products]
    return {"order": call.id, "customer": call.customer_name, "products": products}
