"""Clients: concurrent customers of a gateway over HTTP, who ask again until they know what became of a request."""

import asyncio
import itertools
import ssl
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec

from checkout.checker.client_log import ClientLog, ClientRequest, RequestOutcome
from checkout.checker.facts import ENDS
from checkout.load.workload import Purchase

ORDERS = "/api/v1/order-management/orders"
KEY = "Idempotency-Key"
TIMEOUT = httpx.Timeout(13.0, connect=2.0)  # seconds; the gateway answers after 10 at the latest
PAUSES = (0.05, 0.1, 0.2, 0.5, 1.0)  # seconds before a request is repeated; then the last one
GIVE_UP_AFTER = 120.0  # seconds in which nothing is known of a request


@dataclass
class LoadResult:
    """What the clients have done.

    `orders`: the ids of accepted orders by Idempotency-Key. `statuses`: the last status that a client has seen, by id.
    `kinds`: started purchases by kind. `outcomes`: requests by outcome. `unknown`: the keys of orders of which nothing
    is known in the end. `seconds`: that it took.
    """

    orders: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)
    kinds: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    unknown: list[str] = field(default_factory=list)
    seconds: float = 0.0


def run_clients(
    gateway_url: str, workload: Iterable[Purchase], orders: int, concurrency: int, log: ClientLog | None = None,
    rate: float | None = None, until: Callable[[], bool] | None = None, give_up_after: float = GIVE_UP_AFTER,
) -> LoadResult:  # fmt: skip
    """Makes the first `orders` purchases of the workload with so many clients, each with a connection of its own.

    `log`: where every request is written. `rate`: purchases started per second, if the clients can; by default as fast
    as they can. `until`: ends the load early once it returns true. `give_up_after`: seconds after which a client no
    longer asks what became of a request or an order. May run in any thread.
    """
    started, result = time.monotonic(), LoadResult()
    purchases = _paced(itertools.islice(workload, orders), rate, started, until or (lambda: False))
    asyncio.run(_run(gateway_url, purchases, concurrency, log, result, give_up_after))
    result.seconds = time.monotonic() - started
    return result


def _paced(
    purchases: Iterable[Purchase], rate: float | None, started: float, ended: Callable[[], bool]
) -> Iterator[tuple[float, Purchase]]:
    for number, purchase in enumerate(purchases):
        if ended():
            return
        yield started + number / rate if rate else started, purchase


async def _run(
    url: str, purchases: Iterator[tuple[float, Purchase]], concurrency: int, log: ClientLog | None, result: LoadResult,
    give_up_after: float,
) -> None:  # fmt: skip
    context = ssl.create_default_context()  # made once: it takes longer than a request
    clients = [Client(url, log, result, give_up_after, context) for _ in range(concurrency)]
    await asyncio.gather(*(client.work(purchases) for client in clients))


class Client:
    """A customer who makes one purchase after another."""

    def __init__(
        self, url: str, log: ClientLog | None, result: LoadResult, give_up_after: float, context: ssl.SSLContext
    ) -> None:
        self._log, self._result, self._give_up_after = log, result, give_up_after
        self._http = httpx.AsyncClient(base_url=url, timeout=TIMEOUT, trust_env=False, verify=context)

    async def work(self, purchases: Iterator[tuple[float, Purchase]]) -> None:
        """Takes purchases from the iterator, which all clients share, until there are none."""
        async with self._http:
            for due, purchase in purchases:
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                self._result.kinds[purchase.kind] += 1
                await self._buy(purchase)

    async def _buy(self, purchase: Purchase) -> None:
        placed = await self._ask("POST", ORDERS, purchase.key, purchase.body)
        if placed.outcome is RequestOutcome.INFO:
            self._result.unknown.append(purchase.key)
        if placed.order is None:
            return
        self._result.orders[purchase.key] = placed.order
        for body in purchase.repeats:
            await self._ask("POST", ORDERS, purchase.key, body)
        for _ in range(purchase.reads):
            await self._read(placed.order)
        if purchase.cancel_after is not None:
            await asyncio.sleep(purchase.cancel_after)
            await self._ask("POST", f"{ORDERS}/{placed.order}/cancellation", order=placed.order)
        if purchase.follows:
            await self._follow(placed.order)

    async def _read(self, order: str) -> str:
        read = await self._send("GET", f"{ORDERS}/{order}", order=order)
        if read.outcome is RequestOutcome.OK:
            self._result.statuses[order] = read.response["status"]
        return self._result.statuses.get(order, "")

    async def _follow(self, order: str) -> None:
        deadline, pauses = time.monotonic() + self._give_up_after, _pauses()
        while await self._read(order) not in ENDS and time.monotonic() < deadline:
            await asyncio.sleep(next(pauses))

    async def _ask(
        self, method: str, path: str, key: str | None = None, body: Mapping[str, Any] | None = None,
        order: str | None = None,
    ) -> ClientRequest:  # fmt: skip
        # Repeats a request until its outcome is known: with the same key it is carried out once.
        deadline, pauses = time.monotonic() + self._give_up_after, _pauses()
        while True:
            made = await self._send(method, path, key, body, order)
            is_known = made.outcome is not RequestOutcome.INFO and made.status != 429
            if is_known or time.monotonic() > deadline:
                return made
            await asyncio.sleep(next(pauses))

    async def _send(
        self, method: str, path: str, key: str | None = None, body: Mapping[str, Any] | None = None,
        order: str | None = None,
    ) -> ClientRequest:  # fmt: skip
        started, headers = datetime.now(UTC), {KEY: key} if key else {}
        status, response = None, None
        try:
            answer = await self._http.request(method, path, json=body, headers=headers)
            status, response = answer.status_code, _decoded(answer)
        except httpx.HTTPError:
            pass  # the outcome is unknown
        outcome = _outcome(status)
        if outcome is RequestOutcome.OK and isinstance(response, dict):
            order = response.get("id", order)
        made = ClientRequest(
            started=started, ended=datetime.now(UTC), method=method, path=path, key=key, body=body, outcome=outcome,
            status=status, order=order, response=response,
        )  # fmt: skip
        self._result.outcomes[outcome] += 1
        if self._log:
            self._log.write(made)
        return made


def _pauses() -> Iterator[float]:
    return itertools.chain(PAUSES, itertools.repeat(PAUSES[-1]))


def _outcome(status: int | None) -> RequestOutcome:
    if status is None or status >= 500:
        return RequestOutcome.INFO
    return RequestOutcome.OK if status < 300 else RequestOutcome.FAIL


def _decoded(answer: httpx.Response) -> Any:
    try:
        return msgspec.json.decode(answer.content)
    except msgspec.DecodeError:
        return answer.text
