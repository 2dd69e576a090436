"""Money: charged once, with one key, the right amount; refunded when the order fails (I5, I6, I7, I18, I19)."""

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal

from checkout.checker import facts
from checkout.checker.evidence import Evidence
from checkout.checker.invariants.invariant import Finding
from checkout.checker.messages import amount, lines_of, quantities
from checkout.checker.prices import Prices
from checkout.checker.witnesses import Row

REFUNDED_ENDS = ("REJECTED", "CANCELLED", "REFUNDED")  # ends at which a customer has paid nothing


def never_charge_twice(evidence: Evidence, counts: Counter[str]) -> Iterator[Finding]:
    """I5: an order is charged at most once; what stays charged is its total if it is approved, else nothing."""
    for order, entries in evidence.charges.items():
        captured = _of_status(entries, "charged")
        counts["orders"] += 1
        counts["captured"] += len(captured)
        if len(captured) > 1:
            yield order, f"charged {len(captured)} times: {_listed(captured)}"
        is_requested = bool(evidence.topics.copies.get((facts.PAYMENT_REQUESTED, order)))
        if not is_requested and not evidence.is_old(order, counts):
            yield order, f"charged without a payment request: {_listed(captured)}"
    for order in evidence.orders:
        wanted = _wanted(evidence, order)
        if wanted is not None and not evidence.is_forgotten(order) and kept(evidence, order) != wanted:
            yield order, f"{evidence.status(order)}: {wanted} EUR must stay charged, {kept(evidence, order)} EUR are"


def _wanted(evidence: Evidence, order: str) -> Decimal | None:
    """What must stay charged at the end of an order; None before, and where an operator has to act."""
    status = evidence.status(order)
    if status == "APPROVED":
        total: Decimal | None = evidence.orders[order]["total"]
        return total
    return Decimal(0) if status in REFUNDED_ENDS else None


def kept(evidence: Evidence, order: str) -> Decimal:
    """Captured minus refunded amounts of an order."""
    captured = _of_status(evidence.charges.get(order, ()), "charged")
    return _sum(captured) - _sum(_of_status(evidence.refunds.get(order, ()), "refunded"))


def stable_payment_key(evidence: Evidence, counts: Counter[str]) -> Iterator[Finding]:
    """I6: all attempts of one charge or refund have one idempotency key and one body."""
    for what, ledger in (("charge", evidence.charges), ("refund", evidence.refunds)):
        for order, entries in ledger.items():
            counts[f"{what}s"] += len(entries)
            counts["attempts"] += sum(entry["attempts"] + entry["conflicts"] for entry in entries)
            undecided = [entry for entry in entries[:-1] if entry["status"] not in ("denied", "refused")]
            if undecided:
                yield order, f"{len(entries)} keys for one {what}: {_listed(entries)}"
            for entry in entries:
                if entry["conflicts"]:
                    yield order, f"key {entry['key']} came {entry['conflicts']} times with another body"


def right_price(evidence: Evidence, counts: Counter[str]) -> Iterator[Finding]:
    """I7: an order is charged what its products cost by the catalogue, and has the lines that the client requested."""
    prices = Prices(evidence)
    for order, entries in evidence.charges.items():
        if evidence.is_old(order, counts):
            continue
        price = prices.of(order)
        for entry in entries:
            counts["charges"] += 1
            if price is not None and entry["amount"] != price:
                yield order, f"costs {price} EUR, but {entry['amount']} EUR were charged ({entry['key']})"
            elif price is None and entry["status"] == "charged":
                yield order, f"{entry['amount']} EUR were charged ({entry['key']}) for products without a price"
    yield from _wrong_totals(evidence, counts, prices)
    yield from _changed_lines(evidence, counts)


def _wrong_totals(evidence: Evidence, counts: Counter[str], prices: Prices) -> Iterator[Finding]:
    for order, row in evidence.orders.items():
        if row["total"] is not None and not evidence.is_old(order) and (price := prices.of(order)) is not None:
            counts["totals"] += 1
            approved = evidence.message(facts.ORDER_APPROVED, order)
            is_told = approved is not None and evidence.is_ours(facts.ORDER_APPROVED, order)
            totals = [row["total"], *([amount(approved.value.get("total"))] if approved and is_told else [])]
            if wrong := [total for total in totals if total != price]:
                yield order, f"costs {price} EUR, but its total is {wrong[0]} EUR"


