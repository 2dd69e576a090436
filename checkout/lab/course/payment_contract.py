"""Payment contract: orders that find out whether what does the payments of a lab keeps the contract of Payments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from checkout.lab.engine.requests import PlacedOrder
from checkout.lab.lab import Lab
from checkout.lab.views import dataframes
from checkout.messaging.log import Record
from checkout.worker.hops import CORRELATION_HEADER, header

if TYPE_CHECKING:
    import pandas as pd

REQUEST, REFUND = "order.process-order-payment", "order.refund-order-payment"
PROCESSED, FAILED = "payment.order-payment-processed", "payment.order-payment-failed"
REFUNDED, NEEDS_OPERATOR = "payment.order-payment-refunded", "payment.order-payment-needs-operator"
TOPICS = [REQUEST, PROCESSED, FAILED, REFUND, REFUNDED, NEEDS_OPERATOR]
QUOTED, ADDRESS = 'Lovelace, Ada "Countess"', "countess@example.org"  # a name that a CSV file has to quote
EXPIRED, CLOSED, UNKNOWN = "the card has expired", "the card is closed", "the address does not exist"
HOURS = 2  # within which a request has to be answered: then the reservation of the products expires


class Row(NamedTuple):
    """One requirement: whether it is met (yes, no, or not claimed), and what was seen."""

    requirement: str
    passed: str
    seen: str


def payment_contract(lab: Lab) -> pd.DataFrame:
    """Places orders, and compares what is done with their payments with docs/contract.md.

    `lab`: a lab of the store, in which a service or a program may have replaced Payments; some hours pass on its clock.
    Returns a row for each requirement: `requirement`; `passed` as yes, no or not claimed; `seen`.
    """
    test = _ContractTest(lab)
    rows = [*test.charges(), *test.refunds()]
    return dataframes.library().DataFrame(rows, columns=Row._fields)


def _row(requirement: str, is_met: bool, seen: object) -> Row:
    return Row(requirement, "yes" if is_met else "no", str(seen))


class _ContractTest:
    """The contract test of one lab."""

    def __init__(self, lab: Lab) -> None:
        self._lab, self._environment = lab, lab._environment
        self._hours = 0  # the longest wait for an answer
        self._records: list[Record] = []  # of the topics of Payments, as of the last run

    def charges(self) -> Iterator[Row]:
        """The requirements on charges, of the four orders that this places."""
        lab = self._lab
        dead = len(lab.dead_letters)
        lab.deny_next_payment(EXPIRED)
        expired = lab.place_order("enamel mug", customer=QUOTED, email=ADDRESS)
        self._settle()
        paid = lab.place_order("wooden spoon", quantity=2, customer="Grace")
        debit = lab.place_order("enamel mug", customer="Alan", pay="debit")
        costly = lab.place_order("oak table", quantity=2, customer="Edsger")
        self._settle()
        orders = [expired, paid, debit, costly]
        answered = sum(bool(self._answers(order)) for order in orders)
        when = f"within {self._hours} h" if self._hours else "at once"
        yield _row("every request is answered within two hours", answered == 4, f"{answered} of 4, {when}")
        yield from self._answers_to(expired, paid, costly)
        yield from self._ledger_of(paid, debit)
        yield from self._refusal_of(expired, costly)
        marked = sum(self._is_marked(order) for order in orders)
        yield _row("an answer has the key and correlation id of its request", marked == 4, f"{marked} of 4")
        yield from self._repetition_of(paid)
        dead = len(lab.dead_letters) - dead
        yield _row("no service has a dead letter", dead == 0, dead)

    def _answers_to(self, expired: PlacedOrder, paid: PlacedOrder, costly: PlacedOrder) -> Iterator[Row]:
        topics = [record.topic for record in self._answers(paid)]
        yield _row("a charge is published as processed", topics == [PROCESSED], ", ".join(topics))
        reason = self._field(expired, "message")
        yield _row("a denial is published with its reason", reason == EXPIRED, reason)
        reason = self._field(costly, "message")
        yield _row("an amount above the card limit is refused", reason == "above the limit", reason)

    def _ledger_of(self, paid: PlacedOrder, debit: PlacedOrder) -> Iterator[Row]:
        entries = [self._charges(paid), self._charges(debit)]
        amounts = [str(entry["amount"]) for found in entries for entry in found]
        yield _row("the amount of the request is charged", amounts == ["10.00", "8.50"], ", ".join(amounts))
        methods = [str(entry["method"]) for found in entries for entry in found]
        yield _row("credit and debit are told apart", methods == ["CREDIT", "DEBIT"], ", ".join(methods))

    def _refusal_of(self, expired: PlacedOrder, costly: PlacedOrder) -> Iterator[Row]:
        name, address = self._field(expired, "customerName"), self._field(expired, "customerEmail")
        is_same = (name, address) == (QUOTED, ADDRESS)
        yield _row("a refusal has the customer's name and address", is_same, name or "neither" if not address else name)
        mails = self._environment.system("mailbox").mails
        received = sum(bool(mails(order=order.id)) for order in (expired, costly))
        yield _row("a customer whose payment is refused gets an e-mail", received == 2, f"{received} of 2")

    def _repetition_of(self, paid: PlacedOrder) -> Iterator[Row]:
        request = next((record for record in self._read(REQUEST) if _id(record) == paid.id), None)
        if request:
            self._lab.send(REQUEST, (request.value or b"").decode(), key=paid.id)
            self._settle()
        charges, answers = self._charges(paid), [record.value for record in self._answers(paid)]
        count, attempts = len(charges), sum(entry["attempts"] for entry in charges)
        seen = f"{count} charge{'s' * (count != 1)}, requested {attempts} x"
        yield _row("a repeated request is charged once", count == 1, seen)
        is_same = len({_as_text(value) for value in answers}) == 1
        yield _row("its repeated answer, if any, is the same", is_same, f"{len(answers)} published")

    def refunds(self) -> Iterator[Row]:
        """The requirements on refunds, of the two orders that this places if the lab's payments read such requests."""
        made, refused = "a refund is made and published", "a refused refund is left to an operator"
        running = self._environment.programs.running.get("payments")
        if REFUND not in (running.reads if running else self._environment.services["payments"].topics()):
            yield from (Row(requirement, "not claimed", f"{REFUND} is not read") for requirement in (made, refused))
            return
        lab = self._lab
        lab.refuse_parcels(UNKNOWN)
        returned = lab.place_order("copper kettle", customer="Barbara")
        self._settle()
        lab.refuse_refunds(CLOSED)
        kept = lab.place_order("copper kettle", customer="Tony")
        self._settle()
        lab.refuse_refunds("")
        lab.refuse_parcels("")
        refunds = self._environment.system("payment_broker").refunds.entries(returned.id)
        amounts = [str(entry["amount"]) for entry in refunds if entry["status"] == "refunded"]
        total = self._field(returned, "total", REFUNDED)
        yield _row(made, amounts == ["64.90"] and total == "64.9", f"{', '.join(amounts) or 'nothing'} refunded")
        reason = self._field(kept, "message", NEEDS_OPERATOR)
        yield _row(refused, CLOSED in reason, reason)

    def _settle(self) -> None:
        self._run()
        for hours in range(1, 2 * HOURS + 1):
            if not self._is_waiting():
                return
            self._hours = max(self._hours, hours)
            self._lab.wait(hours=1)
            self._run()

    def _run(self) -> None:
        self._lab.run()
        self._records = list(self._environment.broker.read(TOPICS))

    def _is_waiting(self) -> bool:
        charged = {_id(record) for record in self._read(PROCESSED, FAILED, NEEDS_OPERATOR)}
        refunded = {_id(record) for record in self._read(REFUNDED, NEEDS_OPERATOR)}
        requests = [(record, charged) for record in self._read(REQUEST)]
        requests += [(record, refunded) for record in self._read(REFUND)]
        return any(_id(record) not in answered for record, answered in requests)

    def _read(self, *topics: str) -> list[Record]:
        return [record for record in self._records if record.topic in topics]

    def _answers(self, order: PlacedOrder) -> list[Record]:
        return [record for record in self._read(PROCESSED, FAILED) if _id(record) == order.id]

    def _is_marked(self, order: PlacedOrder) -> bool:
        requests, answers = [each for each in self._read(REQUEST) if _id(each) == order.id], self._answers(order)
        return bool(answers) and {*map(_marks, answers)} <= {*map(_marks, requests)}

    def _field(self, order: PlacedOrder, name: str, topic: str = FAILED) -> str:
        values = [_json(record).get(name) for record in self._read(topic) if _id(record) == order.id]
        return "" if not values or values[0] is None else str(values[0])

    def _charges(self, order: PlacedOrder) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self._environment.system("payment_broker").ledger.entries(order.id)
        return entries


def _json(record: Record) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(record.value or b"null")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return value if isinstance(value, dict) else {}


def _as_text(value: bytes | None) -> str:
    return str(sorted(msgspec.json.decode(value or b"null").items()))


def _id(record: Record) -> str:
    return str(_json(record).get("id"))


def _marks(record: Record) -> tuple[bytes | None, str | None]:
    return record.key, header(record, CORRELATION_HEADER)
