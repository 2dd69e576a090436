"""In process: calls the simulated systems as objects instead of over HTTP and SMTP, for the lab and for benchmarks."""

import msgspec

from checkout.messages import BookParcel, ChargeCard, RefundCard, SendEmail
from checkout.replies import (
    CardCharged,
    CardDenied,
    CardRefunded,
    EmailSent,
    ParcelBooked,
    ParcelRefused,
    RefundRefused,
    Reply,
)
from checkout.simulators.external_system import ConnectionDropped, SimulatedFailure
from checkout.simulators.mailbox import Email, Mailbox
from checkout.simulators.payment_broker import Charge, PaymentBroker, Refund
from checkout.simulators.shipment_company import Parcel, ParcelRejected, ShipmentCompany
from checkout.worker.calls.bodies import charge_body, parcel_body, refund_body
from checkout.worker.calls.external_calls import Adapter, CallResult, Unanswered, idempotency_key
from checkout.worker.outbox import OutboxRow

CHARGE, PARCEL = msgspec.json.Decoder(ChargeCard), msgspec.json.Decoder(BookParcel)
REFUND, MAIL = msgspec.json.Decoder(RefundCard), msgspec.json.Decoder(SendEmail)


class SimulatedSystems:
    """The three systems outside the store and the adapters that call them."""

    def __init__(self) -> None:
        self.payment_broker, self.shipment_company, self.mailbox = PaymentBroker(), ShipmentCompany(), Mailbox()

    def adapters(self) -> dict[str, Adapter]:
        """Returns the adapters for `ExternalCalls` by message name. They raise Unanswered for a simulated fault."""
        payments: dict[str, Adapter] = {"ChargeCard": self._charge, "RefundCard": self._refund}
        return payments | {"BookParcel": self._book, "SendEmail": self._send}

    def _charge(self, row: OutboxRow) -> CallResult:
        call = CHARGE.decode(row.payload or b"")
        try:
            outcome = self.payment_broker.charge(idempotency_key(row), msgspec.convert(charge_body(call), Charge))
        except (SimulatedFailure, ConnectionDropped) as error:
            raise Unanswered("payment-broker:/charges", str(error)) from error
        charged = outcome.status == "charged"
        reply: Reply = CardCharged(call.id) if charged else CardDenied(call.id, outcome.reason or "denied")
        return CallResult(row, "payment-broker:/charges", "201" if charged else "402", reply)

    def _refund(self, row: OutboxRow) -> CallResult:
        call = REFUND.decode(row.payload or b"")
        try:
            outcome = self.payment_broker.refund(idempotency_key(row), msgspec.convert(refund_body(call), Refund))
        except SimulatedFailure as error:
            raise Unanswered("payment-broker:/refunds", str(error)) from error
        refunded = outcome.status == "refunded"
        reply: Reply = CardRefunded(call.id) if refunded else RefundRefused(call.id, outcome.reason or "refused")
        return CallResult(row, "payment-broker:/refunds", "201" if refunded else "409", reply)

    def _book(self, row: OutboxRow) -> CallResult:
        call = PARCEL.decode(row.payload or b"")
        try:
            booking = self.shipment_company.book(idempotency_key(row), msgspec.convert(parcel_body(call), Parcel))
        except ParcelRejected as refusal:
            return CallResult(row, "shipment-company:/parcels", "422", ParcelRefused(call.id, str(refusal)))
        except (SimulatedFailure, ConnectionDropped) as error:
            raise Unanswered("shipment-company:/parcels", str(error)) from error
        return CallResult(row, "shipment-company:/parcels", "201", ParcelBooked(call.id, booking.id))

    def _send(self, row: OutboxRow) -> CallResult:
        call = MAIL.decode(row.payload or b"")
        email = Email(idempotency_key(row), call.customer_email, "store", call.subject, call.text, call.id)
        try:
            self.mailbox.receive(email)
        except (SimulatedFailure, ConnectionDropped) as error:
            raise Unanswered("mailbox:", str(error)) from error
        return CallResult(row, "mailbox:", "250", EmailSent(call.id, call.kind))