def _changed_lines(evidence: Evidence, counts: Counter[str]) -> Iterator[Finding]:
    for order, requests in evidence.accepted.items():
        message = evidence.message(facts.ORDER_RECEIVED, order)
        if message and isinstance(requests[0].body, dict) and not evidence.is_old(order):
            counts["requests"] += 1
            wanted, published = quantities(lines_of(requests[0].body)), quantities(lines_of(message.value))
            if wanted != published and evidence.is_ours(facts.ORDER_RECEIVED, order):
                yield order, f"requested {wanted}, but {message} has {published}"


def refund_completes(evidence: Evidence, counts: Counter[str]) -> Iterator[Finding]:
    """I18: the charge of an order that fails later is refunded once and whole, or an operator is called."""
    for order, entries in evidence.refunds.items():
        refunded = _of_status(entries, "refunded")
        counts["refunds"] += len(refunded)
        counts["refused"] += len(entries) - len(refunded)
        yield from ((order, problem) for problem in _refund_problems(evidence, order, entries, refunded))
    for order, entries in evidence.charges.items():
        status, captured = evidence.status(order), _of_status(entries, "charged")
        if captured and status in REFUNDED_ENDS and not _of_status(evidence.refunds.get(order, ()), "refunded"):
            yield order, f"{status}, but its charge is not refunded: {_listed(captured)}"


def _refund_problems(evidence: Evidence, order: str, entries: Iterable[Row], refunded: list[Row]) -> Iterator[str]:
    captured, status = _of_status(evidence.charges.get(order, ()), "charged"), evidence.status(order)
    if len(refunded) > 1:
        yield f"refunded {len(refunded)} times: {_listed(refunded)}"
    elif refunded and not evidence.is_forgotten(order) and _sum(refunded) != _sum(captured):
        yield f"{_sum(captured)} EUR were charged, but {_sum(refunded)} EUR refunded"
    if refunded and status not in ("REFUNDED", None):
        yield f"refunded, but {status}: {_listed(refunded)}"
    if not refunded and status not in ("NEEDS_OPERATOR", None):
        yield f"the refund was refused, but the order is {status}: {_listed(entries)}"


def money_conserved(evidence: Evidence, counts: Counter[str]) -> Iterator[Finding]:
    """I19: captured minus refunded is the sum of the totals of approved orders, besides those left to an operator."""
    balance, totals = Decimal(0), Decimal(0)
    for order in {*evidence.charges, *evidence.refunds, *evidence.orders}:
        status = evidence.status(order)
        if status == "NEEDS_OPERATOR" or evidence.is_forgotten(order):
            counts["left to an operator" if status == "NEEDS_OPERATOR" else "older than the ledger"] += 1
            continue
        if order not in evidence.orders and evidence.is_old(order, counts):
            continue  # one of another Orders: only its records told whether it was approved
        counts["orders"] += 1
        balance += kept(evidence, order)
        totals += _total(evidence, order) if status == "APPROVED" else 0
    counts["EUR"] = int(balance)
    if balance != totals:
        yield None, f"{balance} EUR are captured and not refunded, but the approved orders cost {totals} EUR"


def _total(evidence: Evidence, order: str) -> Decimal:
    row = evidence.orders.get(order)
    total = row["total"] if row else Prices(evidence).of(order)
    return total if total is not None else Decimal(0)


def _of_status(entries: Iterable[Row], status: str) -> list[Row]:
    return [entry for entry in entries if entry["status"] == status]


def _sum(entries: Iterable[Row]) -> Decimal:
    return sum((Decimal(entry["amount"]) for entry in entries), Decimal(0))


def _listed(entries: Iterable[Row]) -> str:
    return "; ".join(f"{e['status']} {e['amount']} EUR, key {e['key']}" for e in entries) or "nothing"
