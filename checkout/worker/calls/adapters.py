"""Adapters: call the payment provider and the shipment company over HTTP, and the mail server over SMTP."""

import json
import smtplib
import threading
from collections.abc import Callable, Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from checkout.framework.message import ENCODER
from checkout.messages import BookParcel, ChargeCard, RefundCard, SendEmail
from checkout.replies import (
    CardCharged,
    CardDenied,
    CardRefunded,
    ChargeUnclear,
    EmailRefused,
    EmailSent,
    ParcelBooked,
    ParcelRefused,
    RefundRefused,
    Reply,
)
from checkout.settings import Settings
from checkout.worker.calls.external_calls import Adapter, CallResult, Unanswered, idempotency_key
from checkout.worker.calls.http_deadline import DeadlineTransport
from checkout.worker.outbox import OutboxRow
from checkout.worker.sending import header_of

TIMEOUT = httpx.Timeout(5.0, connect=1.0)  # seconds
SENDER = Address("Awesome Online Store", addr_spec="orders@awesome-online-store.example")
LARGEST_RESPONSE = 64 * 1024  # bytes
LONGEST_RESPONSE = 10.0  # seconds for headers and body
MOST_REASON = 1_000  # characters
LOGIN_WANTED = {530, 534, 535, 538}  # SMTP codes that say nothing about the e-mail


def of_service(service: str, settings: Settings) -> Mapping[str, Adapter]:
    """The adapters of one service of the store, by message name."""
    if service == "payments":
        provider = HttpAdapter(settings.url("payment_broker"))
        return {"ChargeCard": provider.charge, "RefundCard": provider.refund}
    if service == "shipments":
        return {"BookParcel": HttpAdapter(settings.url("shipment_company")).book}
    return {"SendEmail": SmtpAdapter(settings.url("smtp")).send} if service == "notifications" else {}


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


class HttpAdapter:
    """Calls one external system over HTTP: connect time-out 1 s, read time-out 5 s, redirects are not followed."""

    def __init__(self, base_url: str) -> None:
        transport = DeadlineTransport(LONGEST_RESPONSE)
        self._client = httpx.Client(
            base_url=base_url, timeout=TIMEOUT, transport=transport, follow_redirects=False, trust_env=False
        )  # fmt: skip

    def charge(self, row: OutboxRow) -> CallResult:
        """Step 9: charges the card. Raises Unanswered."""
        call = msgspec.json.decode(row.payload or b"", type=ChargeCard)
        url, status, body = self._post("/charges", row, charge_body(call))
        if status == 201:
            return CallResult(row, url, "201", CardCharged(call.id))
        if status == 402:
            reason = body.get("reason") or body.get("message") or "denied"
            return CallResult(row, url, "402", CardDenied(call.id, readable(reason)))
        if status == 422:
            return CallResult(row, url, "422", self._charge_by_key(row, call, readable(body.get("message"))))
        raise Unanswered(url, f"HTTP {status}")

    def _charge_by_key(self, row: OutboxRow, call: ChargeCard, conflict: str) -> Reply:
        """What the provider did under the key of a charge that it calls a conflict. Raises Unanswered."""
        url, status, known = self._request("GET", f"/charges/{idempotency_key(row)}")
        if status not in (200, 404):
            raise Unanswered(url, f"HTTP {status}")
        if (known.get("order"), known.get("amount")) != (call.id, float(call.amount)):
            return ChargeUnclear(call.id, conflict)
        is_charged = known.get("status") == "charged"
        return CardCharged(call.id) if is_charged else CardDenied(call.id, readable(known.get("reason") or "denied"))

    def refund(self, row: OutboxRow) -> CallResult:
        """Step 14 after a late payment: refunds the charge. Raises Unanswered."""
        call = msgspec.json.decode(row.payload or b"", type=RefundCard)
        url, status, body = self._post("/refunds", row, refund_body(call))
        if status == 201:
            return CallResult(row, url, "201", CardRefunded(call.id))
        if status in (402, 404, 409, 422):
            reason = readable(body.get("reason") or body.get("message"))
            return CallResult(row, url, str(status), RefundRefused(call.id, reason))
        raise Unanswered(url, f"HTTP {status}")

    def book(self, row: OutboxRow) -> CallResult:
        """Step 14: books the parcel. Raises Unanswered."""
        call = msgspec.json.decode(row.payload or b"", type=BookParcel)
        url, status, body = self._post("/parcels", row, parcel_body(call))
        if status == 422:
            return CallResult(row, url, "422", ParcelRefused(call.id, readable(body.get("message"))))
        if status != 201:
            raise Unanswered(url, f"HTTP {status}")
        return CallResult(row, url, "201", ParcelBooked(call.id, readable(body.get("id", ""))))

    def on_request(self, hook: Callable[[httpx.Request], None]) -> None:
        """Calls `hook` with each request before it is sent."""
        self._client.event_hooks["request"].append(hook)

    def _post(self, path: str, row: OutboxRow, request: dict[str, Any]) -> tuple[str, int, dict[str, Any]]:
        headers = {"content-type": "application/json", "Idempotency-Key": idempotency_key(row)}
        if context := header_of(row, "traceparent"):
            headers["traceparent"] = context
        return self._request("POST", path, content=ENCODER.encode(request), headers=headers)

    def _request(self, method: str, path: str, **options: Any) -> tuple[str, int, dict[str, Any]]:
        url = str(self._client.base_url.join(path))
        try:
            with self._client.stream(method, path, **options) as response:
                body = json.loads(_read(response))  # takes a lone surrogate, which msgspec refuses
        except (httpx.HTTPError, ValueError, RecursionError) as error:
            raise Unanswered(url, type(error).__name__) from error
        if not isinstance(body, dict):
            raise Unanswered(url, f"HTTP {response.status_code} whose body is not a JSON object")
        return url, response.status_code, body


