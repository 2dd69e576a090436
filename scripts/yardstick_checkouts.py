"""Yardstick checkouts: 1,000 customers at once want 100 items, undisturbed and with Orders killed half-way."""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
os.environ["PYTHONPATH"] = os.pathsep.join([*sys.path[:2], os.environ.get("PYTHONPATH", "")])  # of the services

from yardsticks import hundred_items  # noqa: E402
from yardsticks.checkouts import EXPECTED, run_checkouts, running_store  # noqa: E402

from checkout.checker.check import check  # noqa: E402
from checkout.local_kafka import cluster  # noqa: E402
from checkout.settings import read_settings  # noqa: E402
from checkout.system.ports import free_port_base  # noqa: E402


def main(seed: int) -> int:
    """Makes both runs and prints their figures; returns 1 if one of them differs from what it must be."""
    base, has_failed = free_port_base(), False
    with tempfile.TemporaryDirectory() as folder:
        servers = cluster.acquire(Path(folder) / "kafka", base)
        try:
            for kills_orders in (False, True):
                has_failed |= not _run(Path(folder) / f"{kills_orders}", servers, base, seed, kills_orders)
        finally:
            cluster.release(Path(folder) / "kafka")
    return int(has_failed)


def _run(home: Path, servers: str, base: int, seed: int, kills_orders: bool) -> bool:
    own = {"home": home, "bootstrap_servers": servers, "port_base": base, "registry": hundred_items.PATH}
    prefix = "checkouts-killed--" if kills_orders else "checkouts--"
    with running_store(read_settings(prefix=prefix, **own)) as store:
        started = time.monotonic()
        found = run_checkouts(store, home, seed, kills_orders)
        seconds = time.monotonic() - started
    report = check(found.witnesses)
    print(f"{'Orders killed half-way' if kills_orders else 'undisturbed'}, seed {seed}, {seconds:.1f} s, "
          f"requests {dict(sorted((str(name), n) for name, n in found.load.outcomes.items()))}")  # fmt: skip
    for name, figure in found.figures().items():
        print(f"  {name:20}{figure!s:>8}{'' if figure == EXPECTED[name] else f'  must be {EXPECTED[name]}'}")
    not_checked = [result.invariant for result in report.results if result.not_checked]
    print(f"  {len(report.results) - len(not_checked)} invariants checked, {len(report.violations)} violations")
    for violation in report.violations[:20]:
        print(f"  {violation.invariant}: {violation.evidence}")
    return found.figures() == EXPECTED and not report.violations


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="scripts/yardstick-checkouts", description=__doc__)
    parser.add_argument("seed", nargs="?", type=int, default=14, help="of the order of the customers")
    sys.exit(main(parser.parse_args().seed))
