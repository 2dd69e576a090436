"""Bench HTTP: orders through the gateway of a whole store, as many as it takes, then half as many a second."""

import asyncio
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path

import httpx
import psutil  # type: ignore[import-untyped]

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from checkout.bench.effects import STOCK  # noqa: E402
from checkout.ids import new_id  # noqa: E402
from checkout.journal.hop import Hop  # noqa: E402
from checkout.journal.journal import applied, read  # noqa: E402
from checkout.messages import PLACE_ORDER  # noqa: E402
from checkout.messaging.kafka_log import KafkaBroker  # noqa: E402
from checkout.processes.supervisor import SIMULATORS, Supervisor  # noqa: E402
from checkout.registry import SERVICES  # noqa: E402
from checkout.settings import read_settings  # noqa: E402
from checkout.system.deadline import wait_until  # noqa: E402
from checkout.system.ports import free_port_base  # noqa: E402

HOPS = 17  # of an approved order
BODY = {
    "customerName": "Ada", "customerEmail": "ada@example.org", "payment": {"paymentMethod": "CREDIT"},
    "products": [{"sku": 1, "quantity": 1}],
}  # fmt: skip


async def place(client: httpx.AsyncClient, latencies: list[float], due: float) -> None:
    """Places an order, and notes the seconds from when it was due until its answer."""
    response = await client.post(PLACE_ORDER, json=BODY, headers={"Idempotency-Key": new_id()})
    response.raise_for_status()
    latencies.append(time.perf_counter() - due)


async def place_in_turn(client: httpx.AsyncClient, latencies: list[float], clients: int, seconds: float) -> None:
    """As many orders as the store accepts from clients that wait for each answer."""
    end = time.perf_counter() + seconds

    async def one_client() -> None:
        while (now := time.perf_counter()) < end:
            await place(client, latencies, now)

    await asyncio.gather(*[one_client() for _ in range(clients)])


async def place_at_rate(client: httpx.AsyncClient, latencies: list[float], rate: float, seconds: float) -> None:
    """`rate` orders a second, whether or not earlier ones are answered."""
    start, sent = time.perf_counter(), list[asyncio.Task[None]]()
    for number in range(int(rate * seconds)):
        due = start + number / rate
        await asyncio.sleep(due - time.perf_counter())
        sent.append(asyncio.create_task(place(client, latencies, due)))
    await asyncio.gather(*sent)


def run(store: Supervisor, load: partial[object]) -> tuple[float, dict[str, float], list[float]]:
    """Orders per second until the last is finished, CPU seconds by process, and the latencies of the answers."""
    latencies: list[float] = []

    async def all_orders() -> None:
        limits = httpx.Limits(max_connections=200)
        async with httpx.AsyncClient(base_url=store.settings.url("gateway"), timeout=30, limits=limits) as client:
            await load(client, latencies)  # type: ignore[misc]

    before, started = cpu_seconds(store), time.perf_counter()
    asyncio.run(all_orders())
    wait_until(partial(is_finished, store), 120, pause=0.2)
    rate, after = len(latencies) / (time.perf_counter() - started), cpu_seconds(store)
    return rate, {name: (after[name] - before[name]) / len(latencies) * 1_000 for name in after}, latencies


def is_finished(store: Supervisor) -> bool:
    """Whether no consumer group has lag, and no outbox has an open row."""
    with closing(KafkaBroker(store.settings.bootstrap_servers, store.settings.prefix)) as broker:
        lags = [lag.records for each in SERVICES for lag in broker.lags(each.name, list(each.topics())).values()]
    databases = [store.settings.home / "databases" / f"{each.name}.db" for each in SERVICES]
    return not any(lags) and not any(map(has_open_rows, databases))


def has_open_rows(path: Path) -> bool:
    """Whether the outbox of this database has a row that is not done."""
    with closing(sqlite3.connect(path)) as db:
        return bool(db.execute("SELECT EXISTS (SELECT 1 FROM outbox WHERE done_at IS NULL)").fetchone()[0])


def cpu_seconds(store: Supervisor) -> dict[str, float]:
    """User and system time of each process."""
    times = {each.name: psutil.Process(each.pid.number).cpu_times() for each in store.processes.values()}
    return {name: used.user + used.system for name, used in times.items()}


def latency_of_orders(hops: Sequence[Hop], expected: int) -> list[timedelta]:
    """From each order's arrival at Orders until its last hop. Exits unless each order has all of its hops once."""
    orders: dict[str | None, list[Hop]] = {}
    for hop in applied(hops):
        orders.setdefault(hop.order, []).append(hop)
    counts = Counter(len(found) for found in orders.values())
    if counts != {HOPS: expected}:
        sys.exit(f"not every order has {HOPS} hops: {dict(counts)} instead of {expected} orders")
    return [max(hop.at for hop in found) - min(hop.at for hop in found) for found in orders.values()]


def percentiles(seconds: Sequence[float]) -> str:
    """The median and the 99th percentile in milliseconds."""
    points = statistics.quantiles(seconds, n=100, method="inclusive")
    return f"p50 {points[49] * 1_000:.0f} ms, p99 {points[98] * 1_000:.0f} ms"


def main() -> None:
    """Prints orders per second, CPU time, latencies and memory."""
    seconds, clients = (int(argument) for argument in [*sys.argv[1:], *("15", "32")[len(sys.argv) - 1 :]])
    with tempfile.TemporaryDirectory() as folder:
        settings = read_settings(home=Path(folder), port_base=free_port_base(), stock=STOCK)
        store = Supervisor(settings, {}, lambda what, done: None)
        store.start()
        try:
            run(store, partial(place_in_turn, clients=4, seconds=2))
            rate, cpu, accepted = run(store, partial(place_in_turn, clients=clients, seconds=seconds))
            print(f"{rate:,.0f} orders/s from {clients} clients, each mailed; answers {percentiles(accepted)}")
            inside = sum(used for name, used in cpu.items() if name not in SIMULATORS)
            print(f"CPU-s per 1,000 orders: {inside:.2f}, and external systems {sum(cpu.values()) - inside:.2f}")
            print("  " + ", ".join(f"{name} {used:.2f}" for name, used in cpu.items()))
            earlier = len(applied(read(store.settings.home / "journal"))) // HOPS
            _, _, answered = run(store, partial(place_at_rate, rate=rate / 2, seconds=seconds))
            time.sleep(1)  # for the journals to be written
            hops = read(store.settings.home / "journal")
            whole = latency_of_orders(hops, earlier + len(answered))[-len(answered) :]
            print(f"{rate / 2:,.0f} orders/s: answers {percentiles(answered)}")
            print(f"  from the request to the last hop {percentiles([each.total_seconds() for each in whole])}")
            used = {p.name: psutil.Process(p.pid.number).memory_full_info().pss for p in store.processes.values()}
            print("MiB (PSS): " + ", ".join(f"{name} {size / 2**20:.0f}" for name, size in used.items()))
        finally:
            store.stop()


if __name__ == "__main__":
    main()