def readable(value: object) -> str:
    """The text of a value from outside, in characters that JSON, PostgreSQL and a mail can have."""
    text = str(value)[:MOST_REASON].replace("\0", "\ufffd")
    return text.encode("utf-8", "replace").decode()


def _read(response: httpx.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > LARGEST_RESPONSE:
            raise httpx.ReadError(f"more than {LARGEST_RESPONSE:,} bytes")
    return bytes(body)


class SmtpAdapter:
    """Sends e-mails over SMTP; each thread keeps its own connection."""

    def __init__(self, url: str) -> None:
        self.url, parts = url, urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 25
        self._threads = threading.local()
        self.connect: Callable[..., smtplib.SMTP] = smtplib.SMTP

    def send(self, row: OutboxRow) -> CallResult:
        """Step 14, 12 or 7: sends the e-mail. Raises Unanswered."""
        call = msgspec.json.decode(row.payload or b"", type=SendEmail)
        try:
            self._connection().send_message(email_message(call, row))
        except smtplib.SMTPRecipientsRefused as error:
            code, reason = next(iter(error.recipients.values()))
            return self._refused(row, call, code, reason)
        except smtplib.SMTPResponseException as error:
            return self._refused(row, call, error.smtp_code, error.smtp_error)
        except smtplib.SMTPNotSupportedError as error:
            return self._refused(row, call, 553, str(error).encode())
        except (smtplib.SMTPException, OSError) as error:
            self._disconnect()
            raise Unanswered(self.url, type(error).__name__) from error
        return CallResult(row, self.url, "250", EmailSent(call.id, call.kind))

    def _refused(self, row: OutboxRow, call: SendEmail, code: int, reason: bytes | str) -> CallResult:
        self._disconnect()
        body = readable(reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason)
        if code < 500 or code in LOGIN_WANTED:
            raise Unanswered(self.url, f"SMTP {code} {body}")
        return CallResult(row, self.url, str(code), EmailRefused(call.id, call.kind, body))

    def _disconnect(self) -> None:
        if kept := getattr(self._threads, "connection", None):
            kept.close()
        self._threads.connection = None

    def _connection(self) -> smtplib.SMTP:
        kept: smtplib.SMTP | None = getattr(self._threads, "connection", None)
        if kept is None:
            kept = self._threads.connection = self.connect(self._host, self._port, timeout=5)
        return kept


def email_message(call: SendEmail, row: OutboxRow) -> EmailMessage:
    """The e-mail; its Message-ID is the same for every attempt."""
    mail = EmailMessage()
    mail["From"] = SENDER
    mail["To"] = Address(call.customer_name, addr_spec=call.customer_email)
    mail["Subject"] = call.subject
    mail["Message-ID"] = f"<{idempotency_key(row)}@store.example>"
    mail["X-Order"] = call.id
    mail.set_content(call.text)
    return mail
