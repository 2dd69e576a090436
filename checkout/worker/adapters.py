"""Outside: how the store speaks to the payment broker, the shipment company and the mail server."""

import smtplib
import threading
import uuid
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from checkout.messages import (
    ENCODER,
    BookParcel,
    CardCharged,
    CardDenied,
    ChargeCard,
    EmailRefused,
    EmailSent,
    ParcelBooked,
    ParcelRefused,
    SendEmail,
)
from checkout.worker.database import OutboxRow
from checkout.worker.external_calls import CallResult, Unanswered

TIMEOUT = httpx.Timeout(5.0, connect=1.0)  # seconds
SENDER = Address("Awesome Online Store", addr_spec="orders@awesome-online-store.example")
LARGEST_ANSWER = 64 * 1024  # bytes


def idempotency_key(row: OutboxRow) -> str:
    """The same for every attempt: made of the order and of what the call is for."""
    return str(uuid.uuid5(uuid.UUID(row.order_id), row.destination))


def charge_body(call: ChargeCard) -> dict[str, Any]:
    """What the payment broker wants to know."""
    return {"order": call.id, "amount": call.amount, "currency": "EUR", "method": call.method}


def parcel_body(call: BookParcel) -> dict[str, Any]:
    """What the shipment company wants to know."""
    products = [{"sku": line.sku, "quantity": line.quantity} for line in call.products]
    return {"order": call.id, "customer": call.customer_name, "products": products}


class HttpCompany:
    """One outside system that is called over HTTP."""

    def __init__(self, base_url: str) -> None:
        self._client = httpx.Client(base_url=base_url, timeout=TIMEOUT, follow_redirects=False)

    def charge(self, row: OutboxRow) -> CallResult:
        """Step 9: asks the payment broker for the money. Raises Unanswered."""
        call = msgspec.json.decode(row.payload or b"", type=ChargeCard)
        url, status, said = self._post("/charges", row, charge_body(call))
        if status == 201:
            return CallResult(row, url, "201", CardCharged(call.id))
        if status in (402, 422):
            reason = said.get("reason") or said.get("message") or "denied"
            return CallResult(row, url, str(status), CardDenied(call.id, str(reason)))
        raise Unanswered(url, f"HTTP {status}")

    def book(self, row: OutboxRow) -> CallResult:
        """Step 14: asks the shipment company to bring the products. Raises Unanswered."""
        call = msgspec.json.decode(row.payload or b"", type=BookParcel)
        url, status, said = self._post("/parcels", row, parcel_body(call))
        if status == 422:
            return CallResult(row, url, "422", ParcelRefused(call.id, str(said.get("message"))))
        if status != 201:
            raise Unanswered(url, f"HTTP {status}")
        return CallResult(row, url, "201", ParcelBooked(call.id, str(said.get("id", ""))))

    def _post(self, path: str, row: OutboxRow, body: dict[str, Any]) -> tuple[str, int, dict[str, Any]]:
        url = str(self._client.base_url.join(path))
        headers = {"content-type": "application/json", "Idempotency-Key": idempotency_key(row)}
        try:
            answer = self._client.post(path, content=ENCODER.encode(body), headers=headers)
            said = answer.json() if len(answer.content) <= LARGEST_ANSWER else None
        except (httpx.HTTPError, ValueError) as error:
            raise Unanswered(url, type(error).__name__) from error
        if not isinstance(said, dict):
            raise Unanswered(url, f"HTTP {answer.status_code} with something else than a JSON object")
        return url, answer.status_code, said


class MailServer:
    """The mail server, over SMTP; each thread keeps a connection of its own."""

    def __init__(self, url: str) -> None:
        self.url, parts = url, urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 25
        self._threads = threading.local()

    def send(self, row: OutboxRow) -> CallResult:
        """Step 14, 12 or 7: hands the letter over. Raises Unanswered."""
        call = msgspec.json.decode(row.payload or b"", type=SendEmail)
        try:
            self._connection().send_message(letter(call, row))
        except smtplib.SMTPRecipientsRefused as error:
            code, reason = next(iter(error.recipients.values()))
            return self._refused(row, call, code, reason)
        except smtplib.SMTPResponseException as error:
            return self._refused(row, call, error.smtp_code, error.smtp_error)
        except smtplib.SMTPNotSupportedError as error:
            return self._refused(row, call, 553, str(error).encode())
        except (smtplib.SMTPException, OSError) as error:
            self._hang_up()
            raise Unanswered(self.url, type(error).__name__) from error
        return CallResult(row, self.url, "250", EmailSent(call.id, call.kind))

    def _refused(self, row: OutboxRow, call: SendEmail, code: int, reason: bytes | str) -> CallResult:
        self._hang_up()
        said = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
        if code < 500:
            raise Unanswered(self.url, f"SMTP {code} {said}")
        return CallResult(row, self.url, str(code), EmailRefused(call.id, call.kind, said))

    def _hang_up(self) -> None:
        if kept := getattr(self._threads, "connection", None):
            kept.close()
        self._threads.connection = None

    def _connection(self) -> smtplib.SMTP:
        kept: smtplib.SMTP | None = getattr(self._threads, "connection", None)
        if kept is None:
            kept = self._threads.connection = smtplib.SMTP(self._host, self._port, timeout=5)
        return kept


def letter(call: SendEmail, row: OutboxRow) -> EmailMessage:
    """The e-mail itself; its Message-ID is the same for every attempt."""
    mail = EmailMessage()
    mail["From"] = SENDER
    mail["To"] = Address(call.customer_name, addr_spec=call.customer_email)
    mail["Subject"] = call.subject
    mail["Message-ID"] = f"<{idempotency_key(row)}@database.example>"
    mail["X-Order"] = call.id
    mail.set_content(call.text)
    return mail
