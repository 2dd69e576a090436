"""Call changes: defects of the calls to payment provider, shipment company and mail server."""

import contextlib
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from unittest.mock import patch

from checkout.replies import CardCharged
from checkout.simulators import in_process
from checkout.worker.calls import adapters
from checkout.worker.calls.adapters import HttpAdapter
from checkout.worker.calls.bodies import parcel_body, refund_body
from checkout.worker.calls.external_calls import idempotency_key
from checkout.worker.outbox import OutboxRow

WHERE = (in_process, adapters)  # both kinds of adapters


@contextlib.contextmanager
def _everywhere(name: str, new: Any) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for module in WHERE:
            stack.enter_context(patch.object(module, name, new))
        yield


def _new_key(message: str) -> Any:
    def key(row: OutboxRow) -> str:
        return str(uuid.uuid4()) if row.message == message else idempotency_key(row)

    return _everywhere("idempotency_key", key)


def charge_with_a_new_key() -> Any:
    """Each attempt to charge a card has a key of its own."""
    return _new_key("ChargeCard")


def book_with_a_new_key() -> Any:
    """Each attempt to book a parcel has a key of its own."""
    return _new_key("BookParcel")


def mail_with_a_new_id() -> Any:
    """Each attempt to send an e-mail has a Message-ID of its own."""
    return _new_key("SendEmail")


def take_a_denial_for_a_charge() -> Any:
    """Whatever the payment provider answers, the card counts as charged."""
    return _everywhere("CardDenied", lambda id, reason: CardCharged(id))


def refund_the_half() -> Any:
    """Half of a payment is returned."""
    return _everywhere("refund_body", lambda call: refund_body(call) | {"amount": call.amount / Decimal(2)})


def send_one_of_each() -> Any:
    """A parcel has one of each product, however many were ordered."""

    def body(call: Any) -> dict[str, Any]:
        whole = parcel_body(call)
        return whole | {"products": [{**product, "quantity": 1} for product in whole["products"]]}

    return _everywhere("parcel_body", body)


def follow_redirects() -> Any:
    """The payment provider may send a request to another address."""
    make = HttpAdapter.__init__

    def follow(self: HttpAdapter, base_url: str) -> None:
        make(self, base_url)
        self._client.follow_redirects = True

    return patch.object(HttpAdapter, "__init__", follow)
