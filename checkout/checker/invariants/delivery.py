"""Delivery: one parcel with what was ordered, and one e-mail of each kind (I10, I11)."""

from collections import Counter
from collections.abc import Iterator, Sequence

from checkout.checker import facts
from checkout.checker.evidence import Evidence
from checkout.checker.invariants.invariant import Finding
from checkout.checker.messages import Message, lines_of, quantities
from checkout.checker.witnesses import Row


def one_shipment(evidence: Evidence, counts: Counter[str]) -> Iterator[Finding]:
    """I10: an approved order has one parcel with its products, any other none."""
    for order, parcels in evidence.parcels.items():
        counts["parcels"] += len(parcels)
        counts["attempts"] += sum(parcel["attempts"] + parcel["conflicts"] for parcel in parcels)
        approved = evidence.message(facts.ORDER_APPROVED, order)
        if approved is None and not evidence.is_old(order, counts):
            yield order, f"{parcels[0]['id']} was booked, but the order is not approved"
        yield from ((order, problem) for problem in _parcel_problems(parcels, approved))
    for order, _ in evidence.topics.of(facts.ORDER_APPROVED):
        counts["approved"] += 1
        if order not in evidence.parcels and not evidence.is_forgotten(order) and _is_due(evidence, order):
            yield order, "approved, but without a parcel"
    for order in evidence.parcels:
        if evidence.message(facts.SHIPMENT_REFUSED, order):
            yield order, "its parcel was refused, but it has one"


def _parcel_problems(parcels: Sequence[Row], approved: Message | None) -> Iterator[str]:
    if len(parcels) > 1:
        yield f"{len(parcels)} parcels: {', '.join(str(parcel['id']) for parcel in parcels)}"
    for parcel in parcels:
        booked = quantities(lines_of({"products": parcel["products"]}))
        if approved and booked != quantities(lines_of(approved.value)):
            yield f"{parcel['id']} has {booked}, but {approved} {quantities(lines_of(approved.value))}"
        if parcel["conflicts"]:
            yield f"{parcel['id']} was requested {parcel['conflicts']} times with another content"


def _is_due(evidence: Evidence, order: str) -> bool:
    # I3 reports a parcel that is still requested.
    shipment = evidence.shipments.get(order)
    is_open = shipment is not None and shipment["status"] in ("REQUESTED", "REFUSED", "NEEDS_OPERATOR")
    is_buried = evidence.is_buried("shipments", facts.ORDER_APPROVED, order)
    return not is_open and not is_buried and not evidence.is_old(order)


def one_mail_of_a_kind(evidence: Evidence, counts: Counter[str]) -> Iterator[Finding]:
    """I11: one e-mail for each message about an order that the customer gets; copies only where a reply was lost."""
    extra = 0
    for order, mails in evidence.mails.items():
        kinds = Counter(facts.MAIL_KINDS.get(mail["subject"], mail["subject"]) for mail in mails)
        counts["e-mails"] += len(mails)
        evidence.is_old(order, counts)
        extra += sum(mail["copies"] - 1 for mail in mails)
        yield from ((order, f"{number} e-mails {kind!r}") for kind, number in kinds.items() if number > 1)
        yield from ((order, problem) for mail in mails for problem in _mail_problems(evidence, order, mail))
    counts["copies"], lost = extra, evidence.witnesses.lost_replies
    if lost is not None and extra > lost:
        yield None, f"{extra} copies of e-mails, but only {lost} replies of the mail server were lost"
    yield from _missing_mails(evidence, counts)


def _mail_problems(evidence: Evidence, order: str, mail: Row) -> Iterator[str]:
    kind = facts.MAIL_KINDS.get(mail["subject"])
    if kind and not evidence.message(facts.MAIL_CAUSES[kind], order) and not evidence.is_old(order):
        yield f"e-mail {kind!r}, but nothing on {facts.MAIL_CAUSES[kind]}"
    cause = evidence.message(facts.MAIL_CAUSES[kind], order) if kind else None
    address = cause.value.get("customerEmail") if cause else None
    if isinstance(address, str) and mail["to"] != address:
        yield f"e-mail {kind!r} went to {mail['to']}, not to {address}"


def _missing_mails(evidence: Evidence, counts: Counter[str]) -> Iterator[Finding]:
    for order, rows in evidence.mail_rows.items():
        sent = {facts.MAIL_KINDS.get(mail["subject"]) for mail in evidence.mails.get(order, ())}
        for kind, row in rows.items():
            counts[str(row["status"])] += 1
            if row["status"] == "SENT" and kind not in sent and not evidence.is_forgotten(order):
                yield order, f"e-mail {kind!r} is SENT, but not in the mailbox"
    if not evidence.why_missing("notifications"):
        for kind, topic in facts.MAIL_CAUSES.items():
            for order, copies in evidence.topics.of(topic):
                if kind not in evidence.mail_rows.get(order, {}) and _must_be_told(evidence, topic, order):
                    yield order, f"no e-mail {kind!r} about {copies[0]}"


def _must_be_told(evidence: Evidence, topic: str, order: str) -> bool:
    # After an e-mail about the cancellation none about a denied payment is sent.
    is_known = topic == facts.PAYMENT_FAILED and "cancelled" in evidence.mail_rows.get(order, {})
    return not is_known and (topic, order) in evidence.inbox("notifications")
