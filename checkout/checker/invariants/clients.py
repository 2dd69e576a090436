"""Clients: what they are answered does not go back, and a repeated request has one effect (I21, I22)."""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from checkout.checker.client_log import ClientRequest, RequestOutcome
from checkout.checker.evidence import ORDERS_PATH, Evidence, path_of
from checkout.checker.facts import later_statuses
from checkout.checker.invariants.invariant import Finding
from checkout.checker.messages import lines_of

CANCELLATION = "/cancellation"
Seen = tuple[ClientRequest, str | None]  # a request and the status that its response shows; None: no such order


def read_your_order(evidence: Evidence, counts: Counter[str]) -> Iterator[Finding]:
    """I21: a response never shows an older status of an order than one that has ended before, nor forgets the order."""
    seen: dict[str, list[Seen]] = defaultdict(list)
    for request in evidence.witnesses.client or ():
        if found := _shown(request):
            seen[found[0]].append((request, found[1]))
    for order, responses in seen.items():
        counts["orders"] += 1
        counts["responses"] += len(responses)
        yield from ((order, problem) for problem in _steps_back(responses))
        row = evidence.orders.get(order)
        for status in {status for _, status in responses if status}:
            if row and row["status"] not in later_statuses(status):
                yield order, f"shown as {status}, but it is {row['status']}"


def _shown(request: ClientRequest) -> tuple[str, str | None] | None:
    path, order = path_of(request), request.order
    if order is None or ORDERS_PATH not in path:
        return None
    if request.outcome is RequestOutcome.OK and request.method == "POST":
        return order, "CANCELLED" if path.endswith(CANCELLATION) else "RECEIVED"
    if request.outcome is RequestOutcome.OK and isinstance(request.response, dict):
        status = request.response.get("status")
        return (order, status) if isinstance(status, str) else None
    return (order, None) if request.method == "GET" and request.status == 404 else None


def _steps_back(responses: Sequence[Seen]) -> Iterator[str]:
    ended: list[tuple[Any, int, str]] = []  # responses by the time of their end
    known = set[str]()  # statuses shown by requests that had ended before this one was started
    for number, (request, status) in enumerate(responses):
        while ended and ended[0][0] <= request.started:
            known.add(heapq.heappop(ended)[2])
        if status is None and known:
            yield f"not found at {request.started:%H:%M:%S.%f}, but it was {', '.join(sorted(known))}"
        elif status is not None:
            heapq.heappush(ended, (request.ended, number, status))
            # The response to a repeated command says that it was accepted once, not that it is the last to be.
            yield from () if request.method == "POST" else (
                f"shown as {status} at {request.started:%H:%M:%S.%f}, but before as {earlier}"
                for earlier in sorted(known) if status not in later_statuses(earlier)
            )  # fmt: skip


def idempotent_intake(evidence: Evidence, counts: Counter[str]) -> Iterator[Finding]:
    """I22: a key with one body has one order; with another body it is refused, and another key has another order."""
    by_key: dict[str, list[ClientRequest]] = defaultdict(list)
    keys: dict[str, set[str | None]] = defaultdict(set)
    for request in evidence.placements:
        if request.key is not None:
            by_key[request.key].append(request)
        if request.order and request.outcome is RequestOutcome.OK:
            keys[request.order].add(request.key)
    for key, requests in by_key.items():
        counts["keys"] += 1
        counts["repeats"] += len(requests) - 1
        yield from _key_problems(key, requests)
    for order, found in keys.items():
        counts["orders"] += 1
        if len(found) > 1 or (None in found and len(evidence.accepted[order]) > 1):
            yield order, f"one order for {len(evidence.accepted[order])} requests with the keys {found}"


def _key_problems(key: str, requests: Sequence[ClientRequest]) -> Iterator[Finding]:
    accepted = [request for request in requests if request.outcome is RequestOutcome.OK]
    orders = list(dict.fromkeys(request.order for request in accepted))
    bodies = _distinct(_body_of(request) for request in accepted)
    if len(orders) > 1:
        yield orders[0], f"key {key} has {len(orders)} orders: {', '.join(map(str, orders))}"
    if len(bodies) > 1:
        yield orders[0], f"key {key} was accepted with {len(bodies)} bodies"
    refused = [request for request in requests if request.status == 422 and _body_of(request) in bodies]
    if refused:
        yield orders[0], f"key {key} was accepted, but refused with the same body: {refused[0].response}"


def _distinct(bodies: Iterable[Any]) -> list[Any]:
    found = list[Any]()
    for body in bodies:
        if body not in found:
            found.append(body)
    return found


def _body_of(request: ClientRequest) -> Any:
    # What the store reads of a body: the rest may differ.
    body = request.body
    if not isinstance(body, dict):
        return body
    payment = body.get("payment")
    method = payment.get("paymentMethod") if isinstance(payment, dict) else payment
    lines = [
        (line.get("sku"), line.get("quantity"), line.get("name"), _number(line.get("price")))
        for line in lines_of(body)
    ]
    return body.get("customerName"), body.get("customerEmail"), lines, method


def _number(price: Any) -> Any:
    return Decimal(str(price)) if isinstance(price, int | float) else price
