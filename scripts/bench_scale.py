"""Bench scale: one to three replicas, replicas that come and go, and growth by partitions, lines and backlog."""

import statistics
import sys
from collections.abc import Iterable
from math import log
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from checkout.bench.rounds import Measurement, Plan, measure, measure_restarts  # noqa: E402
from checkout.bench.systems import System  # noqa: E402
from checkout.processes.supervisor import KAFKA_SERVICES  # noqa: E402

OURS = [System("checkout")]


def measured(orders: int, **fields: object) -> Measurement:
    """One round of our services: a burst, and no constant rate."""
    results: list[Measurement] = []
    measure(OURS, Plan(orders, rate=1, seconds=0, idle_seconds=0, **fields), 1, results.append)  # type: ignore[arg-type]
    return results[0]


def show(title: str, result: Measurement) -> None:
    """Prints a line with the figures of one round."""
    rate, cpu = f"{result.orders_per_second:6,.0f} orders/s", f"{result.cpu_per_1000:6.3f} CPU-s per 1,000"
    print(f"{title:<40} {rate} {cpu}, broker {result.broker_cpu_per_1000:.3f}", flush=True)


def show_curve(name: str, values: Iterable[int], measure_one: object) -> None:
    """Prints a line for each value, and the slope of the cost: 0.1 means a tenth more for ten times the value."""
    costs = {}
    for value in values:
        result = measure_one(value)  # type: ignore[operator]
        costs[value] = result.cpu_per_1000
        show(f"{value:,} {name}", result)
    logs = [log(value) for value in costs], [log(cost) for cost in costs.values()]
    slope = statistics.linear_regression(*logs).slope
    print(f"{name}: slope {slope:.3f}", flush=True)


def main() -> None:
    """Prints all figures; takes about six minutes."""
    orders = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    many = {"partitions": 12, "brokers": 3, "postgres": True}
    show("SQLite, one broker", measured(orders))
    show("PostgreSQL, one broker", measured(orders, postgres=True))
    for count in (1, 2, 3):
        scale = dict.fromkeys(KAFKA_SERVICES, count)
        show(f"PostgreSQL, three brokers, {count} of each", measured(orders, **many, scale=scale))
    show("the same, stock=3, payments=3", measured(orders, **many, scale={"stock": 3, "payments": 3}))
    plan = Plan(orders, rate=20, seconds=15, idle_seconds=0, partitions=12, postgres=True, scale={"stock": 3})
    for happened, latencies in measure_restarts(plan, "stock-3"):
        points = statistics.quantiles(latencies, n=100, method="inclusive")
        p50, p99, most = (round(seconds * 1_000) for seconds in (points[49], points[98], max(latencies)))
        print(f"stock-3 {happened:<32} p50 {p50} ms, p99 {p99} ms, max {most} ms", flush=True)
    show_curve("partitions", (1, 3, 6, 12), lambda count: measured(orders, partitions=count))
    show_curve("lines of an order", (1, 10, 100), lambda count: measured(orders // 10, lines=count))
    show_curve("orders waiting", (1_000, 10_000, 100_000), measured)


if __name__ == "__main__":
    main()
