"""Stock: nothing is sold that was not there, and each reservation ends once (I8, I9)."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from checkout.checker import facts
from checkout.checker.evidence import Evidence
from checkout.checker.invariants.invariant import Finding
from checkout.checker.machine import TIME, reachable
from checkout.checker.messages import lines_of, quantities
from checkout.checker.witnesses import Row

HELD = ("HELD", "EXPIRED")  # products are reserved
QUANTITIES = msgspec.json.Decoder(dict[int, int])
LONGEST_TRANSACTION = timedelta(seconds=60)  # between a replica's time of a batch and its commit
CLOCK_TOLERANCE = timedelta(seconds=1)
GRACE = timedelta(seconds=60)  # for the timer, and for a Stock that was down


def never_oversell(evidence: Evidence, counts: Counter[str]) -> Iterator[Finding]:
    """I8: of each product never more is held and sold than was received; at rest nothing is missing."""
    held, sold = _units(evidence, HELD), _units(evidence, ("SOLD",))
    timeline = _timeline(evidence)
    if evidence.witnesses.received is None:
        counts["received: unknown"] = len(evidence.rows("stock", "products"))
    for product in evidence.rows("stock", "products"):
        sku, on_hand, reserved = product["sku"], product["on_hand"], product["reserved"]
        received = (evidence.witnesses.received or {}).get(sku, on_hand + sold[sku])
        counts["products"] += 1
        counts["units"] += held[sku] + sold[sku]
        if received != on_hand + sold[sku]:
            yield None, f"product {sku}: {received} received, but {on_hand} on hand and {sold[sku]} sold"
        if reserved != held[sku]:
            yield None, f"product {sku}: {reserved} reserved, but the reservations hold {held[sku]}"
        if held[sku] > on_hand or on_hand < 0:
            yield None, f"product {sku}: {held[sku]} held of {on_hand} on hand"
        if peak := _oversold(timeline.get(sku, []), received, counts):
            yield peak[1], f"product {sku}: {peak[0]} held and sold of {received} received"


def _units(evidence: Evidence, statuses: tuple[str, ...]) -> Counter[int]:
    units = Counter[int]()
    for row in evidence.reservations.values():
        if row["status"] in statuses:
            units.update(quantities_of(row))
    return units


def quantities_of(reservation: Row) -> Mapping[int, int]:
    """The quantity of each SKU in a reservation."""
    return QUANTITIES.decode(reservation["quantities"])


Change = tuple[datetime, int, str]  # when, how many units, for which order


def _timeline(evidence: Evidence) -> Mapping[int, list[Change]]:
    # By SKU when units were reserved and given back; empty where the clocks of the replicas are not to be trusted.
    rows = evidence.rows("stock", "inbox")
    early = LONGEST_TRANSACTION if len({row["replica"] for row in rows}) > 1 else timedelta()
    changes: dict[int, list[Change]] = defaultdict(list)
    if not _clocks_agree(evidence, rows):
        return changes
    for order, reservation in evidence.reservations.items():
        if since := reservation["reserved_at"]:
            until = _given_back_at(evidence, order, reservation)
            for sku, quantity in quantities_of(reservation).items():
                changes[sku].append((since, quantity, order))
                if until:
                    changes[sku].append((max(since, until - early), -quantity, order))
    return changes


def _clocks_agree(evidence: Evidence, rows: Any) -> bool:
    for row in rows:
        copies = evidence.topics.copies.get((row["source"], row["order_id"]), ())
        if copies and (sent := copies[0].record.timestamp):
            delay = row["at"].timestamp() - sent / 1e3
            if not -CLOCK_TOLERANCE.total_seconds() <= delay <= LONGEST_TRANSACTION.total_seconds():
                return False
    return True


def _given_back_at(evidence: Evidence, order: str, reservation: Row) -> datetime | None:
    """When the units were given back; None if they were not. At once where Stock's inbox does not know it any more."""
    if reservation["status"] not in ("RELEASED", "CANCELLED"):
        return None
    inbox = evidence.inbox("stock")
    handled = [inbox.get((topic, order)) for topic in (facts.PAYMENT_FAILED, facts.ORDER_CANCELLED)]
    since: datetime = reservation["reserved_at"]
    return min((row["at"] for row in handled if row), default=since)


