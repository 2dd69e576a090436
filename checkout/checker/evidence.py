"""Evidence: the witnesses of one store, arranged by order, topic and service."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from checkout.checker import facts
from checkout.checker.ages import Ages
from checkout.checker.client_log import ClientRequest, RequestOutcome
from checkout.checker.dead_letters import DeadLetter, read_dead_letters
from checkout.checker.messages import Identity, Message, Topics
from checkout.checker.witnesses import Row, Witnesses
from checkout.messaging.log import Lag, Partition

ORDERS_PATH = "/order-management/orders"
OLD = "older than the retention"
WHY_MISSING = {
    "client": "no client log",
    "charges": "no ledger of the payment provider",
    "refunds": "no ledger of the payment provider",
    "parcels": "no ledger of the shipment company",
    "mails": "no mailbox",
    "lags": "no offsets of the consumer groups",
}
Rows = Mapping[str, Sequence[Row]]


class Evidence:
    """What the invariants read. Everything is arranged at its first use."""

    def __init__(self, witnesses: Witnesses) -> None:
        self.witnesses = witnesses

    def why_missing(self, need: str) -> str:
        """Why a witness, or the database of a service, cannot be used; empty if it can."""
        if need in facts.TABLES:
            table = facts.TABLES[need]
            return "" if table in self.witnesses.databases.get(need, {}) else f"no database of {need}"
        found = getattr(self.witnesses, need)
        if found is None or (need == "lags" and not found):
            return WHY_MISSING[need]
        is_cut = need in ("charges", "refunds", "parcels", "mails") and len(found) >= facts.LEDGER_LIMIT
        return f"the list of {need} has only the last {facts.LEDGER_LIMIT:,}" if is_cut else ""

    def is_lost(self, need: str) -> bool:
        """Whether a service runs in the store without its database."""
        return need in self.witnesses.services and bool(self.why_missing(need))

    @cached_property
    def topics(self) -> Topics:
        """The messages on the topics of the store."""
        return Topics(self.witnesses.records)

    @cached_property
    def dead_letters(self) -> Sequence[DeadLetter]:
        """The dead letters of all consumer groups."""
        return read_dead_letters(self.witnesses.records)

    @cached_property
    def buried(self) -> set[tuple[str, str, int, int]]:
        """Group, topic, partition and offset of each record that was dead-lettered, or soon will be."""
        waiting = (
            (group, *_place_of(row["order_id"]))
            for group in facts.GROUPS
            for row in self.rows(group, "outbox")
            if row["kind"] == "dead letter"
        )
        return {(letter.group, *letter.origin) for letter in self.dead_letters} | set(waiting)

    def is_buried(self, group: str, topic: str, order: str) -> bool:
        """Whether a consumer group has dead-lettered every copy of a message."""
        copies = self.topics.copies.get((topic, order), ())
        return bool(copies) and all((group, *each.place) in self.buried for each in copies)

    def is_ours(self, topic: str, order: str) -> bool:
        """Whether a service of this store, and not another program in its place, has published a message."""
        sender = facts.sender_of(topic)
        causes = facts.CAUSES[topic]
        return bool(self.outbox(sender).get((topic, order))) or any((c, order) in self.inbox(sender) for c in causes)

    def is_own_copy(self, message: Message) -> bool:
        """Whether this record is the one that the outbox of its sender has noted: others may have sent copies."""
        topic, partition, offset = message.place
        return any(
            (row["partition"], row["position"]) == (partition, offset)
            or (row["position"] is None and bytes(row["payload"]) == message.record.value)
            for row in self.outbox(facts.sender_of(topic)).get((topic, message.order), ())
        )

    def lag_of(self, group: str) -> Mapping[Partition, Lag]:
        """The lag of a service's consumer group."""
        return self.witnesses.lags.get(group, {})

    @cached_property
    def begins(self) -> Mapping[Partition, int]:
        """The offset of the oldest record of each partition that a consumer group reads; older ones are deleted."""
        return {p: lag.begin for lags in self.witnesses.lags.values() for p, lag in lags.items()}

    @cached_property
    def ages(self) -> Ages:
        """Which orders are older than the retention."""
        return Ages(self.witnesses, self.topics, self.orders, self.accepted)

    def is_old(self, order: str, counts: Counter[str] | None = None) -> bool:
        """Whether an order is older than the retention; then it is counted, and its records and rows may be deleted."""
        is_old = self.ages.is_old(order)
        if is_old and counts is not None:
            counts[OLD] += 1
        return is_old

    def rows(self, service: str, table: str) -> Sequence[Row]:
        """The rows of a table; none if it is not there."""
        return self.witnesses.databases.get(service, {}).get(table, ())

    def inbox(self, service: str) -> Mapping[Identity, Row]:
        """The handled messages of a service by topic, or other source, and order."""
        return self._inboxes[service]

    @cached_property
    def _inboxes(self) -> Mapping[str, Mapping[Identity, Row]]:
        return {
            service: {(row["source"], row["order_id"]): row for row in self.rows(service, "inbox")}
            for service in facts.GROUPS
        }

    def outbox(self, service: str) -> Mapping[Identity, Sequence[Row]]:
        """The messages that a service has stored to send, by destination and order."""
        return self._outboxes[service]

    @cached_property
    def _outboxes(self) -> Mapping[str, Mapping[Identity, Sequence[Row]]]:
        return {service: self._outbox(service) for service in facts.GROUPS}

    def _outbox(self, service: str) -> Mapping[Identity, Sequence[Row]]:
        found: dict[Identity, list[Row]] = defaultdict(list)
        for row in self.rows(service, "outbox"):
            if row["kind"] != "dead letter":
                found[row["destination"], row["order_id"]].append(row)
        return dict(found)

    @cached_property
    def orders(self) -> Mapping[str, Row]:
        """The rows of Orders by order."""
        return {row["id"]: row for row in self.rows("orders", "orders")}

    @cached_property
    def reservations(self) -> Mapping[str, Row]:
        """The rows of Stock's reservations by order."""
        return {row["order_id"]: row for row in self.rows("stock", "reservations")}

    @cached_property
    def payments(self) -> Mapping[str, Row]:
        """The rows of Payments by order."""
        return {row["order_id"]: row for row in self.rows("payments", "payments")}

    @cached_property
    def shipments(self) -> Mapping[str, Row]:
        """The rows of Shipments by order."""
        return {row["order_id"]: row for row in self.rows("shipments", "shipments")}

    @cached_property
    def mail_rows(self) -> Mapping[str, Mapping[str, Row]]:
        """The rows of Notifications by order and kind."""
        found: dict[str, dict[str, Row]] = defaultdict(dict)
        for row in self.rows("notifications", "mails"):
            found[row["order_id"]][row["kind"]] = row
        return found

    @cached_property
    def charges(self) -> Mapping[str, Sequence[Row]]:
        """The entries of the payment provider's ledger by order, oldest first."""
        return _by_order(self.witnesses.charges)

    @cached_property
    def refunds(self) -> Mapping[str, Sequence[Row]]:
        """The entries of the payment provider's refunds by order, oldest first."""
        return _by_order(self.witnesses.refunds)

    @cached_property
    def parcels(self) -> Mapping[str, Sequence[Row]]:
        """The entries of the shipment company's ledger by order, oldest first."""
        return _by_order(self.witnesses.parcels)

    @cached_property
    def mails(self) -> Mapping[str, Sequence[Row]]:
        """The e-mails in the mailbox by order, oldest first."""
        return _by_order(self.witnesses.mails)

    def is_forgotten(self, order: str) -> bool:
        """Whether the external systems, which keep their ledgers in memory, have started after this order."""
        since, row = self.witnesses.ledgers_since, self.orders.get(order)
        if since is None:
            return False
        if row and row["placed_at"]:
            return bool(row["placed_at"] < since)
        received = self.message(facts.ORDER_RECEIVED, order)
        return received is not None and received.record.timestamp < since.timestamp() * 1e3

    @cached_property
    def placements(self) -> Sequence[ClientRequest]:
        """The requests that place an order."""
        return [r for r in self.witnesses.client or () if r.method == "POST" and path_of(r).endswith(ORDERS_PATH)]

    @cached_property
    def accepted(self) -> Mapping[str, Sequence[ClientRequest]]:
        """The requests that were answered with an order's id, by order."""
        found: dict[str, list[ClientRequest]] = defaultdict(list)
        for request in self.placements:
            if request.outcome is RequestOutcome.OK and request.order:
                found[request.order].append(request)
        return found

    def status(self, order: str) -> str | None:
        """The status of an order; of one that another Orders has accepted what the topics say, else None."""
        if row := self.orders.get(order):
            return str(row["status"])
        return "APPROVED" if (facts.ORDER_APPROVED, order) in self.topics.copies else None

    def message(self, topic: str, order: str) -> Message | None:
        """The first copy of an order's message on a topic."""
        copies = self.topics.copies.get((topic, order))
        return copies[0] if copies else None


def path_of(request: ClientRequest) -> str:
    """The path of a request without scheme, host and query."""
    return urlsplit(request.path).path


def _by_order(entries: Iterable[Row] | None) -> Mapping[str, Sequence[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for entry in entries or ():
        found[str(entry["order"])].append(entry)
    return found


def _place_of(text: str) -> tuple[Any, ...]:
    topic, partition, offset = text.rsplit("/", 2)
    return topic, int(partition), int(offset)
