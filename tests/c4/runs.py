"""Runs: generated journals of the three stories, valid ones and ones with one fault."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

POST = "HTTP, POST /api/v1/order-management/orders"
RECEIVED, RESERVED, SHORT = (
    "order.new-order-received",
    "stock.order-products-reserved",
    "stock.order-products-reservation-failed",
)
REQUESTED, PAID, DENIED = (
    "order.process-order-payment",
    "payment.order-payment-processed",
    "payment.order-payment-failed",
)
APPROVED = "order.new-order-approved"
Arrow = tuple[int, str, str, str, str, str | None]  # step, from, to, message, technology, cause
START = datetime(2026, 1, 1, 10, tzinfo=UTC)

# The table in docs/contract.md, by hand.
BEGINNING = (
    (1, "web", "gateway", "PlaceOrder", POST, None),
    (2, "gateway", "orders", "PlaceOrder", POST, None),
    (3, "orders", "kafka", "OrderReceived", RECEIVED, "PlaceOrder"),
    (4, "kafka", "stock", "OrderReceived", RECEIVED, "PlaceOrder"),
)
CHARGING = (
    (5, "stock", "kafka", "ProductsReserved", RESERVED, "OrderReceived"),
    (6, "kafka", "orders", "ProductsReserved", RESERVED, "OrderReceived"),
    (7, "orders", "kafka", "ProcessPayment", REQUESTED, "ProductsReserved"),
    (8, "kafka", "payments", "ProcessPayment", REQUESTED, "ProductsReserved"),
    (9, "payments", "payment_broker", "ChargeCard", "HTTP, POST /charges", "ProcessPayment"),
)
VIEWS: dict[str, tuple[Arrow, ...]] = {
    "ordering": (
        *BEGINNING,
        *CHARGING,
        (10, "payments", "kafka", "PaymentProcessed", PAID, "ChargeCard"),
        (11, "kafka", "orders", "PaymentProcessed", PAID, "ChargeCard"),
        (12, "orders", "kafka", "OrderApproved", APPROVED, "PaymentProcessed"),
        (13, "kafka", "stock", "OrderApproved", APPROVED, "PaymentProcessed"),
        (13, "kafka", "shipments", "OrderApproved", APPROVED, "PaymentProcessed"),
        (13, "kafka", "notifications", "OrderApproved", APPROVED, "PaymentProcessed"),
        (14, "shipments", "shipment_company", "BookParcel", "HTTP, POST /parcels", "OrderApproved"),
        (14, "notifications", "customer", "SendEmail", "SMTP", "OrderApproved"),
    ),
    "ordering-sold-out": (
        *BEGINNING,
        (5, "stock", "kafka", "ProductsReservationFailed", SHORT, "OrderReceived"),
        (6, "kafka", "orders", "ProductsReservationFailed", SHORT, "OrderReceived"),
        (6, "kafka", "notifications", "ProductsReservationFailed", SHORT, "OrderReceived"),
        (7, "notifications", "customer", "SendEmail", "SMTP", "ProductsReservationFailed"),
    ),
    "ordering-payment-denied": (
        *BEGINNING,
        *CHARGING,
        (10, "payments", "kafka", "PaymentFailed", DENIED, "ChargeCard"),
        (11, "kafka", "orders", "PaymentFailed", DENIED, "ChargeCard"),
        (11, "kafka", "stock", "PaymentFailed", DENIED, "ChargeCard"),
        (11, "kafka", "notifications", "PaymentFailed", DENIED, "ChargeCard"),
        (12, "notifications", "customer", "SendEmail", "SMTP", "PaymentFailed"),
    ),
}
CODE = [
    {"step": step, "from": source, "to": target, "message": message, "technology": technology, "view": view}
    for view, arrows in VIEWS.items()
    for step, source, target, message, technology, _ in arrows
]


def valid_run(view: str, random: Random, order: str = "order-1") -> list[dict[str, Any]]:
    """A run of a view: see run_of."""
    return run_of(VIEWS[view], random, order)


def run_of(arrows: Sequence[Arrow], random: Random, order: str = "order-1") -> list[dict[str, Any]]:
    """A run that could have been: effects after their causes, concurrent arrows in any order, clocks as processes have.

    A publisher notes when the broker answered, a receiver of HTTP when it answered: others may have acted by then.
    """
    hops = list[dict[str, Any]]()
    for number, (step, source, target, message, technology, cause) in enumerate(arrows):
        before = [hop for hop in hops if _is_cause(hop, source, message, cause)]
        # Without a cause - a customer, a timer - it happens at some time after what its element has done.
        own = [hop["begun"] + hop["late"] for hop in hops if not cause and source in (hop["from"], hop["to"])]
        begun = max([hop["begun"] for hop in before] + own, default=0.0) + random.uniform(0.001, 0.05)
        publishes, topic = target == "kafka", technology if "kafka" in (source, target) else None
        late = random.choice((0.0, 0.0, random.uniform(0, 0.2))) if publishes or target == "gateway" else 0.0
        owner = {"kafka": target, "web": target, "gateway": target}.get(source, source)
        offset = next((hop["offset"] for hop in before if hop["message"] == message and hop["topic"]), 100 + number)
        hops.append(
            {
                "order": order, "step": step, "from": source, "to": target,
                "message": message, "technology": technology,
                "topic": topic, "partition": 0 if topic else None, "offset": offset if topic else None,
                "url": None if topic else "http://store", "replica": f"{owner}-{random.choice((1, 2))}", "cause": cause,
                "outcome": "applied", "payload": {"id": order}, "begun": begun, "late": late,
            }
        )  # fmt: skip
    return _written(hops, random)


FAULTS = ("missing", "extra", "too early", "redelivered", "wrong technology")


def mutated(run: list[dict[str, Any]], kind: str, random: Random) -> list[dict[str, Any]]:
    """The run with one fault: an arrow missing, not drawn, twice, too early, or with another topic."""
    hops = [dict(hop) for hop in sorted(run, key=lambda hop: hop["step"])]
    # What the gateway forwards is known to follow its request, whatever the clocks say.
    first = 1 if kind != "too early" else 2
    at = random.choice([at for at in range(first, len(hops)) if hops[at]["from"] != "gateway" or kind != "too early"])
    if kind == "missing":
        del hops[at]
    elif kind == "extra":
        stray = {
            "from": hops[at]["to"],
            "to": random.choice(["web", "gateway", "orders"]),
            "technology": "carrier pigeon",
        }
        hops.append(hops[at] | stray | {"at": _later(hops[at], 1)})
    elif kind == "redelivered":
        hops.append(hops[at] | {"at": _later(hops[at], 2)})
    elif kind == "wrong technology":
        hops[at]["technology"] += ".v2"
    else:
        first = min(datetime.fromisoformat(hop["at"]) for hop in hops)
        # It happened before anything that should have led to it, so something else did: another record, no such cause.
        hops[at] |= {
            "at": (first - timedelta(seconds=1)).isoformat(),
            "cause": "Rumour",
            "offset": hops[at]["offset"] and 7,
        }
    random.shuffle(hops)
    return hops


def _is_cause(hop: dict[str, Any], source: str, message: str, cause: str | None) -> bool:
    passed_on = hop["message"] == message and hop["to"] == source
    return passed_on or (hop["message"] == cause and source in (hop["to"], hop["from"]) and hop["to"] != "kafka")


def _written(hops: list[dict[str, Any]], random: Random) -> list[dict[str, Any]]:
    for hop in hops:
        hop["at"] = (START + timedelta(seconds=hop.pop("begun") + hop.pop("late"))).isoformat()
    random.shuffle(hops)  # a file per process, read one after the other
    return hops


def _later(hop: dict[str, Any], seconds: float) -> str:
    return (datetime.fromisoformat(hop["at"]) + timedelta(seconds=seconds)).isoformat()