def _oversold(changes: list[Change], received: int, counts: Counter[str]) -> tuple[int, str] | None:
    # Units that are given back and reserved at the same time are free in between.
    total = 0
    for _, units, order in sorted(changes, key=lambda change: change[:2]):
        total += units
        counts["prefixes"] += 1
        if total > received:
            return total, order
    return None


def holds_end_once(evidence: Evidence, counts: Counter[str]) -> Iterator[Finding]:
    """I9: each reservation ends once, in time, with its order; and what is sold was reserved."""
    newest = max((row["at"] for row in evidence.rows("stock", "inbox")), default=None)
    for order, row in evidence.reservations.items():
        status = str(row["status"])
        counts[status] += 1
        is_old = evidence.is_old(order, counts)
        if not is_old and (problem := _illegal_life(evidence, order, status)):
            yield order, problem
        if status in HELD and evidence.status(order) in ("APPROVED", "REJECTED", "CANCELLED", "REFUNDED"):
            yield order, f"{evidence.status(order)}, but its reservation is {status}"
        if (not is_old or status == "HELD") and (held := _held_for(evidence, order, row, newest)):
            yield order, f"reserved for {held:,.0f} s, which is longer than {evidence.witnesses.hold_seconds:g} s"
    yield from _sold_without_reservation(evidence, counts)


def _illegal_life(evidence: Evidence, order: str, status: str) -> str:
    handled, optional = _inputs(evidence, order)
    is_legal = (status, _outputs(evidence, order)) in reachable("stock", handled, optional)
    return "" if is_legal else f"its reservation is {status} after {', '.join(sorted(handled)) or 'nothing'}"


def _inputs(evidence: Evidence, order: str) -> tuple[frozenset[str], frozenset[str]]:
    inbox = evidence.inbox("stock")
    found = frozenset(topic for topic in facts.GROUPS["stock"] if evidence.message(topic, order))
    handled = frozenset(topic for topic in found if (topic, order) in inbox)
    return handled, found - handled | {TIME}


def _outputs(evidence: Evidence, order: str) -> frozenset[str]:
    outbox, topics = evidence.outbox("stock"), evidence.topics.copies
    sent = [topic for topic in facts.TOPICS if facts.sender_of(topic) == "stock" and evidence.is_ours(topic, order)]
    return frozenset(topic for topic in sent if (topic, order) in topics or (topic, order) in outbox)


def _held_for(evidence: Evidence, order: str, row: Row, newest: datetime | None) -> float:
    """Seconds for which units were reserved that should have expired; 0 if they did, or ended in time."""
    since, longest = row["reserved_at"], timedelta(seconds=evidence.witnesses.hold_seconds) + GRACE
    expired = evidence.outbox("stock").get((facts.RESERVATION_EXPIRED, order))
    if not since or row["status"] == "EXPIRED" or expired or evidence.message(facts.RESERVATION_EXPIRED, order):
        return 0
    inbox = evidence.inbox("stock")
    ends = [inbox[topic, order]["at"] for topic in ENDINGS if (topic, order) in inbox]
    until = min(ends, default=newest or since)
    return (until - since).total_seconds() if until - since > longest else 0


ENDINGS = (facts.ORDER_APPROVED, facts.PAYMENT_FAILED, facts.ORDER_CANCELLED)


def _sold_without_reservation(evidence: Evidence, counts: Counter[str]) -> Iterator[Finding]:
    for order, copies in evidence.topics.of(facts.ORDER_APPROVED):
        if (facts.ORDER_APPROVED, order) not in evidence.inbox("stock"):
            continue
        row, wanted = evidence.reservations.get(order), quantities(lines_of(copies[0].value))
        counts["sales"] += 1
        if row is None or row["status"] not in ("SOLD", "CANCELLED"):
            yield order, f"sold by {copies[0]}, but its reservation is {row['status'] if row else 'not there'}"
        elif row["status"] == "SOLD" and quantities_of(row) != wanted:
            yield order, f"{copies[0]} sells {wanted}, but {dict(quantities_of(row))} were reserved"
