"""Lab: the witnesses of a store in a notebook. Its client log is what the lab's journal says of the requests."""

from collections.abc import Iterator
from typing import Any

import msgspec

from checkout.checker.client_log import ClientRequest, RequestOutcome
from checkout.checker.collect.memory import of_memory
from checkout.checker.witnesses import Witnesses

METHOD, OUTCOMES = "POST", {True: (RequestOutcome.OK, 201), False: (RequestOutcome.INFO, None)}


def of_lab(lab: Any) -> Witnesses:
    """Reads the witnesses of a `Lab`. Raises LogUnavailable when its Kafka does not answer."""
    with lab.lock:
        run, hops = lab._environment, list(lab.journal)
        lines = msgspec.json.Encoder().encode_lines(hops).decode()
        return of_memory(
            run.broker, run.databases, run.systems, list(_requests(hops)), texts=lambda: [("the lab's journal", lines)]
        )


def _requests(hops: list[Any]) -> Iterator[ClientRequest]:
    # The lab answers a request when Orders has applied its message: the second hop, which names its order.
    placed = [hop for hop in hops if (hop.sender, hop.to) == ("web", "gateway")]
    accepted = {(hop.message, hop.order): hop for hop in hops if hop.to == "orders" and hop.url and hop.is_applied}
    for hop in placed:
        answer = accepted.get((hop.message, hop.order))
        outcome, status = OUTCOMES[answer is not None]
        body = msgspec.json.decode(bytes(hop.payload)) if hop.payload else None
        yield ClientRequest(
            started=hop.at, ended=answer.at if answer else hop.at, method=METHOD, path=hop.url, key=hop.order,
            body=body, outcome=outcome, status=status, order=hop.order,
            response={"id": hop.order} if answer else None,
        )  # fmt: skip
