"""Crash windows: kills each service in each window on real processes and a real Kafka, and checks all invariants.

Without arguments each window is tried once, in a store of one replica of each service or of two. The exit status is 0
if each crash has happened and no invariant is broken, else 1.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from checkout.crash_windows.plan import REPLICAS, covering, find_windows  # noqa: E402
from checkout.crash_windows.results import COLUMNS, CrashReport, WindowResult  # noqa: E402
from checkout.crash_windows.run import CrashRun, OnRound  # noqa: E402
from checkout.crash_windows.stores import running_store  # noqa: E402
from checkout.crash_windows.windows import WINDOWS, Window  # noqa: E402
from checkout.errors import CheckoutError  # noqa: E402
from checkout.lab.views import plots  # noqa: E402
from checkout.settings import read_settings  # noqa: E402
from checkout.system.ports import free_port_base  # noqa: E402


def main() -> None:
    """Runs the windows that the command line names."""
    options = read_options()
    if options.list:
        print("\n".join(f"{window.id:<20} {window.moment}" for window in WINDOWS.values()))
        return
    try:
        report = run(chosen(options), options.seed)
    except CheckoutError as error:
        sys.exit(str(error))
    print(f"\n{report.table()}\n\n{report.summary}")
    if options.json:
        report.write(options.json)
    if options.svg:
        draw(report, options.svg)
    sys.exit(0 if report.is_good else 1)


def read_options() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="scripts/crash-windows", description=__doc__)
    parser.add_argument("windows", nargs="*", metavar="WINDOW", help="such as stock-W3, or W3 for all services")
    parser.add_argument("--all", action="store_true", help="all windows, with one replica and with two")
    parser.add_argument("--replicas", type=int, choices=REPLICAS, help="replicas of each service; default: both")
    parser.add_argument("--seed", type=int, default=14, help="of what the customers order")
    parser.add_argument("--svg", type=Path, help="file for the picture")
    parser.add_argument("--json", type=Path, help="file for the results")
    parser.add_argument("--list", action="store_true", help="list the windows and end")
    options = parser.parse_args()
    try:
        find_windows(options.windows)
        for path in filter(None, (options.json, options.svg)):
            path.touch()  # before minutes of work whose result could not be written
    except (ValueError, OSError) as error:
        parser.error(str(error))
    return options


def chosen(options: argparse.Namespace) -> dict[int, list[Window]]:
    """The windows to try, by number of replicas."""
    if options.all or options.windows:
        windows = find_windows(options.windows or list(WINDOWS))
        found = dict.fromkeys(REPLICAS, windows)
    else:
        found = covering()
    return {replicas: windows for replicas, windows in found.items() if options.replicas in (None, replicas)}


def run(windows: dict[int, list[Window]], seed: int) -> CrashReport:
    """Tries the windows in one store after the other, and prints each result."""
    report = CrashReport()
    for replicas, tried in windows.items():
        with tempfile.TemporaryDirectory(prefix="crash-windows-") as home:
            settings = read_settings(home=Path(home), port_base=free_port_base())
            with running_store(settings, replicas) as store:
                crash_run = CrashRun(store, seed)
                results = crash_run.run(tried, printed(time.monotonic()))
                report.add(results, crash_run.customers.orders, crash_run.verdict.report)
                crash_run.close()
    return report


def printed(started: float) -> OnRound:
    """Prints the results of a round, and the seconds since the start."""

    def on_round(results: Sequence[WindowResult]) -> None:
        for result in results:
            at = f"{time.monotonic() - started:5.0f} s"
            print(f"{at}  {result.replica:<16} {result.window:<20} time {result.time}  {result.outcome}", flush=True)
        for problem in dict.fromkeys(problem for result in results for problem in result.problems):
            print(f"         {problem}", flush=True)

    return on_round


def draw(report: CrashReport, path: Path) -> None:
    """Writes the picture of a report."""
    path.write_bytes(plots.matrix(report.rows(), COLUMNS, report.cells(), "Crashes in each window", 0.6).svg)


if __name__ == "__main__":
    main()
