"""Observed shop: the five services in this thread, a customer over HTTP, crashes, and what the checker reads."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Connection, event
from worker.in_memory_shop import InMemoryShop, run_once

from checkout.checker.client_log import ClientRequest, RequestOutcome
from checkout.checker.collect.memory import of_memory
from checkout.checker.witnesses import Witnesses
from checkout.framework import http_app
from checkout.framework.intake import RouteContext
from checkout.framework.service import Service
from checkout.messaging.log import Broker
from checkout.messaging.memory_log import MemoryBroker
from checkout.worker.calls.external_calls import Adapter, ExternalCalls
from checkout.worker.database import ServiceDatabase
from checkout.worker.worker import Worker

ORDERS = "/api/v1/order-management/orders"
TOKEN = "operator-token-4711"
MOST_TURNS = 500  # of all workers, until none has work


class Crash(BaseException):
    """The process of a service ends here: no handler of errors sees it."""


class Clock:
    """The time, which a run can move forward; all workers have the same."""

    ahead = 0.0

    def now(self) -> datetime:
        """The time in UTC."""
        return datetime.now(UTC) + timedelta(seconds=self.ahead)

    def seconds(self) -> float:
        """Monotonic seconds."""
        return time.monotonic() + self.ahead


class ObservedShop(InMemoryShop):
    """A shop on databases that other shops have used before; `service` is one that takes the place of the store's."""

    def __init__(
        self, folder: Path, databases: Mapping[str, ServiceDatabase], partitions: int = 1,
        broker: Broker | None = None, service: Service | None = None,
    ) -> None:  # fmt: skip
        self.clock, self.requests, self.lost_replies = Clock(), list[ClientRequest](), 0
        self.adapters: dict[str, Adapter] = {}  # in place of those of the simulated systems
        self.printed: Callable[[], str] = str
        self._replacement = service
        super().__init__(folder, databases, partitions, broker or MemoryBroker(lambda: self.clock.now().timestamp()))

    def new_worker(self, *parts: Any, **options: Any) -> Worker:
        service, types, log, database, journal, _, intake, *others = parts
        calls = ExternalCalls({**self.simulators.adapters(), **self.adapters}, 0, self.clock.seconds)
        times = {"now": self.clock.now, "clock": self.clock.seconds, "pause": lambda seconds: None}
        return Worker(service, types, log, database, journal, calls, intake, *others, **times | options)

    def run(self) -> None:
        """Runs all workers until none has work left; where all wait for the time of a call, the clock goes on."""
        for _ in range(MOST_TURNS):
            if not any([run_once(worker) for worker in self.workers.values()]):
                return
            self._skip_pauses()
        raise AssertionError("the workers still have work")

    def _skip_pauses(self) -> None:
        calls = [worker.external_calls for worker in self.workers.values()]
        due = [call.due_at for call in calls if call.due_at is not None]
        if due and not any(call.has_results for call in calls):
            self.clock.ahead += max(0.0, min(due) - self.clock.seconds())

    def work(self, *names: str) -> None:
        """Runs some workers once, in this order."""
        for name in names:
            run_once(self.workers[name])

    @contextmanager
    def crashing(self, name: str) -> Iterator[None]:
        """Within this block a service crashes in the commit of its next batch, which is lost; then it is restarted."""

        def crash(db: Connection) -> None:
            if not self.workers[name].batch:
                return
            event.remove(engine, "commit", crash)
            db.exec_driver_sql("ROLLBACK")  # as SQLite does when it opens the file of a process that has crashed
            raise Crash

        engine = self.databases[name].engine
        event.listen(engine, "commit", crash)
        try:
            yield
        except Crash:
            self.crash(name)
        else:
            raise AssertionError(f"{name} has not crashed")

    def order(self, *lines: tuple[int, int], key: str | None = None, **others: Any) -> ClientRequest:
        """Places an order of these (SKU, quantity); `others` are further fields of the body."""
        products = [{"sku": sku, "quantity": quantity} for sku, quantity in lines or ((1, 2),)]
        body = {"customerName": "Ada", "customerEmail": "ada@example.org", "products": products}
        return self.ask("POST", ORDERS, key, {**body, "payment": {"paymentMethod": "CREDIT"}, **others})

    def read(self, order: str | None) -> ClientRequest:
        """Reads an order."""
        return self.ask("GET", f"{ORDERS}/{order}", order=order)

    def cancel(self, order: str | None) -> ClientRequest:
        """Cancels an order."""
        return self.ask("POST", f"{ORDERS}/{order}/cancellation", order=order)

    def ask(
        self, method: str, path: str, key: str | None = None, body: Any = None, order: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> ClientRequest:  # fmt: skip
        """Makes a request to Orders, whose worker runs meanwhile, and adds it to the log of the customer."""
        started = datetime.now(UTC)
        sent = {**({"Idempotency-Key": key} if key else {}), **(headers or {})}
        response, crash = asyncio.run(self._answer(method, path, body, sent))
        made = _logged(started, method, path, key, body, order, response)
        self.requests.append(made)
        if crash:
            raise crash
        return made

    async def _answer(
        self, method: str, path: str, body: Any, headers: Mapping[str, str]
    ) -> tuple[httpx.Response | None, Crash | None]:
        context = RouteContext(self.intake, self.databases["orders"].read, self.clock.now, TOKEN)
        app = http_app.application("Orders", self.services["orders"].routes(context), lambda: True)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://orders") as client:
            asked = asyncio.create_task(client.request(method, path, json=body, headers=headers))
            while not asked.done():
                await asyncio.sleep(0)
                try:
                    if self.intake._waiting.qsize():
                        self.work("orders")
                except Crash as crash:
                    return await _sent_already(asked), crash
            return await asked, None

    def start(self, name: str, **options: Any) -> Worker:
        if self._replacement and self._replacement.name == name:
            self.services[name] = self._replacement
        return super().start(name, **options)

    def start_further(self, replica: str, database: ServiceDatabase | None = None) -> Worker:
        """Starts a further replica of a service, such as `stock-2`; `database`: its connection to the same database."""
        name = replica.rpartition("-")[0]
        service, types, first = self.services[name], self.workers[name]._types, self.workers[name]
        log = self.broker.join(name, list(service.topics()), replica)
        parts = (service, types, log, database or first.database, first.journal, None, None, replica)
        self.workers[replica] = self.new_worker(*parts)
        return self.workers[replica]

    def witnesses(self) -> Witnesses:
        """All that the checker reads."""
        stock: Any = self.services["stock"]
        others: dict[str, Any] = {"lost_replies": self.lost_replies, "texts": self._texts, "secrets": [TOKEN]}
        others |= {"hold_seconds": stock.hold.total_seconds()}
        others |= {"received": {product.sku: product.on_hand for product in stock.catalogue}}
        return of_memory(self.broker, self.databases, self.simulators, self.requests, **others)

    def _texts(self) -> Iterator[tuple[str, str]]:
        yield from ((path.name, path.read_text()) for path in sorted(self.folder.glob("*.jsonl")))
        yield "standard error", self.printed()


async def _sent_already(asked: asyncio.Task[httpx.Response]) -> httpx.Response | None:
    for _ in range(MOST_TURNS):
        await asyncio.sleep(0)
    if asked.done():
        return await asked
    asked.cancel()
    return None


def _logged(
    started: datetime, method: str, path: str, key: str | None, body: Any, order: str | None,
    response: httpx.Response | None,
) -> ClientRequest:  # fmt: skip
    status, answer = (response.status_code, response.json()) if response is not None else (None, None)
    outcome = RequestOutcome.INFO
    if status is not None and status < 500:
        outcome = RequestOutcome.OK if status < 300 else RequestOutcome.FAIL
    if outcome is RequestOutcome.OK and isinstance(answer, dict):
        order = answer.get("id", order)
    return ClientRequest(
        started=started, ended=datetime.now(UTC), method=method, path=path, key=key, body=body, outcome=outcome,
        status=status, order=order, response=answer,
    )  # fmt: skip
