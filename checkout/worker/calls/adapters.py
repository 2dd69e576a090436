"""Adapters: call the payment provider and the shipment company over HTTP, and the mail server over SMTP."""

import json
import re
import smtplib
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from checkout.fields import ADDRESS, HEADER_SAFE
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
from checkout.worker.calls.bodies import charge_body, parcel_body, refund_body
from checkout.worker.calls.external_calls import Adapter, CallResult, Unanswered, idempotency_key
from checkout.worker.calls.http_deadline import DeadlineTransport
from checkout.worker.calls.responses import Booked, Charged, KnownCharge, Refunded, Refusal, readable
from checkout.worker.outbox import OutboxRow
from checkout.worker.sending import header_of

TIMEOUT = httpx.Timeout(5.0, connect=1.0)  # seconds
SENDER = Address("Awesome Online Store", addr_spec="orders@awesome-online-store.example")
LARGEST_RESPONSE = 64 * 1024  # bytes
LONGEST_RESPONSE = 10.0  # seconds for headers and body
Kinds = Mapping[int, type[msgspec.Struct]]  # the type of the body for each status that is an answer
Answer = tuple[str, int, Any]  # the URL for the journal, the status, the body
LOGIN_WANTED = {530, 534, 535, 538}  # SMTP codes that say nothing about the e-mail


def of_service(service: str, settings: Settings) -> Mapping[str, Adapter]:
    """The adapters of one service of the store, by message name."""
    if service == "payments":
        provider = HttpAdapter(settings.url("payment_broker"))
        return {"ChargeCard": provider.charge, "RefundCard": provider.refund}
    if service == "shipments":
        return {"BookParcel": HttpAdapter(settings.url("shipment_company")).book}
    return {"SendEmail": SmtpAdapter(settings.url("smtp")).send} if service == "notifications" else {}


class HttpAdapter:
    """Calls one external system over HTTP: connect time-out 1 s, read time-out 5 s, redirects are not followed."""

    def __init__(self, base_url: str) -> None:
        transport = DeadlineTransport(LONGEST_RESPONSE)
        self._client = httpx.Client(
            base_url=base_url, timeout=TIMEOUT, transport=transport, follow_redirects=False, trust_env=False,
            headers={"accept-encoding": "identity"},
        )  # fmt: skip

    def charge(self, row: OutboxRow) -> CallResult:
        """Step 9: charges the card. Raises Unanswered."""
        call = msgspec.json.decode(row.payload or b"", type=ChargeCard)
        kinds: Kinds = {201: Charged, 402: Refusal, 422: Refusal}
        url, status, answer = self._post("/charges", row, charge_body(call), kinds)
        if status == 201:
            return CallResult(row, url, "201", CardCharged(call.id))
        if status == 402:
            return CallResult(row, url, "402", CardDenied(call.id, answer.text))
        return CallResult(row, url, "422", self._charge_by_key(row, call, answer.text))

    def _charge_by_key(self, row: OutboxRow, call: ChargeCard, conflict: str) -> Reply:
        """What the provider did under the key of a charge that it calls a conflict. Raises Unanswered."""
        kinds: Kinds = {200: KnownCharge, 404: Refusal}
        _, status, known = self._request("GET", f"/charges/{idempotency_key(row)}", kinds)
        is_ours = status == 200 and (known.order, known.amount) == (call.id, float(call.amount))
        if not is_ours or known.status is None:
            return ChargeUnclear(call.id, conflict)
        is_charged = known.status == "charged"
        return CardCharged(call.id) if is_charged else CardDenied(call.id, readable(known.reason or "denied"))

    def refund(self, row: OutboxRow) -> CallResult:
        """Step 14 after a late payment: refunds the charge. Raises Unanswered."""
        call = msgspec.json.decode(row.payload or b"", type=RefundCard)
        kinds = {201: Refunded} | dict.fromkeys((402, 404, 409, 422), Refusal)
        url, status, answer = self._post("/refunds", row, refund_body(call), kinds)
        reply = CardRefunded(call.id) if status == 201 else RefundRefused(call.id, answer.text)
        return CallResult(row, url, str(status), reply)

    def book(self, row: OutboxRow) -> CallResult:
        """Step 14: books the parcel. Raises Unanswered."""
        call = msgspec.json.decode(row.payload or b"", type=BookParcel)
        url, status, answer = self._post("/parcels", row, parcel_body(call), {201: Booked, 422: Refusal})
        if status == 422:
            return CallResult(row, url, "422", ParcelRefused(call.id, answer.text))
        return CallResult(row, url, "201", ParcelBooked(call.id, readable(answer.id or "")))

    def on_request(self, hook: Callable[[httpx.Request], None]) -> None:
        """Calls `hook` with each request before it is sent."""
        self._client.event_hooks["request"].append(hook)

    def _post(self, path: str, row: OutboxRow, request: dict[str, Any], kinds: Kinds) -> Answer:
        headers = {"content-type": "application/json", "Idempotency-Key": idempotency_key(row)}
        if context := header_of(row, "traceparent"):
            headers["traceparent"] = context
        return self._request("POST", path, kinds, content=ENCODER.encode(request), headers=headers)

    def _request(self, method: str, path: str, kinds: Kinds, **options: Any) -> Answer:
        """Makes a request; a status that is not in `kinds`, or a body of another type, is no answer."""
        request = self._client.build_request(method, path, **options)
        url = str(request.url.copy_with(userinfo=b""))  # journals must not have its password
        try:
            with closing(self._client.send(request, stream=True)) as response:
                body = json.loads(_read(response))  # takes a lone surrogate, which msgspec refuses
        except (httpx.HTTPError, ValueError, RecursionError) as error:
            raise Unanswered(url, type(error).__name__) from error
        if (status := response.status_code) not in kinds:
            raise Unanswered(url, f"HTTP {status}")
        try:
            return url, status, msgspec.convert(body, kinds[status])
        except msgspec.ValidationError as error:
            raise Unanswered(url, f"HTTP {status} whose body is not as agreed: {error}") from error


