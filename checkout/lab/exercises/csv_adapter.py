"""Exercise csv-adapter: between the messages of Payments and a batch program that knows only CSV files."""

import csv
import io
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar

import msgspec

from checkout.domain import PaymentMethod
from checkout.fields import Payment
from checkout.framework.service import Tick, every, on
from checkout.lab.engine.clock import order_id
from checkout.lab.exercises.examination import Examination
from checkout.lab.exercises.exercise import Exercise
from checkout.lab.exercises.learners import lab_with
from checkout.lab.exercises.stored_dictionary import StoredDictionary
from checkout.lab.lab import Lab
from checkout.messages import Message, PaymentFailed, PaymentProcessed, ProcessPayment

COLUMNS = ["order", "customer", "email", "amount", "method"]
HALF_AN_HOUR, LIMIT = 1800.0, Decimal(1000)  # seconds; EUR
QUOTED, SEVERAL_LINES = 'Lovelace, Ada "Countess"', "Grace\nHopper"
Adapter = Any  # has to_csv(requests) and from_csv(text)


class Batch(StoredDictionary):
    """Payments with a learner's adapter: stores the requests, and every half hour runs the batch program."""

    name = "payments"
    adapter: ClassVar[Adapter]

    @on(ProcessPayment)
    def note(self, stored: dict[str, Any], request: ProcessPayment) -> None:
        """Stores a request."""
        stored.setdefault(request.id, {"request": msgspec.to_builtins(request), "is_answered": False})

    @every(HALF_AN_HOUR)
    def run_batch(self, stored: dict[str, Any], tick: Tick) -> Iterator[Message]:
        """Runs the program on all requests without an answer."""
        waiting = [each["request"] for each in stored.values() if not each["is_answered"]]
        if waiting:
            requests = msgspec.convert(waiting, list[ProcessPayment])
            for message in self.adapter.from_csv(batch_program(self.adapter.to_csv(requests))):
                stored[message.id]["is_answered"] = True
                yield message


def batch_program(requests: str) -> str:
    """The results of a CSV of requests: its columns, and `status` (charged or denied) and `reason`."""
    results = io.StringIO(newline="")
    writer = csv.DictWriter(results, [*COLUMNS, "status", "reason"])
    writer.writeheader()
    for row in csv.DictReader(io.StringIO(requests, newline="")):
        is_denied = Decimal(row["amount"]) > LIMIT
        writer.writerow(row | {"status": "denied" if is_denied else "charged",
                               "reason": "above the limit, 1,000 EUR" if is_denied else ""})  # fmt: skip
    return results.getvalue()


def examine(built: type[Adapter], found: Examination) -> None:
    """Both functions alone, with texts that CSV has to quote; then orders in a lab; then crashes."""
    adapter = found.attempt("the class can be called without arguments", built)
    if adapter is None:
        return
    requests = [_request(1, QUOTED, "8.50"), _request(2, SEVERAL_LINES, "1900.00"), _request(3, "Zoë", "0.01", None)]
    text = f"to_csv: a line with {', '.join(COLUMNS)}, then a row for each request"
    written = found.attempt(text, lambda: str(adapter.to_csv(requests)))
    if written is None or not _require_rows(found, text, written, requests):
        return
    read = found.attempt("from_csv: a message for each result", lambda: list(adapter.from_csv(batch_program(written))))
    if read is None or not _require_messages(found, read, requests):
        return
    service = type("Batch", (Batch,), {"adapter": adapter})
    lab = _ordered(service)
    _after_half_an_hour(lab)
    wrong = _wrong(lab)
    text = "in the store: Ada's order is approved, Grace's is rejected, each has an e-mail"
    found.require(text, not wrong, wrong, lab)
    found.crash("payments", partial(_ordered, service), _wrong, _after_half_an_hour, last=3)


def _request(number: int, customer: str, total: str, email: str | None = "customer@example.org") -> ProcessPayment:
    payment = Payment(payment_method=PaymentMethod.CREDIT, total=Decimal(total))
    return ProcessPayment(order_id(number), customer, payment, email)


def _require_rows(found: Examination, text: str, written: str, requests: Sequence[ProcessPayment]) -> bool:
    rows = list(csv.DictReader(io.StringIO(written, newline="")))
    expected = [[each.id, each.customer_name, each.customer_email or "", str(each.payment.total),
                 each.payment.payment_method] for each in requests]  # fmt: skip
    seen = [[row.get(column) for column in COLUMNS] for row in rows]
    different = next((pair for pair in zip(seen, expected, strict=False) if pair[0] != pair[1]), None)
    difference = f"a row is {different[0]} instead of {different[1]}" if different else f"{len(seen)} rows instead of 3"
    return found.require(text, seen == expected, difference)


def _require_messages(found: Examination, read: Sequence[Any], requests: Sequence[ProcessPayment]) -> bool:
    denied = PaymentFailed(requests[1].id, "above the limit, 1,000 EUR", SEVERAL_LINES, "customer@example.org")
    expected = [PaymentProcessed(requests[0].id), denied, PaymentProcessed(requests[2].id)]
    kinds, right = [", ".join(type(each).__name__ for each in messages) for messages in (read, expected)]
    return found.require(f"from_csv: {right}", kinds == right, f"the messages are {kinds or 'none'}") and found.require(
        "PaymentFailed has the reason and the customer's name and e-mail address, for the apology",
        list(read) == expected, f"it is {read[1]!r} instead of {denied!r}",
    )  # fmt: skip


def _ordered(service: type[Batch]) -> Lab:
    lab = lab_with()
    lab.replace("payments", service)
    lab.place_order("wooden spoon", customer=QUOTED, email="ada@example.org")
    lab.place_order("oak table", quantity=2, customer="Grace")
    return lab


def _after_half_an_hour(lab: Lab) -> None:
    lab.run()
    if not lab.status().stopped_at:
        lab.wait(minutes=31)
        lab.run()


def _wrong(lab: Lab) -> str:
    statuses, letters = lab.orders["status"].tolist(), len(lab.mailbox)
    if (statuses, letters, len(lab.dead_letters)) == (["APPROVED", "REJECTED"], 2, 0):
        return ""
    return f"orders: {', '.join(statuses)}; {letters} e-mails instead of 2; {len(lab.dead_letters)} dead letters"


def _has_both(built: Any) -> bool:
    return isinstance(built, type) and all(callable(getattr(built, name, None)) for name in ("to_csv", "from_csv"))


EXERCISE = Exercise(
    "a class with the methods to_csv and from_csv",
    (
        "The module csv quotes commas, quotation marks and line breaks; ','.join does not.",
        "csv.writer(file) and csv.DictReader(file) take an io.StringIO(newline='') in place of a file.",
        "from_csv: for each row of DictReader, PaymentProcessed(row['order']) or PaymentFailed(row['order'], "
        "row['reason'], row['customer'], row['email'] or None).",
    ),
    examine,
    _has_both,
)
