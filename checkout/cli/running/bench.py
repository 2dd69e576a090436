"""Bench: `checkout bench`, measures the five Kafka services side by side with other systems, and counts the effects."""

import statistics
from collections.abc import Callable, Sequence

import msgspec

from checkout.bench.rounds import Measurement, Plan, measure
from checkout.bench.systems import parse_system
from checkout.cli import output
from checkout.cli.running.up import parse_scale
from checkout.fields import MOST_LINES
from checkout.settings import WrongSetting, read_settings

COLUMNS = (
    "system", "orders/s", "CPU-s per 1,000", "at the rate", "p50 ms", "p99 ms", "idle % a service", "PSS MiB a service",
)
FIGURES: tuple[tuple[Callable[[Measurement], float], str], ...] = (
    (lambda each: each.orders_per_second, ",.0f"),
    (lambda each: each.cpu_per_1000, ".2f"),
    (lambda each: each.cpu_per_1000_at_rate, ".1f"),
    (lambda each: each.latency["p50"], ".0f"),
    (lambda each: each.latency["p99"], ".0f"),
    (lambda each: each.idle_percent, ".1f"),
    (lambda each: statistics.mean(each.memory.values()), ".0f"),
)


def run(systems: Sequence[str], plan: Plan, scale: Sequence[str], rounds: int, as_json: bool) -> int:
    """Measures the systems and prints medians with their ranges; returns 0. Raises ShopError for a wrong effect.

    `scale`: replicas as `stock=2`. Raises WrongSetting for values that cannot be measured.
    """
    replicas, parsed = parse_scale(scale), [parse_system(text) for text in systems or ["checkout"]]
    if plan.lines > MOST_LINES:
        raise WrongSetting(f"--lines {plan.lines}: an order has at most {MOST_LINES} lines")
    if replicas and not plan.postgres:
        raise WrongSetting("--scale needs --postgres: SQLite serves one replica")
    read_settings(brokers=plan.brokers)  # refuses other numbers than 1 and 3
    plan = msgspec.structs.replace(plan, scale=replicas)
    results: list[Measurement] = []

    def report(result: Measurement) -> None:
        results.append(result)
        rate, cpu = f"{result.orders_per_second:,.0f} orders/s", f"{result.cpu_per_1000:.2f} CPU-s per 1,000"
        output.err.print(f"round {result.round}: {result.system}: {rate}, {cpu}, p50 {result.latency['p50']:.0f} ms")

    measure(parsed, plan, rounds, report)
    if as_json:
        output.print_json({"plan": plan, "results": results})
        return 0
    names = dict.fromkeys(result.system for result in results)
    rows = [[name, *_figures([result for result in results if result.system == name])] for name in names]
    title = f"Burst of {plan.orders:,} orders, then {plan.rate:g} orders/s for {plan.seconds:g} s; {rounds} rounds"
    output.out.print(output.table(title, COLUMNS, rows))
    return 0


def _figures(results: Sequence[Measurement]) -> list[str]:
    return [_median_and_range([figure(result) for result in results], form) for figure, form in FIGURES]


def _median_and_range(values: Sequence[float], form: str) -> str:
    middle = format(statistics.median(values), form)
    return middle if len(values) == 1 else f"{middle} ({min(values):{form}}-{max(values):{form}})"