def _read(response: httpx.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_raw():  # not decompressed: a small body could become a large one
        body += chunk
        if len(body) > LARGEST_RESPONSE:
            raise httpx.ReadError(f"more than {LARGEST_RESPONSE:,} bytes")
    return bytes(body)


class SmtpAdapter:
    """Sends e-mails over SMTP; each thread keeps its own connection."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 25
        self.url = f"smtp://{self._host}:{self._port}"
        self._threads = threading.local()
        self.connect: Callable[..., smtplib.SMTP] = smtplib.SMTP

    def send(self, row: OutboxRow) -> CallResult:
        """Step 14, 12 or 7: sends the e-mail. Raises Unanswered."""
        call = msgspec.json.decode(row.payload or b"", type=SendEmail)
        try:
            mail = email_message(call, row)
        except ValueError as error:  # no attempt could be better
            return CallResult(row, self.url, "553", EmailRefused(call.id, call.kind, readable(error)))
        try:
            self._connection().send_message(mail, SENDER.addr_spec, [call.customer_email])
        except smtplib.SMTPRecipientsRefused as error:
            code, reason = next(iter(error.recipients.values()))
            return self._refused(row, call, code, reason)
        except smtplib.SMTPResponseException as error:
            return self._refused(row, call, error.smtp_code, error.smtp_error)
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
    """The e-mail; its Message-ID is the same for every attempt. A name that could add headers is left out.

    Raises ValueError for an unsafe subject or address: Python before 3.11.10 writes the line breaks of encoded words
    into the mail (CVE-2024-6923).
    """
    if not (re.match(HEADER_SAFE, call.subject) and re.match(ADDRESS, call.customer_email)):
        raise ValueError("the subject or the address has characters that can add headers to an e-mail")
    name = call.customer_name if re.match(HEADER_SAFE, call.customer_name) else ""
    mail = EmailMessage()
    mail["From"] = SENDER
    mail["To"] = Address(name, addr_spec=call.customer_email)
    mail["Subject"] = call.subject
    mail["Message-ID"] = f"<{idempotency_key(row)}@store.example>"
    mail["X-Order"] = call.id
    mail.set_content(call.text)
    return mail
