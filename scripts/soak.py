"""Soak: a store under load with a fault about every 5 seconds, and what the checker says of it at the end.

Exit status 1: an invariant does not hold, or a process ended without a fault.
"""

import argparse
import random
import sys
import tempfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from checkout.checker.results import Report  # noqa: E402
from checkout.faults.draws import Draws  # noqa: E402
from checkout.faults.site import running_site  # noqa: E402
from checkout.faults.soak import Soak  # noqa: E402
from checkout.faults.trial import Trial  # noqa: E402
from checkout.system.ports import free_port_base  # noqa: E402

REPLICAS = 2
ORDERS_PER_SECOND = 6  # unless --orders says otherwise
STOCK_PER_ORDER = 0.5  # of each product: toward the end some are sold out


def main() -> int:
    """Runs the soak and prints seed, counts, and the checker's report."""
    options = parse_options()
    seed = random.randrange(10**6) if options.seed is None else options.seed
    orders = options.orders or ORDERS_PER_SECOND * options.seconds
    print(f"seed {seed}: {orders:,} orders in {options.seconds} s, {options.brokers} broker(s)", flush=True)
    with ExitStack() as stack:
        home = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="soak-")))
        home.mkdir(parents=True, exist_ok=True)
        stock = int(orders * STOCK_PER_ORDER)
        site = stack.enter_context(running_site(home, free_port_base(), REPLICAS, options.brokers, stock=stock))
        trial = Trial(site.store, seed)
        soak = Soak(site.store, Draws(site.store, site.kafka_home, options.brokers, seed), home / "faults.jsonl")
        with trial.load(orders, orders / options.seconds):
            soak.run(options.seconds)
        trial.faults += soak.injected
        report = trial.check(options.rest)
    print_result(trial, soak, report)
    return 1 if report.violations or soak.unexpected else 0


def parse_options() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    parser.add_argument("seconds", type=int, help="how long faults are injected")
    parser.add_argument("--seed", type=int, help="of orders and faults; by default a random one, which is printed")
    parser.add_argument("--orders", type=int, help="how many are placed; by default 6 per second")
    parser.add_argument("--brokers", type=int, choices=(1, 3), default=1, help="of the local Kafka")
    parser.add_argument("--rest", type=float, default=180.0, help="seconds in which the store comes to rest at the end")
    parser.add_argument("--keep", type=Path, help="folder of journals, logs and faults; else deleted")
    options = parser.parse_args()
    if options.seconds < 1 or (options.orders is not None and options.orders < 1):
        parser.error("take 1 second and 1 order or more")
    if options.keep and options.keep.exists() and any(options.keep.iterdir()):
        parser.error(f"{options.keep} has files of an earlier run: name a new folder")
    return options


def print_result(trial: Trial, soak: Soak, report: Report) -> None:
    """Prints what was placed and injected, what ended without a fault, and the report."""
    [load] = trial.loads
    print(f"orders accepted: {len(load.orders):,}, unknown: {len(load.unknown)}, {describe(load.outcomes)}")
    print(f"orders by kind: {describe(load.kinds)}")
    print(f"{sum(soak.counts.values())} faults, {soak.crashes} crash points reached: {describe(soak.counts)}")
    for end in soak.unexpected:
        print(f"without a fault {end}")
    print(report)


def describe(counts: Counter[str]) -> str:
    """The counts as text, the largest first."""
    return ", ".join(f"{count:,} {name}" for name, count in counts.most_common())


if __name__ == "__main__":
    sys.exit(main())
