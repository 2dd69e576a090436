"""Bench history: one burst after another through the same store, whose databases grow."""

import statistics
import sys
from math import log
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from checkout.bench.rounds import measure_history  # noqa: E402


def main() -> None:
    """Prints a line for each burst, and the slope: 0.1 means a tenth more for ten times as many orders."""
    bursts, orders = (int(argument) for argument in [*sys.argv[1:], *("20", "50000")[len(sys.argv) - 1 :]])
    costs: list[float] = []
    for cost, rate in measure_history(bursts, orders):
        costs.append(cost)
        print(f"{len(costs) * orders:>9,} orders: {cost:.3f} CPU-s per 1,000, {rate:,.0f} orders/s", flush=True)
    taken = [log((number + 1) * orders) for number in range(bursts)]
    slope = statistics.linear_regression(taken, [log(cost) for cost in costs]).slope if bursts > 1 else 0.0
    print(f"slope {slope:.3f}, first half {statistics.mean(costs[: bursts // 2 or 1]):.3f}, last {costs[-1]:.3f}")


if __name__ == "__main__":
    main()
