"""Orders: none is lost or invented, each ends, and each status follows from legal events (I1 to I4)."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from checkout.checker import facts
from checkout.checker.client_log import ClientRequest, RequestOutcome
from checkout.checker.evidence import Evidence
from checkout.checker.invariants.invariant import Finding
from checkout.checker.machine import UNPRICED, reachable
from checkout.checker.messages import contents, is_priced

Contents = tuple[object, ...]  # what an order and the request for it have in common
FINISHED_MAILS = ("SENT", "NO ADDRESS", "REFUSED", "GIVEN UP")
FINISHED_PARCELS = ("BOOKED", "NEEDS_OPERATOR")


def no_lost_order(evidence: Evidence, counts: Counter[str]) -> Iterator[Finding]:
    """I1: an accepted order is in the database of Orders once, and every order of the database is on its topic."""
    rows = Counter(row["id"] for row in evidence.rows("orders", "orders"))
    topic = facts.ORDER_RECEIVED
    counts["accepted"], counts["orders"] = len(evidence.accepted), len(rows)
    counts["unanswered requests"] = sum(r.outcome is RequestOutcome.INFO for r in evidence.placements)
    for order in evidence.accepted:
        is_published = (topic, order) in evidence.topics.copies
        if rows[order] != 1 and (evidence.is_ours(topic, order) or not is_published):
            yield order, f"answered with 201, but the database of Orders has it {rows[order]} times"
        if not is_published and not evidence.is_old(order, counts):
            yield order, f"answered with 201, but not on {topic}"
    for order, number in rows.items():
        if number > 1:
            yield order, f"{number} rows in the database of Orders"
        is_missing = order not in evidence.accepted and not evidence.message(topic, order)
        if is_missing and _has_place(evidence, order) and not evidence.is_old(order, counts):
            yield order, f"in the database of Orders, but not on {topic}"


def _has_place(evidence: Evidence, order: str) -> bool:
    """Whether this Orders has accepted the order; another one may publish it later, or elsewhere."""
    return (facts.PLACE, order) in evidence.inbox("orders")


def no_phantom_order(evidence: Evidence, counts: Counter[str]) -> Iterator[Finding]:
    """I2: every order was requested by a client."""
    resolved = {request.key for found in evidence.accepted.values() for request in found if request.key}
    unanswered = Counter(
        _requested(request) for request in evidence.placements
        if request.outcome is RequestOutcome.INFO and request.key not in resolved
    )  # fmt: skip
    first = min((request.started for request in evidence.witnesses.client or ()), default=None)
    orders = [*evidence.orders, *(o for o, _ in evidence.topics.of(facts.ORDER_RECEIVED) if o not in evidence.orders)]
    for order in orders:
        placed_at = evidence.orders[order]["placed_at"] if order in evidence.orders else None
        if order in evidence.accepted:
            counts["orders"] += 1
        elif _is_of_others(evidence, order):
            counts["of other programs"] += 1
        elif placed_at and (first is None or placed_at < first):
            counts["older than the client log"] += 1
        elif not evidence.message(facts.ORDER_RECEIVED, order) and evidence.is_old(order, counts):
            continue  # without its record it may be one of another program
        else:
            counts["orders of unanswered requests"] += 1
            if not _take(unanswered, _contents(evidence, order)):
                yield order, f"no client has requested it: {_contents(evidence, order)}"


def _is_of_others(evidence: Evidence, order: str) -> bool:
    received = evidence.message(facts.ORDER_RECEIVED, order)
    is_ours = evidence.is_ours(facts.ORDER_RECEIVED, order)
    return not is_ours and received is not None and received.record.key is None


def _take(requests: Counter[Contents], contents: Contents) -> bool:
    # An unanswered request may have placed an order, but at most one.
    requests[contents] -= 1
    return requests[contents] >= 0


def _requested(request: ClientRequest) -> Contents:
    body = request.body if isinstance(request.body, dict) else {}
    return *_customer(body), *contents(body)


def _contents(evidence: Evidence, order: str) -> Contents:
    if row := evidence.orders.get(order):
        return row["customer_name"], row["customer_email"], *contents(row["products"])
    value = evidence.topics.copies[facts.ORDER_RECEIVED, order][0].value
    return *_customer(value), *contents(value)


def _customer(value: Mapping[str, Any]) -> Contents:
    found = value.get("customerName"), value.get("customerEmail")
    return tuple(text if text is None or isinstance(text, str) else repr(text) for text in found)


def every_order_ends(evidence: Evidence, counts: Counter[str]) -> Iterator[Finding]:
    """I3: each order is COMPLETED (approved, parcel booked, customer told), or at another end."""
    for order, row in evidence.orders.items():
        counts[row["status"]] += 1
        if reason := _what_is_open(evidence, order, str(row["status"])):
            yield order, f"{row['status']}: {reason}"


def _what_is_open(evidence: Evidence, order: str, status: str) -> str:
    if status not in facts.ENDS:
        return "it is at no end"
    if status == "APPROVED" and (open_parcel := _open_parcel(evidence, order)):
        return open_parcel
    payment = evidence.payments.get(order)
    if payment and payment["status"] in ("REQUESTED", "REFUND_REQUESTED"):
        return f"its payment is {payment['status']}"
    mails = evidence.mail_rows.get(order, {})
    waiting = [kind for kind, mail in mails.items() if mail["status"] not in FINISHED_MAILS]
    if status == "APPROVED" and "approved" not in mails and not evidence.why_missing("notifications"):
        return "Notifications has no e-mail about its approval"
    return f"the e-mail {waiting[0]!r} is not sent" if waiting else ""


def _open_parcel(evidence: Evidence, order: str) -> str:
    if evidence.why_missing("shipments"):
        return ""
    shipment = evidence.shipments.get(order)
    status = shipment["status"] if shipment else "not requested"
    return "" if status in FINISHED_PARCELS else f"its parcel is {status}"


def legal_life(evidence: Evidence, counts: Counter[str]) -> Iterator[Finding]:
    """I4: what Orders has handled leads, in some order, to the status of the order and to what Orders has published."""
    for order, row in evidence.orders.items():
        if evidence.is_old(order, counts):
            continue
        handled, optional = _inputs(evidence, order)
        published = _outputs(evidence, order)
        counts["orders"] += 1
        counts["messages"] += len(handled) + len(published)
        ends = reachable("orders", handled, optional)
        if (str(row["status"]), published) not in ends:
            yield order, f"{row['status']} after {_listed(handled)}, and published {_listed(published)}"


def _inputs(evidence: Evidence, order: str) -> tuple[frozenset[str], frozenset[str]]:
    inbox, handled, optional = evidence.inbox("orders"), set[str](), {facts.CANCEL}
    if evidence.is_ours(facts.ORDER_RECEIVED, order):
        handled.add(facts.PLACE)
    else:
        optional.add(facts.PLACE)
    for topic in facts.GROUPS["orders"]:
        if message := evidence.message(topic, order):
            is_unpriced = topic == facts.PRODUCTS_RESERVED and not is_priced(message.value)
            name = UNPRICED if is_unpriced else topic
            (handled if (topic, order) in inbox else optional).add(name)
    return frozenset(handled), frozenset(optional)


def _outputs(evidence: Evidence, order: str) -> frozenset[str]:
    topics = [topic for topic in facts.TOPICS if facts.sender_of(topic) == "orders"]
    return frozenset(topic for topic in topics if evidence.is_ours(topic, order) and _is_sent(evidence, topic, order))


def _is_sent(evidence: Evidence, topic: str, order: str) -> bool:
    return bool(evidence.message(topic, order) or evidence.outbox("orders").get((topic, order)))


def _listed(topics: frozenset[str]) -> str:
    return ", ".join(sorted(topics)) or "nothing"
